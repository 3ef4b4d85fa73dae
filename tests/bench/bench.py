#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an enrolment costs: runs a lab, the floor's primitives, OpenSSL's CMP client and the load, in turns.

Ratios come first, because a shared machine is faster at one hour than at another: both sides of a ratio are measured
in the same minute. A run that fails, or whose books do not agree, ends the bench. See docs/performance.md."""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
HERE = os.path.dirname(os.path.abspath(__file__))

CORE = ["--stations", "96", "--each", "25", "--parallel", "96"]
WHOLE = ["--stations", "800", "--parallel", "96"]
SOME = ["--stations", "48", "--each", "20", "--parallel", "48"]


def run(argv, **more):
    return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **more).stdout


def first_line(argv):
    try:
        return run(argv, stderr=subprocess.DEVNULL).splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "?"


class Lab:
    """A gateway of its own, with a test CA; ended and removed at the end."""

    def __init__(self, folder):
        self.dir = os.path.join(folder, "lab")
        self.loads = 0

    def do(self, *words, **more):
        return run([os.path.join(ROOT, "deploy/lab/lab"), "-d", self.dir, *words],
                   env={**os.environ, "BUILD": BUILD}, stderr=subprocess.STDOUT, timeout=120, **more)

    def up(self):
        self.do("up")
        self.env = {}
        with open(os.path.join(self.dir, "env"), encoding="utf-8") as f:
            for line in f:
                if "=" in line:
                    name, value = line.rstrip("\n").split("=", 1)
                    self.env[name] = value.strip("'")

    def ca_options(self, *options):
        with open(os.path.join(self.dir, "labca-options"), "w", encoding="utf-8") as f:
            f.writelines(o + "\n" for o in options)
        self.do("ca", "stop")
        self.do("ca", "start")

    def count(self, sql):
        return int(run(["psql", self.env["NEMRA_DB_URL"], "-XqAtc", sql]))

    def floor(self):
        return json.loads(run([os.path.join(BUILD, "bench/nemra-floor"), self.env["NEMRA_DB_URL"]]))

    def start_load(self, *options):
        self.loads += 1
        result = os.path.join(self.dir, f"result-{self.loads}.json")
        argv = [os.path.join(BUILD, "bench/nemra-load"), "--lab", self.dir, "--prefix", f"bench{self.loads}", "--quiet",
                "--json", result, *options]
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return child, result

    def end_load(self, child, result):
        said, _ = child.communicate(timeout=600)
        if child.returncode != 0:
            sys.exit(f"bench: the load failed, so nothing that was measured counts:\n{said}")
        with open(result, encoding="utf-8") as f:
            return json.load(f)

    def load(self, *options):
        return self.end_load(*self.start_load(*options))


@contextlib.contextmanager
def lab():
    with tempfile.TemporaryDirectory(prefix="nemra-bench.") as folder:
        os.chmod(folder, 0o755)
        one = Lab(folder)
        try:
            one.up()
            yield one
        finally:
            with contextlib.suppress(subprocess.SubprocessError):
                one.do("down")


def peer(folder, count):
    """OpenSSL's client and mock server, in a network of their own; None where that is not permitted."""
    os.makedirs(folder, exist_ok=True)
    try:
        return json.loads(run(["unshare", "-n", os.path.join(HERE, "peer.sh"), folder, str(count)], timeout=120,
                              stderr=subprocess.PIPE))
    except subprocess.CalledProcessError as e:
        return {"skipped": (e.stderr or "unshare -n is not permitted").strip()[-200:]}


# ---- what the floor adds up to ------------------------------------------------------------------

def floor_sum(f, proof="verify P-256", explicit=False):
    """Proof of possession, RA signature, the answer's protection, the certificate's own signature; one row appended and
    changed twice, by the hundred; two exchanges with the station and one with the CA; three walks over DER."""
    us = f[proof] + f["sign P-256"] + 2 * f["verify P-256"] + f["insert, 100 rows a commit"] \
        + 2 * f["update, 100 rows a commit"] + 3 * f["HTTP exchange, server"] + 3 * f["walk PKCS#10"]
    if explicit:
        us += f["sign P-256"] + f["verify P-256"] + f["HTTP exchange, server"]
    return us


