#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the hostile messages of this folder from ../bc/ir.der and ../openssl/ip.der, each wrong in one place.

Run it here. The names and what is wrong are in tests/unit/cmp/hostile.c.
"""
from pyasn1.codec.der import decoder, encoder
from pyasn1.type import char, univ, useful
from pyasn1_modules import rfc4210

IT = "1.3.6.1.5.5.7.4."


def load(name):
    with open(name, "rb") as f:
        return decoder.decode(f.read(), asn1Spec=rfc4210.PKIMessage())[0]


def save(name, der):
    with open(name + ".der", "wb") as f:
        f.write(bytes(der))


def with_info(*infos):
    m = load("../bc/ir.der")
    general = m["header"]["generalInfo"]
    general.clear()
    for i, (oid, value) in enumerate(infos):
        general[i]["infoType"] = univ.ObjectIdentifier(IT + oid)
        if value is not None:
            general[i]["infoValue"] = univ.Any(encoder.encode(value))
    return encoder.encode(m)


def texts(*values):
    s = univ.SequenceOf(componentType=char.UTF8String())
    s.extend(values)
    return s


save("certprofile-of-two", with_info(("21", texts("gnb", "enb"))))
save("certprofile-of-none", with_info(("21", texts())))
save("certprofile-with-nul", with_info(("21", texts("g\0nb"))))
save("certprofile-twice", with_info(("21", texts("gnb")), ("21", texts("enb"))))
save("implicitconfirm-not-null", with_info(("13", univ.Integer(1))))
save("confirmwaittime-not-a-time", with_info(("14", univ.Integer(1))))
save("confirmwaittime-without-value", with_info(("14", None)))
save("confirmwaittime-month-13", with_info(("14", useful.GeneralizedTime("20261301000000Z"))))
save("origpkimessage-not-messages", with_info(("15", univ.Null(""))))

der = encoder.encode(load("../bc/ir.der"))
save("messagetime-month-13", der.replace(b"20270115080000Z", b"20271315080000Z"))

# the first of extraCerts becomes a SET
ip = load("../openssl/ip.der")
der = bytearray(encoder.encode(ip))
der[bytes(der).rindex(encoder.encode(ip["extraCerts"][0]))] = 0x31
save("extracerts-not-a-certificate", der)

m = load("../openssl/ip.der")
m["body"]["ip"]["response"].append(m["body"]["ip"]["response"][0])
save("ip-of-two", encoder.encode(m))

m = load("../openssl/ip.der")
m["body"]["ip"]["response"].clear()
save("ip-of-none", encoder.encode(m))

m = load("../openssl/ip.der")
m["body"]["ip"]["response"][0]["certReqId"] = 1 << 70
save("ip-huge-certreqid", encoder.encode(m))

# a protection that ends within an octet
der = bytearray(encoder.encode(load("../openssl/ip.der")))
bits = load("../openssl/ip.der")["protection"].asOctets()
at = bytes(der).index(bits)
der[at - 1] = 3
save("protection-of-odd-bits", der)
