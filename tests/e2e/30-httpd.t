#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The HTTPS door by itself: TLS, /v1 as docs/http-api.md says, waiting, slow clients, reload, start and end.
import base64
import sys
import threading

sys.path.insert(0, "tests/e2e")
from door import *  # noqa: F403

NOBODY = "/v1/requests/01890a5d-ac96-774b-bcce-b302099a8057"


def v1(r):
    for path, type in (("/healthz", "application/json"), ("/readyz", "application/json"), ("/problems/NOT_DER", "text/plain"),
                       ("/v1/trust", "application/pem-certificate-chain")):
        a = r.get(path)
        ok(a.status == 200 and a.headers["Content-Type"].startswith(type), f"{path} is for everybody", a.body)
    same(r.get("/v1/trust").body.decode(), open(r.path("keys", "operator.crt")).read(), "/v1/trust is the operator's CA")
    a = r.get("/v1/template", "gnb-1")
    same(a.json, {"station": "gnb-1", "profiles": [{
        "name": "gnb", "subject": "CN=gnb-1,O=Example Operator", "san": {"dns": ["gnb-1.ran.example"], "ip": []},
        "key_types": ["ec-p256", "rsa-3072"], "eku": ["clientAuth", "serverAuth"], "envelope": "optional",
        "renew_from": "2/3"}]}, "/v1/template says what to ask for")
    same(r.sql("SELECT count(*) FROM nemra.audit_event WHERE what = 'station.bound' AND object = 'gnb-1'"), "1",
         "the first contact is in the audit, once")
    key = r.new_key()
    csr = r.csr("gnb-1", key=key)
    crmf = r.crmf(csr, key)
    forms = [("PKCS#10 as DER", csr, "application/pkcs10", 1, False),
             ("PKCS#10 as PEM", r.csr("gnb-1", form="PEM"), "application/pkcs10", 1, False),
             ("PKCS#10 with RSA", r.csr("gnb-1", alg="rsa:3072"), "application/pkcs10; charset=binary", 1, False),
             ("CRMF", crmf, "application/vnd.nemra.crmf", 2, False),
             ("envelope of PKCS#10", r.envelope("gnb-1", "gnb-1", csr), "application/cms", 1, True),
             ("envelope of CRMF", r.envelope("gnb-1", "gnb-1", b"", crmf), "application/cms", 2, True),
             ("envelope of both", r.envelope("gnb-1", "gnb-1", csr, crmf, profile="gnb"), "application/cms", 3, True)]
    for name, body, type, form, enveloped in forms:
        a = r.upload(body, "gnb-1", type=type)
        if not ok(a.status == 201, f"{name}: 201", a.body):
            continue
        where = a.headers["Location"]
        id = where.rsplit("/", 1)[1]
        same((a.json["id"], a.json["state"], a.json["reason"], [t["state"] for t in a.json["timeline"]]),
             (id, "queued", None, ["received", "queued"]), f"{name}: the answer shows it")
        ok(int(a.headers["Retry-After"]) == a.json["retry_after"] > 0, f"{name}: and when to ask again")
        same(r.sql(f"SELECT form, envelope IS NOT NULL, door, source FROM nemra.request WHERE id = '{id}'"),
             f"{form}|{'t' if enveloped else 'f'}|https|127.0.0.1", f"{name}: so it is stored")
        der = body if b"-----" not in body else base64.b64decode("".join(body.decode().split("\n")[1:-2]))
        column = "envelope" if enveloped else "pkcs10" if form == 1 else "crmf"
        same(r.sql(f"SELECT encode({column}, 'hex') FROM nemra.request WHERE id = '{id}'"), der.hex(),
             f"{name}: bit for bit")
        same(r.sql(f"SELECT encode(sha256, 'hex') FROM nemra.request WHERE id = '{id}'"), hashlib.sha256(der).hexdigest(),
             f"{name}: with its digest")
        b = r.get(where, "gnb-1")
        ok(b.status == 200 and b.json["id"] == id and b.json["timeline"] == a.json["timeline"], f"{name}: it can be asked for")
        c = r.get(where + "/certificate", "gnb-1")
        ok(c.status == 202 and int(c.headers["Retry-After"]) > 0, f"{name}: its certificate is pending", c.body)
    a = r.post("/v1/requests?profile=gnb", r.csr("gnb-1"), "gnb-1")
    same(a.status, 201, "?profile= may name the profile")
    a = r.post("/v1/requests?profile=enb", r.csr("gnb-1"), "gnb-1")
    same((a.status, a.json["reason"]), (404, "PROFILE_UNKNOWN"), "another profile is not there")
    for h in ("Cache-Control", "X-Content-Type-Options"):
        ok(a.headers[h] is not None, f"answers carry {h}")
    c = r.connect("gnb-1")
    same([r.ask("GET", "/v1/template", conn=c).status for _ in range(20)], [200] * 20, "a connection serves many requests")
    same([r.upload(r.csr("gnb-1"), None, conn=c).status, r.upload(b"junk", None, conn=c).status,
          r.upload(bytes(100), None, conn=c, type="text/plain").status, r.ask("GET", "/v1/template", conn=c).status],
         [201, 400, 415, 200], "also after refusals")
    c.close()


