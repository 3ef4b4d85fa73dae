#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every test and adds them up; the last line is "N passed, N failed". Called by "make check", which builds first.
# run.sh GROUP…: unit, unit-asan, unit-tsan, unit-valgrind, e2e, e2e-asan, e2e-tsan, e2e-cov, fuzz, lint, oom, oom-cov;
# logs go to $BUILD/test-logs.
set -uo pipefail

BUILD=${BUILD:-build}
ASAN=$BUILD/asan
FUZZ_SECONDS=${FUZZ_SECONDS:-20}
logs=$BUILD/test-logs
mkdir -p "$logs"
passed=0
failed=0

# The job server of the make that called us is not ours to hand on.
unset MAKEFLAGS MFLAGS MAKELEVEL
# Nor may the caller's locale decide how a tool reads a file.
export LC_ALL=C.UTF-8

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:disable_coredump=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

# count NAME LOG PASSED FAILED: one line for a person; a failure shows the end of its log.
count() {
  passed=$((passed + $3))
  failed=$((failed + $4))
  printf '%-40s %4d passed, %d failed\n' "$1" "$3" "$4"
  [ "$4" = 0 ] || { grep -E '^not ok|^#|ERROR|FAIL|error:|runtime error' "$2" || tail -n 30 "$2"; } | head -n 60 | sed 's/^/    /'
}

memcheck=(valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
  --show-leak-kinds=definite --suppressions=tests/valgrind.supp)

# unit NAME COMMAND…: a CUnit program. It ends with a line of figures; one that dies without them counts as one failure.
unit() {
  local name=$1 log
  shift
  log=$logs/${name//\//-}.log
  timeout 1800 "$@" >"$log" 2>&1
  local status=$? line
  line=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  if [ -z "$line" ]; then
    count "$name" "$log" 0 1
  else
    local p=${line%% *} f=${line#*, }
    f=${f%% *}
    [ $status = 0 ] || [ "$f" != 0 ] || f=1
    count "$name" "$log" "$p" "$f"
  fi
}

units() {
  local prefix=$1 dir=$2 d
  for d in tests/unit/*/main.c; do
    d=$(basename "$(dirname "$d")")
    unit "$prefix/$d" "$dir/unit/$d"
  done
}

# The programs of tests/oom. OOM_EVERY=n, OOM_OFFSET=k: the allocations k, k+n, … fail in turn.
ooms() {
  local prefix=$1 dir=$2 p
  export OOM_EVERY=${OOM_EVERY:-50}
  export OOM_OFFSET=${OOM_OFFSET:-$((RANDOM % OOM_EVERY))}
  echo "OOM_EVERY=$OOM_EVERY OOM_OFFSET=$OOM_OFFSET"
  for p in tests/oom/*.c; do
    p=$(basename "$p" .c)
    [ "$p" = oom ] || [ "$p" = hook ] || unit "$prefix/$p" "$dir/oom/$p"
  done
}

# All end-to-end tests by prove, as many at a time as there are processors. Each file's TAP is counted.
e2e() {
  local prefix=$1 dir=$2
  shift 2
  local log=$logs/$prefix.log p f
  BUILD=$dir timeout 3000 prove -v -j2 --exec '' "$@" >"$log" 2>&1
  local status=$?
  p=$(grep -Ec '^ok [0-9]' "$log")
  f=$(grep -Ec '^not ok [0-9]' "$log")
  [ $status = 0 ] || [ "$f" != 0 ] || f=1
  count "$prefix" "$log" "$p" "$f"
  [ $status = 0 ] || sed -n '/^Test Summary Report/,$p' "$log" | sed 's/^/    /'
}

one() {
  local name=$1 log=$logs/${1//\//-}.log
  shift
  if "$@" >"$log" 2>&1; then count "$name" "$log" 1 0; else count "$name" "$log" 0 1; fi
}

# Daemons tell of a race and go on: the report is what fails.
tsan_labs() {
  local report
  rm -f "$logs"/tsan-report.*
  TSAN_OPTIONS=log_path=$PWD/$logs/tsan-report e2e e2e-tsan "$BUILD/tsan" "$@"
  report=$(find "$logs" -name 'tsan-report.*' -print -quit)
  if [ -z "$report" ]; then count e2e-tsan/reports /dev/null 1 0; else count e2e-tsan/reports "$report" 0 1; fi
}

# All targets, as many at a time as there are processors.
fuzz() {
  local f t
  local -a running=()
  for f in tests/fuzz/fuzz_*.c; do
    t=$(basename "$f" .c)
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    tests/fuzz/run.sh "$BUILD/fuzz/$t" "$FUZZ_SECONDS" >"$logs/fuzz-$t.log" 2>&1 &
    running+=("$!:$t")
  done
  for f in "${running[@]}"; do
    t=${f#*:}
    if wait "${f%%:*}"; then count "fuzz/$t" "$logs/fuzz-$t.log" 1 0; else count "fuzz/$t" "$logs/fuzz-$t.log" 0 1; fi
  done
}

# A test that measures the plain build, or runs make on it, says so and is for that build alone.
mapfile -t any_build < <(grep -L '^# plain build only' tests/e2e/*.t)

for group in "$@"; do
  case $group in
  unit) units unit "$BUILD" ;;
  unit-asan) units unit-asan "$ASAN" ;;
  unit-valgrind)
    for d in tests/unit/*/main.c; do
      d=$(basename "$(dirname "$d")")
      # its hooks want pidfd_open() and an execve() that fails: valgrind 3.19 knows neither
      [ "$d" = agent_program ] || unit "$group/$d" "${memcheck[@]}" "$BUILD/unit/$d"
    done ;;
  unit-tsan) for t in $THREADED; do unit "$group/$t" "$BUILD/tsan/unit/$t"; done ;;
  oom) ooms oom "$ASAN" ;;
  oom-cov) OOM_EVERY=1 ooms oom "$BUILD" ;;
  e2e) e2e e2e "$BUILD" tests/e2e/*.t ;;
  e2e-asan) e2e e2e-asan "$ASAN" "${any_build[@]}" ;;
  e2e-tsan) tsan_labs tests/e2e/30-httpd.t tests/e2e/33-hostile.t tests/e2e/50-ctl.t ;;
  e2e-cov) e2e e2e-cov "$BUILD" "${any_build[@]}" ;;
  fuzz) fuzz ;;
  lint) one lint make --no-print-directory lint BUILD="$BUILD" ;;
  *) echo "run.sh: no group $group" >&2; exit 2 ;;
  esac
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
