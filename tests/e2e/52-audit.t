#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The audit trail against somebody who owns the database: what was changed is found, and where.
. tests/e2e/lib.sh
lab_up
ctl() { "$BIN/nemractl" "$@"; }
# Whoever runs the cluster may do everything in it, but for making a MAC.
super() { psql "${NEMRA_DB_URL/user=nemra_owner/user=postgres}" -X -q "$@"; }
json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

for i in 1 2 3 4 5 6 7 8 9 10; do ctl station add "gnb-$i" --vendor acme --serial "S$i" >/dev/null; done
ctl station block gnb-3 --why test >/dev/null
linked() { [ "$(sql 'SELECT count(*) FROM nemra.audit_event')" = "$(sql 'SELECT count(*) FROM nemra.audit_link')" ]; }
within 10 linked
ok $? "every event is linked within seconds"
out=$(ctl audit verify)
is $? 0 "a trail that nobody touched is whole"
like "$out" '^head: [0-9]+:[0-9a-f]{64}$' "and shows its head"
head=$(printf '%s\n' "$out" | sed -n 's/^head: //p')
out=$(ctl audit verify --expect "$head")
is $? 0 "the head is found again"
ctl audit verify --expect "1:$(printf '%064d' 0)" >"$T/out" 2>&1
is $? 6 "a head that never was is not (6)"
ctl audit verify --expect 17 >"$T/out" 2>&1
is $? 1 "a malformed head is a usage error (1)"

for table in audit_event audit_link; do
  for verb in "UPDATE nemra.$table SET event = event" "DELETE FROM nemra.$table" "TRUNCATE nemra.$table"; do
    [ "$table" = audit_link ] || verb=${verb/SET event = event/SET who = who}
    sql "$verb" >"$T/out" 2>&1
    is "$?$(grep -c 'permission denied' "$T/out")" "11" "the schema's owner may not: $verb"
    super -c "$verb" >"$T/out" 2>&1
    is "$?$(grep -c 'append-only' "$T/out")" "11" "nor the superuser, by mistake: $verb"
  done
done

# tampered NAME SQL PATTERN: in a copy of both tables that is put back afterwards
tampered() {
  super >"$T/sql.log" 2>&1 <<SQL
SET session_replication_role = replica;
CREATE TABLE nemra.kept_event AS SELECT * FROM nemra.audit_event;
CREATE TABLE nemra.kept_link AS SELECT * FROM nemra.audit_link;
$2;
SQL
  ctl audit verify ${4:+--expect "$4"} >"$T/out" 2>&1
  is $? 6 "found (6): $1"
  like "$(cat "$T/out")" "$3" "and named: $3"
  super >>"$T/sql.log" 2>&1 <<'SQL'
SET session_replication_role = replica;
DELETE FROM nemra.audit_event;
DELETE FROM nemra.audit_link;
INSERT INTO nemra.audit_event SELECT * FROM nemra.kept_event;
INSERT INTO nemra.audit_link SELECT * FROM nemra.kept_link;
DROP TABLE nemra.kept_event, nemra.kept_link;
SQL
  ! grep -q ERROR "$T/sql.log" || { sed 's/^/# /' "$T/sql.log"; ok 1 "the tampering itself worked: $1"; }
}

fifth=$(sql 'SELECT event FROM nemra.audit_link WHERE seq = 5')
sixth=$(sql 'SELECT event FROM nemra.audit_link WHERE seq = 6')
tampered "an event was edited" "UPDATE nemra.audit_event SET who = 'operator:0:nobody' WHERE id = $fifth" \
  "link 5 \(event $fifth\): its MAC does not fit"
tampered "an event was deleted" "DELETE FROM nemra.audit_event WHERE id = $fifth" "link 5 \(event $fifth\): its event is missing"
tampered "a link was deleted" "DELETE FROM nemra.audit_link WHERE seq = 5" "link 5 .*: links are missing"
tampered "two events changed places" \
  "UPDATE nemra.audit_link SET event = -1 WHERE seq = 5; UPDATE nemra.audit_link SET event = $fifth WHERE seq = 6; UPDATE nemra.audit_link SET event = $sixth WHERE seq = 5" \
  'link 5 .*: its MAC does not fit'
tampered "a link was forged" \
  "UPDATE nemra.audit_link SET mac = decode(repeat('ab', 32), 'hex') WHERE seq = 7; UPDATE nemra.audit_link SET prev = decode(repeat('ab', 32), 'hex') WHERE seq = 8" \
  'link 7 .*: its MAC does not fit'
tampered "the end was cut off" "DELETE FROM nemra.audit_link WHERE seq > 8" 'link 9 .*: the trail ends before the number'
tampered "the end was cut off with its events and counters" \
  "DELETE FROM nemra.audit_event WHERE id IN (SELECT event FROM nemra.audit_link WHERE seq > 8); DELETE FROM nemra.audit_link WHERE seq > 8; DELETE FROM nemra.count_total WHERE kind LIKE 'audit%'; DELETE FROM nemra.count_delta WHERE kind LIKE 'audit%'" \
  'link 9 .*: the trail ends before the expected head' "$head"

lab kill nemra-signer
ctl audit verify >"$T/out" 2>&1
is $? 3 "without the signer nothing is claimed (3)"

done_testing