def waiting(r):
    """Held answers take no thread, and are woken by the database."""
    t = time.monotonic()
    a = r.upload(r.csr("gnb-1"), "gnb-1", prefer="wait=1")
    took = time.monotonic() - t
    ok(a.status == 201 and 1 <= took < 5 and a.headers["Preference-Applied"] == "wait=1" and a.json["state"] == "queued",
       f"Prefer: wait holds the answer for so long ({took:.2f} s)", a.body)
    where = a.headers["Location"]
    id = where.rsplit("/", 1)[1]
    t = time.monotonic()
    a = r.get(where, "gnb-1", headers={"Prefer": "wait=1"})
    ok(a.status == 200 and time.monotonic() - t >= 1, "GET can wait as well", a.body)
    same(r.get(NOBODY, "gnb-1", headers={"Prefer": "wait=20"}).status, 404, "nobody waits for what is not there")
    held = []
    many = [r.connect("gnb-1") for _ in range(60)]
    threads = [threading.Thread(target=lambda c=c: held.append(
        (r.ask("GET", where, headers={"Prefer": "wait=25"}, conn=c), time.monotonic()))) for c in many]
    for th in threads:
        th.start()
    time.sleep(1)
    same(len(held), 0, "sixty answers are held")
    t = time.monotonic()
    same(r.get("/v1/template", "gnb-1").status, 200, "others are served meanwhile")
    ok(time.monotonic() - t < 1, "at once")
    r.sql(f"UPDATE nemra.queue SET state = 'cancelled', path = '{{cancelled}}', "
          f"went = went || '{{cancelled}}', went_at = went_at || now(), next_at = NULL, changed_at = now(), "
          f"reason = 'CANCELLED' WHERE request = '{id}'; NOTIFY nemra_news")
    t = time.monotonic()
    for th in threads:
        th.join(30)
    ok(len(held) == 60 and all(a.json["state"] == "cancelled" and at - t < 3 for a, at in held),
       "a change wakes them all", len(held), held and held[0][0].body)
    a = r.get(where + "/certificate", "gnb-1")
    same((a.status, a.json["reason"]), (410, "CANCELLED"), "a cancelled request gets no certificate")
    for c in many:
        c.close()


