#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# What bad input gets at the HTTPS door: each kind its own reason, HTTP status and log line; the daemon goes on, and
# nothing is half-stored.
import random
import sys
import threading

sys.path.insert(0, "tests/e2e")
from door import *  # noqa: F403

CMS, CRMF = "application/cms", "application/vnd.nemra.crmf"
TRUSTING = {
    "gnb": """name: gnb
ca: core
subject: "CN=${station},O=Example Operator"
san_dns: [ "${station}.ran.example" ]
keys: [ ec-p256, rsa-3072 ]
eku: [ clientAuth, serverAuth ]
"""
}


def judge(r, name, answer, status, reason, mark, before=None, request=None):
    """The answer has status and reason, the log a line with it, and the tables are as they were."""
    good = answer.status == status and answer.json is not None and answer.json["reason"] == reason
    ok(good, f"{name}: {status} {reason}", answer.status, answer.body)
    ok(r.logged(mark, f"reason={reason}", "source=127.0.0.1"), f"{name}: one line says so", r.log_text()[-600:])
    if before is not None:
        same(r.counts(), before, f"{name}: nothing is stored")


def unread(r):
    """What cannot be read is not stored."""
    good = r.csr("gnb-1")
    pem = r.openssl("req", "-inform", "DER", stdin=good)
    key = r.new_key()
    both = r.csr("gnb-1", key=key)
    crmf = r.crmf(both, key)
    env = r.envelope("gnb-1", "gnb-1", both, crmf)
    cases = [
        ("not DER", b"hello", "application/pkcs10", 400, "NOT_DER"),
        ("zeros", bytes(500), "application/pkcs10", 400, "NOT_DER"),
        ("a certificate instead", r.openssl("x509", "-in", r.path("keys", "gnb-1.crt"), "-outform", "DER"),
         "application/pkcs10", 400, "NOT_DER"),
        ("one byte behind", good + b"\0", "application/pkcs10", 400, "TRAILING_BYTES"),
        ("two requests in one", good + good, "application/pkcs10", 400, "TRAILING_BYTES"),
        ("a byte behind a CRMF", crmf + b"\0", CRMF, 400, "TRAILING_BYTES"),
        ("a byte behind an envelope", env + b"\0", CMS, 400, "TRAILING_BYTES"),
        ("two requests in one PEM", pem + pem, "application/pkcs10", 400, "TRAILING_BYTES"),
        ("PEM of another label", pem.replace(b"REQUEST", b"NONSENSE"), "application/pkcs10", 400, "BAD_PEM"),
        ("PEM with a hole", pem[:80] + b"!" + pem[81:], "application/pkcs10", 400, "BAD_PEM"),
        ("nothing at all", b"", "application/pkcs10", 400, "EMPTY"),
        ("over-long", bytes(16 * 1024 + 1), "application/pkcs10", 413, "TOO_LONG"),
        ("over-long envelope", bytes(48 * 1024 + 1), CMS, 413, "TOO_LONG"),
        ("as long as may be", bytes(16 * 1024), "application/pkcs10", 400, "NOT_DER"),
        ("wrong content type", good, "text/plain", 415, "WRONG_CONTENT_TYPE"),
        ("form data", good, "application/x-www-form-urlencoded", 415, "WRONG_CONTENT_TYPE"),
        ("PKCS#10 called CRMF", good, CRMF, 400, "NOT_DER"),
        ("PKCS#10 called CMS", good, CMS, 400, "ENVELOPE_BAD"),
        ("CRMF called PKCS#10", crmf, "application/pkcs10", 400, "NOT_DER"),
        ("two CertReqMsg", seq(children(crmf)[0], children(crmf)[0]), CRMF, 400, "CERT_REQ_ID"),
        ("certReqId 1", r.crmf(both, key, cert_req_id=1), CRMF, 400, "CERT_REQ_ID"),
        ("template with a serial", r.crmf(both, key, template_extra=b"\x81\x01\x05"), CRMF, 400, "TEMPLATE_FIELD"),
        ("template with a validity", r.crmf(both, key, template_extra=tlv(0xA4, tlv(0xA0, tlv(0x17, b"260101000000Z")))), CRMF, 400, "TEMPLATE_FIELD"),
        ("envelope of version 2", r.envelope("gnb-1", "gnb-1", both, version=2), CMS, 400, "UNSUPPORTED_VERSION"),
        ("envelope without a request", r.envelope("gnb-1", "gnb-1"), CMS, 400, "ENVELOPE_BAD"),
        ("envelope with two signers", r.envelope("gnb-1", "gnb-1", both, extra=("-signer", r.path("keys", "gnb-2.crt"),
         "-inkey", r.path("keys", "gnb-2.key"))), CMS, 400, "ENVELOPE_BAD"),
        ("envelope without signed attributes", r.envelope("gnb-1", "gnb-1", both, extra=("-noattr",)), CMS, 400,
         "ENVELOPE_BAD"),
        ("envelope by another station's key", r.envelope("gnb-1", "gnb-2", both), CMS, 403, "ENVELOPE_OTHER_STATION"),
        ("envelope for another station", r.envelope("gnb-2", "gnb-1", both), CMS, 403, "ENVELOPE_OTHER_STATION"),
        ("envelope of another profile", r.envelope("gnb-1", "gnb-1", both, profile="enb"), CMS, 404, "PROFILE_UNKNOWN"),
        ("envelope with a spoilt signature", env[:-1] + bytes([env[-1] ^ 1]), CMS, 403, "ENVELOPE_SIGNATURE"),
    ]
    for name, body, type, status, reason in cases:
        before, mark = r.counts(), r.mark()
        judge(r, name, r.upload(body, "gnb-1", type=type), status, reason, mark, before)


