#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The long siege, with the limits that a gateway has when nobody changes them: minutes of slow clients, floods from one
# address and from many, and clients with stolen keys, beside a hundred honest stations; then stations that come for the
# first time while it goes on, and stations behind the attacker's own address. SECONDS (default 60) is the length of each part.
import os
import sys

sys.path.insert(0, "tests/hostile")
from siege import *  # noqa: F403

SECONDS = int(os.environ.get("SECONDS", "60"))
SLOW = [["silent=1500", "silent_one=500", "half_hello=500", "dripped_hello=300"],
        ["whole_hello=1500", "whole_hello_one=500"],
        ["slow_header=400", "slow_header_stolen=100", "slow_body_stolen=100", "deaf=50", "waiting_stolen=200"]]
FLOODS = [["handshakes_one=20", "handshakes=20", "reset=20", "garbage=20", "alert=10", "second_hello=10", "retried_hello=200",
           "spread_hello=100", "nonsense_http=10"],
          ["questions_one=10", "pipelined=10", "refused_stolen=10", "half_body_stolen=10"]]
ONE = ["handshakes_one=20", "whole_hello_one=100", "silent_one=100", "questions_one=10"]


def main():
    with Rig(limits="", per_minute=600) as r:
        stations, stolen = prepare(r, 300)
        ok(result(run(r, "honest.py", 4, *stations[:100]), 60).get("failed") == 0, "a hundred stations in calm")
        memory, fds = figure(r, "VmRSS"), descriptors(r)
        siege(r, "slow", stations[:100], stolen, SLOW, SECONDS)
        siege(r, "floods", stations[:100], stolen, FLOODS, SECONDS)
        siege(r, "first contact", stations[100:200], stolen, FLOODS, SECONDS)
        back_to_rest(r, memory, fds)
        # Behind the attacker's address a connection may be turned away, but a station that tries again comes in.
        sources = ["--source", "127.66.7.7"]
        ok(result(run(r, "honest.py", 4, *sources, *stations[200:210]), 60).get("failed") == 0, "stations behind a router")
        bad = run(r, "attack.py", SECONDS, "--one", "127.66.7.7", *ONE)
        good = run(r, "honest.py", SECONDS - 2, "--insist", *sources, *stations[200:210])
        h = result(good, SECONDS + 60)
        print(f"# {h}\n# {result(bad, SECONDS + 60)}")
        ok(h.get("failed") == 0 and h["fewest"] > 0, "an attacker behind it does not keep them out", h)
        back_to_rest(r, memory, fds)
        same(r.stop(), 0, "it ends when it is told to")
        ok("Sanitizer" not in r.log_text() and "runtime error" not in r.log_text(), "no sanitizer has anything to say",
           r.log_text()[-3000:])
    return done()


sys.exit(main())
