#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A factory's PKI for the tests: certs.py DIR"""
import datetime
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU, NameOID as N

OUT = sys.argv[1]
FROM = datetime.datetime(2020, 1, 1)
TO = datetime.datetime(2120, 1, 1)
SERIAL = iter(range(0x1001, 0x2000))


def dn(**k):
    kinds = {"cn": N.COMMON_NAME, "o": N.ORGANIZATION_NAME, "sn": N.SERIAL_NUMBER}
    return x509.Name([x509.NameAttribute(kinds[a], v) for a, v in k.items()])


def save(name, data):
    with open(f"{OUT}/{name}", "wb") as f:
        f.write(data)


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def usage(*on):
    names = ("digital_signature content_commitment key_encipherment data_encipherment key_agreement "
             "key_cert_sign crl_sign encipher_only decipher_only").split()
    return x509.KeyUsage(**{n: n in on for n in names})


def issue(subject, key, issuer=None, ca=False, frm=FROM, to=TO, ski=True, eku=(), san=(), ku=None,
          hash_alg=True):
    by = issuer or (subject, key)
    b = (x509.CertificateBuilder().subject_name(subject).issuer_name(by[0]).public_key(key.public_key())
         .serial_number(next(SERIAL)).not_valid_before(frm).not_valid_after(to)
         .add_extension(x509.BasicConstraints(ca, None), True)
         .add_extension(ku or (usage("key_cert_sign", "crl_sign") if ca else usage("digital_signature")),
                        True))
    if ski:
        b = b.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    if issuer:
        b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by[1].public_key()), False)
    if eku:
        b = b.add_extension(x509.ExtendedKeyUsage(eku), False)
    if san:
        b = b.add_extension(x509.SubjectAlternativeName(san), False)
    alg = None if isinstance(by[1], ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return b.sign(by[1], alg)


def crl(issuer, revoked, frm, to):
    b = x509.CertificateRevocationListBuilder().issuer_name(issuer[0]).last_update(frm).next_update(to)
    b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[1].public_key()), False)
    b = b.add_extension(x509.CRLNumber(1), False)
    for c in revoked:
        b = b.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(c.serial_number)
                                      .revocation_date(frm).build())
    return b.sign(issuer[1], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def p256():
    return ec.generate_private_key(ec.SECP256R1())


root = (dn(o="Acme", cn="Acme Factory Root"), p256())
sub = (dn(o="Acme", cn="Acme Factory CA 1"), p256())
other = (dn(o="Other", cn="Other Root"), p256())
root_crt = issue(*root, ca=True)
sub_crt = issue(*sub, issuer=root, ca=True)
save("factory-root.pem", pem(root_crt))
save("factory-sub.pem", pem(sub_crt))
save("other-root.pem", pem(issue(*other, ca=True)))

device = dn(o="Acme", sn="SN-4711", cn="gnb SN-4711")
keys = {"ec": p256(), "p384": ec.generate_private_key(ec.SECP384R1()),
        "p521": ec.generate_private_key(ec.SECP521R1()),
        "rsa": rsa.generate_private_key(65537, 2048), "ed25519": ed25519.Ed25519PrivateKey.generate()}
sans = [x509.DNSName("sn-4711.acme.example"), x509.UniformResourceIdentifier("urn:acme:sn-4711")]
for kind, key in keys.items():
    save(f"device-{kind}.pem", pem(issue(device, key, issuer=sub, san=sans, eku=[EKU.CLIENT_AUTH])))
    save(f"device-{kind}.key", key_pem(key))
save("device-noski.pem", pem(issue(device, keys["ec"], issuer=sub, ski=False)))
save("device-keyenc.pem", pem(issue(device, keys["ec"], issuer=sub, ku=usage("key_encipherment"))))
save("device-server.pem", pem(issue(device, keys["ec"], issuer=sub, eku=[EKU.SERVER_AUTH])))
save("device-expired.pem", pem(issue(device, keys["ec"], issuer=sub, to=datetime.datetime(2021, 1, 1))))
save("device-future.pem", pem(issue(device, keys["ec"], issuer=sub, frm=datetime.datetime(2100, 1, 1))))
save("device-other.pem", pem(issue(device, keys["ec"], issuer=other)))
save("device-nosan.pem", pem(issue(dn(o="Acme", cn="no serial"), keys["ec"], issuer=sub)))
twice = x509.Name([x509.NameAttribute(N.SERIAL_NUMBER, "1"), x509.NameAttribute(N.SERIAL_NUMBER, "2")])
save("device-twoserials.pem", pem(issue(twice, keys["ec"], issuer=sub, san=[
    x509.DNSName("a.example"), x509.DNSName("b.example")])))
save("under-device.pem", pem(issue(dn(cn="not from a CA"), p256(), issuer=(device, keys["ec"]))))
weak = rsa.generate_private_key(65537, 1024)
save("device-rsa1024.pem", pem(issue(device, weak, issuer=sub)))
revoked = issue(device, keys["ec"], issuer=sub)
save("device-revoked.pem", pem(revoked))
save("factory-root.crl", crl(root, [], FROM, TO))
save("factory-sub.crl", crl(sub, [revoked], FROM, TO))
save("factory-sub-old.crl", crl(sub, [], FROM, datetime.datetime(2021, 1, 1)))
save("foreign.crl", crl((sub[0], other[1]), [], FROM, TO))
# For make.sh: the issuer's key, not kept.
save("sub.key.tmp", key_pem(sub[1]))
