# SPDX-License-Identifier: Apache-2.0
"""What happens to a gateway: a seeded sequence of kills at random moments and at named places, and between them cuts,
delays and freezes. Each is noted with its number and time, for the judge to name beside what it finds."""
import glob
import os
import random
import re
import signal
import threading
import time

from gateway import DISPATCHERS, DOORS, LEASE_S, ROOT, within

# Statements and questions that this load has no use for.
UNUSED = re.compile(r"ops_(?!station_put)|work_refuse|audit_check")


def named_places():
    """All of them, from the sources: FAILPOINT and FAILPOINT_OF in gateway/."""
    found = set()
    for path in glob.glob(f"{ROOT}/gateway/*/*.c"):
        with open(path, encoding="utf-8") as f:
            found |= set(re.findall(r'FAILPOINT\("([\w.]+)"\)', f.read()))
    for pattern, whose, where in ((r'struct stmt \w+ = \{ "(\w+)"', "store/*.c", "store/pg.c"),
                                  (r'\{ SIGN_\w+, "(\w+)"', "signer/signer.c", "signer/server.c")):
        with open(f"{ROOT}/gateway/{where}", encoding="utf-8") as f:
            phases = set(re.findall(r'FAILPOINT_OF\([^,]*name, "(\w+)"\)', f.read()))
        for path in glob.glob(f"{ROOT}/gateway/{whose}"):
            with open(path, encoding="utf-8") as f:
                found |= {f"{name}.{phase}" for name in re.findall(pattern, f.read()) for phase in phases
                          if not UNUSED.match(name)}
    return sorted(found)


PLACES = named_places()
# In the middle of these a dispatcher is frozen too, until another one has taken over its work.
ZOMBIE_PLACES = ["claimed", "prepared", "sent", "sending", "upstream.answered", "answered", "work_sent.asked",
                 "work_done.ask", "work_done.asked", "audit_link_add.ask"]
ZOMBIE_S = 2.0
PLACE_PAUSE_S = 0.1   # time to do something after the last one
PLACE_S = 1.2        # a place that nobody comes to is given up, and tried again later

KILLS = {            # kind: weight
    "dispatch": 26, "httpd": 22, "signer": 8, "opsd": 2, "labca": 6,
    "postgres": 3, "postgres.immediate": 1, "backend": 3,
}
FAULTS = {"cut": 6, "after": 14, "stall": 4, "delay": 5, "refuse": 3, "freeze": 5, "zombie": 2, "ca-mode": 3}
FAULT_SHARE = 0.4    # faults for one kill
PAUSE_S = (0.0, 0.3)
AT_ONCE = 0.2        # kills that come while the last one is not yet overcome
RECOVERY_S = 1.5     # the others wait so long for a sign of work
SIGN = 2500          # octets of the ledger: a certificate was fetched, or a dozen uploads acknowledged