def refused(r):
    """What policy refuses is stored as refused, and claims no key."""
    k, k2 = r.new_key(), r.new_key()
    p10 = r.csr("gnb-1", key=k)
    other = r.csr("gnb-1", key=k2)
    ca = ("basicConstraints=critical,CA:TRUE",)
    cases = [
        ("bad signature", p10[:-1] + bytes([p10[-1] ^ 1]), "application/pkcs10", 400, "BAD_SIGNATURE"),
        ("another station's name", r.csr("gnb-1", subject="/O=Example Operator/CN=gnb-2"), "application/pkcs10", 403,
         "SUBJECT_MISMATCH"),
        ("another station's DNS name", r.csr("gnb-1", san="DNS:gnb-2.ran.example"), "application/pkcs10", 403, "SAN_MISMATCH"),
        ("one DNS name more", r.csr("gnb-1", san="DNS:gnb-1.ran.example,DNS:x.example"), "application/pkcs10", 403,
         "SAN_MISMATCH"),
        ("no DNS name", r.csr("gnb-1", san=""), "application/pkcs10", 403, "SAN_MISMATCH"),
        ("weak RSA key", r.csr("gnb-1", alg="rsa:2048"), "application/pkcs10", 400, "KEY_TOO_WEAK"),
        ("key of another type", r.csr("gnb-1", alg="ec:P-384"), "application/pkcs10", 400, "KEY_TYPE"),
        ("SHA-1", r.csr("gnb-1", key=k, digest="-sha1"), "application/pkcs10", 400, "WEAK_ALGORITHM"),
        ("CA rights", r.csr("gnb-1", ext=ca), "application/pkcs10", 403, "EXTENSION_FORBIDDEN"),
        ("keyCertSign", r.csr("gnb-1", ext=("keyUsage=keyCertSign",)), "application/pkcs10", 403, "EXTENSION_FORBIDDEN"),
        ("cmcRA", r.csr("gnb-1", ext=("extendedKeyUsage=1.3.6.1.5.5.7.3.28",)), "application/pkcs10", 403,
         "EXTENSION_FORBIDDEN"),
        ("the device key itself", r.csr("gnb-1", key=r.path("keys", "gnb-1.key")), "application/pkcs10", 400,
         "KEY_IS_DEVICE_KEY"),
        ("raVerified from a station", r.crmf(p10, k, popo="raVerified"), CRMF, 400, "NO_POP"),
        ("no popo", r.crmf(p10, k, popo="none"), CRMF, 400, "NO_POP"),
        ("popo by encipherment", r.crmf(p10, k, popo="encipherment"), CRMF, 400, "NO_POP"),
        ("popo by another key", r.crmf(p10, k2), CRMF, 400, "BAD_SIGNATURE"),
        ("forms of two keys", r.envelope("gnb-1", "gnb-1", p10, r.crmf(other, k2)), CMS, 400, "FORMS_DISAGREE"),
        ("forms of two names", r.envelope("gnb-1", "gnb-1", p10, r.crmf(r.csr("gnb-2", key=k), k)), CMS, 400,
         "FORMS_DISAGREE"),
    ]
    keys = r.sql("SELECT count(*) FROM nemra.spki_key")
    for name, body, type, status, reason in cases:
        mark = r.mark()
        answer = r.upload(body, "gnb-1", type=type)
        judge(r, name, answer, status, reason, mark)
        where = answer.headers["Location"] or "/none"
        ok(answer.json["instance"] == where and r.logged(mark, "request.refused", where.rsplit("/", 1)[1]),
           f"{name}: it is kept under its own id", answer.body)
        shown = r.get(where, "gnb-1")
        ok(shown.status == 200 and shown.json["state"] == "refused" and shown.json["reason"] == reason,
           f"{name}: its state says why", shown.body)
        gone = r.get(where + "/certificate", "gnb-1")
        ok(gone.status == 410 and gone.json["reason"] == reason, f"{name}: there is no certificate", gone.body)
    same(r.sql("SELECT count(*) FROM nemra.spki_key"), keys, "refused requests claim no key")
    same(r.sql("SELECT count(*) FROM nemra.queue WHERE state = 'refused' AND next_at IS NOT NULL"), "0",
         "refused requests are never due")


