#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Messages that two readers could cut in two ways. Each is sent with an upload and a second request behind it: the door
# must answer once, with a refusal, and end the connection; the second request must never be answered, and nothing stored.
# Named after the weakness where there is one: reg_<cve>_<slug>.
import sys

sys.path.insert(0, "tests/e2e")
from door import *  # noqa: F403

CL, TE = "Content-Length", "Transfer-Encoding"
MHD = "reg_mhd_1_0_4_second_content_length"
UNIQUE = "reg_mhd_1_0_5_second_unique_header"
OVERFLOW = "reg_cve_2021_40346_length_overflow"
EMPTY = "reg_cve_2023_25725_empty_field_name"
CHUNK = "reg_cve_2023_27371_body_framing"
POST = "reg_cve_2021_3466_form_data"


def cases(n):
    """Name, header lines (Host and Content-Type are there already), reason; a reason of None: the library below refuses."""
    two, chunked = "HTTP_AMBIGUOUS", "HTTP_CHUNKED"
    for a, b in [(n, n), (n, 0), (0, n), (n, n + 1), (n + 1, n), (n, 3), (3, n), (n, f"0{n}")]:
        yield f"{MHD}: {a}, then {b}", [f"{CL}: {a}", f"{CL}: {b}"], two
    for name in ("content-length", "CONTENT-LENGTH", "Content-length", "cOnTeNt-LeNgTh"):
        yield f"{MHD}: {name}", [f"{CL}: {n}", f"{name}: {n}"], two
        yield f"{MHD}: {name} first", [f"{name}: 0", f"{CL}: {n}"], two
    yield f"{MHD}: apart", [f"{CL}: {n}"] + [f"X-{i}: x" for i in range(20)] + [f"{CL}: {n}"], two
    yield f"{MHD}: three", [f"{CL}: {n}"] * 3, two
    for value in (f"{n}, {n}", f"{n},{n}", f"{n} {n}", f"{n};x", f"+{n}", f"-{n}", f"{n}.0", f"{n}e0", hex(n), "", f"{n}\v",
                  f'"{n}"', "\t", "NaN", f"{n}_"):
        yield f"reg_t14_length_is_no_number: {value!r}", [f"{CL}: {value}"], None
    for value in (2**63, 2**64, 2**64 + n, 2**32 + n, 10**30):
        yield f"{OVERFLOW}: {value}", [f"{CL}: {value}"], None
    for value in ("chunked", "Chunked", "identity", "chunked, identity", "gzip, chunked", "xchunked", "", "chunked;x", "\tchunked"):
        yield f"reg_t14_both_framings: {value!r}", [f"{CL}: {n}", f"{TE}: {value}"], two
        yield f"reg_t14_both_framings: {value!r} first", [f"{TE}: {value}", f"{CL}: {n}"], two
        yield f"{CHUNK}: {value!r} alone", [f"{TE}: {value}"], chunked
    for name in ("transfer-encoding", "TRANSFER-ENCODING"):
        yield f"reg_t14_both_framings: {name}", [f"{CL}: {n}", f"{name}: chunked"], two
    yield f"{CHUNK}: twice", [f"{TE}: chunked", f"{TE}: chunked"], two
    yield f"{UNIQUE}: Host", ["Host: other", f"{CL}: {n}"], two
    yield f"{UNIQUE}: host", ["host: localhost", f"{CL}: {n}"], two
    yield f"{UNIQUE}: Content-Type", ["Content-Type: application/pkcs10", f"{CL}: {n}"], two
    for line in (f"{CL} : {n}", f"{CL}\t: {n}", f" {CL}: {n}", f"\t{CL}: {n}", f"{TE} : chunked", f"X\x00: y", f"{CL}\x00: 0"):
        yield f"reg_t14_space_in_a_name: {line!r}", [line, f"{CL}: {n}"], None
    # 0.9.75 takes a line without a name for the header's end, so that what follows is a body of another length; no proxy
    # stands before the door, and the client deceives only itself.
    for line in (": x", ":", "no colon at all", f" : {n}", "\x01: x", "X(y): z", "X@y: z", "X\x7f: y", "Ü: y"):
        yield f"{EMPTY}: {line!r}", [f"{CL}: {n}", line], None
    yield "reg_t14_folded_line", [f"{CL}: {n}", "X: y", f" {TE}: chunked"], None
    yield "reg_t14_bare_cr", [f"{CL}: {n}\rX: y"], None
    yield "reg_t14_many_fields", [f"{CL}: {n}"] + [f"X-{i}: x" for i in range(80)], "HTTP_HEADERS"
    yield "reg_t14_long_fields", [f"{CL}: {n}", "X: " + "x" * 9000], "HTTP_HEADERS"


def answers(out):
    return [line.split(b" ")[1] for line in out.split(b"\r\n") if line.startswith(b"HTTP/1.") and line.count(b" ") >= 2]


