# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For the end-to-end tests: TAP, a temporary folder, a lab. Source it from the repository's root:
#	. tests/e2e/lib.sh
# BUILD says which build is tested (default build). Each test file ends with: done_testing

set -u
ROOT=$PWD
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
BIN=$BUILD/bin
export BUILD BIN
# The user's locale must not decide how a tool reads a file or sorts a list.
export LC_ALL=C.UTF-8
T=$(mktemp -d /tmp/nemra-test.XXXXXX)
LAB=
tests=0
failures=0

# Ends what this test started, by its lab, and removes its files.
cleanup() {
  local status=$?
  [ -z "$LAB" ] || "$ROOT/deploy/lab/lab" down -d "$LAB" >/dev/null 2>&1
  if [ "$failures" != 0 ] && [ -n "${KEEP:-}" ]; then
    echo "# kept: $T" >&2
  else
    rm -rf "$T"
  fi
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# ok STATUS NAME: STATUS is an exit status; the name says the behaviour.
ok() {
  tests=$((tests + 1))
  if [ "$1" = 0 ]; then
    echo "ok $tests - $2"
  else
    failures=$((failures + 1))
    echo "not ok $tests - $2"
  fi
}

# is GOT WANTED NAME
is() {
  [ "$1" = "$2" ]
  local rc=$?
  ok $rc "$3"
  [ $rc = 0 ] || { echo "#      got: $1"; echo "#   wanted: $2"; }
}

# like GOT EXTENDED-REGEX NAME
like() {
  printf '%s\n' "$1" | grep -Eq -- "$2"
  local rc=$?
  ok $rc "$3"
  [ $rc = 0 ] || printf '#      got: %s\n#  no match: %s\n' "$(printf '%s' "$1" | head -c 2000 | tr '\n' ' ')" "$2"
}

# unlike GOT EXTENDED-REGEX NAME
unlike() {
  ! printf '%s\n' "$1" | grep -Eq -- "$2"
  ok $? "$3"
}

# A reason for what cannot be tested here.
skip_all() {
  echo "1..0 # SKIP $1"
  trap - EXIT
  rm -rf "$T"
  exit 0
}

done_testing() {
  echo "1..$tests"
  [ "$failures" = 0 ]
}

# within SECONDS COMMAND…: repeats it until it succeeds. For what another process does soon.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# A lab of its own for this test; then its variables (NEMRA_…) are set. Arguments go to "lab up".
lab_up() {
  LAB=$T/lab
  if ! "$ROOT/deploy/lab/lab" -d "$LAB" up "$@" >"$T/lab.log" 2>&1; then
    sed 's/^/# /' "$T/lab.log"
    echo "Bail out! the lab did not start"
    exit 1
  fi
  # shellcheck source=/dev/null
  . "$LAB/env"
}

lab() {
  "$ROOT/deploy/lab/lab" -d "$LAB" "$@"
}

# sql STATEMENT: as the database's owner; one value, unaligned.
sql() {
  psql "$NEMRA_DB_URL" -X -q -A -t -c "$1"
}

# curl as a station of the lab: station_curl NAME ARGUMENTS…
station_curl() {
  local s=$LAB/stations/$1
  shift
  curl -sS --max-time 60 --cacert "$NEMRA_TLS_CA" --cert "$s/device.crt" --key "$s/device.key" "$@"
}
