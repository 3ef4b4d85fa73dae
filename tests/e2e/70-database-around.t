#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The database goes away in every way it can, and comes back: each time an upload is told to come again (503, Retry-After)
# within a bound, status answers and says so, and afterwards everything goes on by itself, with nothing lost and no restart.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up
ctl() { timeout 30 "$BIN/nemractl" "$@" </dev/null; }
admin() { psql "${NEMRA_DB_URL/user=nemra_owner/user=postgres}" -X -q -A -t -c "$1"; }
data=$(admin 'show data_directory')
for i in 1 2 3 4 5 6 7; do make_request "db-$i" p10; done
n=0
acked=
# Hands one in whose answer is lost to nobody: 503 within 20 s, or it is acknowledged.
turned_away() { # NAME: of the trouble
  local s
  n=$((n + 1))
  s=$SECONDS
  station_curl "db-$n" -D "$T/head" -o "$T/answer" -w '%{http_code}' -H 'Content-Type: application/pkcs10' \
    --data-binary @"$T/db-$n.req" "$NEMRA_API_URL/requests" > "$T/code" 2>/dev/null
  is "$(cat "$T/code")" "${2:-503}" "$1: an upload is not acknowledged"
  like "$(cat "$T/head")" '^Retry-After: [1-9]' "$1: it is told when to come again"
  [ $((SECONDS - s)) -le 45 ]
  ok $? "$1: within a bound"
}
status_says() { # NAME EXIT REASON
  ctl status > "$T/status" 2>&1
  is $? "$2" "$1: status answers, with $2"
  like "$(cat "$T/status")" "$3" "$1: and says $3"
}
# The same upload again, until it is taken; then its certificate.
comes_back() { # NAME
  within 60 upload "db-$n" > "$T/out"
  local rc=$?
  ok $rc "$1: the same upload is taken when the database is back"
  [ $rc = 0 ] || sed 's/^/# /' "$T/out"
  becomes "db-$n" confirmed 90
  ok $? "$1: and becomes a certificate"
  acked="$acked $(cat "$T/db-$n.id")"
  well() { ctl status > "$T/status" 2>&1 && grep -q '^The gateway is well' "$T/status"; }
  within 45 well
  ok $? "$1: and the gateway is well again"
}

# --- killed
lab kill postgres
turned_away killed
status_says killed 3 'DB_AWAY'
like "$(cat "$T/status")" 'fix: +Start it; the gateway goes on by itself' "killed: status says what to do"
lab restart postgres >/dev/null
comes_back killed

# --- stopped in order
"$ROOT/sql/nemra-db" -d "${data%/data}" stop
turned_away stopped
lab restart postgres >/dev/null
comes_back stopped

# --- read-only, as an old primary is
admin 'alter system set default_transaction_read_only = on' && admin 'select pg_reload_conf()' >/dev/null
turned_away read-only
down() { ctl status > "$T/status" 2>&1; [ $? = 3 ]; }
within 60 down
status_says read-only 3 'DB_AWAY'
like "$(cat "$T/status")" 'read-only|not accept' "read-only: in words"
PGOPTIONS='-c default_transaction_read_only=off' admin 'alter system reset default_transaction_read_only' && admin 'select pg_reload_conf()' >/dev/null
comes_back read-only

# --- no connection is left: the daemons' own are ended, and nobody gets a new one
admin 'alter role nemra_httpd connection limit 0'
admin 'alter role nemra_dispatch connection limit 0'
admin "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('nemra_httpd', 'nemra_dispatch')" >/dev/null
turned_away limit
like "$(lab log nemra-httpd)" 'store.lost reason=DB_AWAY.*too many connections' "limit: the log has it in the server's words"
admin 'alter role nemra_httpd connection limit -1'
admin 'alter role nemra_dispatch connection limit -1'
comes_back limit

# --- it hangs: connections are there and nobody answers
hang() { # SIGNAL
  local master pid
  master=$(head -1 "$data/postmaster.pid")
  for pid in "$master" $(pgrep -P "$master"); do kill "-$1" "$pid"; done
}
hang STOP
turned_away hanging
status_says hanging 3 'DB_AWAY'
hang CONT
comes_back hanging

# --- all of them together
for id in $acked; do sql "select state from nemra.queue where request = '$id'"; done | sort | uniq -c > "$T/states"
like "$(cat "$T/states")" '^ *5 (confirmed|delivered)$' "nothing that was acknowledged is lost"
is "$(sql 'select count(*) from nemra.queue')" 5 "and nothing is there twice"
is "$(ca_lines | awk '$2 == "in" && $3 == "p10cr" { print $1 }' | sort -u | wc -l)" 5 "the CA saw one transaction for each"
is "$(grep -c 'daemon.ready' "$LAB"/log/nemra-httpd.log "$LAB"/log/nemra-dispatch.log "$LAB"/log/nemra-opsd.log | cut -d: -f2 |
  tr '\n' ' ')" "1 1 1 " "no daemon was started again"
for d in nemra-httpd nemra-dispatch nemra-opsd; do
  [ "$(lab log $d | grep -cE 'store.lost|db.away|db.lost')" -le 15 ]
  ok $? "$d logs that the database is away, not each try"
  unlike "$(lab log $d)" 'Sanitizer|runtime error|reason=INTERNAL' "$d had nothing of its own to complain of"
done
done_testing
