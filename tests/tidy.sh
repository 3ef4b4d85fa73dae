#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# clang-tidy over the files given. What it counts of system headers is chatter and not shown.
set -eu
clang-tidy -quiet --warnings-as-errors='*' "$@" -- -std=c11 -I. "-I$(pkg-config --variable=includedir libpq)" \
  -D_GNU_SOURCE '-DNEMRA_VERSION="0"' 2>/dev/null
