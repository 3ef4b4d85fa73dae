#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# plain build only: it looks at the database
#
# What the same work costs the database with a thousand stations and with fifty thousand; make growth goes to a million.
. tests/e2e/lib.sh
lab_up
/usr/bin/python3 tests/growth/growth.py "$LAB" "$BIN" "${GROWTH_SIZES:-1000 50000}"
