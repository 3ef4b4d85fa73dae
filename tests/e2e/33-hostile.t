#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Two thousand slow clients and floods beside a hundred honest stations, of which none fails; the short form of
# tests/hostile/long.t, for which "make hostile" runs.
import sys

sys.path.insert(0, "tests/hostile")
from siege import *  # noqa: F403

SLOW = [["silent=500", "silent_one=100", "half_hello=200", "dripped_hello=100", "whole_hello=500", "whole_hello_one=100"],
        ["slow_header=200", "slow_header_stolen=100", "slow_body_stolen=100", "deaf=30", "waiting_stolen=70"]]
FLOODS = [["handshakes_one=10", "handshakes=10", "reset=10", "garbage=10", "alert=5", "second_hello=5", "retried_hello=40",
           "spread_hello=20", "nonsense_http=5"],
          ["questions_one=5", "pipelined=5", "refused_stolen=5", "half_body_stolen=5"]]


def main():
    with Rig(limits=LIMITS, per_minute=600) as r:
        stations, stolen = prepare(r, 100)
        calm = run(r, "honest.py", 4, *stations)
        h = result(calm, 60)
        print(f"# calm: {h}")
        ok(h.get("failed") == 0, "a hundred stations in calm", h)
        memory, fds = figure(r, "VmRSS"), descriptors(r)
        siege(r, "slow", stations, stolen, SLOW, 10)
        siege(r, "floods", stations, stolen, FLOODS, 8)
        back_to_rest(r, memory, fds)
        same(r.stop(), 0, "it ends when it is told to")
        ok("Sanitizer" not in r.log_text() and "runtime error" not in r.log_text(), "no sanitizer has anything to say",
           r.log_text()[-3000:])
    return done()


sys.exit(main())
