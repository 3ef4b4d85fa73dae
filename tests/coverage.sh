#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the tests took of a build made with COV=1, and the gate of it: coverage.sh BUILDDIR [FILE…]
#
# 1. A line a file, lowest first, then the whole. In common/ and in the guarded folders of gateway/ less than 90 % of a
#    file's lines is an error.
# 2. The files that decide, or the FILEs: each line and each branch must be taken; what is not is named and an error.
#    A condition of && or || is a branch each way. Of a switch one branch may be missing: the value that its enum does
#    not have. A line that says "untaken:" and why in a comment is not counted.
set -eu
build=$1
shift
guarded='^(common|gateway/(policy|core|signer|intake|ra|flow|store))/'
# One engine or provider is there, by the release of Debian; a token is met in tests/e2e/70-token.t.
elsewhere='^common/pki/key_(engine|provider)\.c$'
[ $# -gt 0 ] || set -- gateway/policy/extensions.c gateway/policy/granted.c gateway/policy/names.c \
  gateway/policy/policy.c gateway/core/identity.c gateway/core/request.c gateway/intake/identity.c \
  common/cmp/verify.c gateway/ra/judge.c gateway/ra/check_cert.c gateway/ra/evidence.c
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Notes, not counts: a file that no test ran at all has none, and is 0 %.
find "$build/obj/common" "$build/obj/gateway" "$build/obj/agent" -name '*.gcno' 2>/dev/null | sort | while read -r f; do
  gcov -n "$f" 2>/dev/null
done | awk '
/^File / { file = $2; gsub("\047", "", file) }
/^Lines executed:/ && file ~ /\.c$/ && file !~ /^\// {
  split($0, a, /[:% ]+/); pct = a[3]; n = $NF
  printf "%6.2f %% of %5d  %s\n", pct, n, file; hit += pct * n / 100; all += n; file = ""
}
END { if (all) printf "%6.2f %% of %5d  all\n", 100 * hit / all, all > "/dev/stderr" }' | sort -n | tee "$out/lines"
awk -v guarded="$guarded" -v elsewhere="$elsewhere" '$1 < 90 && $NF ~ guarded && $NF !~ elsewhere {
  printf "%s: %s %% of its lines, 90 are asked for\n", $NF, $1 }' "$out/lines" > "$out/findings"

echo "the files that decide:"
for f; do
  gcov -b -c -t "$build/obj/${f%.c}.gcno" 2>/dev/null | awk -v want="$f" -v findings="$out/findings" '
  function close_line() { if (untaken > (src ~ /^[\t ]*switch / ? 1 : 0)) say(untaken " of " ways " branches not taken") }
  function say(what) { missing++; sub(/^[\t ]+/, "", src); printf "%s:%d: %s: %s\n", want, n, what, src >> findings }
  /^ *[^:]+: *0:Source:/ { close_line(); untaken = 0; inside = substr($0, index($0, "Source:") + 7) == want; next }
  !inside { next }
  /^ *[^:]+: *[0-9]+:/ {
    close_line()
    split($0, a, ":"); n = a[2] + 0; src = $0; sub(/^[^:]*:[^:]*:/, "", src); untaken = ways = 0
    marked = src ~ /untaken:/
    if (a[1] ~ /[0-9#=]/) { lines++; if (a[1] ~ /[#=]/ && !marked) say("line not executed") }
    next
  }
  /^branch / { all++; ways++; if (/taken 0|never executed/ && !marked) untaken++ }
  END {
    close_line()
    if (!lines) { n = 0; src = ""; say("not in this build") }
    printf "%-34s %4d lines, %4d branches, %d findings\n", want, lines, all, missing
  }'
done

[ -s "$out/findings" ] || exit 0
cat "$out/findings" >&2
exit 1