def desync(r):
    body = r.csr("gnb-1")
    behind = b"GET /v1/template HTTP/1.1\r\nHost: localhost\r\n\r\n"
    before = r.counts()
    n = 0
    for name, lines, reason in cases(len(body)):
        head = "\r\n".join(["POST /v1/requests HTTP/1.1", "Host: localhost", "Content-Type: application/pkcs10", *lines, "", ""])
        out = r.exchange(head.encode("latin-1") + body + behind, "gnb-1")
        got = answers(out)
        if reason is None:
            # its own error pages have their header twice: a fault of 0.9.75, which closes behind them
            good = b"200" not in got and b"201" not in got and len(set(got)) <= 1
        else:
            good = len(got) == 1 and got[0] in (b"400", b"411", b"431") and reason.encode() in out or \
                any(line.lower().startswith("transfer-encoding") for line in lines) and refused_below(out)
        ok(good, f"{name}: {reason or 'no good answer'}, once", out[:400])
        n += 1
    same(r.counts(), before, f"nothing is stored after {n} of them")
    ok(n >= 60, "there are enough of them")


def request_lines(r):
    before = r.counts()
    for line in (b"POST /v1/requests HTTP/1.1 HTTP/1.1", b"POST  /v1/requests  HTTP/1.1", b"POST /v1/requests HTTP/9.9",
                 b"POST /v1/requests", b"POST\t/v1/requests\tHTTP/1.1", b"PRI * HTTP/2.0", b"POST /v1/requests\x00 HTTP/1.1",
                 b"\x00POST /v1/requests HTTP/1.1", b"POST http://other/v1/requests HTTP/1.1", b"CONNECT other:443 HTTP/1.1",
                 b"POST /v1/requests HTTP/1.10", b"P" * 9000 + b" / HTTP/1.1", b"GET /" + b"a" * 30000 + b" HTTP/1.1"):
        body = r.csr("gnb-2")
        out = r.exchange(line + b"\r\nHost: localhost\r\nContent-Type: application/pkcs10\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                         % len(body) + body, None)
        ok(b"200" not in answers(out) and b"201" not in answers(out), f"reg_t14_request_line: {line[:40]!r}", out[:300])
    same(r.counts(), before, "nothing is stored")


def form_data(r):
    """The library's reader of form data is never used."""
    boundary = b"--x\r\nContent-Disposition: form-data; name=\"" + b"a" * 2000 + b"\"\r\n\r\n" + b"b" * 5000
    for type in ("multipart/form-data; boundary=x", "multipart/form-data; boundary=", "application/x-www-form-urlencoded"):
        a = r.upload(boundary, "gnb-1", type=type)
        ok(a.status == 415 and a.json["reason"] == "WRONG_CONTENT_TYPE", f"{POST}: {type}", a.body)


def half_handshakes(r):
    """epoll and a client that stops in its handshake: 0.9.75 goes round without a pause. It must cost next to nothing."""
    def cpu():
        with open(f"/proc/{r.proc.pid}/stat") as f:
            v = f.read().rsplit(")", 1)[1].split()
        return (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")
    out = ssl.MemoryBIO()
    try:
        r.context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = out.read()
    open_ = []
    for part in (hello[:50], hello):
        for _ in range(20):
            s = socket.create_connection((r.host, r.port), timeout=20)
            s.sendall(part)
            open_.append(s)
    time.sleep(1)
    before = cpu()
    time.sleep(3)
    spent = cpu() - before
    ok(spent < 1.0, f"reg_mhd_0_9_75_half_handshake_spins: 40 of them cost {spent:.2f} s CPU in 3 s")
    for s in open_:
        s.close()


def renegotiation(r):
    p = subprocess.Popen(["openssl", "s_client", "-connect", f"{r.host}:{r.port}", "-tls1_2", "-cert", r.path("keys", "gnb-1.crt"),
                          "-key", r.path("keys", "gnb-1.key")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    time.sleep(1)
    p.stdin.write(b"R\n")
    p.stdin.flush()
    time.sleep(1)
    p.stdin.close()
    out = p.stdout.read()
    p.wait(20)
    after = out.split(b"RENEGOTIATING")[-1].lower()
    ok(b"RENEGOTIATING" in out and b"verify return" not in after and (b"closed" in after or b"error" in after),
       "reg_t13_renegotiation: it is refused", out[-600:])
    ok(r.alive() and r.ready(), "and the door lives")


def main():
    with Rig(limits=GENEROUS + "\n  timeout: 2s") as r:
        for s in ("gnb-1", "gnb-2"):
            r.station(s)
            same(r.get("/v1/template", s).status, 200, f"{s} is known")
        for part in (desync, request_lines, form_data, half_handshakes):
            print(f"# {part.__name__}", flush=True)
            part(r)
            ok(r.alive() and r.ready(), f"the door goes on after: {part.__name__}")
        same(r.stop(), 0, "it ends when it is told to")
        ok("Sanitizer" not in r.log_text() and "runtime error" not in r.log_text(), "no sanitizer has anything to say")
    with Rig(extra="  tls12: yes") as r:
        r.station("gnb-1")
        renegotiation(r)
    return done()


sys.exit(main())
