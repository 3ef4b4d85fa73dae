#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# plain build only
#
# A rig that finds nothing may be blind. Two builds with a fault each: what it finds there is what it is for. One
# acknowledges uploads before their commit, one signs anew what it sends again. SEED=N replays a run's choices.
set -u
export BUILD=${BUILD:-build} LC_ALL=C.UTF-8
control() { # BUILD KILLS WHAT MUST BE FOUND
  /usr/bin/python3 tests/crash/rig.py --variant "$1" --kills "$2" --settle 15 --expect "$3" ${SEED:+--seed "$SEED"}
}
control ack-early 30 'acknowledged is stored' | sed '/^1\.\./d'
first=${PIPESTATUS[0]}
control resign 30 'one message a transaction' | sed '/^1\.\./d; s/ok 1 -/ok 3 -/; s/ok 2 -/ok 4 -/'
second=${PIPESTATUS[0]}
echo '1..4'
[ "$first" = 0 ] && [ "$second" = 0 ]
