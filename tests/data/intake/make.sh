#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the certificates of this folder anew. They live a hundred years; tests bring their own clock.
#
#	factory-root.pem, factory.crl	a factory, and its list with device-revoked on it
#	device.pem			device and factory-sub, as TLS would show them
#	device-key.pem			the key of device-good, for envelopes in tests
#	device-*.pem			good; revoked; without a serial; for servers only; with two serials
#	foreign.pem			the same subject, from another root
#	operator-root.pem, operator-*.pem	an operator's root, and a certificate from it
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days="-days 36500"

key() { openssl ecparam -genkey -name prime256v1 -noout -out "$work/$1.key"; }

root() { # name, subject
	key "$1"
	openssl req -x509 -new -key "$work/$1.key" -subj "$2" $days -out "$1.pem" \
	    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

issue() { # name, issuer, subject, extensions…
	name=$1 issuer=$2 subject=$3
	shift 3
	key "$name"
	printf '%s\n' "$@" > "$work/$name.ext"
	openssl req -new -key "$work/$name.key" -subj "$subject" -out "$work/$name.csr"
	openssl x509 -req -in "$work/$name.csr" -CA "$work/$issuer.crt" -CAkey "$work/$issuer.key" \
	    -set_serial "0x$(openssl rand -hex 8)" $days -extfile "$work/$name.ext" -out "$work/$name.crt"
}

root factory-root "/O=Acme Radio/CN=Acme Factory Root"
root foreign-root "/O=Acme Radio/CN=Acme Factory Root"
root operator-root "/O=Example Operator/CN=Example Operator CA"
for r in factory-root foreign-root operator-root; do cp $r.pem "$work/$r.crt"; done
rm foreign-root.pem

ca="basicConstraints=critical,CA:TRUE,pathlen:0" usage="keyUsage=critical,keyCertSign,cRLSign"
issue factory-sub factory-root "/O=Acme Radio/CN=Acme Line 3" "$ca" "$usage"
ee="basicConstraints=CA:FALSE"
issue device factory-sub "/O=Acme Radio/CN=radio/serialNumber=SN-0001" "$ee"
issue device-revoked factory-root "/O=Acme Radio/CN=radio/serialNumber=SN-0002" "$ee"
issue device-good factory-root "/O=Acme Radio/CN=radio/serialNumber=SN-0006" "$ee"
issue device-nameless factory-root "/O=Acme Radio/CN=radio" "$ee"
issue device-server factory-root "/O=Acme Radio/CN=radio/serialNumber=SN-0003" "$ee" extendedKeyUsage=serverAuth
issue device-double factory-root "/serialNumber=SN-0004/serialNumber=SN-0005" "$ee"
issue foreign foreign-root "/O=Acme Radio/CN=radio/serialNumber=SN-0001" "$ee"
issue operator-device operator-root "/O=Example Operator/CN=gnb-1" "$ee" extendedKeyUsage=clientAuth

cat "$work/device.crt" "$work/factory-sub.crt" > device.pem
for n in device-revoked device-good device-nameless device-server device-double foreign operator-device; do
	cp "$work/$n.crt" $n.pem
done
cp "$work/device-good.key" device-key.pem

cat > "$work/ca.cnf" <<CNF
[ca]
default_ca=d
[d]
database=$work/index
default_md=sha256
default_crl_days=36500
crlnumber=$work/number
CNF
: > "$work/index"
echo 01 > "$work/number"
openssl ca -config "$work/ca.cnf" -cert factory-root.pem -keyfile "$work/factory-root.key" -revoke device-revoked.pem
openssl ca -config "$work/ca.cnf" -cert factory-root.pem -keyfile "$work/factory-root.key" -gencrl -out factory.crl