class Killer:
    def __init__(self, gateway, seed, kills):
        self.gateway, self.wanted = gateway, kills
        self.random = random.Random(seed)
        self.places = self.random.sample(PLACES, len(PLACES))
        self.armed = None            # (place, until), of the monotonic clock
        self.not_before = 0.0
        self.met = set()
        self.events = []             # (time, number, kind)
        self.kills = {}
        self.faults = {}
        self.lock = threading.Lock()
        self.unexpected = []
        self.timers = []

    # --- the record

    def note(self, counted, kind, text):
        with self.lock:
            into = self.kills if counted else self.faults
            into[kind] = into.get(kind, 0) + 1
            self.events.append((time.time(), sum(self.kills.values()), text))

    def n_kills(self):
        with self.lock:
            return sum(self.kills.values())

    def near(self, t, seconds=0.5):
        """What happened around a moment, for a finding's line."""
        with self.lock:
            close = [f"kill {n} {text} {(at - t) * 1000:+.0f} ms" for at, n, text in self.events if abs(at - t) < seconds]
        return "; ".join(close) or "nothing near"

    def died(self, process, status):
        """From the thread of a process that ended."""
        if process.signalled is not None:
            return
        place = process.last_place() if status == -signal.SIGKILL else None
        if place is not None:
            self.note(True, "place", f"{process.name} at {place}")
            self.met.add(place)
            armed = self.armed
            if armed is not None and armed[0] == place:      # else the other one has met it too
                self.disarm()
                self.places.append(place)
                self.not_before = time.monotonic() + PLACE_PAUSE_S
        elif process.name == "postgres" and status == 1:
            pass                     # the shared memory of the one before is still in use: tried again
        else:
            with self.lock:
                self.unexpected.append(f"{process.name} ended by itself: status {status}")

    # --- kills

    def choose(self, weights):
        return self.random.choices(list(weights), list(weights.values()))[0]

    def kill(self, process, sig=signal.SIGKILL, kind=None):
        if self.gateway.processes[process].send(sig):
            self.note(True, kind or process, kind or process)

    def kill_some(self, kind):
        names = {"dispatch": DISPATCHERS, "httpd": DOORS}.get(kind)
        if names is None:
            self.kill(kind)
            return
        self.kill(self.random.choice(names), kind=kind)
        if self.random.random() < 0.1:
            for name in names:       # nobody is left to take over
                self.kill(name, kind=kind)

    def kill_backend(self):
        """One of PostgreSQL's own processes: it ends all the others and recovers."""
        try:
            pid = self.random.choice(self.gateway.processes["postgres"].children())
            os.kill(pid, signal.SIGKILL)
        except (OSError, IndexError):
            return
        self.note(True, "backend", "a backend of PostgreSQL")

    def failpoint(self):
        return self.gateway.path("failpoint")

    def arm(self):
        """Somebody is always about to die at the next named place; it counts when it has happened."""
        armed = self.armed
        if armed is not None and time.monotonic() > armed[1]:
            self.disarm()
            self.places.append(armed[0])
        if self.armed is not None or time.monotonic() < self.not_before:
            return
        name = self.places.pop(0)
        self.armed = (name, time.monotonic() + PLACE_S)
        self.order(f"{name} {self.random.choice((1, 1, 2, 5))}")

    def order(self, text):
        with open(self.failpoint() + ".new", "w") as f:
            f.write(text + "\n")
        os.rename(self.failpoint() + ".new", self.failpoint())

    def disarm(self):
        self.armed = None
        try:
            os.unlink(self.failpoint())
        except FileNotFoundError:
            pass

    # --- faults

    def later(self, seconds, fn, *args):
        """Once: after that time, or when all shall be calm."""
        todo = [(fn, args)]
        t = threading.Timer(seconds, self.do_once, (todo,))
        t.daemon = True
        t.start()
        self.timers.append((t, todo))

    def do_once(self, todo):
        with self.lock:
            taken, todo[:] = list(todo), []
        for fn, args in taken:
            fn(*args)

    def freeze(self, name, seconds):
        process = self.gateway.processes[name]
        popen = process.popen
        if not process.send(signal.SIGSTOP):
            return
        self.note(False, "freeze", f"{name} frozen for {seconds:.1f} s")
        self.later(seconds, self.thaw, process, popen)

    @staticmethod
    def thaw(process, popen):
        with process.lock:
            if process.popen is popen and popen.poll() is None:
                popen.send_signal(signal.SIGCONT)

    def freeze_backend(self, seconds):
        try:
            pid = self.random.choice(self.gateway.processes["postgres"].children())
            fd = os.pidfd_open(pid)  # it may outlive its postmaster, and the next one waits for its end
            os.kill(pid, signal.SIGSTOP)
        except (OSError, IndexError):
            return
        self.note(False, "freeze", f"a backend of PostgreSQL frozen for {seconds:.1f} s")
        self.later(seconds, self.thaw_backend, fd)

    @staticmethod
    def thaw_backend(fd):
        try:
            signal.pidfd_send_signal(fd, signal.SIGCONT)
        except ProcessLookupError:
            pass
        os.close(fd)

    def freeze_some(self):
        name = self.random.choice(DISPATCHERS + DOORS + ["signer", "labca", "postgres", "backend"])
        if name == "backend":
            self.freeze_backend(self.random.uniform(0.2, 3.0))
            return
        longest = LEASE_S + 2 if name in DISPATCHERS else 3
        self.freeze(name, self.random.uniform(0.2, longest))

    def zombie(self):
        """A dispatcher stops at a named place for longer than its lease, and goes on as if nothing had been."""
        place = self.random.choice(ZOMBIE_PLACES)
        before = self.stopped()
        if before:
            return
        if self.armed is not None:
            self.places.append(self.armed[0])
            self.disarm()
        self.order(f"{place} 1 stop")
        met = within(ZOMBIE_S, self.stopped)
        self.disarm()
        for process, popen in self.stopped() if met else []:
            self.note(False, "zombie", f"{process.name} frozen at {place}")
            self.later(LEASE_S + 2, self.thaw, process, popen)

    def stopped(self):
        """Dispatchers that do not run now."""
        found = []
        for name in DISPATCHERS:
            process = self.gateway.processes[name]
            popen = process.popen
            try:
                with open(f"/proc/{popen.pid}/stat") as f:
                    if f.read().rsplit(")", 1)[1].split()[0] == "T":
                        found.append((process, popen))
            except OSError:
                pass
        return found

    def disturb(self, kind):
        r = self.random
        link = r.choice(self.gateway.links)
        way = r.choice(("up", "down"))
        what = {
            "cut": {},
            "after": {"way": way, "octets": r.choice((0, 1, 5, r.randrange(200), r.randrange(4000)))},
            "stall": {"way": way, "for": r.uniform(0.2, 2.0)},
            "delay": {"ms": r.randrange(2, 60), "for": r.uniform(0.5, 2.0)},
            "refuse": {"for": r.uniform(0.2, 1.5)},
        }.get(kind)
        if kind == "freeze":
            self.freeze_some()
        elif kind == "zombie":
            self.zombie()
        elif kind == "ca-mode":
            self.ca_mode(r.choice(("lose-before", "lose-after", "lose-after", "http503", "wait")), r.randrange(1, 12))
        else:
            self.gateway.fault(link=link, fault=kind, **what)
            self.note(False, kind, f"{kind} {link} {what}")

    def ca_mode(self, mode, messages):
        path = self.gateway.path("ca", "mode")
        with open(path + ".new", "w") as f:
            f.write(f"{mode} {messages}\n")
        os.rename(path + ".new", path)
        self.note(False, "ca-mode", f"the CA's next {messages} answers: {mode}")

    # --- the run

    def step(self):
        self.arm()
        if self.random.random() < FAULT_SHARE / (1 + FAULT_SHARE):
            self.disturb(self.choose(FAULTS))
            return
        kind = self.choose(KILLS)
        if kind == "backend":
            self.kill_backend()
        elif kind == "postgres.immediate":
            self.kill("postgres", signal.SIGQUIT, kind)
        else:
            self.kill_some(kind)

    def run(self):
        while self.n_kills() < self.wanted:
            wanted = self.progress() + SIGN
            self.step()
            time.sleep(self.random.uniform(*PAUSE_S))
            if self.random.random() >= AT_ONCE:
                self.recover(wanted)
        self.calm()

    def recover(self, wanted):
        within(RECOVERY_S, lambda: self.progress() >= wanted)

    def progress(self):
        return os.stat(self.gateway.path("ledger")).st_size

    def calm(self):
        """Nothing more happens, and what was stopped goes on."""
        self.disarm()
        for timer, todo in self.timers:
            timer.cancel()
            self.do_once(todo)
        self.timers = []
        with open(self.gateway.path("ca", "mode"), "w") as f:
            f.write("ok\n")
        for p in self.gateway.processes.values():
            p.send(signal.SIGCONT)
