#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the files of this folder and of ../hostile anew. Needs openssl, certtool, java with Bouncy Castle
# and Python's cryptography. Keys are random, so every file changes; commit all of them together.
set -eu
cd "$(dirname "$0")"
OID=2.25.34240621980104225669764036092178027821
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

PYTHONDONTWRITEBYTECODE=1 python3 certs.py .
mv sub.key.tmp "$T/sub.key"

cat >"$T/req.cnf" <<'CNF'
[req]
prompt = no
distinguished_name = dn
req_extensions = ext
[dn]
O = Example Operator
CN = gnb-1
[ext]
subjectAltName = DNS:gnb-1.ran.example, IP:192.0.2.7, URI:urn:gnb:1
keyUsage = critical, digitalSignature, keyAgreement
extendedKeyUsage = clientAuth, serverAuth
CNF
sed 's/^req_extensions.*/attributes = attr\n&/; s/^\[dn\]/[attr]\nchallengePassword = secret\n[dn]/' "$T/req.cnf" >"$T/chal.cnf"

# --- PKCS#10 by OpenSSL ---
csr() {	# csr NAME genpkey-arguments... [-- req-arguments...]
	n=$1; shift
	g=; while [ $# -gt 0 ] && [ "$1" != -- ]; do g="$g $1"; shift; done
	[ $# -eq 0 ] || shift
	openssl genpkey $g -out "$T/$n.key" 2>/dev/null
	openssl req -new -key "$T/$n.key" -config "$T/req.cnf" -outform DER -out "openssl-$n.csr" "$@"
}
csr p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
csr p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -- -sha384
csr p521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -- -sha512
csr rsa2048 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
csr rsapss -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -- -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1
csr ed25519 -algorithm ED25519
csr ed448 -algorithm ED448
openssl req -new -key "$T/p256.key" -config "$T/chal.cnf" -outform DER -out openssl-challenge.csr
# Private keys in the older forms.
openssl ecparam -name prime256v1 -genkey -out key-sec1-params.pem
openssl genrsa -traditional -out key-pkcs1.pem 2048 2>/dev/null
openssl pkcs8 -topk8 -in "$T/p256.key" -passout pass:secret -out key-encrypted.pem
openssl pkcs8 -topk8 -nocrypt -in "$T/p256.key" -outform DER -out key-pkcs8.der
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out key-rsa1024.pem 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out key-secp256k1.pem

# --- PKCS#10 by GnuTLS ---
cat >"$T/gnutls.tmpl" <<'TMPL'
organization = "Example Operator"
cn = "gnb-1"
dns_name = "gnb-1.ran.example"
signing_key
tls_www_client
TMPL
for n in p256 rsa2048; do
	certtool --generate-request --load-privkey "$T/$n.key" --template "$T/gnutls.tmpl" \
		--outfile "gnutls-$n.csr.pem" 2>/dev/null
done

# --- CRMF by OpenSSL: an ir is written, the CertReqMessages is cut out of it ---
openssl cmp -cmd ir -certout "$T/none.pem" -newkey "$T/p256.key" -subject "/O=Example Operator/CN=gnb-1" \
	-sans "gnb-1.ran.example" -cert device-ec.pem -key device-ec.key -trusted factory-root.pem \
	-recipient "/CN=CA" -server 127.0.0.1:1 -keep_alive 0 -total_timeout 2 \
	-reqout "$T/ir.der" >/dev/null 2>&1 || true
# The body, ir [0], comes first after the header; what stands in it begins the next line.
at=$(openssl asn1parse -inform DER -in "$T/ir.der" | awk -F: 'f { print $1 + 0; exit } /d=1 .*cont \[ 0 \]/ { f = 1 }')
openssl asn1parse -inform DER -in "$T/ir.der" -strparse "$at" -noout -out openssl-p256.crmf

# --- envelopes by OpenSSL, and one by Bouncy Castle ---
PYTHONDONTWRITEBYTECODE=1 python3 - openssl-p256.csr openssl-p256.crmf "$T/content.der" <<'PY'
import sys
sys.path.insert(0, ".")
from der import *
p10, crmf_der = (open(f, "rb").read() for f in sys.argv[1:3])
open(sys.argv[3], "wb").write(seq(integer(1), utf8("gnb-1"), tlv(0xa0, utf8("gnb")), tlv(0xa1, p10),
                                  tlv(0xa2, crmf_der)))
PY
envelope() {	# envelope NAME DEVICE cms-arguments...
	n=$1 d=$2; shift 2
	openssl cms -sign -binary -nodetach -nosmimecap -in "$T/content.der" -econtent_type "$OID" \
		-signer "device-$d.pem" -inkey "device-${d%%-*}.key" -certfile factory-sub.pem -outform DER \
		-out "$n" "$@"
}
envelope openssl-ec.p7m ec -keyid
envelope openssl-issuerserial.p7m ec
envelope openssl-rsa.p7m rsa
envelope openssl-p384.p7m p384 -md sha384
java -cp /usr/share/java/bcpkix.jar:/usr/share/java/bcprov.jar:/usr/share/java/bcutil.jar MakeBc.java \
	. "$OID" device-ec.pem device-ec.key openssl-p256.csr
openssl crl2pkcs7 -nocrl -certfile device-ec.pem -certfile factory-sub.pem -outform DER -out openssl.p7c

# --- certificates whose own signature names their hash (certHash of CMP) ---
self() {	# self NAME DIGEST-OPTIONS genpkey-arguments... -- req-arguments...
	n=$1 d=$2; shift 2
	g=; while [ "$1" != -- ]; do g="$g $1"; shift; done; shift
	openssl genpkey $g -out "$T/self.key" 2>/dev/null
	openssl req -x509 -key "$T/self.key" -subj "/CN=$n" -days 30000 -out "self-$n.pem" "$@"
	openssl x509 -in "self-$n.pem" -outform DER | openssl dgst $d | sed 's/.*= //' >"self-$n.hash"
}
self ed25519 -sha512 -algorithm ED25519 --
self ed448 "-shake256 -xoflen 64" -algorithm ED448 --
self pss384 -sha384 -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -- -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1
self ec512 -sha512 -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -- -sha512

# --- what must be refused ---
openssl cms -sign -binary -nodetach -nosmimecap -in "$T/content.der" -econtent_type "$OID" -signer device-ec.pem \
	-inkey device-ec.key -signer device-rsa.pem -inkey device-rsa.key -outform DER -out ../hostile/envelope-two-signers.der
envelope ../hostile/envelope-no-attributes.der ec -noattr
envelope ../hostile/envelope-sha1.der ec -md sha1
envelope ../hostile/envelope-no-certificate.der ec -nocerts
openssl cms -sign -binary -nosmimecap -in "$T/content.der" -econtent_type "$OID" -signer device-ec.pem \
	-inkey device-ec.key -outform DER -out ../hostile/envelope-detached.der
openssl cms -sign -binary -nodetach -nosmimecap -in "$T/content.der" -signer device-ec.pem -inkey device-ec.key \
	-outform DER -out ../hostile/envelope-other-type.der
openssl cms -sign -binary -nodetach -nosmimecap -in "$T/content.der" -econtent_type "$OID" -signer device-keyenc.pem \
	-inkey device-ec.key -outform DER -out ../hostile/envelope-key-usage.der
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$T/sha1.key" 2>/dev/null
openssl req -new -key "$T/sha1.key" -subj "/O=Acme/CN=sha1" -out "$T/sha1.csr"
openssl x509 -req -sha1 -in "$T/sha1.csr" -CA factory-sub.pem -CAkey "$T/sub.key" -days 30000 -set_serial 77 \
	-out device-sha1.pem 2>/dev/null
PYTHONDONTWRITEBYTECODE=1 python3 hostile.py ../hostile
