#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Honest stations beside an attack: each connects anew, uploads, waits and asks for its certificate, over and
# over. It repeats a request only when HTTP says so (429, 503 with Retry-After). What went wrong is printed as JSON.
#	honest.py --port N --keys DIR --seconds N STATION…
import argparse
import http.client
import json
import os
import random
import ssl
import sys
import threading
import time


class Station:
    def __init__(self, name, args, index):
        self.name, self.port, self.end = name, args.port, time.monotonic() + args.seconds
        # four behind each address
        self.source = args.source or f"127.10.{index // 4 // 250}.{index // 4 % 250 + 1}"
        self.insist = args.insist
        self.context = ssl.create_default_context(cafile=os.path.join(args.keys, "tls-ca.crt"))
        self.context.load_cert_chain(os.path.join(args.keys, name + ".crt"), os.path.join(args.keys, name + ".key"))
        with open(os.path.join(args.keys, name + ".upload"), "rb") as f:
            self.body = f.read()
        self.rounds, self.retries, self.took, self.failures = 0, 0, [], []

    def ask(self, c, method, path, body=None, **headers):
        while True:
            c.request(method, path, body, headers)
            r = c.getresponse()
            text = r.read()
            if r.status not in (429, 503) or not r.headers["Retry-After"]:
                return r, text
            self.retries += 1
            time.sleep(int(r.headers["Retry-After"]))

    def expect(self, got, wanted):
        r, text = got
        if r.status not in wanted:
            raise ValueError(f"{r.status} {text[:300]!r}")
        return r

    def connect(self):
        while True:
            c = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=60,
                                            source_address=(self.source, 0))
            try:
                c.connect()
                return c
            except OSError:
                if not self.insist or time.monotonic() > self.end + 30:
                    raise
                self.retries += 1
                time.sleep(0.1 + random.random() / 5)

    def once(self):
        start = time.monotonic()
        c = self.connect()
        r = self.expect(self.ask(c, "POST", "/v1/requests", self.body, **{"Content-Type": "application/pkcs10"}), (200, 201))
        self.took.append(time.monotonic() - start)
        where = r.headers["Location"]
        self.expect(self.ask(c, "GET", where, Prefer="wait=1"), (200,))
        self.expect(self.ask(c, "GET", where + "/certificate"), (200, 202))
        c.close()
        self.rounds += 1

    def run(self):
        time.sleep(random.random() * 2)
        while time.monotonic() < self.end:
            try:
                self.once()
            except (OSError, http.client.HTTPException, ValueError) as e:
                self.failures.append(f"{self.name} {self.source}: {type(e).__name__}: {e}")
            time.sleep(random.random() * 2)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--keys", required=True)
    p.add_argument("--seconds", type=float, required=True)
    p.add_argument("--source", help="the address of all; default: one for every four")
    p.add_argument("--insist", action="store_true", help="connect again when a connection is turned away")
    p.add_argument("station", nargs="+")
    args = p.parse_args()
    stations = [Station(s, args, i) for i, s in enumerate(args.station)]
    threads = [threading.Thread(target=s.run) for s in stations]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    took = sorted(x for s in stations for x in s.took)
    failures = [f for s in stations for f in s.failures]
    print(json.dumps({"stations": len(stations), "rounds": sum(s.rounds for s in stations),
                      "fewest": min(s.rounds for s in stations), "retries": sum(s.retries for s in stations),
                      "failed": len(failures), "failures": failures[:10],
                      "median_ms": round(took[len(took) // 2] * 1000) if took else None,
                      "p99_ms": round(took[len(took) * 99 // 100] * 1000) if took else None}))
    sys.exit(1 if failures else 0)


main()
