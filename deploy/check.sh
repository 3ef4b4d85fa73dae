#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds, and runs every test. The last line: "N passed, N failed".
set -eu
cd "$(dirname "$0")/.."
sh deploy/install-packages.sh build run test
# Compilers for other machines lag in some mirrors; the test of cross-built agents then says that it was skipped.
sh deploy/install-packages.sh cross || echo "check: no cross compilers; the agent is tested on this machine alone" >&2
exec make -j"$(nproc)" --no-print-directory check
