#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Line coverage of a build made with COV=1, a line a file, lowest first; then the whole; then lines and branches of
# the files that decide: policy, identity, the check of a message's protection, the state table. coverage.sh BUILDDIR
set -eu
build=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
find "$build/obj/common" "$build/obj/gateway" "$build/obj/agent" -name '*.gcda' | sort | while read -r f; do
  gcov -n "$f" 2>/dev/null
done | awk '
/^File / { file = $2; gsub("\047", "", file) }
/^Lines executed:/ && file ~ /\.c$/ && file !~ /^\// {
  split($0, a, /[:% ]+/); pct = a[3]; n = $NF
  printf "%6.2f %% of %5d  %s\n", pct, n, file; hit += pct * n / 100; all += n; file = ""
}
END { if (all) printf "%6.2f %% of %5d  all\n", 100 * hit / all, all > "/dev/stderr" }' | sort -n

echo "the files that decide:"
for f in gateway/policy/extensions gateway/policy/granted gateway/policy/names gateway/policy/policy \
  gateway/core/identity gateway/core/request gateway/intake/identity common/cmp/verify gateway/ra/judge \
  gateway/ra/check_cert gateway/ra/evidence; do
  gcov -b -n "$build/obj/$f.gcda" 2>/dev/null | awk -v want="$f.c" '
  /^File / { file = $2; gsub("\047", "", file) }
  /^Lines executed:/ { split($0, a, /[:% ]+/); lines = a[3] }
  /^Taken at least once:/ && file == want {
    split($0, a, /[:% ]+/); printf "%6.2f %% of lines, %6.2f %% of branches  %s\n", lines, a[5], file
  }'
done
