#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Daemons that end, are killed or hang, and the operator who looks: status names each, and what to do, and is well again by
# itself. Then what an operator does about requests in doubt, and about a CA that is to be left alone.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up
ctl() { timeout 40 "$BIN/nemractl" "$@" </dev/null; }
json() { ctl status -o json | /usr/bin/python3 -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
# says SECONDS EXIT REGEX: status comes to say it
says() { within "$1" now_says "$2" "$3"; }
now_says() { ctl status > "$T/status" 2>&1; [ $? = "$1" ] && grep -Eq "$2" "$T/status"; }
well() { within "${1:-60}" now_says 0 '^The gateway is well'; }
well
ok $? "a gateway that was just started is well"
is "$(json '" ".join(sorted(x["daemon"] + ":" + x["state"] for x in d["daemons"]))')" \
  "nemra-dispatch:running nemra-httpd:running nemra-opsd:running" "each daemon is seen"
is "$(json '[c["ca"] for c in d["cas"]]')" "['core']" "the CA is known before anything went to it"
is "$(json 'len(d["problems"])')" 0 "a program reads the same"
enrol s-1 p10
becomes s-1 confirmed 60
ok $? "a request is served"
ra_credential() { json '[p["detail"] for p in d["parts"] if p["part"] == "ra_credential"][0]' 2>/dev/null; }
shows_end() { grep -q '^until 20' <<<"$(ra_credential)"; }
within 30 shows_end
ok $? "the end of the RA's certificate is shown" || ra_credential

# --- the signer
lab kill nemra-signer
says 30 3 'SIGNER_AWAY'
ok $? "a signer that was killed: down, and why"
make_request s-2 p10 && upload s-2
becomes s-2 queued 40 SIGNER_AWAY
ok $? "the request waits, and says for whom"
says 40 3 'signer of nemra-dispatch'
ok $? "the dispatcher says so too"
is "$(lab log nemra-dispatch | grep -c 'signer.away')" 1 "one line in its log"
lab restart nemra-signer >/dev/null
becomes s-2 confirmed 90
ok $? "it goes on when the signer is back"
well
ok $? "and all is well"
signer=$(cat "$LAB/pid/nemra-signer")
kill -STOP "$signer"
make_request s-3 p10 && upload s-3
says 30 3 'SIGNER_AWAY'
ok $? "a signer that hangs: down, and status does not hang with it"
is "$(sql "select state from nemra.queue where request = '$(cat "$T/s-3.id")'")" queued "nothing is lost meanwhile"
kill -CONT "$signer"
becomes s-3 confirmed 60
ok $? "it goes on when the signer answers again"

# --- the others: as if not heard of for a minute, which is quicker than to wait for it
lab kill nemra-dispatch
age() { sql "update nemra.daemon_health set seen_at = seen_at - interval '1 minute' where daemon = '$1'"; }
age nemra-dispatch
says 30 3 'nemra-dispatch on .* was last seen at'
ok $? "a dispatcher that was killed: down, and when it was last seen"
like "$(cat "$T/status")" 'fix: .*start it' "and what to do"
lab restart nemra-dispatch >/dev/null
well 60
ok $? "it is well when it runs again, and the one that was killed is forgotten"
pid=$(cat "$LAB/pid/nemra-httpd")
kill -TERM "$pid"
says 40 3 'nemra-httpd on .* was stopped at'
ok $? "a door that was stopped in order: down, and stopped"
lab restart nemra-httpd >/dev/null
well
ok $? "and well again"

# --- in doubt: a CA that does everything and answers nothing
dispatch_conf 's/implicit_confirm: .*/implicit_confirm: yes\n    timeout: 1s/'
make_request s-4 p10 && make_request s-5 p10
lab ca mode lose-after
upload s-4 && upload s-5
becomes s-4 in_doubt 40 && becomes s-5 in_doubt 40
id4=$(cat "$T/s-4.id") id5=$(cat "$T/s-5.id")
ctl request retry "$id4" --why 'too early' >"$T/out" 2>&1
is $? 2 "what is still being tried cannot be begun anew"
like "$(cat "$T/out")" 'still being tried' "and that is said"
# as after all its tries: the ladder takes a minute, and has its own tests
lab kill nemra-dispatch
sql "update nemra.queue set next_at = null, path = '{}', epoch = epoch + 1, reason = 'CA_SILENT' where state = 'in_doubt'"
lab ca mode ok
lab restart nemra-dispatch >/dev/null
says 30 0 'requests in doubt: .*wait for an operator'
ok $? "status says that requests wait for an operator"
like "$(cat "$T/status")" 'nemractl request' "and with which command"
is "$(json '(d["in_doubt_waiting"], d["cas"][0]["in_doubt"])')" "(2, 2)" "and how many"
ctl request retry "$id4" >"$T/out" 2>&1
is $? 1 "no retry without a reason"
before=$(txid s-4)
ctl request retry "$id4" --why 'not found at the CA' >"$T/out" 2>&1
is $? 0 "an operator begins one anew"
like "$(cat "$T/out")" 'may have issued a certificate' "and is warned"
becomes s-4 confirmed 60
ok $? "it gets its certificate"
[ "$(txid s-4)" != "$before" ]
ok $? "by another transactionID"
ctl request cancel "$id5" --why 'station is gone' >"$T/out" 2>&1
is $? 0 "another is given up"
is "$(state s-5)" cancelled "and is cancelled"
station_curl s-5 -o "$T/answer" -w '%{http_code}' "$NEMRA_API_URL/requests/$id5/certificate" > "$T/code"
is "$(cat "$T/code")" 410 "the station is told"
like "$(cat "$T/answer")" 'CANCELLED' "with the reason"
ctl request cancel "$id4" --why 'too late' >"$T/out" 2>&1
is $? 2 "what has its certificate is not cancelled"
is "$(sql "select string_agg(what || ' ' || (after ->> 'why'), ', ' order by id) from nemra.audit_event
  where what in ('request.retried', 'request.cancelled')")" \
  "request.retried not found at the CA, request.cancelled station is gone" "both are in the audit trail, with the reason"

# --- a CA that is to be left alone
ctl ca pause core --why maintenance >"$T/out" 2>&1
is $? 0 "a CA is paused"
make_request s-6 p10 && upload s-6
says 30 0 'ca core: An operator paused'
ok $? "status says so"
sleep 1
is "$(state s-6)" queued "nothing goes to it"
ctl ca resume core >"$T/out" 2>&1
becomes s-6 confirmed 60
ok $? "when it is resumed the queue goes on at once"
well
ok $? "and the gateway is well"
for d in nemra-httpd nemra-dispatch nemra-opsd nemra-signer; do
  unlike "$(lab log $d)" 'Sanitizer|runtime error|reason=INTERNAL' "$d had nothing of its own to complain of"
done
done_testing
