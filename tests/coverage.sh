#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Line coverage of a build made with COV=1, a line a file, lowest first; then the whole. coverage.sh BUILDDIR
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
