#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests that must be refused: hostile.py DIR. README in that folder says what is wrong with each."""
import hashlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from der import *

OUT = sys.argv[1]
NEMRA_OID = "2.25.34240621980104225669764036092178027821"
KEY = ec_key()
RSA = rsa_key()


def save(name, data):
    with open(f"{OUT}/{name}", "wb") as f:
        f.write(data)


def openssl_key(*args):
    with tempfile.NamedTemporaryFile() as f:
        subprocess.run(["openssl", args[0], "-out", f.name, *args[1:]], check=True, stderr=subprocess.DEVNULL)
        return load_pem_private_key(open(f.name, "rb").read(), None, unsafe_skip_rsa_key_validation=True)


def ec_spki(params, point):
    return seq(seq(oid("1.2.840.10045.2.1"), params), bits(point))


P256 = oid("1.2.840.10045.3.1.7")
POINT = spki(KEY)[-65:]


def rsa_spki(n, e, params=NULL):
    return seq(seq(oid("1.2.840.113549.1.1.1"), params), bits(seq(integer(n), integer(e))))


def long_length(der):
    """The first length written with one octet more than it needs."""
    n = der[1] & 0x7f
    return der[:1] + bytes([0x80 | n + 1, 0]) + der[2:] if der[1] & 0x80 else \
        der[:1] + b"\x81" + der[1:]


def deep(levels):
    out = NULL
    for _ in range(levels - 1):
        out = seq(out)
    return out


# --- PKCS#10: the shape ---
good = csr(KEY)
save("csr-trailing-byte.der", good + b"\0")
save("csr-cut.der", good[:-1])
save("csr-empty.der", b"")
info = good[4:] if good[1] == 0x82 else good[3:]
save("csr-indefinite.der", b"\x30\x80" + info + b"\0\0")
inner = seq(integer(0), name(("CN", "gnb-1")), spki(KEY), tlv(0xa0))
save("csr-long-length.der", seq(long_length(inner), SHA256_EC, bits(sign(KEY, long_length(inner), SHA256_EC))))
save("csr-constructed-string.der", csr(KEY, subject=seq(set_of(seq(oid("2.5.4.3"), tlv(0x2c, utf8("gnb")))))))
save("csr-too-deep.der", csr(KEY, attrs=[seq(oid("1.2.3"), set_of(deep(12)))]))
save("csr-too-many.der", csr(KEY, attrs=[seq(oid("1.2.3"), set_of(seq(*[NULL] * 1100)))]))
save("csr-too-long.der", csr(KEY, attrs=[seq(oid("1.2.3"), set_of(octets(bytes(16384))))]))
save("csr-version-2.der", csr(KEY, version=1))

# --- the key ---
save("csr-sha1.der", csr(KEY, alg=SHA1_EC))
save("csr-rsa-sha1.der", csr(RSA, alg=SHA1_RSA))
save("csr-rsa-md5.der", csr(RSA, alg=MD5_RSA))
save("csr-rsa-1024.der", csr(openssl_key("genrsa", "1024")))
N = RSA.public_key().public_numbers().n
save("csr-rsa-2047.der", csr(RSA, pub=rsa_spki(N >> 1 | 1, 65537)))
save("csr-rsa-e3.der", csr(openssl_key("genrsa", "-3", "2048")))
save("csr-rsa-e-even.der", csr(RSA, pub=rsa_spki(N, 65538)))
save("csr-rsa-even.der", csr(RSA, pub=rsa_spki(N - 1, 65537)))
save("csr-rsa-negative.der", csr(RSA, pub=seq(seq(oid("1.2.840.113549.1.1.1"), NULL),
     bits(seq(tlv(0x02, b"\x80" + bytes(255)), integer(65537))))))
save("csr-rsa-8193.der", csr(RSA, pub=rsa_spki(1 << 8192 | 1, 65537)))
save("csr-rsa-no-null.der", csr(RSA, pub=rsa_spki(N, 65537, b"")))
# Nemec et al., 2017: primes of the form k * M + (65537^a mod M)
PRIMES = [p for p in range(2, 168) if all(p % q for q in range(2, p))]
M = 1
for p in PRIMES:
    M *= p
