#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# plain build only: it is about what is around the programs, not in them.
#
# Clocks that jump while the gateway runs: that of one daemon, of all, of the database, by an hour, a day and ten years, ahead
# and back. Leases do not care, nothing is doubled or lost, the log and status say it, and certificates are judged right
# again afterwards.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up --no-implicit
ctl() { timeout 30 "$BIN/nemractl" "$@" </dev/null; }
cc -shared -fPIC -O2 -o "$T/shift_clock.so" tests/e2e/shift_clock.c -ldl || skip_all "no compiler"
DAEMONS="postgres nemra-httpd nemra-dispatch nemra-opsd"
# shift DAEMON SECONDS
shift_clock() {
  /usr/bin/python3 -c 'import struct, sys
with open(sys.argv[1], "r+b") as f: f.write(struct.pack("<q", int(sys.argv[2])))' "$T/shift.$1" "$2"
}
chmod 755 "$T" "$T/shift_clock.so"
for d in $DAEMONS; do
  printf '\0\0\0\0\0\0\0\0' > "$T/shift.$d"
  chmod 644 "$T/shift.$d"
  SHIFT_CLOCK=$T/shift.$d LD_PRELOAD=$T/shift_clock.so ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 lab restart "$d" >/dev/null
done
n=0
# One more request, and its certificate.
one() { # NAME SECONDS
  n=$((n + 1))
  make_request "c-$n" p10 && within 20 upload "c-$n" >/dev/null
  ok $? "$1: an upload is acknowledged"
  becomes "c-$n" confirmed "${2:-45}"
  ok $? "$1: and becomes a certificate"
}
says() { ctl status > "$T/status" 2>&1; grep -q "$1" "$T/status"; }
one "all in order"

hour=3600 day=86400 years=315360000
for by in $hour -$hour $day; do
  shift_clock nemra-dispatch "$by"
  one "dispatcher set by $by s"
done
within 45 says 'CLOCK_DIFFERS'
ok $? "status says that the dispatcher's clock is not the database's"
like "$(cat "$T/status")" 'clock of nemra-dispatch' "and whose it is"
like "$(lab log nemra-dispatch)" 'clock.jumped by_ms=360[0-9]{4} reason=CLOCK_JUMPED' "the log says that it jumped, and by how much"
is "$(lab log nemra-dispatch | grep -c 'clock.jumped')" 3 "once for each time"
shift_clock nemra-dispatch 0
differs_no_more() { ! says 'CLOCK_DIFFERS'; }
within 45 differs_no_more
ok $? "it is right again, and status says so"
like "$(cat "$T/status")" 'CLOCK_JUMPED' "but that it was set is told for a while"

# --- ten years ahead every certificate is over; before the CA was made none is valid yet: nothing is believed
for by in $years -$years -$day; do
  shift_clock nemra-dispatch "$by"
  n=$((n + 1))
  make_request "c-$n" p10 && upload "c-$n"
  becomes "c-$n" in_doubt 60
  ok $? "set by $by s the CA's answer is not believed"
  like "$(sql "select reason || ' ' || detail from nemra.queue where request = '$(cat "$T/c-$n.id")'")" \
    'CA_BAD_ANSWER CERT_EXPIRED' "and the reason is that of a clock or certificate"
  shift_clock nemra-dispatch 0
  becomes "c-$n" confirmed 60
  ok $? "set right it goes on by itself"
done
shift_clock nemra-httpd $years
make_request c-door p10
station_curl c-door -o "$T/answer" -w '%{http_code}' -H 'Content-Type: application/pkcs10' --data-binary @"$T/c-door.req" \
  "$NEMRA_API_URL/requests" > "$T/code"
like "$(cat "$T/code")" '^40[13]$' "a door whose clock is ten years ahead takes no certificate that is over by then"
shift_clock nemra-httpd 0
within 45 upload c-door >/dev/null
ok $? "set right it does"
shift_clock nemra-opsd $day
within 45 says 'clock of nemra-opsd'
ok $? "status knows of nemra-opsd's own clock"
shift_clock nemra-opsd 0

# --- the database's clock: leases, due times and signs of life are on it
for by in $hour -$hour; do
  shift_clock postgres "$by"
  one "database set by $by s" 60
done
shift_clock postgres 0
one "database set right" 60
# what was to be done an hour from now is not forgotten
all_done() { [ "$(sql "select count(*) from nemra.queue where state <> 'confirmed'")" = 0 ]; }
within 60 all_done
ok $? "every request has its certificate"
is "$(ca_lines | awk '$2 == "in" && $3 == "p10cr" { print $1, $4 }' | sort -u | awk '{ print $1 }' | sort | uniq -d | wc -l)" 0 \
  "the CA saw one DER a transaction"
is "$(ca_lines | awk '$2 == "in" && $3 == "p10cr" { print $1 }' | sort -u | wc -l)" "$((n + 1))" "and one transaction a request"
is "$(sql "select count(*) from nemra.queue where attempt > 1")" 0 "nobody began a second one"
for d in nemra-httpd nemra-dispatch nemra-opsd; do
  unlike "$(lab log $d)" 'Sanitizer|runtime error|reason=INTERNAL' "$d had nothing of its own to complain of"
done
done_testing
