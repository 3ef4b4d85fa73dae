#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# 200 kills of any process, at random moments and at named places, under load; then the stations' ledger, the database
# and the CA's log must agree (docs/crash.md). SEED=N replays a run's choices, KILLS=N asks for more.
set -u
export BUILD=${BUILD:-build} LC_ALL=C.UTF-8
case $BUILD in
*/asan | */cov) kills=40 ;;
*) kills=200 ;;
esac
exec /usr/bin/python3 tests/crash/rig.py --kills "${KILLS:-$kills}" ${SEED:+--seed "$SEED"}
