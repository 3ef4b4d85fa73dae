#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Decodes PKIMessages with pyasn1's strict DER decoder and checks what RFC 9483 asks of every one.

decode_cmp.py FILE...: a line "FILE BODY" for each; exit status 1 when one does not decode, has bytes
behind it, does not encode to itself again, or lacks a field. Members of a nested message count too.
"""
import sys

from pyasn1.codec.der import decoder, encoder
from pyasn1_modules import rfc4210


def check(der, name):
    message, rest = decoder.decode(der, asn1Spec=rfc4210.PKIMessage())
    if rest:
        raise ValueError("bytes behind the message")
    if encoder.encode(message) != der:
        raise ValueError("pyasn1 encodes it to other bytes")
    header = message["header"]
    if int(header["pvno"]) not in (2, 3):
        raise ValueError("pvno")
    for field in ("transactionID", "senderNonce", "protectionAlg"):
        if not header[field].hasValue():
            raise ValueError("no " + field)
    for field in ("transactionID", "senderNonce"):
        if len(bytes(header[field])) < 16:
            raise ValueError(field + " is too short")
    if not message["protection"].hasValue():
        raise ValueError("no protection")
    body = message["body"].getName()
    if body == "nested":
        for member in message["body"]["nested"]:
            check(encoder.encode(member), name)
    return body


def main(files):
    status = 0
    for name in files:
        try:
            with open(name, "rb") as f:
                print(name.rsplit("/", 1)[-1], check(f.read(), name))
        except Exception as why:  # pylint: disable=broad-except
            print(name.rsplit("/", 1)[-1], "FAILED:", str(why).splitlines()[0][:200])
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