def malformed_names(r):
    """Refused while it is read, or by policy: but refused, whatever the encoding."""
    for name, subject in [("two common names", "/O=Example Operator/CN=gnb-1/CN=gnb-1"),
                          ("two values in one RDN", "/O=Example Operator+CN=gnb-1")]:
        mark = r.mark()
        judge(r, name, r.upload(r.csr("gnb-1", subject=subject), "gnb-1"), 400, "NAME_MALFORMED", mark)
    for name, san in [("wildcard", "DNS:*.ran.example")]:
        mark = r.mark()
        judge(r, name, r.upload(r.csr("gnb-1", san=san), "gnb-1"), 400, "NAME_MALFORMED", mark)


def who(r):
    r.station("blocked", blocked="true")
    r.issue("nobody", "factory", "/CN=radio/serialNumber=SN-nobody")
    r.issue("second", "factory", "/CN=radio/serialNumber=SN-gnb-1")
    r.issue("operator-made", "operator", "/O=Example Operator/CN=gnb-1", "extendedKeyUsage=clientAuth")
    cases = [
        ("no client certificate", None, 401, "NO_CLIENT_CERT"),
        ("a foreign client certificate", "foreign-device", 403, "CERT_NOT_TRUSTED"),
        ("a revoked client certificate", "revoked", 403, "CERT_REVOKED"),
        ("an expired client certificate", "expired", 403, "CERT_EXPIRED"),
        ("a certificate without a serial", "nameless", 403, "NO_VENDOR_ID"),
        ("a station that is not in the inventory", "nobody", 403, "STATION_UNKNOWN"),
        ("a blocked station", "blocked", 403, "STATION_BLOCKED"),
        ("a second device with the same serial", "second", 403, "DEVICE_KEY_DIFFERS"),
        ("an operator's certificate of no station", "operator-made", 403, "STATION_UNKNOWN"),
    ]
    before = r.counts()
    for name, device, status, reason in cases:
        mark = r.mark()
        judge(r, name, r.upload(r.csr("gnb-1"), device), status, reason, mark, before)
        for path in ("/v1/template", "/v1/requests/01890a5d-ac96-774b-bcce-b302099a8057",
                     "/v1/requests/01890a5d-ac96-774b-bcce-b302099a8057/certificate"):
            same(r.get(path, device).status, status, f"{name}: {path.rsplit('/', 1)[1]} is closed as well")
        a = r.post("/.well-known/est/simpleenroll", r.openssl("base64", stdin=r.csr("gnb-1")), device)
        ok(a.status == status and a.body.startswith(reason.encode()) and a.headers["Content-Type"].startswith("text/plain"),
           f"{name}: EST says the same as text", a.body)
    same(r.get("/v1/template").headers["WWW-Authenticate"] is not None, True, "401 carries a challenge")


