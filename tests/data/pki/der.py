# SPDX-License-Identifier: Apache-2.0
"""A few lines of DER, good and bad, for the makers of test data."""
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + body


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def integer(n):
    return tlv(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted):
    arcs = [int(a) for a in dotted.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        part = [arc & 0x7f]
        while arc > 0x7f:
            arc >>= 7
            part.insert(0, arc & 0x7f | 0x80)
        out += bytes(part)
    return tlv(0x06, out)


def bits(data, unused=0):
    return tlv(0x03, bytes([unused]), data)


def octets(data):
    return tlv(0x04, data)


def utf8(text):
    return tlv(0x0c, text if isinstance(text, bytes) else text.encode())


NULL = b"\x05\x00"
TRUE = b"\x01\x01\xff"

ATTRS = {"CN": "2.5.4.3", "O": "2.5.4.10", "OU": "2.5.4.11", "serialNumber": "2.5.4.5"}


def atv(kind, value):
    return seq(oid(ATTRS[kind]), value if isinstance(value, bytes) and value[:1] in b"\x0c\x13\x1e\x03"
               else utf8(value))


def name(*rdns):
    """Each rdn: (kind, value), or a list of those for a multi-valued one."""
    return seq(*[set_of(*[atv(*a) for a in (r if isinstance(r, list) else [r])]) for r in rdns])


SHA256_EC = seq(oid("1.2.840.10045.4.3.2"))
SHA1_EC = seq(oid("1.2.840.10045.4.1"))
SHA256_RSA = seq(oid("1.2.840.113549.1.1.11"), NULL)
SHA1_RSA = seq(oid("1.2.840.113549.1.1.5"), NULL)
MD5_RSA = seq(oid("1.2.840.113549.1.1.4"), NULL)
SHA256 = seq(oid("2.16.840.1.101.3.4.2.1"))
SHA1 = seq(oid("1.3.14.3.2.26"))
HASHES = {SHA256_EC: hashes.SHA256(), SHA1_EC: hashes.SHA1(), SHA256_RSA: hashes.SHA256(),
          SHA1_RSA: hashes.SHA1(), MD5_RSA: hashes.MD5()}


def ec_key(curve=None):
    return ec.generate_private_key(curve or ec.SECP256R1())


def rsa_key(size=2048, e=65537):
    return rsa.generate_private_key(e, size)


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def sign(key, tbs, alg):
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(tbs, padding.PKCS1v15(), HASHES[alg])
    return key.sign(tbs, ec.ECDSA(HASHES[alg]))


def ext(dotted, value, critical=False):
    return seq(oid(dotted), TRUE if critical else b"", octets(value))


def san(*names):
    return ext("2.5.29.17", seq(*names))


def dns(text):
    return tlv(0x82, text if isinstance(text, bytes) else text.encode())


EXT_REQ = "1.2.840.113549.1.9.14"
MS_EXT_REQ = "1.3.6.1.4.1.311.2.1.14"


def ext_request(*exts, kind=EXT_REQ):
    return seq(oid(kind), set_of(seq(*exts)))


def csr(key=None, subject=None, attrs=(), alg=None, pub=None, version=0, signer=None, info=None):
    key = key or ec_key()
    alg = alg or (SHA256_RSA if isinstance(key, rsa.RSAPrivateKey) else SHA256_EC)
    subject = name(("O", "Example Operator"), ("CN", "gnb-1")) if subject is None else subject
    info = info or seq(integer(version), subject, pub or spki(key), tlv(0xa0, *attrs))
    return seq(info, alg, bits(sign(signer or key, info, alg)))


def crmf_request(key, subject=None, exts=(), extra_before=b"", req_id=0, controls=b"", pub=None,
                 version=b"", extra_mid=b""):
    subject = name(("O", "Example Operator"), ("CN", "gnb-1")) if subject is None else subject
    pub = tlv(0xa6, spki(key)[4 if spki(key)[1] == 0x82 else 3 if spki(key)[1] == 0x81 else 2:]) \
        if pub is None else pub
    template = seq(version, extra_before, extra_mid, tlv(0xa5, subject) if subject else b"", pub,
                   tlv(0xa9, *exts) if exts else b"")
    return seq(integer(req_id), template, controls)


def popo(signer, request, alg=SHA256_EC, poski=b""):
    return tlv(0xa1, poski, alg, bits(sign(signer, request, alg)))


def crmf(request, pop, reg_info=b""):
    return seq(seq(request, pop, reg_info))
