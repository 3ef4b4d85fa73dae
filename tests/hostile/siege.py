# SPDX-License-Identifier: Apache-2.0
#
# A door under siege: a Rig (tests/e2e/door.py) with limits that make an attack short, honest stations, and
# attackers beside them. Judged are: no honest request failed, memory and descriptors are bounded and go
# back, the log stays small, the door lives.
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, "tests/e2e")
from door import *  # noqa: F403

# Sanitizers keep freed memory on purpose.
SANITIZED = any(x in BUILD for x in ("asan", "tsan"))
HERE = os.path.join(ROOT, "tests", "hostile")
LIMITS = """  max_connections: 1500
  max_strangers: 600
  per_address: 400
  per_station: 8
  handshake: 8s
  timeout: 10s
  penalty: 5s"""


def prepare(r, honest, stolen=2):
    """Stations with a device key and one upload each."""
    names = [f"honest-{i}" for i in range(1, honest + 1)]
    bad = [f"stolen-{i}" for i in range(1, stolen + 1)]
    for n in names + bad:
        r.issue(n, "factory", f"/CN=radio/serialNumber=SN-{n}")
    for n in names:
        with open(r.path("keys", n + ".upload"), "wb") as f:
            f.write(r.csr(n, key=r.new_key()))
    r.sql("INSERT INTO nemra.station (id, name, vendor, serial) SELECT gen_random_uuid(), n, 'acme', n FROM unnest('{"
          + ",".join(names + bad) + "}'::text[]) n")
    return names, bad


def figure(r, name):
    with open(f"/proc/{r.proc.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))


def descriptors(r):
    return len(os.listdir(f"/proc/{r.proc.pid}/fd"))


def cpu_seconds(r):
    with open(f"/proc/{r.proc.pid}/stat") as f:
        v = f.read().rsplit(")", 1)[1].split()
    return (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")


def run(r, script, seconds, *args):
    return subprocess.Popen([sys.executable, os.path.join(HERE, script), "--port", str(r.port), "--keys", r.path("keys"),
                             "--seconds", str(seconds), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def result(p, seconds):
    try:
        out, errors = p.communicate(timeout=seconds)
        return json.loads(out) if out else {"failed": errors.decode()[-2000:]}
    except subprocess.TimeoutExpired:
        p.kill()
        return {"failed": "it did not end in time"}


def siege(r, name, stations, stolen, attackers, seconds):
    """Attackers: a list of lists of KIND=CLIENTS, a process each. Beside them every station works."""
    before, mark, cpu = figure(r, "VmRSS"), r.mark(), cpu_seconds(r)
    bad = [run(r, "attack.py", seconds, "--seed", str(i + 1), "--stolen", ",".join(stolen), *kinds)
           for i, kinds in enumerate(attackers)]
    good = run(r, "honest.py", seconds - 1, *stations)
    most, fds = 0, 0
    while good.poll() is None and r.alive():
        most, fds = max(most, figure(r, "VmRSS")), max(fds, descriptors(r))
        time.sleep(0.25)
    h = result(good, 60)
    seen = [result(p, seconds + 30) for p in bad]
    print(f"# {name}: honest: {h}")
    for s in seen:
        print(f"# {name}: attackers: {s}")
    print(f"# {name}: {cpu_seconds(r) - cpu:.1f} s CPU, memory {before} -> {most} kB, {fds} descriptors, "
          f"{r.mark() - mark} octets of log", flush=True)
    ok(h.get("failed") == 0 and h["fewest"] > 0, f"{name}: none of {len(stations)} honest stations failed", h)
    ok(all("failed" not in s for s in seen), f"{name}: the attack took place", seen)
    ok(r.alive() and r.ready(), f"{name}: the door is there")
    ok(SANITIZED or most - before < 400 * 1024, f"{name}: memory is bounded", before, most)
    ok(fds < 1500 + 200, f"{name}: descriptors are bounded", fds)
    ok(r.mark() - mark < 4 * 1024 * 1024, f"{name}: the log stays small", r.mark() - mark)


def back_to_rest(r, memory, fds):
    ok(within(60, lambda: descriptors(r) <= fds + 16), "descriptors go back within a minute", descriptors(r), fds)
    ok(SANITIZED or within(60, lambda: figure(r, "VmRSS") <= memory + 24 * 1024), "memory goes back within a minute",
       f"{memory} -> {figure(r, 'VmRSS')} kB")
    print(f"# at rest: memory {memory} -> {figure(r, 'VmRSS')} kB, descriptors {fds} -> {descriptors(r)}", flush=True)
