#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One fuzz target for some seconds: run.sh TARGET SECONDS [CORPUS-TO-GROW]. First its kept corpus must lead where
# tests/fuzz/reach says: a target that reads nothing would pass for ever. New inputs go to a folder of their own, so that
# the kept corpus changes only when somebody wants it to; a crash stays in the target's folder. To keep what was found:
# TARGET -set_cover_merge=1 -use_counters=0 tests/fuzz/corpus/NAME FOLDER.
set -eu
target=$1
seconds=$2
name=$(basename "$target")
kept=tests/fuzz/corpus/${name#fuzz_}
new=${3:-$(dirname "$target")/$name.new}
mkdir -p "$new"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

goals=$(sed -n "s/^$name: //p" tests/fuzz/reach)
[ -n "$goals" ] || { echo "ERROR: $name has no line in tests/fuzz/reach"; exit 1; }
covered=$("$target" -runs=0 -print_coverage=1 "$kept" 2>&1) || { echo "$covered"; exit 1; }
for f in $goals; do
  printf '%s\n' "$covered" | grep -q "^ *COVERED_FUNC: .* $f " || {
    echo "ERROR: $kept does not lead to $f() (or llvm-symbolizer is not installed)"
    exit 1
  }
done

exec "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
  -artifact_prefix="$(dirname "$target")/$name." "$new" "$kept"
