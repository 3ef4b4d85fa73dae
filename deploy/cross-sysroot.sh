#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# cross-sysroot.sh ARCH DIR: the libraries that the agent needs on Debian's ARCH (arm64, armhf …), unpacked in
# DIR/root. With package lists of its own, so that nothing of this system changes: no foreign architecture, no package that
# must have the same version as one that is installed. Needs no root.
set -eu
arch=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
packages="libc6-dev libssl-dev libcurl4-openssl-dev libcyaml-dev libyaml-dev libjansson-dev"

cannot() {
  echo "cross-sysroot: $* for $arch cannot be had from this system's package sources:" >&2
  tail -5 "$dir/apt.log" >&2
  echo "cross-sysroot: a mirror that is being updated needs some time; a source without $arch needs another mirror" >&2
  exit 1
}

mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/root"
: > "$dir/status"
get() {
  apt-get -q -o APT::Architecture="$arch" -o APT::Architectures::="$arch" -o Dir::State::Lists="$dir/lists" \
    -o Dir::State::Status="$dir/status" -o Dir::Cache="$dir/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User="" \
    "$@" >>"$dir/apt.log" 2>&1
}

: > "$dir/apt.log"
# A list that fails (a security mirror in the middle of an update) need not stop us: what counts are the packages.
get update || echo "cross-sysroot: some package lists were not complete; going on with the others" >&2
# shellcheck disable=SC2086
get install --download-only --no-install-recommends -y $packages || cannot "$packages"
for deb in "$dir"/cache/archives/*.deb; do
  [ -f "$deb" ] || cannot "$packages"
  dpkg-deb -x "$deb" "$dir/root"
done
# Debian 13 has all below usr and the base system's links to it in no package that is taken here.
for d in lib lib64; do
  [ -e "$dir/root/$d" ] || ln -s "usr/$d" "$dir/root/$d"
done
touch "$dir/root/.complete"
