#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stations, all at once: each uploads its requests, asks for the certificates, and says that they are installed.

load.py FOLDER LEDGER CA PORT…: FOLDER has what tests/crash/prepare made, PORTs are those of the doors. A station repeats
an upload, the same octets, at any door, until it is acknowledged; what it may count on is in the ledger, on the disk,
before it goes on. "stop" on stdin: nothing new. The end of stdin, or the end of all work: the end.

Ledger, one JSON object a line: s station, n number of its request, what, t seconds since 1970, and
  sent                    the first octet may be leaving
  acked   id status       201 or 200, complete
  cert    id pem          200
  marked  id              "installed" was acknowledged
  ended   id status body  there will be no certificate
  refused status body     the upload was refused for good
"""
import http.client
import json
import os
import random
import ssl
import sys
import threading
import time

WINDOW = 6           # requests of one station that are under way
AGAIN = 0.05         # this part is uploaded, or fetched, once more
TIMEOUT_S = 8


class Ledger:
    def __init__(self, path):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.lock = threading.Lock()

    def add(self, station, n, what, **more):
        line = json.dumps({"s": station, "n": n, "what": what, "t": round(time.time(), 4), **more}) + "\n"
        with self.lock:
            os.write(self.fd, line.encode())
        os.fdatasync(self.fd)


class Station(threading.Thread):
    def __init__(self, name, folder, ca, ports, ledger, seed):
        super().__init__(daemon=True)
        self.name, self.ports, self.ledger = name, ports, ledger
        self.random = random.Random(f"{seed} {name}")
        with open(f"{folder}/{name}.requests") as f:
            self.requests = [bytes.fromhex(line) for line in f]
        self.context = ssl.create_default_context(cafile=ca)
        self.context.load_cert_chain(f"{folder}/{name}.crt", f"{folder}/{name}.key")
        self.conn = None
        self.next = 0
        self.open = {}       # n -> id: acknowledged, without certificate
        self.unacked = []    # sent, not acknowledged

    def ask(self, method, path, body=None, headers=None):
        """(status, body), or None: nobody answered, and nothing is known."""
        try:
            if self.conn is None:
                self.conn = http.client.HTTPSConnection("127.0.0.1", self.random.choice(self.ports), timeout=TIMEOUT_S,
                                                        context=self.context)
            self.conn.request(method, "/v1/requests" + path, body=body, headers=headers or {})
            r = self.conn.getresponse()
            answer = r.read()
            if r.will_close:
                self.hang_up()
            return r.status, answer
        except (OSError, http.client.HTTPException):
            self.hang_up()
            time.sleep(self.random.uniform(0.02, 0.2))
            return None

    def hang_up(self):
        if self.conn is not None:
            self.conn.close()
        self.conn = None

    def later(self):
        """To another door, in a moment."""
        self.hang_up()
        time.sleep(self.random.uniform(0.05, 0.3))

    def upload(self, n):
        headers = {"Content-Type": "application/pkcs10"}
        if self.random.random() < 0.1:
            headers["Prefer"] = "wait=1"
        answer = self.ask("POST", "", self.requests[n], headers)
        if answer is None:
            return False
        status, body = answer
        if status in (200, 201):
            found = json.loads(body)["id"]
            self.ledger.add(self.name, n, "acked", id=found, status=status)
            if n in self.unacked:
                self.unacked.remove(n)
                self.open[n] = found
            return True
        if 400 <= status < 500 and status != 429:
            self.ledger.add(self.name, n, "refused", status=status, body=body.decode(errors="replace"))
            self.unacked.remove(n)
            return True
        self.later()
        return False

    def fetch(self, n, found):
        answer = self.ask("GET", f"/{found}/certificate")
        if answer is None:
            return
        status, body = answer
        if status == 200:
            self.ledger.add(self.name, n, "cert", id=found, pem=body.decode())
            if self.random.random() >= AGAIN:
                del self.open[n]
                self.install(n, found)
        elif status in (404, 410):
            self.ledger.add(self.name, n, "ended", id=found, status=status, body=body.decode(errors="replace"))
            del self.open[n]
        elif status != 202:
            self.later()

    def install(self, n, found):
        """Not what the rig is about: tried a few times."""
        for _ in range(3):
            answer = self.ask("POST", f"/{found}/installed")
            if answer is not None and answer[0] == 204:
                self.ledger.add(self.name, n, "marked", id=found)
                return

    def turn(self):
        if self.unacked:
            self.upload(self.random.choice(self.unacked))
        elif self.next < len(self.requests) and len(self.open) < WINDOW and not stop.is_set():
            self.ledger.add(self.name, self.next, "sent")
            self.unacked.append(self.next)
            self.next += 1
            return
        if self.open:
            n, found = self.random.choice(list(self.open.items()))
            if self.random.random() < AGAIN:
                self.upload(n)
            self.fetch(n, found)
        time.sleep(self.random.uniform(0.0, 0.1))

    def run(self):
        while not end.is_set() and (self.unacked or self.open or not stop.is_set()):
            self.turn()


stop, end = threading.Event(), threading.Event()


def listen():
    for line in sys.stdin:
        if line.strip() == "stop":
            stop.set()
    stop.set()
    end.set()


def main():
    folder, ledger, ca, *ports = sys.argv[1:]
    ledger = Ledger(ledger)
    with open(f"{folder}/stations") as f:
        names = [line.split()[0] for line in f]
    seed = os.environ.get("SEED", "0")
    stations = [Station(name, folder, ca, [int(p) for p in ports], ledger, seed) for name in names]
    threading.Thread(target=listen, daemon=True).start()
    for s in stations:
        s.start()
    for s in stations:
        s.join()


main()
