# SPDX-License-Identifier: Apache-2.0
#
# For the tests of the HTTPS door alone: TAP, keys, a private database, one nemra-httpd, clients, and hostile
# requests. No CA is there: what is acknowledged stays queued. Run from the repository's root.
import ctypes
import hashlib
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = os.getcwd()
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
BIN = os.path.join(BUILD, "bin")
tests = failures = 0


def ok(good, name, *notes):
    global tests, failures
    tests += 1
    failures += not good
    print(f"{'' if good else 'not '}ok {tests} - {name}", flush=True)
    if not good:
        for n in notes:
            print("#   " + str(n).replace("\n", "\n#   "), flush=True)
    return good


def same(got, wanted, name):
    return ok(got == wanted, name, f"   got: {got!r}", f"wanted: {wanted!r}")


def done():
    print(f"1..{tests}", flush=True)
    return 1 if failures else 0


def within(seconds, f):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        r = f()
        if r:
            return r
        time.sleep(0.05)
    return f()


# --- DER, for requests that no tool makes ---------------------------------------------------------


def tlv(tag, *content):
    body = b"".join(content)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + body


def seq(*c):
    return tlv(0x30, *c)


def integer(n):
    return tlv(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def utf8(s):
    return tlv(0x0C, s.encode())


def oid(dotted):
    a = [int(x) for x in dotted.split(".")]
    out = b""
    for v in [a[0] * 40 + a[1]] + a[2:]:
        part = [v & 0x7F]
        while v > 0x7F:
            v >>= 7
            part.insert(0, v & 0x7F | 0x80)
        out += bytes(part)
    return tlv(0x06, out)


def read_tlv(b, at=0):
    """Tag, content start, end of the element at."""
    n, start = b[at + 1], at + 2
    if n & 0x80:
        size = n & 0x7F
        n, start = int.from_bytes(b[start:start + size], "big"), start + size
    return b[at], start, start + n


def children(b):
    _, at, end = read_tlv(b)
    out = []
    while at < end:
        _, _, stop = read_tlv(b, at)
        out.append(b[at:stop])
        at = stop
    return out


# The OID of the content in an envelope: see common/pki/envelope.h
def oid_request():
    text = open(f"{ROOT}/common/pki/envelope.h").read()
    return re.search(r'NEMRA_OID_REQUEST "([0-9.]+)"', text).group(1)


# What the door refuses to crowds and offenders is not what most tests ask; tests/hostile asks.
GENEROUS = "  per_address: 2048\n  per_station: 2048\n  penalty: 0s"


# --- the rig ---------------------------------------------------------------------------------------


def library():
    """The version of libmicrohttpd that the door runs with, as numbers."""
    lib = ctypes.CDLL("libmicrohttpd.so.12")
    lib.MHD_get_version.restype = ctypes.c_char_p
    return tuple(int(n) for n in lib.MHD_get_version().split(b".")[:3])


def refused_below(out):
    """1.0 and newer refuse some messages themselves, with a page of their own, before the door has seen anything."""
    return library() >= (1, 0) and out.startswith(b"HTTP/1.1 400 ") and b"\r\nConnection: close\r\n" in out and \
        out.count(b"HTTP/1.") == 1 and b"<html>" in out


class Rig:
    def __init__(self, listen="127.0.0.1:0", extra="", per_minute=100000, profiles=None, crl=True, limits=GENEROUS):
        self.dir = tempfile.mkdtemp(prefix="nemra-door.", dir="/tmp")
        os.chmod(self.dir, 0o755)
        self.proc = None
        self.n = 0
        self.db_up = False
        try:
            self.make_keys()
            self.make_db()
            self.make_conf(listen, extra, per_minute, profiles, crl, limits)
            self.start()
        except BaseException:
            self.close()
            raise

    def close(self):
        try:
            if self.proc is not None:
                self.stop()
        finally:
            if self.db_up:
                self.db("stop", check=False)
            if os.environ.get("KEEP"):
                print(f"# kept: {self.dir}")
            else:
                shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def path(self, *p):
        return os.path.join(self.dir, *p)

    # --- keys and certificates

    def openssl(self, *args, stdin=None):
        r = subprocess.run(["openssl", *args], input=stdin, capture_output=True, timeout=60)
        if r.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(args)}: {r.stderr.decode()}")
        return r.stdout

    def key(self, name, alg="ec:P-256"):
        f = self.path("keys", name + ".key")
        kind, what = alg.split(":")
        opt = {"ec": f"ec_paramgen_curve:{what}", "rsa": f"rsa_keygen_bits:{what}"}.get(kind)
        args = ["genpkey", "-algorithm", {"ec": "EC", "rsa": "RSA"}.get(kind, kind), "-out", f]
        self.openssl(*args, *(["-pkeyopt", opt] if opt else []))
        os.chmod(f, 0o600)
        return f

    def root(self, name, subject):
        self.key(name)
        self.openssl("req", "-x509", "-new", "-key", self.path("keys", name + ".key"), "-days", "3650", "-subj",
                     subject, "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                     "keyUsage=critical,keyCertSign,cRLSign", "-out", self.path("keys", name + ".crt"))

    def issue(self, name, ca, subject, *ext, days=365):
        self.key(name)
        k = lambda n: self.path("keys", n)
        with open(k(name + ".ext"), "w") as f:
            f.write("\n".join(ext or ["basicConstraints=CA:FALSE"]))
        csr = self.openssl("req", "-new", "-key", k(name + ".key"), "-subj", subject)
        with open(k(name + ".csr"), "wb") as f:
            f.write(csr)
        if days < 0:
            return self.issue_expired(name, ca)
        self.openssl("x509", "-req", "-in", k(name + ".csr"), "-CA", k(ca + ".crt"), "-CAkey", k(ca + ".key"), "-set_serial",
                     str(int.from_bytes(os.urandom(8), "big")), "-days", str(days), "-extfile", k(name + ".ext"),
                     "-out", k(name + ".crt"))
        return name

    def issue_expired(self, name, ca):
        """A certificate of last year. "openssl x509" of OpenSSL 3.4 and newer refuses to end before it begins."""
        k = lambda n: self.path("keys", n)
        open(k("expired.index"), "w").close()
        with open(k("expired.cnf"), "w") as f:
            f.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={k('expired.index')}\ndefault_md=sha256\nrand_serial=yes\n"
                    f"new_certs_dir={self.path('keys')}\npolicy=p\n[p]\ncommonName=supplied\nserialNumber=optional\n")
        self.openssl("ca", "-batch", "-config", k("expired.cnf"), "-cert", k(ca + ".crt"), "-keyfile", k(ca + ".key"),
                     "-startdate", "20250101000000Z", "-enddate", "20250201000000Z", "-extfile", k(name + ".ext"),
                     "-notext", "-preserveDN", "-in", k(name + ".csr"), "-out", k(name + ".crt"))
        return name

    def revoke(self, ca, *names):
        """A CRL of ca with the certificates of names on it."""
        k = lambda n: self.path("keys", n)
        open(k("index"), "w").close()
        with open(k("number"), "w") as f:
            f.write("01\n")
        with open(k("ca.cnf"), "w") as f:
            f.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={k('index')}\ndefault_md=sha256\ndefault_crl_days=30\n"
                    f"crlnumber={k('number')}\n")
        args = ["ca", "-config", k("ca.cnf"), "-cert", k(ca + ".crt"), "-keyfile", k(ca + ".key")]
        for n in names:
            self.openssl(*args, "-revoke", k(n + ".crt"))
        self.openssl(*args, "-gencrl", "-out", k(ca + ".crl"))

    def make_keys(self):
        os.mkdir(self.path("keys"))
        self.root("tls-ca", "/O=Example Operator/CN=TLS CA")
        self.root("factory", "/O=Vendor/CN=Factory CA")
        self.root("foreign", "/O=Vendor/CN=Factory CA")
        self.root("operator", "/O=Example Operator/CN=Operator CA")
        self.issue("door", "tls-ca", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
                   "extendedKeyUsage=serverAuth")
        self.issue("revoked", "factory", "/CN=radio/serialNumber=SN-revoked")
        self.issue("foreign-device", "foreign", "/CN=radio/serialNumber=SN-foreign")
        self.issue("nameless", "factory", "/CN=radio")
        self.issue("expired", "factory", "/CN=radio/serialNumber=SN-expired", days=-1)
        self.revoke("factory", "revoked")

    # --- database and daemon

    def db(self, *args, check=True):
        r = subprocess.run([f"{ROOT}/sql/nemra-db", "-d", self.path("pg"), *args], capture_output=True, timeout=120)
        if check and r.returncode != 0:
            raise RuntimeError(f"nemra-db {args}: {r.stderr.decode()}")
        return r.stdout.decode().strip()

    def make_db(self):
        self.db("init")
        self.db("start")
        self.db_up = True
        self.db("migrate")
        self.db_url = self.db("url")

    def sql(self, statement):
        r = subprocess.run(["psql", self.db_url + " user=nemra_owner", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c",
                            statement], capture_output=True, timeout=60)
        if r.returncode != 0:
            raise RuntimeError(r.stderr.decode())
        return r.stdout.decode().strip()

    def make_conf(self, listen, extra, per_minute, profiles, crl, limits):
        if listen.endswith(":0"):
            with socket.socket(socket.AF_INET6 if "[" in listen else socket.AF_INET) as s:
                s.bind((listen.rsplit(":", 1)[0].strip("[]"), 0))
                self.port = s.getsockname()[1]
            listen = listen[:-1] + str(self.port)
        self.host = listen.rsplit(":", 1)[0].strip("[]")
        if self.host == "::":
            self.host = "127.0.0.1"
        os.mkdir(self.path("profiles"))
        with open(self.path("nemra.yaml"), "w") as f:
            f.write(f"""database: {{ url: "{self.db_url}" }}
trust:
  factory:
    - {{ vendor: acme, ca: keys/factory.crt, crl: "{'keys/factory.crl' if crl else ''}", serial: subject.serialNumber, pattern: "^SN-(.+)$", bind_first: yes }}
  operator: [ keys/operator.crt ]
https:
  listen: "{listen}"
  cert: keys/door.crt
  key: keys/door.key
{limits}
  requests_per_minute: {per_minute}
  open_requests: 100000
{extra}
signer: {{ run: "{self.dir}", ra_key: keys/none, ra_cert: keys/none, audit_key: keys/none, txid_key: keys/none, names: [ "O=Example Operator" ] }}
cas:
  - {{ name: core, backend: cmp, url: "http://127.0.0.1:9/", recipient: "CN=Operator CA,O=Example Operator", trust: [ keys/operator.crt ] }}
""")
        gnb = """name: gnb
ca: core
subject: "CN=${station},O=Example Operator"
san_dns: [ "${station}.ran.example" ]
keys: [ ec-p256, rsa-3072 ]
eku: [ clientAuth, serverAuth ]
"""
        for name, text in (profiles or {"gnb": gnb}).items():
            with open(self.path("profiles", name + ".yaml"), "w") as f:
                f.write(text)

    def start(self, wait=True):
        self.log = open(self.path("httpd.log"), "ab")
        self.proc = subprocess.Popen([f"{BIN}/nemra-httpd", "-c", self.path("nemra.yaml")], stderr=self.log,
                                     stdin=subprocess.DEVNULL)
        if wait and not within(20, lambda: self.proc.poll() is not None or self.ready()):
            raise RuntimeError("nemra-httpd does not become ready: " + self.log_text()[-2000:])
        if self.proc.poll() is not None:
            raise RuntimeError("nemra-httpd ended: " + self.log_text()[-2000:])

    def stop(self):
        """Its exit status."""
        self.proc.send_signal(signal.SIGTERM)
        try:
            status = self.proc.wait(30)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            status = self.proc.wait()
        self.log.close()
        self.proc = None
        return status

    def alive(self):
        return self.proc.poll() is None

    def log_text(self):
        with open(self.path("httpd.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def mark(self):
        return os.path.getsize(self.path("httpd.log"))

    def logged(self, mark, *words):
        """Is there, since mark, a line with all these words?"""
        def look():
            with open(self.path("httpd.log"), encoding="utf-8", errors="replace") as f:
                f.seek(mark)
                return any(all(w in line for w in words) for line in f)
        return within(5, look)

    def ready(self):
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    # --- stations

    def station(self, name, **columns):
        """An inventory row and a device for it; its name is that of the device's files."""
        serial = columns.pop("serial", name)
        cols = {"name": name, "vendor": "acme", "serial": serial, **columns}
        self.sql("INSERT INTO nemra.station (id, {}) VALUES (gen_random_uuid(), {})".format(
            ", ".join(cols), ", ".join("'%s'" % v for v in cols.values())))
        return self.issue(name, "factory", f"/CN=radio/serialNumber=SN-{serial}")

    def counts(self):
        """Rows of all that an upload may leave behind."""
        return self.sql("SELECT concat_ws(',', (SELECT count(*) FROM nemra.request), (SELECT count(*) FROM nemra.request_key),"
                        "(SELECT count(*) FROM nemra.queue), (SELECT count(*) FROM nemra.request_step),"
                        "(SELECT count(*) FROM nemra.spki_key))")

    # --- clients

    def context(self, device=None, lowest=ssl.TLSVersion.TLSv1_3):
        c = ssl.create_default_context(cafile=self.path("keys", "tls-ca.crt"))
        c.minimum_version = lowest
        if device:
            c.load_cert_chain(self.path("keys", device + ".crt"), self.path("keys", device + ".key"))
        return c

    def raw(self, device=None, timeout=40):
        s = socket.create_connection((self.host, self.port), timeout=timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.context(device).wrap_socket(s, server_hostname="localhost")

    def connect(self, device=None):
        """A kept connection, for several requests."""
        c = http.client.HTTPSConnection(self.host, self.port, context=self.context(device), timeout=60)
        c.connect()
        c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return c

    def ask(self, method, path, device=None, body=None, headers=None, conn=None):
        c = conn or self.connect(device)
        c.request(method, path, body=body, headers=headers or {})
        r = c.getresponse()
        r.body = r.read()
        r.json = json.loads(r.body) if "json" in (r.headers["Content-Type"] or "") and r.body else None
        if conn is None:
            c.close()
        return r

    def get(self, path, device=None, **kw):
        return self.ask("GET", path, device, **kw)

    def post(self, path, body, device=None, type="application/pkcs10", prefer=None, **kw):
        headers = {"Content-Type": type}
        if prefer:
            headers["Prefer"] = prefer
        return self.ask("POST", path, device, body, headers, **kw)

    def upload(self, body, device, **kw):
        return self.post("/v1/requests", body, device, **kw)

    def exchange(self, data, device=None, half_close=False):
        """Raw octets there, all octets back."""
        with self.raw(device) as s:
            try:
                s.sendall(data)
            except OSError:
                pass
            out = b""
            try:
                while True:
                    part = s.recv(65536)
                    if not part:
                        break
                    out += part
            except OSError:
                pass
            return out

    def asked_to_continue(self, head, body, device=None):
        """The head, then the interim answer to it, then the body and the answer to that."""
        with self.raw(device) as s:
            s.sendall(head)
            interim = s.recv(65536)
            s.sendall(body)
            out = b""
            while part := s.recv(65536):
                out += part
            return interim, out

    # --- requests

    def csr(self, station, subject=None, san=None, key=None, alg="ec:P-256", digest="-sha256", ext=(), form="DER"):
        if key is None:
            self.n += 1
            key = self.key(f"new-{self.n}", alg)
        subject = subject or f"/O=Example Operator/CN={station}"
        san = f"DNS:{station}.ran.example" if san is None else san
        args = ["req", "-new", "-key", key, "-subj", subject, digest, "-outform", form]
        if san:
            args += ["-addext", "subjectAltName=" + san]
        for e in ext:
            args += ["-addext", e]
        return self.openssl(*args)

    def sign(self, key, data):
        f = self.path("keys", "tbs")
        with open(f, "wb") as out:
            out.write(data)
        return self.openssl("dgst", "-sha256", "-sign", key, f)

    def crmf(self, csr, key, cert_req_id=0, popo="signature", template_extra=b""):
        """CertReqMessages for the names and key of a PKCS#10."""
        info = children(csr)[0]
        _, subject, spki = children(info)[:3]
        attrs = children(info)[3] if len(children(info)) > 3 else b""
        template = template_extra + tlv(0xA5, subject) + b"\xa6" + spki[1:]
        if attrs:
            exts = children(children(children(attrs)[0])[1])[0]
            template += b"\xa9" + exts[1:]
        request = seq(integer(cert_req_id), seq(template))
        sig = tlv(0x03, b"\0" + self.sign(key, request))
        ecdsa = seq(oid("1.2.840.10045.4.3.2"))
        pops = {"signature": tlv(0xA1, ecdsa, sig), "raVerified": b"\x80\x00", "none": b"",
                "encipherment": tlv(0xA2, b"\x81\x01\x01")}
        return seq(seq(request, pops[popo]))

    def envelope(self, station, device, pkcs10=b"", crmf=b"", profile=None, version=1, extra=()):
        content = integer(version) + utf8(station)
        if profile:
            content += tlv(0xA0, utf8(profile))
        if pkcs10:
            content += tlv(0xA1, pkcs10)
        if crmf:
            content += tlv(0xA2, crmf)
        f = self.path("keys", "content")
        with open(f, "wb") as out:
            out.write(seq(content))
        return self.openssl("cms", "-sign", "-binary", "-nosmimecap", "-nodetach", "-outform", "DER", "-keyid", "-md", "sha256",
                            "-econtent_type", oid_request(), "-signer", self.path("keys", device + ".crt"), "-inkey",
                            self.path("keys", device + ".key"), "-in", f, *extra)

    def new_key(self, alg="ec:P-256"):
        self.n += 1
        return self.key(f"new-{self.n}", alg)
