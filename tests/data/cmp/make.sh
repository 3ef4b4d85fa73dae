#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the files of this folder anew: a small PKI, messages of OpenSSL's CMP client and mock server, messages
# of Bouncy Castle. Run it here, as root (the mock server listens on all interfaces, so it gets a network of
# its own). Keys are for these tests and protect nothing.
set -eu
cd "$(dirname "$0")"
if [ "${1:-}" != inside ]; then
  exec unshare -n "$0" inside
fi
ip link set lo up
rm -rf pki openssl bc
mkdir -p pki openssl bc
tmp=$(mktemp -d)
mock=
trap 'rm -rf "$tmp"; [ -z "$mock" ] || kill "$mock" 2>/dev/null || true' EXIT

key() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "pki/$1.key" 2>/dev/null
}

# issue NAME SUBJECT CA EXTENSIONS [KEY]: CA "-" is itself
issue() {
  k=${5:-$1}
  [ -f "pki/$k.key" ] || key "$k"
  printf '%b' "$4" > "$tmp/ext"
  openssl req -new -key "pki/$k.key" -subj "$2" -out "$tmp/csr"
  if [ "$3" = - ]; then
    openssl x509 -req -in "$tmp/csr" -key "pki/$k.key" -days 36500 -extfile "$tmp/ext" -out "pki/$1.crt" 2>/dev/null
  else
    openssl x509 -req -in "$tmp/csr" -CA "pki/$3.crt" -CAkey "pki/$3.key" -set_serial "0x$(openssl rand -hex 12)" \
      -days 36500 -extfile "$tmp/ext" -out "pki/$1.crt" 2>/dev/null
  fi
}

ids='subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'
ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
ee='basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n'
issue root '/O=Example Operator/CN=Test Root' - "$ca"
issue sub '/O=Example Operator/CN=Test Sub CA' root "$ca"
issue ra '/O=Example Operator/CN=Test RA' sub "${ee}${ids}extendedKeyUsage=1.3.6.1.5.5.7.3.28\n"
issue signer '/O=Example Operator/CN=Test CMP Signer' sub "${ee}${ids}"
issue encipher '/O=Example Operator/CN=Test CMP Signer' sub "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyEncipherment\n${ids}"
issue noski '/O=Example Operator/CN=Test No SKI' sub "${ee}subjectKeyIdentifier=none\n"
issue stranger '/O=Example Operator/CN=Test CMP Signer' - "${ee}subjectKeyIdentifier=hash\n"
issue station '/O=Example Operator/CN=gnb-1' sub "${ee}${ids}"
openssl req -new -key pki/station.key -subj '/O=Example Operator/CN=gnb-1' -addext 'subjectAltName=DNS:gnb-1.ran.example' \
  -outform DER -out pki/station.p10

# serve ARGUMENTS…: the mock server with them. All messages of a run have one transactionID.
serve() {
  [ -z "$mock" ] || { kill "$mock"; wait "$mock" 2>/dev/null || true; }
  openssl cmp -config '' -port 18080 -srv_cert pki/signer.crt -srv_key pki/signer.key -srv_untrusted pki/sub.crt \
    -srv_trusted pki/root.crt -rsp_cert pki/station.crt "$@" >/dev/null 2>&1 &
  mock=$!
  i=0
  until openssl s_client -connect 127.0.0.1:18080 </dev/null 2>&1 | grep -q CONNECTED || [ $i -ge 50 ]; do
    i=$((i + 1)); sleep 0.1
  done
}

# run "REQUEST FILES" "ANSWER FILES" ARGUMENTS…
run() {
  out= ; for f in $1; do out="$out openssl/$f.der"; done
  in= ; for f in $2; do in="$in openssl/$f.der"; done
  shift 2
  timeout 30 openssl cmp -config '' -batch -server 127.0.0.1:18080 -path pkix/ -cert pki/ra.crt -key pki/ra.key \
    -extracerts pki/sub.crt -trusted pki/root.crt -untrusted pki/sub.crt -certout "$tmp/o.pem" \
    -reqout "${out# }" -rspout "${in# }" "$@" >"$tmp/log" 2>&1 || true
  for f in $out $in; do [ -s "$f" ] || { echo "not made: $f" >&2; cat "$tmp/log" >&2; exit 1; }; done
}

serve
run 'ir ir-certconf' 'ip ip-pkiconf' -cmd ir -newkey pki/station.key -subject '/O=Example Operator/CN=gnb-1'
serve
run 'cr cr-certconf' 'cp cp-pkiconf' -cmd cr -newkey pki/station.key -subject '/O=Example Operator/CN=gnb-1'
serve
run 'kur kur-certconf' 'kup kup-pkiconf' -cmd kur -oldcert pki/station.crt -newkey pki/station.key
serve
run 'p10cr p10cr-certconf' 'p10cr-cp p10cr-pkiconf' -cmd p10cr -csr pki/station.p10
serve -grant_implicitconf
run 'ir-implicit' 'ip-implicit' -cmd ir -implicit_confirm -newkey pki/station.key -subject '/O=Example Operator/CN=gnb-1'
serve -poll_count 2 -check_after 1
run 'ir-poll pollreq1 pollreq2 poll-certconf' 'ip-waiting pollrep ip-polled poll-pkiconf' -cmd ir \
  -newkey pki/station.key -subject '/O=Example Operator/CN=gnb-1'
serve -pkistatus 2 -failure 2 -statusstring 'no quota'
run 'ir-refused' 'ip-refused' -cmd ir -newkey pki/station.key -subject '/O=Example Operator/CN=gnb-1'
serve
run 'genm' 'genp' -cmd genm -infotype caCerts
serve
run 'rr' 'rp' -cmd rr -oldcert pki/station.crt
serve -send_error
run 'ir-error' 'error' -cmd ir -newkey pki/station.key -subject '/O=Example Operator/CN=gnb-1'
serve -send_error -send_unprotected -send_unprot_err
run 'ir-error2' 'error-unprotected' -cmd ir -unprotected_errors -newkey pki/station.key -subject '/O=Example Operator/CN=gnb-1'
kill "$mock"; wait "$mock" 2>/dev/null || true
openssl cmp -config '' -port 18080 -srv_ref R -srv_secret pass:abc -rsp_cert pki/station.crt -srv_trusted pki/root.crt >/dev/null 2>&1 &
mock=$!
sleep 1
timeout 30 openssl cmp -config '' -batch -server 127.0.0.1:18080 -path pkix/ -cmd ir -newkey pki/station.key -ref R \
  -secret pass:abc -mac hmacWithSHA256 -recipient /CN=CA -subject '/O=Example Operator/CN=gnb-1' -trusted pki/root.crt -certout "$tmp/o.pem" \
  -reqout 'openssl/ir-mac.der' -rspout 'openssl/ip-mac.der' -implicit_confirm >/dev/null 2>&1 || true
rm -f openssl/ir-error2.der openssl/ir-error.der openssl/ir-refused.der

cp=/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar
javac -cp "$cp" -d "$tmp" Maker.java
java -cp "$cp:$tmp" Maker pki bc
ls -l pki openssl bc