roca = (3 << 1022) // M * M + pow(65537, 4711, M)
save("csr-rsa-roca.der", csr(RSA, pub=rsa_spki(roca * ((1 << 1024) // M * M - M + pow(65537, 815, M)), 65537)))
explicit = seq(integer(1), seq(oid("1.2.840.10045.1.1"), integer(2**256 - 2**224 + 2**192 + 2**96 - 1)),
               seq(octets(bytes(32)), octets(bytes(32))), octets(POINT), integer(5), integer(1))
save("csr-ec-explicit.der", csr(KEY, pub=ec_spki(explicit, POINT)))
save("csr-ec-off-curve.der", csr(KEY, pub=ec_spki(P256, POINT[:-1] + bytes([POINT[-1] ^ 1]))))
save("csr-ec-compressed.der", csr(KEY, pub=ec_spki(P256, bytes([2 | POINT[-1] & 1]) + POINT[1:33])))
save("csr-ec-hybrid.der", csr(KEY, pub=ec_spki(P256, bytes([6 | POINT[-1] & 1]) + POINT[1:])))
save("csr-ec-infinity.der", csr(KEY, pub=ec_spki(P256, b"\0")))
save("csr-ec-zero.der", csr(KEY, pub=ec_spki(P256, b"\4" + bytes(64))))
save("csr-ec-unused-bits.der", csr(KEY, pub=seq(seq(oid("1.2.840.10045.2.1"), P256), bits(POINT[:-1] + b"\x80", 3))))
save("csr-ec-implicit-curve.der", csr(KEY, pub=ec_spki(NULL, POINT)))
save("csr-ec-secp256k1.der", csr(ec_key(ec.SECP256K1())))
save("csr-ec-brainpool.der", csr(ec_key(ec.BrainpoolP256R1())))
save("csr-ec-p192.der", csr(ec_key(ec.SECP192R1()) if hasattr(ec, "SECP192R1") else KEY,
     pub=None if hasattr(ec, "SECP192R1") else ec_spki(oid("1.2.840.10045.3.1.1"), POINT[:49])))
save("csr-dsa.der", csr(KEY, pub=spki(dsa.generate_private_key(2048))))
save("csr-ed25519-short.der", csr(KEY, pub=seq(seq(oid("1.3.101.112")), bits(bytes(31)))))
save("csr-ed25519-params.der", csr(KEY, pub=seq(seq(oid("1.3.101.112"), NULL), bits(bytes(32)))))

# --- the signature ---
save("csr-other-key.der", csr(KEY, signer=ec_key()))
save("csr-alg-of-other-key.der", csr(KEY, alg=SHA256_RSA, signer=RSA))
save("csr-empty-signature.der", seq(inner, SHA256_EC, bits(b"")))
sig = sign(KEY, inner, SHA256_EC)
save("csr-signature-unused-bits.der", seq(inner, SHA256_EC, bits(sig[:-1] + bytes([sig[-1] & 0xfe]), 1)))
save("csr-signature-trailing.der", seq(inner, SHA256_EC, bits(sig + b"\0")))
save("csr-signature-zero.der", seq(inner, SHA256_EC, bits(seq(integer(0), integer(0)))))
save("csr-ecdsa-params.der", seq(inner, seq(oid("1.2.840.10045.4.3.2"), NULL), bits(sig)))
save("csr-pss-sha1.der", seq(seq(integer(0), name(("CN", "gnb-1")), spki(RSA), tlv(0xa0)),
     seq(oid("1.2.840.113549.1.1.10"), seq()), bits(bytes(256))))

# --- the names ---
CN = ("CN", "gnb-1")
save("csr-two-cn.der", csr(KEY, subject=name(CN, ("CN", "gnb-2"))))
save("csr-multi-valued-rdn.der", csr(KEY, subject=name([CN, ("OU", "x")])))
save("csr-empty-rdn.der", csr(KEY, subject=seq(set_of(atv(*CN)), tlv(0x31))))
save("csr-only-empty-rdn.der", csr(KEY, subject=seq(tlv(0x31))))
save("csr-nul-in-cn.der", csr(KEY, subject=name(("CN", b"\x0c\x0agnb-1\0evil"))))
save("csr-newline-in-cn.der", csr(KEY, subject=name(("CN", "gnb-1\nroot"))))
save("csr-c1-in-cn.der", csr(KEY, subject=name(("CN", "gnb\u0085x"))))
save("csr-empty-cn.der", csr(KEY, subject=name(("CN", ""))))
save("csr-bad-utf8-cn.der", csr(KEY, subject=name(("CN", b"\x0c\x02\xc3\x28"))))
save("csr-cn-not-text.der", csr(KEY, subject=name(("CN", b"\x03\x02\x00\x41"))))
save("csr-subject-not-name.der", csr(KEY, subject=seq(integer(1))))
save("csr-wildcard-san.der", csr(KEY, attrs=[ext_request(san(dns("*.ran.example")))]))
save("csr-nul-in-san.der", csr(KEY, attrs=[ext_request(san(dns(b"gnb-1.example\0.evil.example")))]))
save("csr-empty-label-san.der", csr(KEY, attrs=[ext_request(san(dns("gnb-1..example")))]))
save("csr-underscore-san.der", csr(KEY, attrs=[ext_request(san(dns("gnb_1.example")))]))
save("csr-empty-dns-san.der", csr(KEY, attrs=[ext_request(san(dns("")))]))
save("csr-no-san-inside.der", csr(KEY, attrs=[ext_request(san())]))
save("csr-san-not-names.der", csr(KEY, attrs=[ext_request(ext("2.5.29.17", integer(1)))]))
save("csr-san-trailing.der", csr(KEY, attrs=[ext_request(ext("2.5.29.17", seq(dns("a.example")) + b"\0"))]))
save("csr-san-ip-5.der", csr(KEY, attrs=[ext_request(san(tlv(0x87, bytes(5))))]))
save("csr-san-65.der", csr(KEY, attrs=[ext_request(san(*[dns("g%d.example" % i) for i in range(65)]))]))
save("csr-uri-space.der", csr(KEY, attrs=[ext_request(san(tlv(0x86, b"urn:a b")))]))

# --- the attributes ---
DNS = san(dns("gnb-1.example"))
save("csr-extension-twice.der", csr(KEY, attrs=[ext_request(DNS, san(dns("gnb-2.example")))]))
save("csr-two-extension-requests.der", csr(KEY, attrs=[ext_request(DNS), ext_request(san(dns("gnb-2.example")))]))
save("csr-extension-request-two-values.der", csr(KEY, attrs=[seq(oid(EXT_REQ), set_of(seq(DNS), seq(
     san(dns("gnb-2.example")))))]))
save("csr-extension-request-no-value.der", csr(KEY, attrs=[seq(oid(EXT_REQ), tlv(0x31))]))
save("csr-extension-request-not-sequence.der", csr(KEY, attrs=[seq(oid(EXT_REQ), set_of(NULL))]))
save("csr-ms-extension-request.der", csr(KEY, attrs=[ext_request(DNS, kind=MS_EXT_REQ)]))
save("csr-name-in-attribute.der", csr(KEY, attrs=[ext_request(DNS), seq(oid("1.3.6.1.4.1.311.13.2.1"), set_of(seq(
    tlv(0x1e, "SAN".encode("utf-16-be")), tlv(0x1e, "dns=gnb-2.example".encode("utf-16-be")))))]))
save("csr-bad-key-usage.der", csr(KEY, attrs=[ext_request(ext("2.5.29.15", integer(1)))]))
save("csr-bad-basic-constraints.der", csr(KEY, attrs=[ext_request(ext("2.5.29.19", seq(octets(b"x"))))]))
save("csr-empty-eku.der", csr(KEY, attrs=[ext_request(ext("2.5.29.37", seq()))]))
save("csr-long-oid.der", csr(KEY, attrs=[ext_request(ext("1.3." + ".".join(["4294967295"] * 20), NULL))]))
# This one can be read; who asks for CA rights is policy's to refuse.
save("csr-ca-true.der", csr(KEY, attrs=[ext_request(ext("2.5.29.19", seq(TRUE), True))]))

# --- CRMF ---
R = crmf_request(KEY)
GOOD = popo(KEY, R)
save("crmf-trailing-byte.der", crmf(R, GOOD) + b"\0")
save("crmf-ra-verified.der", crmf(R, b"\x80\x00"))
save("crmf-no-popo.der", crmf(R, b""))
save("crmf-popo-other-key.der", crmf(R, popo(ec_key(), R)))
save("crmf-popo-sha1.der", crmf(R, popo(KEY, R, alg=SHA1_EC)))
save("crmf-popo-over-template.der", crmf(R, popo(KEY, seq())))
save("crmf-popo-key-encipherment.der", crmf(R, tlv(0xa2, tlv(0x81, b"\0"))))
save("crmf-popo-key-agreement.der", crmf(R, tlv(0xa3, tlv(0x81, b"\0"))))
poski = tlv(0xa0, tlv(0xa0, tlv(0xa4, name(("CN", "gnb-1")))), spki(KEY))
save("crmf-poski.der", crmf(R, popo(KEY, R, poski=poski)))
save("crmf-two-requests.der", seq(seq(R, GOOD), seq(R, GOOD)))
save("crmf-none.der", seq())


def with_popo(**k):
    r = crmf_request(KEY, **k)
    return crmf(r, popo(KEY, r))


save("crmf-id-1.der", with_popo(req_id=1))
save("crmf-id-minus-1.der", with_popo(req_id=-1))
save("crmf-id-huge.der", with_popo(req_id=2**70))
save("crmf-version-1.der", with_popo(version=tlv(0x80, b"\0")))
save("crmf-serial.der", with_popo(extra_before=tlv(0x81, b"\5")))
save("crmf-signing-alg.der", with_popo(extra_mid=tlv(0xa2, oid("1.2.840.10045.4.3.2"))))
save("crmf-validity.der", with_popo(extra_mid=tlv(0xa4, tlv(0xa1, tlv(0x17, b"491231235959Z")))))
save("crmf-no-subject.der", with_popo(subject=b""))
save("crmf-no-public-key.der", with_popo(pub=b""))
save("crmf-two-cn.der", with_popo(subject=name(CN, CN)))
save("crmf-extension-twice.der", with_popo(exts=[DNS, DNS]))
save("crmf-alt-template.der", with_popo(controls=seq(seq(oid("1.3.6.1.5.5.7.5.1.7"), seq()))))
save("crmf-archive-key.der", with_popo(controls=seq(seq(oid("1.3.6.1.5.5.7.5.1.4"), NULL))))
save("crmf-reg-info.der", crmf(R, GOOD, seq(seq(oid("1.3.6.1.5.5.7.5.2.1"), utf8("version?1%")))))
lr = long_length(R)
save("crmf-long-length.der", crmf(lr, popo(KEY, lr)))
save("crmf-indefinite.der", b"\x30\x80" + seq(R, GOOD) + b"\0\0")

# --- envelopes, by hand where no tool makes them ---
DEVICE = load_pem_private_key(open("device-ec.key", "rb").read(), None)
CERT = x509.load_pem_x509_certificate(open("device-ec.pem", "rb").read())
CERT_DER = CERT.public_bytes(serialization.Encoding.DER)
SKI = CERT.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def content(version=1, station="gnb-1", forms=None, profile=b""):
    return seq(integer(version), utf8(station), profile, tlv(0xa1, csr(KEY)) if forms is None else forms)


def attrs(body, kind=NEMRA_OID, extra=()):
    return [seq(oid("1.2.840.113549.1.9.3"), set_of(oid(kind))),
            seq(oid("1.2.840.113549.1.9.4"), set_of(octets(hashlib.sha256(body).digest()))), *extra]


def signer_info(body, signed=None, unsigned=b"", sid=None, version=3, order=True, alg=SHA256_EC, digest=SHA256,
                signer=DEVICE):
    signed = attrs(body) if signed is None else signed
    tbs = set_of(*signed)
    wire = tbs if order else tlv(0x31, *sorted(signed, reverse=True))
    return seq(integer(version), tlv(0x80, SKI) if sid is None else sid, digest, b"\xa0" + wire[1:], alg,
               octets(sign(signer, tbs, SHA256_EC)), unsigned)


def envelope(body=None, si=None, certs=(CERT_DER,), version=3, crls=b"", digests=SHA256, kind=NEMRA_OID):
    body = content() if body is None else body
    si = signer_info(body) if si is None else si
    sd = seq(integer(version), tlv(0x31, digests), seq(oid(kind), tlv(0xa0, octets(body))),
             tlv(0xa0, *certs) if certs else b"", crls, tlv(0x31, si))
    return seq(oid("1.2.840.113549.1.7.2"), tlv(0xa0, sd))


B = content()
save("../pki/made-ec.p7m", envelope(B))
save("envelope-trailing-byte.der", envelope(B) + b"\0")
save("envelope-same-signer-twice.der", envelope(B, si=signer_info(B) + signer_info(B)))
save("envelope-no-signer.der", envelope(B, si=b""))
save("envelope-content-changed.der", envelope(content(station="gnb-2"), si=signer_info(B)))
save("envelope-other-signer.der", envelope(B, si=signer_info(B, signer=ec_key())))
save("envelope-attribute-twice.der", envelope(B, si=signer_info(B, signed=attrs(B) + attrs(B)[1:])))
save("envelope-attribute-type-other.der", envelope(B, si=signer_info(B, signed=attrs(B, kind="1.2.840.113549.1.7.1"))))
save("envelope-no-digest-attribute.der", envelope(B, si=signer_info(B, signed=attrs(B)[:1])))
save("envelope-digest-two-values.der", envelope(B, si=signer_info(B, signed=[attrs(B)[0], seq(
     oid("1.2.840.113549.1.9.4"), set_of(octets(hashlib.sha256(B).digest()), octets(bytes(32))))])))
save("envelope-unsorted-attributes.der", envelope(B, si=signer_info(B, order=False)))
save("envelope-unsigned-attribute.der", envelope(B, si=signer_info(B, unsigned=tlv(0xa1, seq(oid("1.2.3"), set_of(NULL))))))
save("envelope-two-fitting-certificates.der", envelope(B, certs=(CERT_DER, CERT_DER)))
save("envelope-unknown-signer.der", envelope(B, si=signer_info(B, sid=tlv(0x80, bytes(20)))))
save("envelope-signer-version.der", envelope(B, si=signer_info(B, version=1)))
save("envelope-version.der", envelope(B, version=1))
save("envelope-crl.der", envelope(B, crls=tlv(0xa1, seq())))
save("envelope-two-digests.der", envelope(B, digests=SHA256 + SHA1))
save("envelope-digest-differs.der", envelope(B, digests=SHA1))
save("envelope-eleven-certificates.der", envelope(B, certs=[CERT_DER] * 11))
save("envelope-not-certificate.der", envelope(B, certs=(CERT_DER, tlv(0xa1, b""))))
save("envelope-signed-by-sha1.der", envelope(B, si=signer_info(B, alg=SHA1_EC)))


def content_case(name, **k):
    body = content(**k)
    save(name, envelope(body))


content_case("envelope-content-version.der", version=2)
content_case("envelope-station-path.der", station="../gnb-1")
content_case("envelope-station-nul.der", station="gnb-1\0x")
content_case("envelope-station-empty.der", station="")
content_case("envelope-station-65.der", station="g" * 65)
content_case("envelope-profile-bad.der", profile=tlv(0xa0, utf8("a/b")))
content_case("envelope-no-request.der", forms=b"")
save("envelope-content-trailing.der", envelope(content() + b"\0"))
save("envelope-content-not-der.der", envelope(b"hello"))
