#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing of the named sections of packages.debian: install-packages.sh build run …
# Asks apt only when something is missing, so that it needs neither root nor a network then.
set -eu

list=$(dirname "$0")/packages.debian

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The lines of one section: names only.
section() {
  awk -v want="[$1]" '/^\[/ { on = ($1 == want); next } on && NF && $1 !~ /^#/ { print $1 }' "$list"
}

missing=
for s in "$@"; do
  [ -n "$(section "$s")" ] || { echo "install-packages: no section '$s' in $list" >&2; exit 1; }
  for line in $(section "$s"); do
    found=
    for p in $(echo "$line" | tr '|' ' '); do
      if installed "$p"; then found=yes; break; fi
    done
    [ -n "$found" ] || missing="$missing $line"
  done
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "install-packages: these Debian packages are missing and only root can install them:" >&2
    echo "  $missing" | tr '|' '/' >&2
    exit 1
  fi
  sudo=sudo
fi

echo "installing:$missing"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
choice=
for line in $missing; do
  for p in $(echo "$line" | tr '|' ' '); do
    if apt-cache show "$p" >/dev/null 2>&1; then choice="$choice $p"; break; fi
  done
done
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $choice
