#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Stands in front of a CA and spoils its answers: rubbish.py CA-PORT WELL-FILE [CERT KEY]. Prints its port. What it does
# to a message the last part of the path says; once WELL-FILE exists everything is handed on as it is.
import gzip
import os
import socket
import ssl
import sys
import threading
import time

CMP = b"Content-Type: application/pkixcmp\r\n"


def read_message(s):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = s.recv(65536)
        if not piece:
            return None, b""
        data += piece
        if data[0] == 0x16:  # a TLS handshake on a port that speaks HTTP
            s.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return None, b""
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = s.recv(65536)
        if not piece:
            break
        body += piece
    return head, body


def ask_ca(body):
    """The CA's answer: its body."""
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as ca:
        ca.sendall(b"POST /.well-known/cmp HTTP/1.1\r\nHost: ca\r\nConnection: close\r\n" + CMP +
                   b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return read_message(ca)[1]


def answer(s, body, kind=CMP, status=b"200 OK", more=b""):
    s.sendall(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\n" + kind + more +
              b"Content-Length: %d\r\n\r\n" % len(body) + body)


def endless(s, first, again, pause=0.0):
    s.sendall(first)
    while True:
        s.sendall(again)
        time.sleep(pause)


HTML = b"<html><body>Welcome to the captive portal</body></html>"


def spoil(s, mode, body):
    if mode == "html200":
        answer(s, HTML, b"Content-Type: text/html\r\n")
    elif mode == "html500":
        answer(s, HTML, b"Content-Type: text/html\r\n", b"500 Oops")
    elif mode == "empty":
        answer(s, b"")
    elif mode == "redirect":
        answer(s, b"", b"", b"302 Found", b"Location: http://127.0.0.1:1/\r\n")
    elif mode == "http09":
        s.sendall(b"no status line, just text\n")
    elif mode == "cut":
        answer(s, ask_ca(body)[:-7])
    elif mode == "type":
        answer(s, ask_ca(body), b"Content-Type: application/octet-stream\r\n")
    elif mode == "gzip":
        answer(s, gzip.compress(ask_ca(body)), more=b"Content-Encoding: gzip\r\n")
    elif mode == "big":
        answer(s, bytes(10 * 1024 * 1024))
    elif mode == "headers":
        endless(s, b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"y" * 200 + b"\r\n")
    elif mode == "chunks":
        endless(s, b"HTTP/1.1 200 OK\r\n" + CMP + b"Transfer-Encoding: chunked\r\n\r\n", b"80\r\n" + bytes(128) + b"\r\n")
    elif mode == "drip":
        endless(s, b"HTTP/1.1 200 OK\r\n" + CMP + b"Content-Length: 5000\r\n\r\n", b"0", 1)
    elif mode == "slow":
        time.sleep(6)
        answer(s, ask_ca(body))
    elif mode == "silent":
        time.sleep(60)
    else:
        answer(s, ask_ca(body))


def serve(s):
    try:
        if tls is not None:
            s = tls.wrap_socket(s, server_side=True)
        head, body = read_message(s)
        if head is not None:
            mode = head.split(b" ", 2)[1].decode().rsplit("/", 1)[1]
            spoil(s, "well" if os.path.exists(sys.argv[2]) else mode, body)
    except OSError:
        pass
    finally:
        s.close()


tls = None
if len(sys.argv) > 4:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[3], sys.argv[4])
listener = socket.create_server(("127.0.0.1", 0), backlog=256)
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