def groups(r):
    """Many uploads share a commit."""
    n = 200
    bodies = []
    key = r.new_key()
    for i in range(n):
        bodies.append(r.csr("gnb-2", key=key))
    before = r.counts()
    many = [r.connect("gnb-2") for _ in range(n)]
    results = []
    start = threading.Barrier(n)

    def go(c, b):
        start.wait()
        results.append(r.upload(b, None, conn=c).status)
    threads = [threading.Thread(target=go, args=x) for x in zip(many, bodies)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for c in many:
        c.close()
    same(sorted(set(results)), [201], f"{n} uploads at once are taken")
    same(int(r.counts().split(",")[0]) - int(before.split(",")[0]), n, "all of them are stored")
    commits = int(r.sql("SELECT count(DISTINCT q.xmin::text) FROM nemra.request q JOIN nemra.station s ON s.id = q.station "
                        "WHERE s.name = 'gnb-2'"))
    ok(commits < n, f"in {commits} commits")


def blocked_later(r):
    c = r.connect("gnb-3")
    same(r.ask("GET", "/v1/template", conn=c).status, 200, "a station is served")
    r.sql("UPDATE nemra.station SET blocked = true WHERE name = 'gnb-3'")
    ok(within(10, lambda: r.ask("GET", "/v1/template", conn=c).status == 403), "blocked, it is refused on its kept connection")
    a = r.upload(r.csr("gnb-3"), "gnb-3")
    same((a.status, a.json["reason"]), (403, "STATION_BLOCKED"), "and on a new one")
    r.sql("UPDATE nemra.station SET blocked = false WHERE name = 'gnb-3'")
    ok(within(10, lambda: r.ask("GET", "/v1/template", conn=c).status == 200), "unblocked, it is served again")
    c.close()


def slow(r):
    """Who sends an octet now and then does not stay for ever, and does not disturb."""
    def trickle(data, device, out):
        t = time.monotonic()
        try:
            with r.raw(device) as s:
                for b in data:
                    s.sendall(bytes([b]))
                    s.settimeout(0.7)
                    try:
                        if s.recv(1000) == b"":
                            break
                    except socket.timeout:
                        pass
        except OSError:
            pass
        out.append(time.monotonic() - t)

    def silent(out):
        t = time.monotonic()
        with socket.create_connection((r.host, r.port), timeout=60) as s:
            try:
                s.recv(1)
            except OSError:
                pass
        out.append(time.monotonic() - t)
    took, mute = [], []
    head = b"GET /v1/template HTTP/1.1\r\nHost: x\r\n" + b"X-Slow: x\r\n" * 20
    threads = [threading.Thread(target=trickle, args=(head, "gnb-1", took)) for _ in range(20)]
    threads += [threading.Thread(target=silent, args=(mute,)) for _ in range(20)]
    for t in threads:
        t.start()
    time.sleep(1)
    worst = 0
    for _ in range(20):
        t = time.monotonic()
        good = r.get("/v1/template", "gnb-1").status == 200
        worst = max(worst, time.monotonic() - t if good else 99)
    ok(worst < 2, f"stations are served beside slow clients ({worst * 1000:.0f} ms)")
    for t in threads:
        t.join()
    ok(took and max(took) < 20, f"a slow header is cut off ({max(took):.1f} s)", took)
    ok(mute and max(mute) < 20, f"half a TLS handshake is cut off ({max(mute):.1f} s)", mute)


def reload(r):
    kept = r.connect("gnb-1")
    same(r.ask("GET", "/v1/template", conn=kept).status, 200, "a kept connection")
    old = kept.sock.getpeercert()["serialNumber"]
    r.issue("door", "tls-ca", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1")
    r.issue("late", "factory", "/CN=radio/serialNumber=SN-gnb-late")
    r.sql("INSERT INTO nemra.station (id, name, vendor, serial) VALUES (gen_random_uuid(), 'gnb-late', 'acme', 'gnb-late')")
    late = r.connect("late")
    same(r.ask("GET", "/v1/template", conn=late).status, 200, "a device that will be revoked")
    r.revoke("factory", "revoked", "late")
    mark = r.mark()
    r.proc.send_signal(signal.SIGHUP)
    ok(r.logged(mark, "httpd.reloaded"), "SIGHUP reads certificate, anchors and lists again")
    c = r.connect("gnb-1")
    ok(c.sock.getpeercert()["serialNumber"] != old, "new connections see the new certificate")
    same(r.ask("GET", "/v1/template", conn=c).status, 200, "and work")
    same(r.ask("GET", "/v1/template", conn=kept).status, 200, "kept ones go on")
    a = r.ask("GET", "/v1/template", conn=late)
    same((a.status, a.json["reason"]), (403, "CERT_REVOKED"), "a list that came later counts on kept connections too")
    r.issue("later", "factory", "/CN=radio/serialNumber=SN-gnb-later")
    r.sql("INSERT INTO nemra.station (id, name, vendor, serial) VALUES (gen_random_uuid(), 'gnb-later', 'acme', 'gnb-later')")
    later = r.connect("later")
    same(r.ask("GET", "/v1/template", conn=later).status, 200, "another device that will be revoked")
    mark = r.mark()
    r.revoke("factory", "revoked", "later")
    ok(within(30, lambda: r.logged(mark, "httpd.lists_read")), "a new list is read without a signal")
    a = r.ask("GET", "/v1/template", conn=later)
    same((a.status, a.json["reason"]), (403, "CERT_REVOKED"), "and counts")
    later.close()
    good = open(r.path("keys", "door.crt")).read()
    with open(r.path("keys", "door.crt"), "w") as f:
        f.write("no certificate")
    mark = r.mark()
    r.proc.send_signal(signal.SIGHUP)
    ok(r.logged(mark, "httpd.reload ", "reason=KEY_UNUSABLE"), "what cannot be read is said")
    same(r.get("/healthz").status, 200, "and the old one stays")
    with open(r.path("keys", "door.crt"), "w") as f:
        f.write(good)
    for x in (kept, late, c):
        x.close()


def tls(r):
    def handshake(low, high, ciphers=None):
        c = r.context("gnb-1", low)
        c.maximum_version = high
        if ciphers:
            c.set_ciphers(ciphers)
        try:
            with socket.create_connection((r.host, r.port), timeout=20) as s, c.wrap_socket(s, server_hostname="localhost") as t:
                t.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                t.recv(1000)
                return t.version(), t.cipher()[0], t.session.has_ticket if t.session else False
        except (ssl.SSLError, OSError):
            return None
    v = ssl.TLSVersion
    return handshake, v


def tls13(r):
    handshake, v = tls(r)
    got = handshake(v.TLSv1_3, v.TLSv1_3)
    ok(got and got[0] == "TLSv1.3" and not got[2], "TLS 1.3, and no session ticket", got)
    same(handshake(v.TLSv1_2, v.TLSv1_2), None, "no TLS 1.2")


def tls12(r):
    handshake, v = tls(r)
    got = handshake(v.TLSv1_2, v.TLSv1_2)
    ok(got and got[0] == "TLSv1.2" and ("GCM" in got[1] or "CHACHA" in got[1]) and not got[2],
       "tls12: TLS 1.2 with AEAD, and no session ticket", got)
    same(handshake(v.TLSv1_2, v.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0"), None, "tls12: no CBC")
    same(handshake(v.TLSv1_3, v.TLSv1_3)[0], "TLSv1.3", "tls12: TLS 1.3 as well")
    same(r.get("/v1/template", "gnb-1").status, 200, "[::] takes IPv4")
    got = [r.get("/v1/template", "gnb-1").status for _ in range(25)]
    ok(429 in got and got[0] == 200, "a station has a quota", got)
    a = r.get("/v1/template", "gnb-1")
    ok(a.json["reason"] == "RATE_LIMITED" and int(a.headers["Retry-After"]) > 0, "and is told when to come again", a.body)
    same(r.get("/v1/template", "gnb-2").status, 200, "another one is not disturbed")
    same(r.get("/healthz").status, 200, "nor is anybody")


def start_fails(r, name, prepare, status, reason):
    prepare()
    p = subprocess.run([f"{BIN}/nemra-httpd", "-c", r.path("nemra.yaml")], capture_output=True, timeout=30)
    ok(p.returncode == status and f"reason={reason}".encode() in p.stderr, f"{name}: exit {status}, {reason}", p.returncode,
       p.stderr.decode())


def starting(r):
    start_fails(r, "an address in use", lambda: None, 4, "CONFIG")
    key = r.path("keys", "door.key")
    start_fails(r, "a key that others may read", lambda: os.chmod(key, 0o644), 6, "KEY_FILE_OPEN")
    os.chmod(key, 0o600)
    shutil.copy(key, key + ".kept")
    start_fails(r, "a key that does not fit", lambda: shutil.copy(r.path("keys", "gnb-1.key"), key), 6, "KEY_UNUSABLE")
    shutil.copy(key + ".kept", key)
    anchor = r.path("keys", "factory.crt")
    shutil.copy(anchor, anchor + ".kept")
    start_fails(r, "an anchor that is no CA", lambda: shutil.copy(r.path("keys", "gnb-1.crt"), anchor), 4, "CONFIG")
    shutil.copy(anchor + ".kept", anchor)


def ending(r):
    """Whoever waits gets an answer; nobody is cut off; nothing panics."""
    bodies = [r.csr("gnb-1") for _ in range(30)]
    results = []

    def go(b):
        try:
            results.append(r.upload(b, "gnb-1", prefer="wait=25").status)
        except (OSError, http.client.HTTPException) as e:
            results.append(str(e))
    threads = [threading.Thread(target=go, args=(b,)) for b in bodies]
    for t in threads:
        t.start()
    ok(within(10, lambda: all(r.sql(f"SELECT count(*) FROM nemra.request WHERE sha256 = '\\x{hashlib.sha256(b).hexdigest()}'")
                              == "1" for b in bodies)), "thirty uploads are stored, and wait")
    time.sleep(0.5)
    t = time.monotonic()
    status = r.stop()
    took = time.monotonic() - t
    for th in threads:
        th.join()
    same(sorted(set(results)), [201], "at the end each of them is acknowledged")
    ok(status == 0 and took < 10, f"the daemon ends with status 0 ({took:.1f} s)", status)
    ok("Sanitizer" not in r.log_text() and "runtime error" not in r.log_text(), "no sanitizer has anything to say",
       r.log_text()[-3000:])


def killed(r):
    """kill -9 under load: what was acknowledged is there."""
    r.start()
    acked = []
    stop = threading.Event()

    key = r.new_key()

    def go():
        while not stop.is_set():
            b = r.csr("gnb-1", key=key)
            try:
                if r.upload(b, "gnb-1").status in (200, 201):
                    acked.append(hashlib.sha256(b).hexdigest())
            except (OSError, http.client.HTTPException):
                pass
    threads = [threading.Thread(target=go) for _ in range(4)]
    for t in threads:
        t.start()
    for _ in range(3):
        within(20, lambda n=len(acked): len(acked) > n + 10)
        r.proc.kill()
        r.proc.wait()
        r.start()
    stop.set()
    for t in threads:
        t.join()
    stored = set(r.sql("SELECT encode(sha256, 'hex') FROM nemra.request").split())
    ok(len(acked) > 20 and set(acked) <= stored, f"after three kills all {len(acked)} acknowledged uploads are there")


def main():
    with Rig() as r:
        for s in ("gnb-1", "gnb-2", "gnb-3"):
            r.station(s)
        for part in (v1, waiting, groups, blocked_later, slow, reload, tls13, starting, ending, killed):
            print(f"# {part.__name__}", flush=True)
            part(r)
    with Rig(listen="[::]:0", extra="  tls12: yes", per_minute=20) as r:
        for s in ("gnb-1", "gnb-2"):
            r.station(s)
        print("# tls12", flush=True)
        tls12(r)
        same(r.stop(), 0, "it ends well")
    return done()


sys.exit(main())
