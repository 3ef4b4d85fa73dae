#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# plain build only: it is about what is around the programs, not in them.
#
# Full volumes: of the write-ahead log, of the tables, of the logs. No upload is acknowledged that is not stored, every process stays
# up, status says what is full, and when there is room all goes on without a restart of a daemon. The volumes are small
# tmpfs in a mount namespace of this test's own; without root there is none.
if [ "$(id -u)" = 0 ] && [ -z "${IN_OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
  IN_OWN_MOUNTS=1 exec unshare -m bash "$0"
fi
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
[ -n "${IN_OWN_MOUNTS:-}" ] || skip_all "small volumes need root"
mkdir "$T/small"
mount -t tmpfs -o size=400k none "$T/small" 2>/dev/null || skip_all "no tmpfs here"
finish() {
  local status=$?
  [ -z "$LAB" ] || lab down >/dev/null 2>&1
  umount -l "$T/small" "$T/wal" "$T/tables" 2>/dev/null
  (exit $status)
  cleanup
}
trap finish EXIT
lab_up
ctl() { timeout 30 "$BIN/nemractl" "$@" </dev/null; }
admin() { psql "${NEMRA_DB_URL/user=nemra_owner/user=postgres}" -X -q -A -t -c "$1"; }
pids() { cat "$LAB"/pid/nemra-{signer,dispatch,httpd,opsd}; }
data=$(admin 'show data_directory')
before=$(pids)
well() { ctl status > "$T/status" 2>&1 && grep -q '^The gateway is well' "$T/status"; }
try() { # STATION: the HTTP status
  station_curl "$1" -D "$T/head" -o "$T/answer" -w '%{http_code}' -H 'Content-Type: application/pkcs10' \
    --data-binary @"$T/$1.req" "$NEMRA_API_URL/requests" 2>/dev/null
}
for i in 1 2 3 4; do make_request "d-$i" p10; done

# --- the log: the daemons' stderr is on a volume that is full
for d in nemra-httpd nemra-dispatch; do
  sed -i "s#^log: .*#log: { level: trace }#" "$LAB/nemra.yaml"
  mv "$LAB/log/$d.log" "$T/small/$d.log" && ln -s "$T/small/$d.log" "$LAB/log/$d.log"
  lab restart $d >/dev/null
done
before=$(pids)
dd if=/dev/zero of="$T/small/ballast" bs=4k 2>/dev/null
# to the last octet: what is left in the pages of the logs themselves
for d in nemra-httpd nemra-dispatch; do yes '' 2>/dev/null | head -c 8192 >> "$T/small/$d.log" 2>/dev/null; done
upload d-1
ok $? "with a full log volume an upload is acknowledged"
becomes d-1 confirmed 60
ok $? "and becomes a certificate"
says() { ctl status > "$T/status" 2>&1; grep -Eq "$1" "$T/status"; }
within 45 says 'LOG_LOST'
ok $? "status says that log lines are lost"
like "$(cat "$T/status")" 'SPACE_LOW' "and that the volume of the log is full"
is "$(pids)" "$before" "nobody ended for it"
rm "$T/small/ballast"
within 45 grep -q 'log.lost lines=[1-9]' "$T/small/nemra-dispatch.log"
ok $? "when there is room the log says how many lines are missing"
[ "$(grep -cEv '^(<[3-7]>nemra-dispatch: .*)?$' "$T/small/nemra-dispatch.log")" -le 1 ]
ok $? "and no line runs into another"
not_lost() { ! says 'LOG_LOST'; }
within 45 not_lost
ok $? "status no longer says so"

# --- the write-ahead log
lab restart nemra-httpd >/dev/null; lab restart nemra-dispatch >/dev/null
"$ROOT/sql/nemra-db" -d "${data%/data}" stop
mkdir "$T/wal"
mount -t tmpfs -o size=112m,mode=0755 none "$T/wal"
chmod 755 "$T"
cp -a "$data/pg_wal" "$T/wal/pg_wal"
mv "$data/pg_wal" "$data/pg_wal.old"
ln -s "$T/wal/pg_wal" "$data/pg_wal"
lab restart postgres >/dev/null
within 60 well
ok $? "the write-ahead log is on a volume of its own"
before=$(pids)
dd if=/dev/zero of="$T/wal/ballast" bs=64k 2>/dev/null
# the segment at hand, and what comes after it
fill() { admin "do \$\$ begin for i in 1..40 loop perform pg_logical_emit_message(false, 'fill', repeat('x', 1000000)); end loop; end \$\$" >/dev/null 2>&1; }
fill || fill
like "$(tail -n 60 "$data/server.log")" 'No space left on device' "it is full"
code=$(try d-2)
like "$code" '^50[37]$' "with a full write-ahead log an upload is not acknowledged"
like "$(cat "$T/head")" '^Retry-After:' "it is told when to come again"
rows=$(sql "select count(*) from nemra.request" 2>/dev/null)
like "${rows:-1}" '^1$' "and it is not stored"
ctl status > "$T/status" 2>&1
is $? 3 "status says that the gateway is down"
like "$(cat "$T/status")" 'DB_AWAY|STORE_FULL' "and why"
is "$(pids)" "$before" "no daemon ended for it"
rm "$T/wal/ballast"
# it has stopped itself, or tries again and again
again() { timeout 20 "$ROOT/sql/nemra-db" -d "${data%/data}" start >/dev/null 2>&1 && [ "$(admin 'select 1' 2>/dev/null)" = 1 ]; }
within 60 again
ok $? "when there is room the database can be started"
within 45 upload d-2 >/dev/null
ok $? "when there is room the same upload is taken"
becomes d-2 confirmed 90
ok $? "and becomes a certificate"
within 60 well
ok $? "and the gateway is well"

# --- the tables: a tablespace that is full
mkdir "$T/tables"
mount -t tmpfs -o size=4m,mode=0755 none "$T/tables"
mkdir "$T/tables/space"
chown "$(stat -c %U "$data")" "$T/tables/space"
admin "create tablespace small location '$T/tables/space'"
for t in $(sql "select c.oid::regclass from pg_class c join pg_inherits i on i.inhrelid = c.oid
    where c.relkind = 'r' and i.inhparent = 'nemra.audit_event'::regclass"); do
  admin "alter table $t set tablespace small"
done
dd if=/dev/zero of="$T/tables/ballast" bs=4k 2>/dev/null
# what is left of the pages at hand
sql "do \$\$ begin for i in 1..200 loop insert into nemra.audit_event (who, what, object, outcome, after) values ('t', 'fill', '-',
  'success', to_jsonb(repeat(md5(i::text), 20))); commit; end loop; end \$\$" >/dev/null 2>&1
code=$(try d-3)
is "$code" 507 "with full tables an upload is not acknowledged"
like "$(cat "$T/answer")" 'STORE_FULL' "and the reason is said"
like "$(cat "$T/head")" '^Retry-After:' "with when to come again"
is "$(try d-1)" 200 "what was acknowledged before is still answered"
like "$(lab log nemra-httpd)" 'STORE_FULL' "the log has it"
is "$(pids)" "$before" "no daemon ended for it"
rm "$T/tables/ballast"
within 60 upload d-3 >/dev/null
ok $? "when there is room the same upload is taken"
becomes d-3 confirmed 90
ok $? "and becomes a certificate"
verified() { ctl audit verify >"$T/verify.log" 2>&1; }
within 60 verified
ok $? "the audit trail is whole"
is "$(sql "select count(*) from nemra.queue")" 3 "nothing is there twice"
for d in nemra-httpd nemra-dispatch nemra-opsd; do
  unlike "$(lab log $d)" 'Sanitizer|runtime error|reason=INTERNAL' "$d had nothing of its own to complain of"
done
done_testing
