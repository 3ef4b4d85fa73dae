#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One fuzz target for some seconds: run.sh TARGET SECONDS [CORPUS-TO-GROW]. New inputs go to a folder of their own, so
# that the kept corpus changes only when somebody wants it to; a crash stays in the target's folder.
set -eu
target=$1
seconds=$2
name=$(basename "$target")
kept=tests/fuzz/corpus/${name#fuzz_}
new=${3:-$(dirname "$target")/$name.new}
mkdir -p "$new" "$kept"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
exec "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
  -artifact_prefix="$(dirname "$target")/$name." "$new" "$kept"
