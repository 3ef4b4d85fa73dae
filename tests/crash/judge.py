# SPDX-License-Identifier: Apache-2.0
"""After the load: what the stations were told, what the database holds and what the CA saw must agree.

Every check names what it found, with what was done to the gateway at that moment."""
import base64
import collections
import hashlib
import json

# Why a request may rest in doubt for a person: gateway/flow/retry.c, gateway/ra/judge.c.
CAUSES = {"CA_SILENT", "CA_REFUSED_AGAIN", "CA_ACTED"}
FINAL = {"delivered", "installed", "confirmed"}


# --- as much of DER as the comparison of names and keys needs

def read(der, at=0):
    """(header length, end) of the element at an offset."""
    length, head = der[at + 1], 2
    if length & 0x80:
        n = length & 0x7F
        length, head = int.from_bytes(der[at + 2:at + 2 + n], "big"), 2 + n
    return head, at + head + length


def children(der, at=0):
    head, end = read(der, at)
    at += head
    out = []
    while at < end:
        _, to = read(der, at)
        out.append(der[at:to])
        at = to
    return out


def csr_names(der):
    """(subject, SPKI) of a PKCS#10."""
    _, subject, spki = children(children(der)[0])[:3]
    return subject, spki


def cert_names(der):
    """(serial in hex, subject, SPKI) of a certificate."""
    tbs = children(children(der)[0])
    serial, _, _, _, subject, spki = tbs[1:7]
    return serial[read(serial)[0]:].hex(), subject, spki


def first_of_pem(pem):
    body = pem.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
    return base64.b64decode(body)


# --- the three records

class Ledger:
    def __init__(self, path, folder):
        self.sent, self.acked, self.certs, self.marked = {}, {}, {}, set()
        self.lost, self.refused = [], []
        self.answers = collections.defaultdict(set)
        requests = {}
        with open(path) as f:
            for line in f:
                self.take(json.loads(line), requests, folder)

    def take(self, e, requests, folder):
        key = (e["s"], e["n"])
        if e["what"] == "sent":
            if e["s"] not in requests:
                with open(f"{folder}/{e['s']}.requests") as f:
                    requests[e["s"]] = [bytes.fromhex(line) for line in f]
            self.sent[key] = requests[e["s"]][e["n"]]
        elif e["what"] == "acked":
            self.acked.setdefault(key, e)
            self.answers[key].add(e["id"])
        elif e["what"] == "cert":
            self.certs.setdefault(key, []).append(e)
        elif e["what"] == "marked":
            self.marked.add(key)
        elif e["what"] == "ended":
            self.lost.append(e)
        else:
            self.refused.append(e)


