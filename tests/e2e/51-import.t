#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The inventory by files: streamed, tried first, partly wrong, repeated, exported and imported again.
. tests/e2e/lib.sh
lab_up
ctl() { "$BIN/nemractl" "$@"; }
json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
stations() { sql 'SELECT count(*) FROM nemra.station'; }
N=20000

python3 - "$N" > "$T/big.csv" <<'PY'
import sys
print('station,vendor,model,serial,region,profile,subject,san_dns,san_ip,device_key,ssh_key,state', end='\r\n')
for i in range(int(sys.argv[1])):
    print(f'gnb-{i:06},acme,"Model ""X"", {i % 7}",S{i:06},r{i % 10},gnb,"CN=gnb-{i:06},O=Example Operator",'
          f'gnb-{i:06}.ran.example;oam-{i:06}.ran.example,192.0.2.{i % 250};2001:db8::{i:x},{i:064x},,active', end='\r\n')
PY

out=$(ctl station import "$T/big.csv" --dry-run)
is "$?: $out" "0: would be: $N added, 0 changed, 0 the same, 0 failed" "a dry run counts what would be added"
is "$(stations)" 0 "and adds nothing"
pid=$(cat "$LAB/pid/nemra-opsd")
before=$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")
out=$(ctl station import "$T/big.csv")
is "$?: $out" "0: $N added, 0 changed, 0 the same, 0 failed" "an import adds them"
is "$(stations)" "$N" "all of them"
after=$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")
most=20000
! grep -q __asan_init "$BIN/nemra-opsd" || most=400000	# freed memory is kept in quarantine there
[ $((after - before)) -lt $most ]
ok $? "the daemon's memory does not grow with the file ($before, then $after KiB)"
[ ! -e "$T/big.csv.errors.csv" ]
ok $? "without errors there is no error file"
out=$(ctl station import "$T/big.csv" -o json)
is "$(printf '%s' "$out" | json '(d["added"], d["changed"], d["same"], d["failed"])')" "(0, 0, $N, 0)" \
  "the same file again changes nothing"
audited="SELECT count(*) || ' ' || count(DISTINCT k) FROM nemra.audit_event, LATERAL (SELECT object WHERE object !~ ' '
  UNION ALL SELECT jsonb_object_keys(after) WHERE object ~ ' stations\$') AS x (k) WHERE what = 'station.added'"
is "$(sql "$audited")" "$N $N" "each station stands in one audit event"
is "$(sql "SELECT after -> 'gnb-000007' ->> 'device_key' FROM nemra.audit_event WHERE after ? 'gnb-000007'")" \
  "$(printf '%064x' 7)" "with what was given of it"
is "$(sql "SELECT max(length(after::text)) < 32768 FROM nemra.audit_event WHERE what = 'station.added'")" t \
  "and no event is too long to be linked"

# --- there and back
ctl station export > "$T/out.csv"
is "$(wc -l < "$T/out.csv")" $((N + 1)) "an export has every station"
like "$(sed -n 2p "$T/out.csv")" '^"gnb-000000","acme","Model ""X"", 0","S000000",' "quoted as RFC 4180 says"
out=$(ctl station import "$T/out.csv")
is "$out" "0 added, 0 changed, $N the same, 0 failed" "an export is imported without a change"
ctl station export -o json --where region=r3 > "$T/out.ndjson"
is "$(wc -l < "$T/out.ndjson")" $((N / 10)) "NDJSON has a line a station, by filter"
out=$(ctl station import "$T/out.ndjson")
is "$out" "0 added, 0 changed, $((N / 10)) the same, 0 failed" "and is imported as well"

# --- columns that are named, and no others
printf 'station,region\ngnb-000001,=cmd|x\n' > "$T/part.csv"
is "$(ctl station import "$T/part.csv")" "0 added, 1 changed, 0 the same, 0 failed" "a file with two columns changes one"
is "$(ctl station show gnb-000001 -o json | json '(d["region"], d["model"], d["serial"])')" \
  "('=cmd|x', 'Model \"X\", 1', 'S000001')" "and leaves the others alone"
like "$(ctl station export --where station=gnb-000001)" "\"'=cmd\\|x\"" "what looks like a formula is guarded in CSV"
ctl station export --where station=gnb-000001 | ctl station import - >"$T/out" 2>&1
is "$(cat "$T/out")" "0 added, 0 changed, 1 the same, 0 failed" "and comes back as it was"

# --- files that are partly wrong
python3 - > "$T/bad.csv" <<'PY'
print('station,vendor,serial,san_dns')
for i in range(2000):
    if i == 700: print('-bad,acme,B700,')
    elif i == 1200: print('new-1200,acme,S000005,')          # another station's serial
    elif i == 1500: print('new-1500,acme,B1500,*.example')
    elif i == 1600: print('new-1600,ac"me,B1600,')
    else: print(f'new-{i},acme,B{i},')
PY
ctl station import "$T/bad.csv" --dry-run >"$T/out" 2>&1
is $? 2 "a dry run ends as the import would (2)"
like "$(cat "$T/out")" 'would be: 1996 added, 0 changed, 0 the same, 4 failed' "and finds every wrong line"
is "$(sed 1d "$T/bad.csv.errors.csv" | cut -d, -f1,2 | xargs -d '\n' echo)" \
  "\"702\",\"'-bad\" \"1202\",\"new-1200\" \"1502\",\"new-1500\" \"1602\",\"\"" "the error file names line and station"
