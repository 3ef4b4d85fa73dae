#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each test that docs/regressions.md names is there, and each test of that kind is named there: reg_… in a list of
# unit tests, or in the words of an end-to-end test.
set -eu
cd "${1:-.}"
named=$(grep -oE 'reg_[a-z0-9_]+' docs/regressions.md | sort -u)
there=$({ grep -rhoE 'UNIT(_AS)?\(reg_[a-z0-9_]+' tests/unit --include='*.c'
  grep -hE '^[^#]*"reg_|^[^#]*'"'reg_" tests/e2e/*.t; } | grep -oE 'reg_[a-z0-9_]+' | sort -u)
[ -n "$named" ] && [ "$named" = "$there" ] && exit 0
echo "docs/regressions.md names:"
echo "$named"
echo "tests are:"
echo "$there"
exit 1
