#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The shared libraries that each program needs directly, against the list of those it may need. A list of what is
# allowed: one of what is forbidden would forget the library nobody thought of. check-needed.sh [BINDIR]
set -eu
bin=${1:-build/bin}

allowed() {
  case $1 in
  nemra-httpd) echo libc libcrypto libcyaml libyaml libjansson libpq libmicrohttpd libgnutls ;;
  nemra-dispatch) echo libc libcrypto libcyaml libyaml libpq libcurl ;;
  nemra-signer) echo libc libcrypto libcyaml libyaml ;;
  nemra-opsd) echo libc libcrypto libcyaml libyaml libjansson libpq libmicrohttpd libcsv ;;
  nemractl) echo libc libcurl libjansson libsmartcols libcsv ;;
  nemra-agent) echo libc libcrypto libcurl libcyaml libyaml libjansson ;;
  nemra-labca) echo libc libcrypto libmicrohttpd libjansson ;;
  *) return 1 ;;
  esac
}

status=0
for f in "$bin"/*; do
  name=${f##*/}
  [ "$(head -c 4 "$f" | tr -d '\177')" = ELF ] || continue
  may=$(allowed "$name") || { echo "$f: not in the list of tests/check-needed.sh"; status=1; continue; }
  # ld.so is named by a program that has variables of a thread.
  for so in $(readelf -d "$f" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    lib=${so%%.so*}
    lib=${lib%-[0-9]*}
    case " $may ld-linux ld-linux-x86 ld-linux-aarch64 " in
    *" $lib "*) ;;
    *) echo "$f: needs $so, which $name may not"; status=1 ;;
    esac
  done
done
exit $status