def ratio(pairs, over, under):
    values = [over(p) / under(p) for p in pairs if under(p)]
    if not values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def ratios(pairs):
    def core(p):
        return p["core"]["gateway_us"]

    def whole(p):
        return p["whole"]["gateway_us"]

    def handshake(p):
        return p["floor"]["TLS 1.3 mutual handshake, server"]

    def openssl(p):
        return p["peer"].get("client_us", 0) + p["peer"].get("server_us", 0)

    return {
        "core / floor": ratio(pairs, core, lambda p: floor_sum(p["floor"])),
        "core / one P-256 verification": ratio(pairs, core, lambda p: p["floor"]["verify P-256"]),
        "whole / (floor + handshake)": ratio(pairs, whole, lambda p: floor_sum(p["floor"]) + handshake(p)),
        "core / openssl cmp, client and server": ratio(pairs, core, openssl),
        "core / openssl cmp, client alone": ratio(pairs, core, lambda p: p["peer"].get("client_us", 0)),
    }


# ---- scenarios ----------------------------------------------------------------------------------

def full_queue(one, n=400):
    """Uploads while the dispatcher is away; then how long until all of them have their certificates."""
    one.do("kill", "dispatch")
    load = one.start_load("--stations", str(n), "--parallel", str(n))
    end = time.monotonic() + 60
    waiting = "SELECT count(*) FROM nemra.queue WHERE state = 'queued'"
    while one.count(waiting) < n:
        if time.monotonic() > end or load[0].poll() is not None:
            sys.exit("bench: the queue did not fill\n" + load[0].communicate()[0])
        time.sleep(0.05)
    begin = time.monotonic()
    one.do("restart", "dispatch")
    ready = time.monotonic()
    result = one.end_load(*load)
    result["start_s"] = ready - begin
    result["drain_s"] = time.monotonic() - begin - 0.3   # nemra-load settles for so long
    return result


def scenarios(one, pairs, wanted):
    rate = statistics.median(p["whole"]["done"] / p["whole"]["seconds"] for p in pairs)
    half = max(1, int(rate / 2))

    def ca(*options):
        one.ca_options(*options)
        return True

    steps = [
        ("RSA-2048 requests, kept", lambda: one.load(*SOME, "--key", "rsa")),
        ("CRMF, kept", lambda: one.load(*SOME, "--form", "crmf")),
        ("envelope, kept", lambda: one.load(*SOME, "--form", "envelope")),
        ("EST, kept", lambda: one.load(*SOME, "--door", "est")),
        ("half load, new connections", lambda: one.load("--stations", str(half * 6), "--rate", str(half),
                                                        "--parallel", "512")),
        ("idle, one at a time", lambda: one.load("--stations", "1", "--each", "30", "--parallel", "1")),
        ("explicit confirm, kept", lambda: ca("--no-implicit") and one.load(*SOME)),
        ("CA 20 ms away, kept", lambda: ca("--delay", "20") and one.load(*SOME)),
        ("CA 100 ms away, kept", lambda: ca("--delay", "100") and one.load(*SOME)),
        ("restart with a full queue", lambda: ca() and full_queue(one)),
    ]
    done = {}
    for name, step in steps:
        if not wanted or any(w in name for w in wanted):
            print(f"  {name} …", file=sys.stderr, flush=True)
            done[name] = step()
    return done


# ---- output -------------------------------------------------------------------------------------

def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "source": first_line(["git", "-C", ROOT, "describe", "--always", "--dirty", "--tags"]),
        "processor": f"{os.cpu_count()} x {model}",
        "load before": " ".join(f"{x:.1f}" for x in os.getloadavg()),
        "kernel": platform.release(),
        "compiler": first_line(["gcc", "--version"]),
        "openssl": first_line(["openssl", "version"]),
        "gnutls": first_line(["pkg-config", "--modversion", "gnutls"]),
        "libmicrohttpd": first_line(["pkg-config", "--modversion", "libmicrohttpd"]),
        "postgresql": first_line(["psql", "--version"]),
        "seed": "none: keys are new each time",
    }


def row(name, r):
    print(f"{name:30} {r['gateway_us']:7.0f} {r['done'] / r['seconds']:8.0f} {r['wal_octets']:8.0f} "
          f"{r['ack_us']['p50'] / 1e3:8.1f} {r['ack_us']['p99'] / 1e3:8.1f} "
          f"{r['whole_us']['p50'] / 1e3:9.1f} {r['whole_us']['p99'] / 1e3:9.1f}")