class Judge:
    def __init__(self, gateway, ledger, near):
        self.gateway, self.ledger, self.near = gateway, ledger, near
        self.checks = []             # (name, findings)
        self.read_database()
        self.read_ca()

    def read_database(self):
        g = self.gateway
        self.request, self.by_bytes = {}, {}
        for rid, station, sha, der in g.rows(
                "SELECT r.id, s.name, encode(r.sha256, 'hex'), encode(r.pkcs10, 'hex') FROM nemra.request r "
                "JOIN nemra.station s ON s.id = r.station"):
            self.request[rid] = (station, sha, bytes.fromhex(der))
            self.by_bytes.setdefault((station, sha), []).append(rid)
        self.queue = {r[0]: r[1:] for r in g.rows(
            "SELECT request, state, coalesce(reason, ''), next_at IS NOT NULL, attempt, tries, message IS NOT NULL "
            "FROM nemra.queue")}
        self.cert = collections.defaultdict(list)
        for rid, accepted, serial, der in g.rows("SELECT request, accepted, encode(serial, 'hex'), encode(der, 'hex') "
                                                 "FROM nemra.certificate"):
            self.cert[rid].append((accepted == "t", serial.lstrip("0"), bytes.fromhex(der)))
        self.message = {}            # sha256 -> (request, transactionID, kind)
        for rid, txid, kind, der in g.rows("SELECT request, encode(transaction_id, 'hex'), kind, encode(der, 'hex') "
                                           "FROM nemra.message WHERE kind <> 'answer'"):
            self.message[hashlib.sha256(bytes.fromhex(der)).hexdigest()] = (rid, txid, kind)

    def read_ca(self):
        self.came = []               # (transactionID, body, SHA-256 of the file), of what came to the CA
        self.issued = collections.defaultdict(set)
        for line in self.gateway.ca_log():
            if line["direction"] == "in" and line.get("file"):
                with open(self.gateway.path("ca", line["file"]), "rb") as f:
                    self.came.append((line.get("transactionID"), line.get("body"), hashlib.sha256(f.read()).hexdigest()))
            if line.get("issued"):
                self.issued[line.get("transactionID")].add(line["issued"].lower().lstrip("0"))
        for line in self.gateway.ca_log("states.jsonl"):     # what a kill kept from the log
            if line.get("certificate"):
                serial = cert_names(bytes.fromhex(line["certificate"]))[0]
                self.issued[line["transactionID"]].add(serial.lstrip("0"))

    def check(self, name, findings):
        self.checks.append((name, list(findings)))

    def who(self, key, t=None):
        where = f"{key[0]} request {key[1]}"
        return where if t is None else f"{where} (then: {self.near(t)})"

    # --- what the stations were told

    def lost_uploads(self):
        for key, e in self.ledger.acked.items():
            if e["id"] not in self.request:
                yield f"{self.who(key, e['t'])}: acknowledged as {e['id']}, and is nowhere"
            elif (self.request[e["id"]][0], self.request[e["id"]][2]) != (key[0], self.ledger.sent[key]):
                yield f"{self.who(key, e['t'])}: {e['id']} holds other bytes or is another station's"

    def lost_acts(self, added):
        there = {r[0] for r in self.gateway.rows("SELECT name FROM nemra.station")}
        events = collections.Counter(r[0] for r in self.gateway.rows(
            "SELECT object FROM nemra.audit_event WHERE what = 'station.added' AND outcome = 'success'"))
        for name in added:
            if name not in there:
                yield f"{name} was added, and is not there"
            if events[name] != 1:
                yield f"{name} was added, and the audit trail has {events[name]} events of it"

    def changed_answers(self):
        for key, ids in self.ledger.answers.items():
            if len(ids) > 1:
                yield f"{self.who(key)}: the same upload was {' and '.join(sorted(ids))}"

    def strange_requests(self):
        known = {(key[0], hashlib.sha256(der).hexdigest()) for key, der in self.ledger.sent.items()}
        for (station, sha), ids in self.by_bytes.items():
            if (station, sha) not in known:
                yield f"{ids[0]} of {station}: nobody sent it"
            if len(ids) > 1:
                yield f"{station}: one upload is stored {len(ids)} times: {' '.join(ids)}"

    def foreign_certificates(self):
        for key, fetched in self.ledger.certs.items():
            subject, spki = csr_names(self.ledger.sent[key])
            for e in fetched:
                der = first_of_pem(e["pem"])
                got = cert_names(der)
                if (got[1], got[2]) != (subject, spki):
                    yield f"{self.who(key, e['t'])}: the certificate is for another key or name"
                if der not in [c[2] for c in self.cert[e["id"]] if c[0]]:
                    yield f"{self.who(key, e['t'])}: the certificate is not the stored one"

    def missing_certificates(self):
        for key, e in self.ledger.acked.items():
            if e["id"] in self.queue and self.queue[e["id"]][0] in FINAL and key not in self.ledger.certs:
                yield f"{self.who(key, e['t'])}: {self.queue[e['id']][0]}, and was not fetched"
        for key in self.ledger.certs:
            state = self.queue[self.ledger.acked[key]["id"]][0]
            if state not in ("delivered", "installed") or (key in self.ledger.marked and state != "installed"):
                yield f"{self.who(key)}: the station has its certificate, and the request is {state}"

    def said_no(self):
        for e in self.ledger.lost + self.ledger.refused:
            yield f"{self.who((e['s'], e['n']), e['t'])}: {e['what']} with {e['status']}: {e['body'][:200]}"

    # --- the database and the CA

    def second_certificates(self):
        for rid, certs in self.cert.items():
            if len([c for c in certs if c[0]]) > 1:
                yield f"{rid}: {len(certs)} accepted certificates"

    def unknown_serials(self):
        known = {c[1] for certs in self.cert.values() for c in certs}
        request_of = {m[1]: m[0] for m in self.message.values()}
        for txid, serials in self.issued.items():
            rid = request_of.get(txid)
            resting = rid in self.queue and self.queue[rid][0] == "in_doubt"
            for serial in serials - known:
                if not resting:
                    yield f"serial {serial} of transaction {txid}, request {rid}: issued, and not known here"
        for rid, certs in self.cert.items():
            for c in certs:
                if not any(c[1] in s for s in self.issued.values()):
                    yield f"{rid}: serial {c[1]} is stored, and the CA's log has no word of it"

    def second_messages(self):
        """One DER a transaction and body; a pollReq is a new message each time."""
        seen = collections.defaultdict(set)
        for txid, body, sha in self.came:
            if body != "pollReq":
                seen[(txid, body)].add(sha)
        for (txid, body), shas in seen.items():
            if len(shas) > 1:
                yield f"transaction {txid}: the CA saw {len(shas)} different {body}"

    def unstored_messages(self):
        for txid, body, sha in self.came:
            if sha not in self.message:
                yield f"transaction {txid}: a {body} that came to the CA is not stored"
            elif self.message[sha][1] != txid:
                yield f"transaction {txid}: its {body} is stored as {self.message[sha][1]}'s"

    def second_transactions(self):
        first = collections.defaultdict(set)
        for rid, txid, _ in self.message.values():
            first[rid].add(txid)
        for rid, txids in first.items():
            if len(txids) > 1:
                yield f"{rid}: {len(txids)} transactions"

    def resting(self):
        """Requests that wait for a person, by cause; allowed, and counted."""
        causes = collections.Counter()
        for state, reason, due, *_ in self.queue.values():
            if state == "in_doubt" and due == "f":
                causes[reason] += 1
        return causes

    def unsettled(self):
        for rid, (state, reason, due, attempt, tries, _) in self.queue.items():
            if state in FINAL or (state == "in_doubt" and due == "f" and reason in CAUSES):
                continue
            yield f"{rid}: {state}, {'due' if due == 't' else 'not due'}, reason {reason or '-'}, attempt {attempt}, sent {tries} times"
        for rid in self.request.keys() ^ self.queue.keys():
            yield f"{rid}: a request without a queue row, or a row without a request"

    def broken_histories(self):
        for rid, last, state in self.gateway.rows(
                "SELECT q.request, s.state, q.state FROM nemra.queue q LEFT JOIN LATERAL (SELECT x.state FROM "
                "nemra.request_step x WHERE x.request = q.request ORDER BY x.id DESC LIMIT 1) s ON true "
                "WHERE s.state IS DISTINCT FROM q.state"):
            yield f"{rid} is {state}, its last step says {last}"

    def wrong_counts(self):
        for ca, state, said, is_ in self.gateway.rows(
                "SELECT ca, state, coalesce(c.n, 0), coalesce(q.n, 0) FROM (SELECT ca, state, sum(n) AS n FROM (SELECT * "
                "FROM nemra.count_total UNION ALL SELECT * FROM nemra.count_delta) t WHERE kind = 'request' "
                "GROUP BY 1, 2) c FULL JOIN (SELECT ca, state, count(*) AS n FROM nemra.queue GROUP BY 1, 2) q "
                "USING (ca, state) WHERE coalesce(c.n, 0) <> coalesce(q.n, 0)"):
            yield f"{ca} {state}: counted {said}, there are {is_}"

    def broken_audit(self):
        pending = self.gateway.sql("SELECT count(*) FROM nemra.audit_pending")
        if pending != "0":
            yield f"{pending} events are not linked"
        r = self.gateway.ctl("audit", "verify")
        if r.returncode != 0:
            yield f"audit verify: {r.stdout.strip()} {r.stderr.strip()}"
        uploads = self.gateway.sql("SELECT count(*) FROM nemra.request r WHERE NOT EXISTS (SELECT FROM nemra.audit_event a "
                                   "WHERE a.object = r.id::text AND a.what = 'request.uploaded')")
        if uploads != "0":
            yield f"{uploads} requests without the event of their upload"

    def run(self, added, unexpected):
        self.check("what was acknowledged is stored, byte for byte", self.lost_uploads())
        self.check("what an operator was told is stored, and audited once", self.lost_acts(added))
        self.check("the same upload is the same request each time", self.changed_answers())
        self.check("nothing is stored that nobody sent, and nothing twice", self.strange_requests())
        self.check("no valid upload was refused, no request ended without its certificate", self.said_no())
        self.check("every certificate is for the key and the name of its station", self.foreign_certificates())
        self.check("every certificate that is ready was fetched, and the request says so", self.missing_certificates())
        self.check("no request has two certificates", self.second_certificates())
        self.check("every certificate that the CA issued is known, and no other", self.unknown_serials())
        self.check("the CA saw one message a transaction and step, byte for byte", self.second_messages())
        self.check("what came to the CA was stored before, byte for byte", self.unstored_messages())
        self.check("no request began a second transaction", self.second_transactions())
        self.check("every request ended, or waits for a person and says why", self.unsettled())
        self.check("the last step of each request is its state", self.broken_histories())
        self.check("the counts are those of the rows", self.wrong_counts())
        self.check("the audit chain is complete and verifies", self.broken_audit())
        self.check("no daemon ended by itself", unexpected)
        self.check("no daemon complained of itself", self.gateway.complaints())
        return self.checks
