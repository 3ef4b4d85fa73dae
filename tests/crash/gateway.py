# SPDX-License-Identifier: Apache-2.0
"""A gateway to be killed: a lab (deploy/lab/lab) with two doors and two dispatchers, each process started again when it
ends, as systemd would, and a fault proxy (proxy.py) between each of them and the database or the CA."""
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
DOORS = ["httpd-1", "httpd-2"]
DISPATCHERS = ["dispatch-1", "dispatch-2"]
RESTART_S = 0.1
CA_TIMEOUT_S = 1
LEASE_S = 2 * CA_TIMEOUT_S + 5       # gateway/flow/claim.c


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def within(seconds, check):
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Process(threading.Thread):
    """Started again whenever it ends. why(status) says whether an end is one of ours."""

    def __init__(self, name, argv, cwd, log, ours):
        super().__init__(daemon=True)
        self.name, self.argv, self.cwd, self.ours = name, argv, cwd, ours
        self.log_path, self.log = log, open(log, "ab")
        self.lock = threading.Lock()
        self.stopping = False
        self.signalled = None         # what we sent to the one that runs now
        self.popen = None
        self.launch()
        self.start()

    def launch(self):
        self.signalled = None
        self.log_from = os.stat(self.log_path).st_size
        self.popen = subprocess.Popen(self.argv, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=self.log,
                                      stderr=self.log, start_new_session=True)

    def run(self):
        while True:
            status = self.popen.wait()
            if self.stopping:
                return
            self.ours(self, status)
            time.sleep(RESTART_S)
            with self.lock:
                if self.stopping:
                    return
                self.launch()

    def send(self, sig):
        """To the one that runs now; False when none does. Never to a number that may be somebody else's by now."""
        with self.lock:
            if self.popen.poll() is not None:
                return False
            if sig in (signal.SIGKILL, signal.SIGQUIT):
                self.signalled = sig
            self.popen.send_signal(sig)
            return True

    def last_place(self):
        """The named place at which the one that ran last ended, or None."""
        with open(self.log_path, "rb") as f:
            f.seek(self.log_from)
            places = re.findall(rb"^failpoint (\S+)$", f.read(), re.M)
        return places[-1].decode() if places else None

    def children(self):
        with open(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children") as f:
            return [int(p) for p in f.read().split()]

    def stop(self, sig=signal.SIGTERM):
        with self.lock:
            self.stopping = True
            if self.popen.poll() is None:
                self.popen.send_signal(signal.SIGCONT)
                self.popen.send_signal(sig)
        try:
            self.popen.wait(30)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.log.close()


class Gateway:
    def __init__(self, folder, variant, stations, requests, died):
        """died(process, status): whenever one ends before stop()."""
        self.dir, self.died, self.processes = folder, died, {}
        self.variant = f"{BUILD}/crash/{variant}"
        os.chmod(folder, 0o755)      # for the user postgres
        try:
            self.lab("up", "--no-implicit")
        finally:
            self.lab("down")
        with open(f"{folder}/env") as f:
            self.env = dict(re.findall(r"^(NEMRA_\w+)='?(.*?)'?$", f.read(), re.M))
        with open(f"{folder}/ports") as f:
            self.ca_port = int(re.search(r"CA_PORT=(\d+)", f.read()).group(1))
        self.ports = {d: free_port() for d in DOORS}
        self.make_stations(stations, requests)
        self.make_conf()

    def lab(self, *args):
        r = subprocess.run([f"{ROOT}/deploy/lab/lab", "-d", self.dir, *args], capture_output=True, text=True, check=False,
                           stdin=subprocess.DEVNULL, timeout=300, env={**os.environ, "BUILD": BUILD})
        if r.returncode != 0:
            raise RuntimeError(f"lab {args}: {r.stdout} {r.stderr}")

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    # --- what it is made of

    def make_stations(self, stations, requests):
        os.makedirs(self.path("factory"))
        os.makedirs(self.path("load"))
        for name, source in (("ca.key", "key"), ("ca.crt", "pem"), ("ra-trust.pem", "pem")):
            shutil.copy(self.path("keys", f"factory.{source}"), self.path("factory", name))
        subprocess.run([f"{BUILD}/crash/prepare", self.path("factory"), self.path("load"), str(stations),
                        str(requests)], check=True, timeout=600)

    def make_conf(self):
        """One file a daemon: its own way to the database and the CA, its own door."""
        with open(self.path("nemra.yaml")) as f:
            text = f.read()
        text = text.replace("per_address: 2048", "per_address: 2048\n  open_requests: 100000")
        text = text.replace("implicit_confirm: no", f"implicit_confirm: no\n    timeout: {CA_TIMEOUT_S}s")
        socket_dir = re.search(r'host=(\S+) dbname', text).group(1)
        links = {}
        for name in DOORS + DISPATCHERS + ["opsd"]:
            mine = self.path("db", name)
            os.makedirs(mine)
            links[f"{name}:db"] = {"listen": f"{mine}/.s.PGSQL.5432", "to": f"{socket_dir}/.s.PGSQL.5432"}
            conf = text.replace(socket_dir, mine, 1)
            if name in DOORS:
                conf = re.sub(r'listen: ".*"', f'listen: "127.0.0.1:{self.ports[name]}"', conf)
            if name in DISPATCHERS:
                port = free_port()
                links[f"{name}:ca"] = {"listen": port, "to": self.ca_port}
                conf = conf.replace(f"127.0.0.1:{self.ca_port}/", f"127.0.0.1:{port}/")
            with open(self.path(f"{name}.yaml"), "w") as f:
                f.write(conf)
        self.links = list(links)
        with open(self.path("links.json"), "w") as f:
            json.dump(links, f)

    # --- its processes

    def add(self, name, *argv, cwd=None):
        self.processes[name] = Process(name, list(argv), cwd or self.dir, self.path("log", f"{name}.log"), self.died)

    def start(self):
        self.add("postgres", *self.postgres(), cwd="/")
        if not within(60, lambda: self.try_sql("SELECT 1") == "1"):
            raise RuntimeError("PostgreSQL does not start")
        self.proxy = subprocess.Popen(["/usr/bin/python3", f"{HERE}/proxy.py", self.path("links.json")], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=open(self.path("log", "proxy.log"), "wb"))
        self.proxy.stdout.readline()
        self.add_stations()
        self.add("labca", f"{BUILD}/bin/nemra-labca", "--dir", self.path("ca"), "--port", str(self.ca_port),
                 "--no-implicit")
        self.add("signer", f"{self.variant}/nemra-signer", "-c", self.path("nemra.yaml"))
        for name in DISPATCHERS + DOORS + ["opsd"]:
            self.add(name, f"{self.variant}/nemra-{name.split('-', maxsplit=1)[0]}", "-c", self.path(f"{name}.yaml"))

    def postgres(self):
        data = self.path("pg", "data")
        version = self.version(data)
        run = [f"/usr/lib/postgresql/{version}/bin/postgres", "-D", data]
        if os.geteuid() == 0:
            run = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] + run
        return run

    @staticmethod
    def version(data):
        with open(f"{data}/PG_VERSION") as f:
            return f.read().strip()

    def add_stations(self):
        with open(self.path("load", "stations")) as f:
            rows = [line.split() for line in f]
        values = ",".join(f"(gen_random_uuid(), '{n}', 'lab', 'SN-{n}', 'gnb', decode('{key}', 'hex'))" for n, key in rows)
        self.sql(f"INSERT INTO nemra.station (id, name, vendor, serial, profile, device_key) VALUES {values}")

    def fault(self, **what):
        self.proxy.stdin.write(json.dumps(what) + "\n")
        self.proxy.stdin.flush()

    def stop(self):
        for name in DOORS + DISPATCHERS + ["opsd", "signer", "labca"]:
            if name in self.processes:
                self.processes[name].stop()
        if "postgres" in self.processes:
            self.processes["postgres"].stop(signal.SIGINT)
        if hasattr(self, "proxy"):
            self.proxy.stdin.close()
            self.proxy.wait(10)

    # --- asking it

    def sql(self, statement):
        r = subprocess.run(["psql", self.env["NEMRA_DB_URL"], "-X", "-q", "-A", "-t", "-F", "\t", "-v",
                            "ON_ERROR_STOP=1", "-c", statement], capture_output=True, text=True, timeout=120, check=False)
        if r.returncode != 0:
            raise RuntimeError(r.stderr)
        return r.stdout.rstrip("\n")

    def try_sql(self, statement):
        try:
            return self.sql(statement)
        except (RuntimeError, subprocess.TimeoutExpired):
            return None

    def rows(self, statement):
        return [line.split("\t") for line in self.sql(statement).split("\n") if line]

    def ctl(self, *args):
        return subprocess.run([f"{BUILD}/bin/nemractl", "--url", self.env["NEMRA_OPS_URL"], *args], capture_output=True,
                              text=True, timeout=120, check=False)

    def ca_log(self, name="log.jsonl"):
        """Its lines; one that a kill cut short is left out, as nemra-labca does."""
        lines = []
        with open(self.path("ca", name), encoding="utf-8", errors="replace") as f:
            for line in f:
                try:
                    lines.append(json.loads(line))
                except ValueError:
                    pass
        return lines

    def complaints(self):
        """Lines of the daemons' logs that only a fault of theirs writes."""
        found = []
        for log in sorted(glob.glob(self.path("log", "*.log"))):
            with open(log, encoding="utf-8", errors="replace") as f:
                found += [f"{os.path.basename(log)}: {line.strip()}" for line in f if re.search(
                    r"Sanitizer|runtime error|reason=INTERNAL|assertion|Traceback", line)]
        return found