def spread(values):
    return f"{statistics.median(values):8.1f}   ({min(values):.1f} to {max(values):.1f})"


def show(report):
    pairs = report["pairs"]
    print("\nRatios (median of the pairs, least and most)")
    for name, r in report["ratios"].items():
        text = f"{r['median']:6.2f}   ({r['min']:.2f} to {r['max']:.2f})" if r else "not measured"
        print(f"  {name:44} {text}")
    skipped = next((p["peer"]["skipped"] for p in pairs if "skipped" in p["peer"]), None)
    if skipped:
        print(f"  openssl cmp was not run: {skipped}")
    print("\nProcessor time of an enrolment, us        core (kept connection)             whole (new connection)")
    names = sorted({n for p in pairs for k in ("core", "whole") for n, c in p[k]["cpu"].items() if c["gateway"]})
    for name in ["gateway and PostgreSQL", *names]:
        def of(p, k, name=name):
            return p[k]["gateway_us"] if name.startswith("gateway") else p[k]["cpu"].get(name, {"us": 0})["us"]
        values = {k: [of(p, k) for p in pairs] for k in ("core", "whole")}
        if max(map(max, values.values())) >= 1:
            print(f"  {name:34} {spread(values['core']):34} {spread(values['whole'])}")
    print("\nResident memory, KiB: " + ", ".join(
        f"{n} {c['rss_kb']}" for n, c in pairs[-1]["whole"]["cpu"].items() if c["gateway"] and c["rss_kb"]))
    print("\nThe floor's parts, us")
    for name in pairs[0]["floor"]:
        print(f"  {name:34} {spread([p['floor'][name] for p in pairs])}")
    print(f"  {'sum, implicit confirm':34} {spread([floor_sum(p['floor']) for p in pairs])}")
    for k in ("client_us", "server_us"):
        values = [p["peer"][k] for p in pairs if k in p["peer"]]
        if values:
            print(f"  {'openssl cmp, ' + k[:-3]:34} {spread(values)}")
    print(f"\n{'':30} {'us each':>7} {'a second':>8} {'WAL':>8} {'ack p50':>8} {'p99 ms':>8} {'cert p50':>9} {'p99 ms':>9}")
    row("kept connections", pairs[-1]["core"])
    row("new connections", pairs[-1]["whole"])
    for name, r in report["scenarios"].items():
        row(name, r)
    queue = report["scenarios"].get("restart with a full queue")
    if queue:
        print(f"\n{queue['done']} queued requests: {queue['drain_s']:.1f} s from the dispatcher's start (ready after "
              f"{queue['start_s']:.1f} s) to the last certificate")


def read_options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--json", metavar="FILE", help="keep all figures")
    p.add_argument("--pairs", type=int, default=5, help="turns of floor, peer, kept, new (default 5)")
    p.add_argument("--inventory", type=int, default=0, metavar="N", help="stations that only stand in the inventory")
    p.add_argument("--only", action="append", metavar="WORD", help="only scenarios with this in their names")
    p.add_argument("--no-scenarios", action="store_true", help="the pairs alone")
    return p.parse_args()


def main():
    o = read_options()
    report = {"machine": machine(), "pairs": [], "scenarios": {}}
    for name, value in report["machine"].items():
        print(f"{name:14} {value}")
    sys.stdout.flush()
    with lab() as one:
        one.load("--stations", "48", "--each", "10", "--inventory", str(o.inventory))    # plans, caches, partitions
        for i in range(o.pairs):
            print(f"  pair {i + 1} of {o.pairs} …", file=sys.stderr, flush=True)
            report["pairs"].append({"floor": one.floor(), "peer": peer(os.path.join(one.dir, "peer"), 200),
                                    "core": one.load(*CORE), "whole": one.load(*WHOLE)})
        if not o.no_scenarios:
            report["scenarios"] = scenarios(one, report["pairs"], o.only)
    report["ratios"] = ratios(report["pairs"])
    show(report)
    if o.json:
        with open(o.json, "w", encoding="utf-8") as f:
            json.dump(report, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()
