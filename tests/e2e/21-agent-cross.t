#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The agent of other machines enrols at this gateway, in qemu's user mode. Skipped where compilers, qemu or the other
# architecture's packages cannot be had.
. tests/e2e/lib.sh

case $BUILD in */asan) skip_all "the agent of another machine has no sanitizers" ;; esac
arches=
for a in arm64:aarch64-linux-gnu:qemu-aarch64-static armhf:arm-linux-gnueabihf:qemu-arm-static; do
  IFS=: read -r arch triplet qemu <<< "$a"
  if ! command -v "$triplet-gcc" >/dev/null || ! command -v "$qemu" >/dev/null; then continue; fi
  if timeout 600 env -u MAKEFLAGS make --no-print-directory BUILD="$BUILD" cross-agent ARCH="$arch" >"$T/make.$arch" 2>&1; then
    arches="$arches $arch"
  elif ! grep -q 'cannot be had' "$T/make.$arch"; then
    sed 's/^/# /' "$T/make.$arch"
    ok 1 "the agent builds for $arch"
  fi
done
[ -n "$arches" ] || [ "$tests" != 0 ] || skip_all "no cross compiler, qemu-user-static or packages of another architecture"

lab_up
for arch in $arches; do
  run=$BUILD/cross/$arch/run
  lab station "gnb-$arch" >/dev/null
  timeout 120 "$run" "$BUILD/cross/$arch/bin/nemra-agent" enrol -c "$LAB/stations/gnb-$arch/agent.yaml" 2>"$T/err"
  is $? 0 "the agent of $arch enrols" || cat "$T/err"
  d=$LAB/stations/gnb-$arch/store/current
  [ "$(openssl x509 -in "$d/cert.pem" -noout -pubkey)" = "$(openssl pkey -in "$d/key.pem" -pubout)" ]
  ok $? "... and installs a pair that matches"
  "$run" "$BUILD/cross/$arch/example-agent"
  is $? 1 "the library of $arch links and runs"
done
done_testing
