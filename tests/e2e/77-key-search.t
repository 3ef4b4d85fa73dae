#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# After a load the private keys of the gateway are searched for in the memory of every process of a lab, in its database with
# WAL, its logs and all its files. Each is found in its own daemon and its own file, and nowhere else. Root reads the
# memory of others; for another user what cannot be read is skipped, and said.
#
# plain build only: a sanitizer has a memory of its own, of terabytes
import base64
import glob
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.getcwd()
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
UPLOADS = int(os.environ.get("UPLOADS", "200"))
WINDOW = 16
count = failures = 0


def ok(good, name, *notes):
    global count, failures
    count += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    for n in notes if not good else ():
        print(f"#   {n}", flush=True)


def run(*args, **kw):
    return subprocess.run(args, check=True, capture_output=True, env=dict(os.environ, BUILD=BUILD), **kw).stdout


def within(seconds, f):
    end = time.monotonic() + seconds
    while not f():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


# --- what is searched for ---

def window(octets):
    """Sixteen of them, as grep can search for them: without NUL and newline."""
    return next((w for w in (octets[at:at + WINDOW] for at in range(len(octets) - WINDOW + 1)) if not {0, 10} & set(w)), None)


def forms(number):
    """A secret's octets as they stand in DER, in OpenSSL's numbers, in hexadecimal, in base64 and so in PEM."""
    half, little, text = len(number) // 2, number[::-1], number.hex().encode()
    yield from (window(number[:half]), window(number[half:]), window(little[:half]), window(little[half:]))
    yield from (text[:2 * WINDOW], text[:2 * WINDOW].upper())
    for skip in range(3):  # wherever it begins in a group of three octets
        inner = number[skip:]
        b64 = base64.b64encode(inner[:len(inner) // 3 * 3])
        yield from (b64[:20], b64[20:40])  # the end of a line of PEM parts one of them at most


def private_numbers(path):
    text = run("openssl", "pkey", "-in", path, "-noout", "-text").decode()
    found = re.findall(r"^(priv|privateExponent|prime1|prime2|exponent1|exponent2|coefficient):\n((?:    .*\n)+)", text, re.M)
    return [bytes.fromhex(re.sub(r"[:\s]", "", digits)).lstrip(b"\0") for _, digits in found]


class Secret:
    def __init__(self, name, holder, file, numbers):
        self.name, self.holder, self.file = name, holder, file
        self.needles = {n for number in numbers for n in forms(number) if n}


# --- where ---

def regions(pid):
    """What the process has of its own: (begin, end, in the secure heap). Files that others installed are not."""
    with open(f"/proc/{pid}/smaps") as f:
        for line in f:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (....) \S+ (\S+) (\d+)\s*(.*)", line)
            if m:
                begin, end, mode, inode, path = int(m[1], 16), int(m[2], 16), m[3], m[5], m[6]
            elif line.startswith("VmFlags:") and mode[0] == "r" and not path.startswith(("[v", "/usr/", "/lib")):
                yield begin, end, mode[3] == "s" and inode, "dd" in line.split()
            elif line.startswith("VmFlags:") and mode[:2] == "rw" and not path.startswith("[v"):
                yield begin, end, False, False


def memory(pid, shared):
    with open(f"/proc/{pid}/mem", "rb", 0) as m:
        for begin, end, inode, guarded in regions(pid):
            if inode and inode in shared:  # PostgreSQL's processes have one memory in common
                continue
            shared.add(inode)
            try:
                m.seek(begin)
                yield m.read(end - begin), guarded
            except (OSError, ValueError):
                pass


def tree(pids):
    """These processes and all they started."""
    parents = {}
    for d in glob.glob("/proc/[0-9]*/stat"):
        try:
            fields = open(d).read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(d.split("/")[2]))
    todo, all_of_them = list(pids), []
    while todo:
        p = todo.pop()
        all_of_them.append(p)
        todo += parents.get(p, [])
    return all_of_them


def command(pid):
    words = open(f"/proc/{pid}/cmdline", "rb").read().replace(b"\0", b" ").decode(errors="replace").split()
    return os.path.basename(words[0]) if words else "?"


class Found:
    """Where each secret was seen; open: not in the secure heap alone."""

    def __init__(self, secrets):
        self.owner = {n: s.name for s in secrets for n in s.needles}
        self.at, self.open, self.skipped, self.octets = set(), set(), set(), 0
        self.list = tempfile.NamedTemporaryFile(prefix="nemra-needles.", dir="/tmp")
        self.list.write(b"".join(n + b"\n" for n in self.owner))
        self.list.flush()

    def grep(self, *args, data=None):
        """What of the needles is there: grep's output, cut at NUL."""
        p = subprocess.run(("grep", "-a", "-z", "-o", "-F", "-f", self.list.name) + args, input=data, capture_output=True,
                           env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
        if p.returncode == 2 and not p.stdout and data is not None:
            raise RuntimeError(p.stderr.decode())
        return p.stdout.split(b"\0")[:-1]

    def look_at_process(self, place, parts):
        for guarded in (True, False):
            data = b"\0".join(d for d, g in parts if g == guarded)
            self.octets += len(data)
            for needle in self.grep(data=data):
                self.at.add((self.owner[needle], place))
                if not guarded:
                    self.open.add((self.owner[needle], place))

    def look_at_files(self, top):
        """Names and matches come in turn; a file that PostgreSQL removes meanwhile is none."""
        out = self.grep("-r", "-H", "-Z", "-s", top)
        self.octets += sum(os.lstat(os.path.join(d, n)).st_size for d, _, names in os.walk(top) for n in names
                           if os.path.lexists(os.path.join(d, n)))
        for name, needle in zip(out[::2], out[1::2]):
            self.at.add((self.owner[needle], "file " + os.path.relpath(name.decode(), top)))

    def places(self, name):
        return sorted(p for n, p in self.at if n == name)


def search(lab, secrets, extra=()):
    found, shared = Found(secrets), set()
    heads = [int(open(p).read()) for p in glob.glob(f"{lab.dir}/pid/*")] + [int(open(lab.pg + "/data/postmaster.pid").readline())]
    for pid in tree(h for h in heads + list(extra) if os.path.exists(f"/proc/{h}")):
        try:
            place = "process " + command(pid)
            found.look_at_process(place, list(memory(pid, shared)))
        except PermissionError:
            found.skipped.add(place)
        except (FileNotFoundError, ProcessLookupError):
            pass
    for top in {lab.dir, os.path.dirname(lab.pg)}:
        found.look_at_files(top)
    return found


# --- a lab under load ---

class Lab:
    def __init__(self, top):
        self.dir = top + "/lab"

    def __call__(self, *args):
        return run(f"{ROOT}/deploy/lab/lab", "-d", self.dir, *args)

    def up(self):
        self("up")
        with open(self.dir + "/nemra.yaml") as f:
            conf = f.read()
        with open(self.dir + "/nemra.yaml", "w") as f:
            f.write(conf.replace("https:\n", "https:\n  open_requests: 10000\n"))
        self("restart", "nemra-httpd")
        self.env = dict(re.findall(r"^(\w+)='?(.*?)'?$", open(self.dir + "/env").read(), re.M))
        short = self.dir + "/short"
        self.pg = (open(short).read().strip() if os.path.exists(short) else self.dir) + "/pg"

    def pid(self, name):
        return int(open(f"{self.dir}/pid/{name}").read())

    def sql(self, text):
        return run("psql", self.env["NEMRA_DB_URL"], "-XqAtc", text).decode().strip()

    def load(self, station, n):
        """Uploads of one station, and until all of them are certificates."""
        s = f"{self.dir}/stations/{station}"
        self("station", station)
        c = ssl.create_default_context(cafile=self.env["NEMRA_TLS_CA"])
        c.load_cert_chain(s + "/device.crt", s + "/device.key")
        subject, san = open(s + "/subject").read().strip(), open(s + "/san").read().strip()
        for _ in range(n):
            csr = run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", "/dev/null",
                      "-subj", subject, "-addext", san, "-outform", "DER")
            urllib.request.urlopen(urllib.request.Request(self.env["NEMRA_API_URL"] + "/requests", csr,
                                                          {"Content-Type": "application/pkcs10"}), context=c, timeout=30).read()
        return within(60, lambda: self.sql("select count(*) from nemra.queue where state <> 'confirmed'") == "0")


def new_credential(lab):
    """An RSA key with a certificate for the RA, in the files that the configuration names, by SIGHUP."""
    k = lab.dir + "/keys/"
    run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", k + "new.key")
    os.chmod(k + "new.key", 0o600)
    csr = run("openssl", "req", "-new", "-key", k + "new.key", "-subj", "/O=Example Operator/CN=Lab RA 2")
    with open(k + "ext", "w") as f:
        f.write("keyUsage=critical,digitalSignature\nextendedKeyUsage=1.3.6.1.5.5.7.3.28\nsubjectKeyIdentifier=hash\n")
    run("openssl", "x509", "-req", "-CA", lab.dir + "/ca/ca.crt", "-CAkey", lab.dir + "/ca/ca.key", "-set_serial", "0x7e57", "-days", "30",
        "-extfile", k + "ext", "-out", k + "new.pem", input=csr)
    os.replace(k + "new.key", k + "ra.key")
    os.replace(k + "new.pem", k + "ra.pem")
    os.kill(lab.pid("nemra-signer"), signal.SIGHUP)
    return within(10, lambda: b"signer.reloaded" in lab("log", "nemra-signer"))


def judge(found, s, planted=()):
    here = [p for p in found.places(s.name) if p not in planted]
    want = sorted(["file keys/" + s.file] + ([] if "process " + s.holder in found.skipped else ["process " + s.holder]))
    ok(here == want, f"{s.name} is in {' and '.join(want)}, and nowhere else", *here)


def main():
    if UPLOADS < 1:
        return
    with tempfile.TemporaryDirectory(prefix="nemra-test.", dir="/tmp") as top:
        os.chmod(top, 0o755)
        lab = Lab(top)
        try:
            lab.up()
            go(lab, top)
        finally:
            subprocess.run([f"{ROOT}/deploy/lab/lab", "-d", lab.dir, "down"], capture_output=True)


def go(lab, top):
    k = lab.dir + "/keys/"
    secrets = [Secret("the RA's EC key", "nemra-signer", "ra.key", private_numbers(k + "ra.key")),
               Secret("the door's key", "nemra-httpd", "door.key", private_numbers(k + "door.key")),
               Secret("K_audit", "nemra-signer", "audit.key", [bytes.fromhex(open(k + "audit.key").read())]),
               Secret("K_txid", "nemra-signer", "txid.key", [bytes.fromhex(open(k + "txid.key").read())])]
    ra = secrets[0]
    ok(lab.load("gnb-1", UPLOADS), f"{UPLOADS} requests become certificates")

    # negative control: one more file and one more process that have it
    with open(lab.dir + "/log/planted", "wb") as f:
        f.write(b"x" * 5000 + open(k + "ra.key", "rb").read())
    holder = subprocess.Popen([sys.executable, "-c", "import sys; d = sys.stdin.buffer.read(32); print(flush=True); sys.stdin.read(1)"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdin.write(private_numbers(k + "ra.key")[0])
    holder.stdin.flush()
    holder.stdout.readline()
    found = search(lab, secrets, [holder.pid])
    planted = ["file log/planted", "process " + command(holder.pid)]
    ok(all((ra.name, p) in found.at for p in planted), "the search finds a key that was planted in a file and in a process", found.at)
    holder.communicate()
    os.unlink(lab.dir + "/log/planted")
    print(f"# {found.octets >> 20} MiB searched for {sum(len(s.needles) for s in secrets)} forms of {len(secrets)} secrets")
    for p in sorted(found.skipped):
        print(f"# skipped, may not be read by this user: {p}")
    for s in secrets:
        judge(found, s, planted)
    ok((ra.name, "process nemra-signer") not in found.open, "in the signer the EC key is in locked memory that is never dumped, and not beside it")

    # another key, while it runs
    os.link(k + "ra.key", top + "/old.key")
    ok(new_credential(lab), "an RSA key takes the place of the EC key")
    ok(lab.load("gnb-2", UPLOADS // 4), "under it requests become certificates")
    rsa = Secret("the RA's RSA key", "nemra-signer", "ra.key", private_numbers(k + "ra.key"))
    found = search(lab, [ra, rsa])
    judge(found, rsa)
    ok(found.places(ra.name) == [], "the old key is nowhere any more", found.places(ra.name))

    lab("kill", "nemra-signer")
    found = search(lab, secrets[2:] + [rsa])
    ok(all(found.places(s.name) == ["file keys/" + s.file] for s in secrets[2:] + [rsa]), "when the signer was killed its keys are in their files alone",
       found.at)


main()
print(f"1..{count}")
sys.exit(failures != 0)
