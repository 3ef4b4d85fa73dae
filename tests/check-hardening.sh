#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What compiler and linker promised, looked for in the programs that came out. check-hardening.sh [BINDIR]
set -eu
bin=${1:-build/bin}
status=0

# has WHAT TEXT PATTERN
has() {
  printf '%s\n' "$2" | grep -Eq -- "$3" || { echo "$f: $1"; status=1; }
}

hasnt() {
  ! printf '%s\n' "$2" | grep -Eq -- "$3" || { echo "$f: $1"; status=1; }
}

for f in "$bin"/*; do
  [ "$(head -c 4 "$f" | tr -d '\177')" = ELF ] || continue
  header=$(readelf -hW "$f") segments=$(readelf -lW "$f") dynamic=$(readelf -dW "$f")
  notes=$(readelf -nW "$f") symbols=$(readelf --dyn-syms -W "$f")
  has "not position independent" "$header" 'Type: +DYN'
  has "its relocations stay writable" "$segments" 'GNU_RELRO'
  has "binds symbols late" "$dynamic" 'BIND_NOW|FLAGS_1.*NOW'
  has "no statement about its stack" "$segments" 'GNU_STACK'
  hasnt "its stack is executable" "$segments" 'GNU_STACK.*E +0x'
  hasnt "a segment is writable and executable" "$segments" 'LOAD.* RWE '
  hasnt "looks for libraries in folders of its own" "$dynamic" 'R(UN)?PATH'
  has "no stack protector" "$symbols" '__stack_chk_fail'
  has "no fortified calls" "$symbols" '__[a-z]+_chk(@|$| )'
  # Debian 12's start-up files are not marked, so neither is the program: its landing places are counted.
  case $(uname -m) in
  x86_64)
    [ "$(LC_ALL=C grep -aoP '\xf3\x0f\x1e\xfa' "$f" | wc -l)" -gt 50 ] || { echo "$f: no control flow protection"; status=1; }
    ;;
  aarch64) has "no branch protection" "$notes" 'BTI|PAC' ;;
  esac
done
exit $status
