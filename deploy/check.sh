#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds, and runs every test. The last line: "N passed, N failed".
set -eu
cd "$(dirname "$0")/.."
sh deploy/install-packages.sh build run test
exec make --no-print-directory check
