#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a gateway under load and judges what is left. TAP on stdout; docs/crash.md says how it works.

The choices are the seed's; when a process is hit is the machine's affair, so a seed that failed is run again a few times.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gateway import BUILD, DOORS, HERE, Gateway, within        # noqa: E402
from judge import Judge, Ledger                                # noqa: E402
from kills import PLACES, Killer                               # noqa: E402

WARM_S = 2.0          # load before the first kill
SHOWN = 10            # findings of one check
OPERATOR_S = 0.3      # between two acts of the operator

UNSETTLED = """SELECT count(*) FROM nemra.queue WHERE state IN ('received', 'queued', 'prepared', 'sent', 'waiting', 'issued')
    OR (state = 'in_doubt' AND next_at IS NOT NULL)"""


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kills", type=int, default=200)
    p.add_argument("--seed", type=int, default=None)
    p.add_argument("--variant", default="failpoints", help="which build: failpoints, or a control: ack-early, resign")
    p.add_argument("--expect", default=None, metavar="TEXT", help="a control: the check with TEXT in its name must find something")
    p.add_argument("--stations", type=int, default=16)
    p.add_argument("--requests", type=int, default=None, help="prepared for each station; default: more than the kills")
    p.add_argument("--settle", type=int, default=150, help="seconds for the rest to end, at most")
    p.add_argument("--summary", help="a file for the figures, as JSON")
    p.add_argument("--keep", help="a folder for all files, when a check finds something")
    o = p.parse_args()
    if o.requests is None:
        o.requests = o.kills + 60
    if o.seed is None:
        o.seed = random.SystemRandom().randrange(1 << 31)
    return o


class Operator(threading.Thread):
    """Adds stations by nemractl, one after the other, and remembers which were said to be added."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.gateway, self.added, self.stopping = gateway, [], threading.Event()

    def run(self):
        n = 0
        while not self.stopping.wait(OPERATOR_S):
            name = f"operator-{n}"
            n += 1
            if self.gateway.ctl("station", "add", name, "--vendor", "lab", "--serial", name, "--profile",
                                "gnb").returncode == 0:
                self.added.append(name)

    def stop(self):
        self.stopping.set()
        self.join()


class Run:
    def __init__(self, o, folder):
        self.o, self.folder = o, folder
        self.tests = self.failures = 0
        self.killer = None
        self.gateway = Gateway(folder, o.variant, o.stations, o.requests, self.died)
        self.killer = Killer(self.gateway, o.seed, o.kills)
        self.load = None

    def died(self, process, status):
        if self.killer is not None:
            self.killer.died(process, status)

    def start_load(self):
        g = self.gateway
        self.load = subprocess.Popen(
            ["/usr/bin/python3", f"{HERE}/load.py", g.path("load"), g.path("ledger"), g.env["NEMRA_TLS_CA"]] +
            [str(g.ports[d]) for d in DOORS], stdin=subprocess.PIPE, text=True,
            stderr=open(g.path("log", "load.log"), "wb"), env={**os.environ, "SEED": str(self.o.seed)})

    def settle(self):
        """The stations bring what they have begun to its end."""
        self.load.stdin.write("stop\n")
        self.load.stdin.flush()
        begun = time.monotonic()
        within(self.o.settle, lambda: self.gateway.try_sql(UNSETTLED) == "0")
        within(60, lambda: self.load.poll() is not None)
        self.load.stdin.close()
        self.load.wait(60)
        within(20, lambda: self.gateway.try_sql("SELECT count(*) FROM nemra.audit_pending") == "0")
        return time.monotonic() - begun

    def ok(self, good, name, findings=()):
        self.tests += 1
        self.failures += not good
        print(f"{'ok' if good else 'not ok'} {self.tests} - {name}")
        for f in findings[:SHOWN]:
            print(f"#   seed {self.o.seed}: {f}")
        if len(findings) > SHOWN:
            print(f"#   and {len(findings) - SHOWN} more")
        sys.stdout.flush()

    def report(self, checks):
        if self.o.expect is None:
            for name, findings in checks:
                self.ok(not findings, name, findings)
            return
        for name, findings in checks:
            if self.o.expect in name:
                self.ok(bool(findings), f"the rig finds it: not \"{name}\"", findings[:3])

    def figures(self, judge, checks, settled):
        k, ledger = self.killer, judge.ledger
        return {"seed": self.o.seed, "kills": k.kills, "faults": k.faults, "places": sorted(k.met),
                "uploads": len(ledger.sent), "acknowledged": len(ledger.acked), "certificates": len(ledger.certs),
                "lost": len(checks[0][1]) + len(checks[1][1]), "in_doubt": judge.resting(), "messages": len(judge.came),
                "settle_s": round(settled, 1), "findings": sum(len(f) for _, f in checks)}

    def run(self):
        began = time.monotonic()
        print(f"# SEED={self.o.seed} KILLS={self.o.kills} variant {self.o.variant}", flush=True)
        self.gateway.start()
        self.start_load()
        operator = Operator(self.gateway)
        operator.start()
        time.sleep(WARM_S)
        self.killer.run()
        killed = time.monotonic()
        operator.stop()
        settled = self.settle()
        ledger = Ledger(self.gateway.path("ledger"), self.gateway.path("load"))
        judge = Judge(self.gateway, ledger, self.killer.near)
        checks = judge.run(operator.added, self.killer.unexpected)
        f = self.figures(judge, checks, settled)
        f["operator"] = len(operator.added)
        print(f"# {sum(f['kills'].values())} kills in {killed - began:.0f} s: {show(f['kills'])}")
        print(f"# between them {show(f['faults'])}; {len(f['places'])} of {len(PLACES)} named places")
        print(f"# {f['acknowledged']} uploads and {f['operator']} acts of the operator acknowledged, {f['lost']} lost; "
              f"{f['certificates']} certificates fetched; {f['messages']} messages at the CA; in doubt {show(f['in_doubt']) or 'none'}; settled in {settled:.0f} s")
        self.report(checks)
        self.ok(f["acknowledged"] >= self.o.kills / 2, f"the load was there: {f['acknowledged']} uploads acknowledged")
        print(f"1..{self.tests}")
        if self.o.summary:
            with open(self.o.summary, "w") as out:
                json.dump(f, out)

    def stop(self):
        if self.load is not None and self.load.poll() is None:
            self.load.kill()
            self.load.wait()
        if self.killer is not None:
            self.killer.calm()
        self.gateway.stop()


def show(counts):
    return ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # and what was started is stopped
    o = options()
    if not os.path.exists(f"{BUILD}/crash/{o.variant}/nemra-httpd"):
        print(f"1..0 # SKIP no {BUILD}/crash/{o.variant}")
        return 0
    folder = tempfile.mkdtemp(prefix="nemra-crash.")
    run = None
    try:
        run = Run(o, folder)
        run.run()
    finally:
        if run is not None:
            run.stop()
        if o.keep and (run is None or run.failures):
            shutil.rmtree(o.keep, ignore_errors=True)
            shutil.copytree(folder, o.keep, ignore=shutil.ignore_patterns("pg", "db"))
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if run.failures else 0


sys.exit(main())
