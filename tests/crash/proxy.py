#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Octets between two sockets, until they are told to misbehave.

proxy.py LINKS: a JSON file of links, {"NAME": {"listen": ADDRESS, "to": ADDRESS}}, an address being a port of 127.0.0.1
or the path of a unix socket. Faults come as lines of JSON on stdin; the end of stdin ends it:

  {"link": NAME, "fault": "cut"}                              all connections end, now
  {"link": NAME, "fault": "refuse", "for": S}                 and new ones end at once, for S seconds
  {"link": NAME, "fault": "delay", "ms": MS, "for": S}        every piece, both ways
  {"link": NAME, "fault": "stall", "way": WAY, "for": S}      nothing passes that way, and then all of it
  {"link": NAME, "fault": "after", "way": WAY, "octets": N}   the connection that carries the N-th octet from now ends
                                                              there: N octets have passed, the next one has not
WAY is "up" (from the client) or "down" (to it).
"""
import asyncio
import json
import os
import sys

PIECE = 65536
FORGET_S = 5       # an "after" that nobody met


class Link:
    def __init__(self, to):
        self.to = to
        self.writers = set()
        self.refusing = 0
        self.delay = 0.0
        self.left = {"up": None, "down": None}
        self.open = {way: asyncio.Event() for way in ("up", "down")}
        for gate in self.open.values():
            gate.set()

    def cut(self):
        for w in list(self.writers):
            w.transport.abort()

    def fault(self, f):
        later = asyncio.get_running_loop().call_later
        kind = f["fault"]
        if kind == "cut":
            self.cut()
        elif kind == "refuse":
            self.cut()
            self.refusing += 1
            later(f["for"], self.admit)
        elif kind == "delay":
            self.delay = f["ms"] / 1000
            later(f["for"], setattr, self, "delay", 0.0)
        elif kind == "stall":
            self.open[f["way"]].clear()
            later(f["for"], self.open[f["way"]].set)
        elif kind == "after":
            self.left[f["way"]] = f["octets"]
            later(FORGET_S, self.left.__setitem__, f["way"], None)

    def admit(self):
        self.refusing -= 1

    async def pump(self, reader, writer, way):
        """Ends with the connection, or with the fault that ends it."""
        while piece := await reader.read(PIECE):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self.open[way].wait()
            left = self.left[way]
            if left is not None and len(piece) > left:
                self.left[way] = None
                writer.write(piece[:left])
                await writer.drain()
                return
            if left is not None:
                self.left[way] = left - len(piece)
            writer.write(piece)
            await writer.drain()

    async def accept(self, reader, writer):
        up = None
        if not self.refusing:
            try:
                up = await connect(self.to)
            except OSError:
                pass
        if up is None:
            writer.transport.abort()
            return
        writers = {writer, up[1]}
        self.writers |= writers
        pumps = [asyncio.ensure_future(self.pump(reader, up[1], "up")),
                 asyncio.ensure_future(self.pump(up[0], writer, "down"))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for w in writers:
            w.close()       # what was written still goes out
        for p in pumps:
            p.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        self.writers -= writers


def connect(to):
    if isinstance(to, int):
        return asyncio.open_connection("127.0.0.1", to)
    return asyncio.open_unix_connection(to)


async def listen(link, at):
    if isinstance(at, int):
        await asyncio.start_server(link.accept, "127.0.0.1", at)
    else:
        await asyncio.start_unix_server(link.accept, at)
        os.chmod(at, 0o777)


async def main():
    with open(sys.argv[1]) as f:
        links = {name: (Link(l["to"]), l["listen"]) for name, l in json.load(f).items()}
    for link, at in links.values():
        await listen(link, at)
    print("ready", flush=True)
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    while line := await stdin.readline():
        f = json.loads(line)
        links[f["link"]][0].fault(f)


asyncio.run(main())
