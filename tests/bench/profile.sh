#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where the processor time of an enrolment goes: profile.sh LAB [SECONDS]. Drives the lab with kept connections, samples
# each daemon and PostgreSQL's backends by perf, and prints for each its functions with all that they call, in per cent
# of its time. Needs perf, and the right to use it (root, or kernel.perf_event_paranoid).
set -euo pipefail
lab=$1
seconds=${2:-10}
build=${BUILD:-build}
out=$(mktemp -d /tmp/nemra-profile.XXXXXX)
trap 'rm -rf "$out"' EXIT

"$build/bench/nemra-load" --lab "$lab" --prefix "profile-$$" --stations 96 --each $((seconds * 8)) --parallel 96 \
  --json "$out/load.json" >"$out/load.txt" 2>&1 &
load=$!
sleep 3

# Where a lab under a long path keeps its cluster: see deploy/lab/lab.
base=$lab
[ ! -f "$lab/short" ] || base=$(cat "$lab/short")
postmaster=$(head -1 "$base/pg/data/postmaster.pid")

sample() { # NAME PIDS
  perf record -q -F 1999 -e cpu-clock --call-graph dwarf,8192 -p "$2" -o "$out/$1" -- sleep "$seconds" >/dev/null 2>&1 &
}
for d in nemra-httpd nemra-dispatch nemra-signer; do
  sample "$d" "$(cat "$lab/pid/$d")"
done
for role in nemra_httpd nemra_dispatch; do
  sample "postgres-$role" "$(pgrep -d, -P "$postmaster" -f "postgres: $role ")"
done
wait "$load" || { cat "$out/load.txt"; exit 1; }
wait

cat "$out/load.txt"
for f in nemra-dispatch nemra-httpd nemra-signer postgres-nemra_httpd postgres-nemra_dispatch; do
  printf '\n== %s: function with all it calls, by itself ==\n' "$f"
  perf report -i "$out/$f" --children --stdio -g none --percent-limit 2 -s symbol 2>/dev/null |
    awk '/^ +[0-9]/ && !/ 0x[0-9a-f]+ / && n++ < 45 { print $1, $2, $4 }' | column -t
done
