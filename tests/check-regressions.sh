#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each test that docs/regressions.md names is there, and each test of that kind is named there.
set -eu
cd "${1:-.}"
named=$(grep -oE 'reg_[a-z0-9_]+' docs/regressions.md | sort -u)
there=$(grep -rhoE '(UNIT\(|ok .*)reg_[a-z0-9_]+' tests/unit tests/e2e --include='*.c' --include='*.t' |
  grep -o 'reg_[a-z0-9_]*' | sort -u)
[ -n "$named" ] && [ "$named" = "$there" ] && exit 0
echo "docs/regressions.md names:"
echo "$named"
echo "tests are:"
echo "$there"
exit 1
