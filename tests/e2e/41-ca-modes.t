#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A CA that confirms explicitly and then misbehaves in each way it can: what becomes of the request, what the CA saw,
# and that never a second transaction begins by itself.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up --no-implicit
dispatch_conf 's/implicit_confirm: .*/implicit_confirm: no\n    timeout: 4s/'

# try STATION MODE… : enrols with the CA in that mode
try() {
  local name=$1
  shift
  make_request "$name" p10
  lab ca mode "$@"
  upload "$name"
}
count() { ca_saw "$1" | tr ' ' '\n' | grep -cx "$2"; }
# every copy of the enrolment is the same DER
one_der() {
  [ "$(ca_lines | awk -v t="$(txid "$1")" '$1 == t && $2 == "in" && $3 == "p10cr" { print $4 }' | sort -u | wc -l)" = 1 ]
}
issued() { ca_lines | awk -v t="$(txid "$1")" '$1 == t && $6 != "-"' | wc -l; }
attempts() { sql "select attempt from nemra.queue where request = '$(cat "$T/$1.id")'"; }

# --- answers that decide ---
try m-ok ok
becomes m-ok confirmed 10
ok $? "ok: confirmed"
is "$(ca_saw m-ok)" "p10cr cp certConf pkiconf" "ok: an explicit confirmation"

try m-wait wait 1
becomes m-wait waiting 5
ok $? "wait: the request waits"
becomes m-wait confirmed 30
ok $? "wait: polling brings the certificate"
like "$(ca_saw m-wait)" '^p10cr cp pollReq pollRep pollReq cp certConf pkiconf$' "wait: one pollReq at a time"

try m-refuse refuse 1
becomes m-refuse refused 10 CA_REFUSED
ok $? "refuse: the CA's no is final"
like "$(sql "select detail from nemra.queue where request = '$(cat "$T/m-refuse.id")'")" 'told to refuse' \
  "refuse: the CA's words are shown"

try m-slow slow 1
becomes m-slow confirmed 15
ok $? "slow: patience helps"

# --- answers that do not come ---
try m-before lose-before 1
becomes m-before confirmed 20
ok $? "lose-before: the same bytes again"
one_der m-before
ok $? "lose-before: one DER"

try m-after lose-after 1
becomes m-after in_doubt 5 CA_NO_ANSWER
ok $? "lose-after: the request is in doubt"
becomes m-after confirmed 20
ok $? "lose-after: a CA that repeats its answer makes it whole"
one_der m-after
ok $? "lose-after: one DER"
is "$(issued m-after)" 1 "lose-after: one certificate"

# --- answers that are not believed ---
for mode in wrong-nonce wrong-tid unprotected; do
  try "m-$mode" "$mode" 1
  becomes "m-$mode" in_doubt 5 CA_BAD_ANSWER
  ok $? "$mode: no answer at all"
  becomes "m-$mode" confirmed 20
  ok $? "$mode: the resend is answered properly"
  one_der "m-$mode"
  ok $? "$mode: one DER"
done

try m-503 http503 1
becomes m-503 confirmed 60
ok $? "http503: obeyed, then the same bytes again"
one_der m-503
ok $? "http503: one DER"

try m-down down
becomes m-down in_doubt 10 CA_NO_ANSWER
ok $? "down: a closed connection may have taken the message"
lab ca mode ok
becomes m-down confirmed 60
ok $? "down: and it goes on when the CA is up"

# --- what an operator must look at ---
try m-key wrong-key 1
becomes m-key in_doubt 10 CA_WRONG_KEY
ok $? "wrong-key: the certificate is not taken"
rejected() { [ "$(ca_saw m-key)" = "p10cr cp certConf pkiconf" ]; }
within 10 rejected
ok $? "wrong-key: it is rejected in the certConf"
is "$(sql "select accepted from nemra.certificate where request = '$(cat "$T/m-key.id")'")" f \
  "wrong-key: it is kept, so that somebody can revoke it"
is "$(station_curl m-key -o /dev/null -w '%{http_code}' "$NEMRA_API_URL/requests/$(cat "$T/m-key.id")/certificate")" 202 \
  "wrong-key: and never delivered"

try m-tid lose-after 1
becomes m-tid in_doubt 5 CA_NO_ANSWER
lab ca mode tid-in-use
becomes m-tid in_doubt 15 CA_ACTED
ok $? "tid-in-use: the CA acted on the first copy"
before=$(count m-tid p10cr)
lab ca mode ok
sleep 6
is "$(count m-tid p10cr) $(attempts m-tid)" "$before 1" "tid-in-use: nothing more is sent, no new transaction"

try m-twice lose-after 1
becomes m-twice in_doubt 5 CA_NO_ANSWER
lab ca mode reissue
becomes m-twice confirmed 20
ok $? "reissue: the certificate that came is the one that is confirmed"
is "$(issued m-twice)" 2 "reissue: such a CA makes two"
is "$(sql "select count(*) from nemra.certificate where request = '$(cat "$T/m-twice.id")' and accepted")" 1 \
  "reissue: one is accepted"
lab ca mode ok

unlike "$(lab log nemra-dispatch)" 'Sanitizer|runtime error|INTERNAL' "and the dispatcher had nothing of its own to complain of"
done_testing
