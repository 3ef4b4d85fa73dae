#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Hostile clients for the HTTPS door, as many as asked, until they are ended or their time is over:
#	attack.py --port N --keys DIR --seconds N KIND=CLIENTS…
# Each client does its harm, and again when it is thrown out. A kind with "one" comes from one address,
# the others each time from another one of 127/8. What became of them is printed at the end, as JSON.
import argparse
import asyncio
import json
import os
import random
import resource
import socket
import ssl
import struct
import time

HEAD = b"Host: localhost\r\nContent-Type: application/pkcs10\r\n"


class Attack:
    def __init__(self, args):
        self.host, self.port, self.keys = "127.0.0.1", args.port, args.keys
        self.end = time.monotonic() + args.seconds
        self.random = random.Random(args.seed)
        self.one = args.one
        self.stolen = args.stolen.split(",")
        self.contexts = {}
        self.hello = self.client_hello()
        self.seen = {}

    def context(self, device=None):
        if device not in self.contexts:
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
            if device:
                c.load_cert_chain(os.path.join(self.keys, device + ".crt"), os.path.join(self.keys, device + ".key"))
            self.contexts[device] = c
        return self.contexts[device]

    def client_hello(self):
        out = ssl.MemoryBIO()
        try:
            self.context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            pass
        return out.read()

    def many(self):
        r = self.random
        return f"127.{r.randint(70, 250)}.{r.randint(0, 255)}.{r.randint(1, 254)}"

    async def connect(self, source, device=None, tls=True):
        return await asyncio.wait_for(asyncio.open_connection(
            self.host, self.port, local_addr=(source, 0), ssl=self.context(device) if tls else None,
            server_hostname="localhost" if tls else None, ssl_handshake_timeout=30 if tls else None), 30)

    async def until_thrown_out(self, reader):
        while await reader.read(65536):
            pass

    async def drip(self, reader, writer, data, gap):
        """An octet now and then, for as long as the door lets us."""
        async def feed():
            for b in data:
                writer.write(bytes([b]))
                await writer.drain()
                await asyncio.sleep(gap)
        feeding = asyncio.ensure_future(feed())
        try:
            await self.until_thrown_out(reader)
        finally:
            feeding.cancel()

    # --- before TLS

    async def silent(self):
        r, w = await self.connect(self.many(), tls=False)
        await self.until_thrown_out(r)
        w.close()

    async def silent_one(self):
        r, w = await self.connect(self.one, tls=False)
        await self.until_thrown_out(r)
        w.close()

    async def half_hello(self):
        r, w = await self.connect(self.many(), tls=False)
        w.write(self.hello[:self.random.randint(1, len(self.hello) - 1)])
        await self.until_thrown_out(r)
        w.close()

    async def dripped_hello(self):
        r, w = await self.connect(self.many(), tls=False)
        await self.drip(r, w, self.hello, 0.2)
        w.close()

    async def whole_hello(self):
        r, w = await self.connect(self.many(), tls=False)
        w.write(self.hello)
        await self.until_thrown_out(r)
        w.close()

    async def whole_hello_one(self):
        r, w = await self.connect(self.one, tls=False)
        w.write(self.hello)
        await self.until_thrown_out(r)
        w.close()

    async def garbage(self):
        r, w = await self.connect(self.many(), tls=False)
        data = self.random.randbytes(self.random.randint(1, 4000))
        kind = self.random.randrange(4)
        if kind == 0:           # a handshake record with nonsense inside
            data = b"\x16\x03\x01" + struct.pack(">H", len(data)) + data
        elif kind == 1:         # plain HTTP
            data = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        elif kind == 2:         # a hello with some octets changed
            b = bytearray(self.hello)
            for _ in range(8):
                b[self.random.randrange(5, len(b))] = self.random.randrange(256)
            data = bytes(b)
        w.write(data)
        await self.until_thrown_out(r)
        w.close()

    async def alert(self):
        r, w = await self.connect(self.many(), tls=False)
        w.write(self.random.choice([b"", self.hello]) + b"\x15\x03\x03\x00\x02\x02\x28" * self.random.randint(1, 50))
        await self.until_thrown_out(r)
        w.close()

    async def retried_hello(self):
        """A key share of no group that there is: the door asks for another hello, and waits for it."""
        r, w = await self.connect(self.many(), tls=False)
        at = self.hello.index(b"\x00\x33\x00")
        w.write(self.hello[:at + 6] + b"\x0a\x0a" + self.hello[at + 8:])
        await self.until_thrown_out(r)
        w.close()

    async def spread_hello(self):
        """The record is whole, the message in it is not."""
        r, w = await self.connect(self.many(), tls=False)
        b = bytearray(self.hello)
        b[7] += 4
        w.write(bytes(b))
        await self.until_thrown_out(r)
        w.close()

    async def second_hello(self):
        r, w = await self.connect(self.many(), tls=False)
        w.write(self.hello * 5)
        await self.until_thrown_out(r)
        w.close()

    async def reset(self):
        r, w = await self.connect(self.many(), tls=False)
        w.write(self.hello)
        await asyncio.sleep(self.random.choice([0, 0, 0.005]))
        w.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        w.transport.abort()

    # --- after it

    async def handshakes_one(self):
        _, w = await self.connect(self.one)
        w.close()

    async def handshakes(self):
        _, w = await self.connect(self.many())
        w.close()

    async def slow_header(self):
        r, w = await self.connect(self.many())
        await self.drip(r, w, b"GET /v1/template HTTP/1.1\r\n" + HEAD + b"X-Slow: x\r\n" * 100, 0.3)
        w.close()

    async def slow_header_stolen(self):
        r, w = await self.connect(self.many(), self.random.choice(self.stolen))
        await self.drip(r, w, b"GET /v1/template HTTP/1.1\r\n" + HEAD + b"X-Slow: x\r\n" * 100, 0.3)
        w.close()

    async def slow_body_stolen(self):
        r, w = await self.connect(self.many(), self.random.choice(self.stolen))
        w.write(b"POST /v1/requests HTTP/1.1\r\n" + HEAD + b"Content-Length: 9000\r\n\r\n")
        await self.drip(r, w, bytes(9000), 0.3)
        w.close()

    async def half_body_stolen(self):
        _, w = await self.connect(self.many(), self.random.choice(self.stolen))
        w.write(b"POST /v1/requests HTTP/1.1\r\n" + HEAD + b"Content-Length: 9000\r\n\r\n" + bytes(4000))
        await w.drain()
        w.transport.abort()

    async def refused_stolen(self):
        """One station sends nonsense as fast as it can."""
        r, w = await self.connect(self.many(), self.stolen[0])
        while time.monotonic() < self.end:
            w.write(b"POST /v1/requests HTTP/1.1\r\n" + HEAD + b"Content-Length: 1\r\n\r\nx")
            await self.answer(r)
        w.close()

    async def waiting_stolen(self):
        """One station wants to wait for thousands of things."""
        r, w = await self.connect(self.many(), self.stolen[0])
        w.write(b"GET /v1/requests/01890a5d-ac96-774b-bcce-b302099a8057 HTTP/1.1\r\nPrefer: wait=30\r\n" + HEAD + b"\r\n")
        await self.answer(r)
        w.close()

    async def deaf(self):
        """Asks for a lot and reads nothing."""
        _, w = await self.connect(self.many())
        w.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        w.transport.pause_reading()
        w.write((b"GET /.well-known/est/cacerts HTTP/1.1\r\n" + HEAD + b"\r\n") * 200)
        await asyncio.sleep(20)
        w.transport.abort()

    async def pipelined(self):
        r, w = await self.connect(self.many())
        w.write((b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n") * 200)
        await self.until_thrown_out(r)
        w.close()

    async def questions_one(self):
        r, w = await self.connect(self.one)
        while time.monotonic() < self.end:
            w.write(b"GET /.well-known/est/cacerts HTTP/1.1\r\n" + HEAD + b"\r\n")
            await self.answer(r)
        w.close()

    async def nonsense_http(self):
        r, w = await self.connect(self.many())
        w.write(self.random.randbytes(3000).replace(b"\n", b"x") + b"\r\n\r\n")
        await self.until_thrown_out(r)
        w.close()

    async def answer(self, r):
        head = await r.readuntil(b"\r\n\r\n")
        status = head.split(b" ", 2)[1].decode()
        self.count("HTTP " + status)
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                await r.readexactly(int(line.split(b":")[1]))

    # --- all of them

    def count(self, what):
        self.seen[what] = self.seen.get(what, 0) + 1

    async def client(self, kind):
        await asyncio.sleep(self.random.random() * 2)
        while time.monotonic() < self.end:
            try:
                await getattr(self, kind)()
                self.count(kind)
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as e:
                self.count(f"{kind}: {type(e).__name__}")
                await asyncio.sleep(0.02)

    async def run(self, kinds):
        clients = [asyncio.ensure_future(self.client(k)) for k, n in kinds for _ in range(n)]
        await asyncio.wait(clients, timeout=self.end - time.monotonic())
        for c in clients:
            c.cancel()
        await asyncio.wait(clients, timeout=5)
        print(json.dumps(self.seen, sort_keys=True), flush=True)
        os._exit(0)     # what is still open goes with the process


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--keys", required=True)
    p.add_argument("--seconds", type=float, required=True)
    p.add_argument("--stolen", default="stolen-1", help="devices whose keys the attacker has")
    p.add_argument("--one", default="127.66.6.6", help="the address of those that come from one")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("kind", nargs="+", help="KIND=CLIENTS")
    args = p.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kinds = [(k, int(n)) for k, n in (x.split("=") for x in args.kind)]
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    loop.run_until_complete(Attack(args).run(kinds))


main()