is "$(sed 1d "$T/bad.csv.errors.csv" | cut -d, -f3,4 | xargs -d '\n' echo)" \
  '"check","IMPORT_LINE" "store","IMPORT_LINE" "check","IMPORT_LINE" "read","IMPORT_LINE"' "and how far it came"
is "$(head -1 "$T/bad.csv.errors.csv" | tr -d '\r')" '"line","station","action","reason","message"' "with the contract's columns"
ctl station import "$T/bad.csv" >"$T/out" 2>&1
is $? 2 "without --continue-on-error the first wrong line ends the import (2)"
like "$(cat "$T/out")" 'stopped: what stands up to line 501 is taken' "and says up to where it was taken"
is "$(stations)" $((N + 500)) "nothing of the failing batch is taken"
ctl station import "$T/bad.csv" --continue-on-error --errors "$T/e.csv" >"$T/out" 2>&1
is $? 2 "with it the import goes on (2)"
like "$(cat "$T/out")" '1496 added, 0 changed, 500 the same, 4 failed' "and takes what is right"
is "$(stations)" $((N + 1996)) "all of it"
is "$(wc -l < "$T/e.csv")" 5 "the error file stands where --errors says"

printf 'station,profile\np-1,gnb\np-2,nope\np-3,\n' > "$T/profile.csv"
ctl station import "$T/profile.csv" --continue-on-error >"$T/out" 2>&1
is $? 2 "a row with a profile that is not there is refused (2)"
like "$(cat "$T/out")" 'line 3: profile: there is no profile nope' "with its line"
like "$(cat "$T/out")" '2 added, 0 changed, 0 the same, 1 failed' "and the others are taken"
printf 'station,colour\na,b\n' > "$T/unknown.csv"
ctl station import "$T/unknown.csv" >"$T/out" 2>&1
is $? 2 "an unknown column is refused (2)"
like "$(cat "$T/out")" 'no column "colour"' "and named"
printf 'station,vendor\n"open,acme\n' > "$T/open.csv"
ctl station import "$T/open.csv" >"$T/out" 2>&1
is $? 2 "a quote that is never closed is refused (2)"
like "$(cat "$T/out")" 'line 2: the closing quote is missing' "with its line"
printf '{"station":"js-1","vendor":"v","san_dns":["a.example"]}\n{"station":"js-2","vendor":7}\n' |
  (cd "$T" && ctl station import - --format ndjson --continue-on-error) >"$T/out" 2>&1
is $? 2 "NDJSON comes from standard input, too (2)"
like "$(cat "$T/out")" '1 added, 0 changed, 0 the same, 1 failed' "line by line"
like "$(cat "$T/stdin.errors.csv")" '"2","js-2"|"2",""' "with its error file"

# --- killed in the middle: what is taken stays, and the same call again does the rest
python3 - > "$T/long.csv" <<'PY'
print('station,vendor,serial')
for i in range(60000): print(f'long-{i:06},acme,L{i:06}')
PY
long() { sql "SELECT count(*) FROM nemra.station WHERE name LIKE 'long-%'"; }
interrupted() { # WHO: killed as soon as some of the file is taken
  ctl station import "$T/long.csv" >"$T/out" 2>&1 &
  local import=$! pid=$! i
  [ "$1" = nemractl ] || pid=$(cat "$LAB/pid/$1")
  for ((i = 0; i < 3000; i++)); do
    [ "$(long)" -le "$taken" ] || break
    sleep 0.01
  done
  kill -9 "$pid"
  wait "$import"
}
taken=0
interrupted nemractl 2>/dev/null
taken=$(long)
[ "$taken" -gt 0 ] && [ "$taken" -lt 60000 ]
ok $? "an import that is killed leaves what it had taken ($taken)"
interrupted nemra-opsd 2>/dev/null
more=$(long)
[ "$more" -ge "$taken" ] && [ $((more % 500)) = 0 ]
ok $? "so does one whose daemon is killed, by whole batches ($more)"
lab restart opsd >/dev/null 2>&1
out=$(ctl station import "$T/long.csv" 2>&1 | tail -n 1)	# a slow machine hears of its progress before
is "$out" "$((60000 - more)) added, 0 changed, $more the same, 0 failed" "the same file again takes the rest, and says so"
is "$(long)" 60000 "and all are there"

# --- two of them at once, and one that is cut off
ctl station import "$T/big.csv" >"$T/one" 2>&1 &
one=$!
ctl station import "$T/big.csv" >"$T/two" 2>&1 &
two=$!
ctl station list --limit 1 >/dev/null
ok $? "while two imports run, others are served"
wait $one
r1=$?
wait $two
is "$r1 $?" "0 0" "two imports of one file at once both succeed"
sock=${NEMRA_OPS_URL#unix:}
(printf 'POST /api/v1/stations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 100000\r\n\r\nstation\ncut-1\ncut-2\n'; sleep 0.3) |
  timeout 5 python3 -c 'import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.stdin.buffer.read())' "$sock"
is "$(sql "SELECT count(*) FROM nemra.station WHERE name LIKE 'cut-%'")" 0 "an import that is cut off takes no half batch"

done_testing
