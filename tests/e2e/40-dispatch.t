#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# From the queue to the CA and back, when all goes well, and when what surrounds the dispatcher goes away for a while.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up

# --- each form ---
for form in p10 crmf both; do
  enrol "gnb-$form" "$form"
  ok $? "a request in form $form is acknowledged"
  becomes "gnb-$form" confirmed 10
  ok $? "a request in form $form becomes a certificate"
  certificate "gnb-$form"
  ok $? "form $form: the certificate leads to the CA"
done
fits_key gnb-p10
ok $? "the certificate has the station's key"
is "$(ca_saw gnb-p10)" "p10cr cp" "PKCS#10 goes as p10cr, and an implicit confirmation saves an exchange"
is "$(ca_saw gnb-crmf)" "ir ip" "CRMF goes as ir"
is "$(ca_saw gnb-both)" "ir ip" "of both forms in an envelope CMP takes the CRMF"
is "$(sql "select string_agg(state::text, ' ' order by id) from nemra.request_step
  where request = '$(cat "$T/gnb-p10.id")'")" "received queued prepared sent issued confirmed delivered" \
  "the timeline has every state"

# --- what may not go ---
make_request gnb-gone p10
lab kill nemra-dispatch
upload gnb-gone
sql "update nemra.station set blocked = true where name = 'gnb-gone'"
lab restart nemra-dispatch >/dev/null
becomes gnb-gone refused 10 STATION_BLOCKED
ok $? "a station blocked after its upload is refused by the second check"
is "$(txid gnb-gone)" "" "and nothing was made for the CA"

# --- many ---
for i in $(seq 30); do make_request "many-$i" p10; done
for i in $(seq 30); do upload "many-$i" & done
wait
all_confirmed() {
  [ "$(sql "select count(*) from nemra.queue q join nemra.request r on r.id = q.request join nemra.station s
    on s.id = r.station where s.name like 'many-%' and q.state = 'confirmed'")" = 30 ]
}
within 20 all_confirmed
ok $? "thirty stations at once are all served"
is "$(ca_lines | awk '$2 == "in" { print $1 }' | sort | uniq -d | wc -l)" 0 \
  "no transaction was sent twice"

# --- audit ---
all_linked() {
  [ "$(sql "select count(*) from nemra.audit_pending")" = 0 ] &&
    [ "$(sql "select count(*) from nemra.audit_event")" = "$(sql "select count(*) from nemra.audit_link")" ]
}
within 2 all_linked
ok $? "all audit events are linked"
sql "insert into nemra.audit_event (who, what, object, outcome) values ('test', 'test.event', '-', 'success')"
within 2 all_linked
ok $? "an event that comes alone is linked at once too"

# --- the signer goes away ---
make_request gnb-signer p10
lab kill nemra-signer
upload gnb-signer
becomes gnb-signer queued 5 SIGNER_AWAY
ok $? "without the signer a request stays queued, and says why"
lab restart nemra-signer >/dev/null
becomes gnb-signer confirmed 45
ok $? "and goes on when the signer is back"

# --- the database goes away ---
for name in gnb-db away-1 away-2 away-3 away-4 away-5 away-6; do make_request $name p10; done
lab kill postgres
lab restart postgres >/dev/null
within 30 upload gnb-db >/dev/null
ok $? "after a crash of the database uploads are taken again"
becomes gnb-db confirmed 30
ok $? "and the dispatcher has found the database again"

# --- the CA goes away ---
lab ca stop
for i in 1 2 3 4 5 6; do upload "away-$i"; done
circuit() { [ "$(sql "select circuit from nemra.ca_health where ca = 'core'")" = "$1" ]; }
within 10 circuit open
ok $? "operators see that the CA is away"
is "$(sql "select count(*) from nemra.queue where state in ('sent', 'in_doubt')")" 0 \
  "what provably never left is not in doubt"
lab ca start
ends_well() { for i in 1 2 3 4 5 6; do is_now "away-$i" confirmed '' || return 1; done; }
within 60 ends_well
ok $? "all go through when the CA is back"
within 10 circuit closed
ok $? "operators see that the CA is there"

# --- the end ---
pid=$(cat "$LAB/pid/nemra-dispatch")
kill -TERM "$pid"
gone() { ! kill -0 "$pid" 2>/dev/null; }
within 12 gone
ok $? "SIGTERM ends the dispatcher"
like "$(lab log nemra-dispatch)" 'daemon.stopping' "it says that it stops"
unlike "$(lab log nemra-dispatch)" 'Sanitizer|runtime error|INTERNAL' "and it had nothing of its own to complain of"

done_testing