def foreign_ids(r):
    mine = r.upload(r.csr("gnb-1"), "gnb-1").headers["Location"]
    for path, method in ((mine, "GET"), (mine + "/certificate", "GET"), (mine + "/installed", "POST")):
        a = r.ask(method, path, "gnb-2")
        b = r.ask(method, path[:13] + "01890a5d-ac96-774b-bcce-b302099a8057" + path[49:], "gnb-2")
        ok(a.status == 404 and b.status == 404 and a.json["detail" if "detail" in a.json else "reason"] ==
           b.json["detail" if "detail" in b.json else "reason"], f"{method} {path[49:] or 'state'}: "
           "another's id answers as an unknown one does", a.body, b.body)
    same(r.ask("POST", mine + "/installed", "gnb-1").status, 409, "installed before there is a certificate: 409")


def twice(r):
    body = r.csr("gnb-1")
    first = r.upload(body, "gnb-1")
    before = r.counts()
    again = r.upload(body, "gnb-1")
    ok(first.status == 201 and again.status == 200 and first.headers["Location"] == again.headers["Location"],
       "the same upload again finds the same request", first.body, again.body)
    same(r.counts(), before, "and stores nothing")
    results = []
    body = r.csr("gnb-1")
    threads = [threading.Thread(target=lambda: results.append(r.upload(body, "gnb-1"))) for _ in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    ok(sorted(a.status for a in results) == [200] * 15 + [201] and len({a.headers["Location"] for a in results}) == 1,
       "sixteen at once are one", [a.status for a in results])
    key = r.new_key()
    same(r.upload(r.csr("gnb-1", key=key), "gnb-1").status, 201, "a key of one station")
    mark = r.mark()
    judge(r, "the same key at two stations", r.upload(r.csr("gnb-2", key=key), "gnb-2"), 409, "KEY_SHARED", mark)


def judged_anew(r):
    """A refusal that the operator mends is judged anew, in the same row."""
    body = r.csr("gnb-1", san="DNS:own.example")
    first = r.upload(body, "gnb-1")
    r.sql("UPDATE nemra.station SET san_dns = '{own.example}' WHERE name = 'gnb-1'")
    again = within(10, lambda: (a := r.upload(body, "gnb-1")).status == 200 and a)
    ok(first.status == 403 and again and again.headers["Location"] == first.headers["Location"],
       "a mended inventory helps the same upload, in the same row", first.body)
    r.sql("UPDATE nemra.station SET san_dns = '{}' WHERE name = 'gnb-1'")


def http_head(path, *headers, method="POST", host="localhost"):
    lines = [f"{method} {path} HTTP/1.1"] + ([f"Host: {host}"] if host else []) + list(headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def first_line(out):
    return out.split(b"\r\n", 1)[0].decode(errors="replace")


def framing(r):
    """Two readers must not see two messages in one: 4xx, and the connection ends."""
    body = r.csr("gnb-1")
    n = len(body)
    t = "Content-Type: application/pkcs10"
    smuggled = http_head("/v1/template", method="GET")
    up = lambda *h: http_head("/v1/requests", t, *h)
    cases = [
        ("two Content-Length headers", up(f"Content-Length: {n}", f"Content-Length: {n}"), "400", "HTTP_AMBIGUOUS"),
        ("two different Content-Length", up(f"Content-Length: {n}", "Content-Length: 3"), "400", "HTTP_AMBIGUOUS"),
        ("the shorter Content-Length first", up("Content-Length: 0", f"Content-Length: {n}"), "400", "HTTP_AMBIGUOUS"),
        ("Content-Length in two cases", up(f"Content-Length: {n}", f"content-length: {n}"), "400", "HTTP_AMBIGUOUS"),
        ("Content-Length with Transfer-Encoding", up(f"Content-Length: {n}", "Transfer-Encoding: chunked"), "400",
         "HTTP_AMBIGUOUS"),
        ("Transfer-Encoding first", up("Transfer-Encoding: chunked", f"Content-Length: {n}"), "400", "HTTP_AMBIGUOUS"),
        ("Transfer-Encoding: identity", up(f"Content-Length: {n}", "Transfer-Encoding: identity"), "400", "HTTP_AMBIGUOUS"),
        ("two Transfer-Encoding", up("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), "400", "HTTP_AMBIGUOUS"),
        ("chunked", up("Transfer-Encoding: chunked"), "411", "HTTP_CHUNKED"),
        ("two Host headers", up("Host: other", f"Content-Length: {n}"), "400", "HTTP_AMBIGUOUS"),
        ("two Content-Type headers", up(t, f"Content-Length: {n}"), "400", "HTTP_AMBIGUOUS"),
        ("65 header fields", up(f"Content-Length: {n}", *[f"X-{i}: x" for i in range(62)]), "431", "HTTP_HEADERS"),
        ("header of more than 8 KiB", up(f"Content-Length: {n}", "X: " + "x" * 8200), "431", "HTTP_HEADERS"),
    ]
    for name, head, status, reason in cases:
        before, mark = r.counts(), r.mark()
        out = r.exchange(head + body + smuggled, "gnb-1")
        below = "Transfer-Encoding" in name and refused_below(out)
        ok(below or first_line(out).startswith(f"HTTP/1.1 {status}") and reason.encode() in out and out.count(b"HTTP/1.1 ") == 1,
           f"{name}: {status} {reason}, and the connection ends", out[:600])
        ok(below or r.logged(mark, f"reason={reason}"), f"{name}: one line says so")
        same(r.counts(), before, f"{name}: nothing is stored")
    # What the library below refuses by itself: no answer of ours, but no second message either.
    for name, head in [("a Content-Length with letters", up("Content-Length: 12abc")),
                       ("a negative Content-Length", up("Content-Length: -1")),
                       ("a Content-Length beyond 64 bits", up("Content-Length: 99999999999999999999999")),
                       ("a space before the colon", up(f"Content-Length : {n}")),
                       ("no Host", http_head("/v1/requests", t, f"Content-Length: {n}", host=None)),
                       ("a header of 100 KiB", up(f"Content-Length: {n}", "X: " + "x" * 100000)),
                       ("no HTTP at all", b"\x16\x03\x01\x00\xff" + os.urandom(300))]:
        before = r.counts()
        out = r.exchange(head + body + smuggled, "gnb-1")
        ok(b"200 OK" not in out and b"201 " not in out, f"{name}: no good answer", out[:300])
        same(r.counts(), before, f"{name}: nothing is stored")
    out = r.exchange(up("Content-Length: 64", "Connection: close", *[f"X-{i}: x" for i in range(60)]) + bytes(64), "gnb-1")
    ok(first_line(out).startswith("HTTP/1.1 400") and b"NOT_DER" in out, "64 header fields are read", out[:300])
    interim, out = r.asked_to_continue(http_head("/v1/requests", t, f"Content-Length: {n}", "Expect: 100-continue", "Connection: close"),
                                       body, "gnb-1")
    ok(interim.startswith(b"HTTP/1.1 100 ") and b" 201 " in out, "Expect: 100-continue is answered", interim + out[:300])
    for method in ("HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
        a = r.ask(method, "/v1/requests", "gnb-1")
        ok(a.status == 405 and a.headers["Allow"] == "POST", f"{method}: 405 with Allow", a.status)
    for path in ("/", "/v1", "/v1/requests/", "/v1/requests/..%2ftemplate", "/v1/%74emplate", "/.well-known/est/x/y/cacerts",
                 "/v1/template%00", "//v1/template", "/" + "a" * 1000):
        same(r.get(path, "gnb-1").status, 404, f"GET {path[:40]}: 404")
    for q in ("?profil=gnb", "?profile=gnb&profile=gnb", "?profile=", "?profile=gnb&x=1"):
        same(r.upload(body, "gnb-1").status in (200, 201), True, "the upload itself is good")
        a = r.post("/v1/requests" + q, body, "gnb-1")
        ok(a.status == 400 and a.json["reason"] == "BAD_PARAMETER", f"{q}: 400 BAD_PARAMETER", a.body)


def cut(r):
    """An upload that ends at any byte leaves nothing."""
    body = r.csr("gnb-1")
    whole = http_head("/v1/requests", "Content-Type: application/pkcs10", f"Content-Length: {len(body)}") + body
    rnd = random.Random(1)
    offsets = sorted({0, 1, len(whole) - len(body) - 1, len(whole) - len(body), len(whole) - len(body) + 1, len(whole) - 1}
                     | set(rnd.sample(range(len(whole)), 210)))
    head = len(whole) - len(body)
    before, mark = r.counts(), r.mark()
    for n in offsets:
        with r.raw("gnb-1") as s:
            s.sendall(whole[:n])
            if n % 3 == 0:
                try:
                    s.unwrap()
                except OSError:
                    pass
            elif n % 3 == 1:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    ok(r.logged(mark, "reason=UPLOAD_CUT", "station=gnb-1") or r.logged(mark, "reason=UPLOAD_CUT"), "a cut upload has its line")
    ok(within(5, lambda: r.log_text()[mark:].count("UPLOAD_CUT") >= sum(n > head and n % 3 != 1 for n in offsets)),
       "each cut in the body that was no reset has its line", r.log_text()[mark:].count("UPLOAD_CUT"))
    same(r.counts(), before, f"uploads cut at {len(offsets)} places leave nothing")
    ok(r.upload(body, "gnb-1").status == 201 and r.alive(), "the whole one is taken after that")


def database_away(r):
    body = r.csr("gnb-1")
    before = r.counts()
    kept = r.connect("gnb-1")
    same(r.ask("GET", "/v1/template", conn=kept).status, 200, "a kept connection")
    mark = r.mark()
    r.db("stop")
    for i in range(3):
        a = r.upload(body, "gnb-1")
        ok(a.status == 503 and a.json["retryable"] and int(a.headers["Retry-After"]) > 0 and a.headers["Location"] is None,
           f"without a database an upload is not acknowledged ({i})", a.status, a.body)
    a = r.ask("POST", "/v1/requests", body=body, headers={"Content-Type": "application/pkcs10"}, conn=kept)
    same(a.status, 503, "nor on a kept connection")
    a = r.post("/.well-known/est/simpleenroll", r.openssl("base64", stdin=body), "gnb-1")
    ok(a.status == 503 and int(a.headers["Retry-After"]) > 0, "nor by EST", a.body)
    ok(r.logged(mark, "store.lost") and r.logged(mark, "reason=DB_AWAY"), "the log says that it is away")
    ok(r.get("/healthz").status == 200 and r.get("/readyz").status == 503, "alive, but not ready")
    same(r.get("/.well-known/est/cacerts").status, 200, "what needs no database is answered")
    mark = r.mark()
    r.db("start")
    ok(within(15, r.ready), "it comes back by itself")
    ok(r.logged(mark, "store.connected"), "the log says so")
    same(r.counts(), before, "nothing was stored meanwhile")
    same(r.upload(body, "gnb-1").status, 201, "then the same upload is taken")


def main():
    with Rig(profiles=TRUSTING) as r:
        for s in ("gnb-1", "gnb-2"):
            r.station(s)
            same(r.get("/v1/template", s).status, 200, f"{s} is known")
        for part in (unread, refused, malformed_names, who, foreign_ids, twice, judged_anew, framing, cut, database_away):
            print(f"# {part.__name__}", flush=True)
            part(r)
            ok(r.alive() and r.ready(), f"the daemon goes on after: {part.__name__}")
        same(r.sql("SELECT count(*) FROM nemra.station WHERE device_key IS NOT NULL AND name NOT IN ('gnb-1', 'gnb-2')"), "0",
             "nobody else was bound")
        same(r.stop(), 0, "it ends when it is told to")
        ok("Sanitizer" not in r.log_text() and "runtime error" not in r.log_text(), "no sanitizer has anything to say")
    return done()


sys.exit(main())
