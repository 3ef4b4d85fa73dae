#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The lab CA, driven by OpenSSL's CMP client and by curl: what the other end-to-end tests lean on.
. tests/e2e/lib.sh

CA=$T/ca
ca_pid=

# ca_up OPTIONS…
ca_up() {
  rm -f "$CA/port"
  "$BIN/nemra-labca" --dir "$CA" "$@" 2>>"$T/labca.log" &
  ca_pid=$!
  within 10 test -s "$CA/port"
  port=$(cat "$CA/port")
}

# ca_down [SIGNAL]: sets status
ca_down() {
  [ -n "$ca_pid" ] || return 0
  kill "-${1:-TERM}" "$ca_pid" 2>/dev/null
  wait "$ca_pid" 2>/dev/null
  status=$?
  ca_pid=
}

end() {
  local s=$?
  ca_down
  (exit "$s")
  cleanup
}
trap end EXIT

mode() {
  printf '%s\n' "$*" > "$CA/mode.new" && mv "$CA/mode.new" "$CA/mode"
}

# cmp ARGUMENTS…: one run of the client as the RA; what it says, its status in $?
cmp() {
  timeout 30 openssl cmp -config '' -batch -server "127.0.0.1:$port" -path .well-known/cmp -cert "$T/ra.crt" -key "$T/ra.key" \
    -trusted "$CA/ca.crt" -certout "$T/out.pem" "$@" 2>&1
}

ir() {
  cmp -cmd ir -newkey "$T/ee.key" -subject '/O=Example Operator/CN=gnb-1' "$@"
}

# The number of the last exchange, and what the log says of it.
last() { tail -n 1 "$CA/log.jsonl" | sed 's/^{"n":\([0-9]*\),.*/\1/'; }
field() { tail -n 1 "$CA/log.jsonl" | sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p"; }
message() { printf '%s/messages/%06d-%s.der' "$CA" "$1" "$2"; }

# post FILE OUT: HTTP status
post() {
  curl -s --max-time 20 -H 'Content-Type: application/pkixcmp' --data-binary @"$1" -o "$2" -w '%{http_code}' \
    "http://127.0.0.1:$port/.well-known/cmp"
}

# bodies FROM: the bodies in the log from that line on
bodies() { tail -n "+$1" "$CA/log.jsonl" | sed 's/.*"body":"\([A-Za-z0-9]*\)".*/\1/' | tr '\n' ' '; }
lines() { wc -l < "$CA/log.jsonl"; }

# ra_cert NAME EXTENSIONS: a key and a certificate of the CA
ra_cert() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/$1.key" 2>/dev/null
  openssl req -new -key "$T/$1.key" -subj "/O=Example Operator/CN=Lab $1" -out "$T/csr"
  printf '%b' "$2" > "$T/ext"
  openssl x509 -req -in "$T/csr" -CA "$CA/ca.crt" -CAkey "$CA/ca.key" -set_serial 1 -days 2 -extfile "$T/ext" \
    -out "$T/$1.crt" 2>/dev/null
}

# ---- starting ----------------------------------------------------------------------------------

out=$("$BIN/nemra-labca" --help)
is $? 0 "--help succeeds"
like "$out" 'NOT part of the product' "--help says that it is not part of the product"
"$BIN/nemra-labca" --port 70000 --dir "$CA" 2>/dev/null
is $? 2 "an option out of bounds is a usage error"
"$BIN/nemra-labca" --dir "$CA" --init --subject 'CN=Lab Test CA,O=Example Operator' 2>/dev/null
is $? 0 "--init makes a CA"
before=$(sha256sum "$CA/ca.crt" "$CA/ca.key")
"$BIN/nemra-labca" --dir "$CA" --init 2>/dev/null
is "$(sha256sum "$CA/ca.crt" "$CA/ca.key")" "$before" "--init again changes nothing"
is "$(stat -c %a "$CA/ca.key")" 600 "the key is for its owner alone"
like "$(openssl x509 -in "$CA/ca.crt" -noout -subject -nameopt RFC2253)" 'CN=Lab Test CA,O=Example Operator' "--subject names the CA"
"$BIN/nemra-labca" --dir "$CA" 2>"$T/err"
is $? 1 "without ra-trust.pem it does not start"
like "$(cat "$T/err")" 'ra-trust.pem' "and says which file is missing"

cp "$CA/ca.crt" "$CA/ra-trust.pem"
ra_cert ra 'keyUsage=critical,digitalSignature\nextendedKeyUsage=1.3.6.1.5.5.7.3.28\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'
ra_cert plain 'keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/ee.key" 2>/dev/null
openssl req -new -key "$T/ee.key" -subj '/O=Example Operator/CN=gnb-1' -addext 'subjectAltName=DNS:gnb-1.ran.example,IP:192.0.2.1' \
  -addext extendedKeyUsage=clientAuth,serverAuth -outform DER -out "$T/ee.p10"
openssl req -inform DER -in "$T/ee.p10" -out "$T/ee.csr"
ca_up
like "$(cat "$T/labca.log")" 'not part of the product' "it says when it starts that it is a test CA"
like "$(ss -ltnH "sport = :$port" 2>/dev/null || echo "127.0.0.1:$port")" "127\\.0\\.0\\.1:$port" "it listens on 127.0.0.1 only"

# ---- enrolment ---------------------------------------------------------------------------------

: > "$T/empty"
out=$(cmp -cmd p10cr -csr "$T/ee.csr")
is $? 0 "p10cr with certConf"
is "$(bodies 1)" "p10cr cp certConf pkiconf " "four messages are in the log"
openssl verify -CAfile "$CA/ca.crt" "$T/out.pem" >/dev/null 2>&1
ok $? "the certificate leads to the CA"
text=$(openssl x509 -in "$T/out.pem" -noout -text)
like "$text" 'DNS:gnb-1.ran.example, IP Address:192.0.2.1' "subjectAltName is the request's"
like "$text" 'TLS Web Client Authentication, TLS Web Server Authentication' "extKeyUsage is the request's"
like "$text" 'CA:FALSE' "it is not a CA"
is "$(openssl x509 -in "$T/out.pem" -noout -pubkey)" "$(openssl pkey -in "$T/ee.key" -pubout)" "it is for the request's key"
openssl x509 -in "$T/out.pem" -noout -checkend $((364 * 86400)) >/dev/null
ok $? "it is valid for a year"
/usr/bin/python3 - "$(message 1 in)" "$T/ee.p10" <<'PY'
import sys
sys.exit(0 if open(sys.argv[2], "rb").read() in open(sys.argv[1], "rb").read() else 1)
PY
ok $? "the message that the CA kept holds the PKCS#10 bit for bit"
is "$(sha256sum < "$(message 1 in)" | cut -d' ' -f1)" "$(sed -n 1p "$CA/log.jsonl" | sed 's/.*"sha256":"\([0-9a-f]*\)".*/\1/')" "the log has the message's SHA-256"

for c in ir cr; do
  out=$(cmp -cmd $c -newkey "$T/ee.key" -subject '/O=Example Operator/CN=gnb-1')
  is $? 0 "$c with certConf"
done
out=$(cmp -cmd kur -oldcert "$T/out.pem" -newkey "$T/ee.key")
is $? 0 "kur with certConf"
n=$(($(lines) + 1))
out=$(ir -implicit_confirm)
is $? 0 "ir with implicitConfirm"
is "$(bodies $n)" "ir ip " "needs no certConf"
n=$(($(lines) + 1))
cacerts=			# newer ones want to know where to
openssl cmp -help 2>&1 | grep -q 'genp with id-it-caCerts' && cacerts="-cacertsout $T/cacerts.pem"
# shellcheck disable=SC2086
out=$(cmp -cmd genm -infotype caCerts $cacerts)
is $? 0 "genm is answered"
is "$(bodies $n)" "genm genp " "by a genp"
openssl x509 -in "$CA/ca.crt" -outform DER -out "$T/ca.der"
/usr/bin/python3 - "$(message "$(last)" out)" "$T/ca.der" <<'PY'
import sys
sys.exit(0 if open(sys.argv[1], "rb").read().count(open(sys.argv[2], "rb").read()) == 2 else 1)
PY
ok $? "with the CA's certificate in caCerts and in extraCerts"

# ---- what it refuses ---------------------------------------------------------------------------

like "$(ir -popo 0 -newkey "$T/ee.key")" 'badPOP' "raVerified is refused: badPOP"
like "$(cmp -cmd p10cr -csr "$T/ee.csr" -cert "$T/plain.crt" -key "$T/plain.key")" 'notAuthorized' \
  "a signer without id-kp-cmcRA is refused: notAuthorized"
mv "$CA" "$T/own"
"$BIN/nemra-labca" --dir "$CA" --init 2>/dev/null
ra_cert foreign 'keyUsage=critical,digitalSignature\nextendedKeyUsage=1.3.6.1.5.5.7.3.28\nsubjectKeyIdentifier=hash\n'
rm -r "$CA" && mv "$T/own" "$CA"
like "$(cmp -cmd p10cr -csr "$T/ee.csr" -cert "$T/foreign.crt" -key "$T/foreign.key")" 'signerNotTrusted' \
  "a foreign signer is refused: signerNotTrusted"
like "$(cmp -cmd ir -newkey "$T/ee.key" -subject /CN=x -ref R -secret pass:abc -mac hmacWithSHA256 -cert '' -key '')" 'wrongIntegrity' \
  "a MAC is refused: wrongIntegrity"
like "$(cmp -cmd rr -oldcert "$T/out.pem")" 'badRequest' "a body that it does not know is refused: badRequest"
openssl req -new -key "$T/ee.key" -subj /CN=x -addext basicConstraints=CA:TRUE -out "$T/bad.csr"
like "$(cmp -cmd p10cr -csr "$T/bad.csr")" 'EXTENSION_FORBIDDEN' "a CA certificate is not issued"
is "$(post "$T/empty" "$T/answer")" 400 "no bytes: 400"
head -c 300 "$(message 1 in)" > "$T/cut"
is "$(post "$T/cut" "$T/answer")" 400 "a cut message: 400"
is "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/.well-known/cmp")" 405 "GET: 405"
is "$(curl -s -o /dev/null -w '%{http_code}' -d x "http://127.0.0.1:$port/.well-known/cmp")" 415 "another Content-Type: 415"
is "$(curl -s -o /dev/null -w '%{http_code}' -d x "http://127.0.0.1:$port/elsewhere")" 404 "another path: 404"
out=$(cmp -cmd ir -newkey "$T/ee.key" -subject /CN=x -path pkix/)
is $? 0 "/pkix/ is a path too"

# ---- repeats -----------------------------------------------------------------------------------

out=$(ir -implicit_confirm)
n=$(last)
first=$(message "$n" in)
is "$(post "$first" "$T/again")" 200 "the same bytes again are answered"
is "$(sha256sum < "$T/again")" "$(sha256sum < "$(message "$n" out)")" "with the same answer"
mode reissue
post "$first" "$T/again" >/dev/null
unlike "$(sha256sum < "$T/again")" "$(sha256sum < "$(message "$n" out)" | cut -d' ' -f1)" "reissue: with another certificate"
like "$(tail -n 1 "$CA/log.jsonl")" '"issued":"' "which the log shows as issued"
mode tid-in-use
post "$first" "$T/again" >/dev/null
like "$(tail -n 1 "$CA/log.jsonl")" '"body":"error".*in use' "tid-in-use: with an error"
mode ok
mode lose-after 1
out=$(ir -implicit_confirm)
isnt=$?
unlike "$isnt" '^0$' "lose-after: the client gets nothing"
n=$(last)
like "$(tail -n 1 "$CA/log.jsonl")" '"issued":".*"outcome":"closed"' "but the CA issued"
is "$(cat "$CA/mode")" ok "a count is counted down to ok"
ca_down KILL
ca_up
is "$(post "$(message "$n" in)" "$T/again")" 200 "after a kill -9 the repeat is answered"
is "$(sha256sum < "$T/again")" "$(sha256sum < "$(message "$n" out)")" "with the answer that was lost"
is "$(last)" $((n + 1)) "and the numbers go on"

# ---- modes -------------------------------------------------------------------------------------

mode wait
n=$(($(lines) + 1))
out=$(ir)
is $? 0 "wait: the client polls until it has a certificate"
is "$(bodies $n)" "ir ip pollReq pollRep pollReq ip certConf pkiconf " "wait: with two pollReq"
mode refuse
like "$(ir)" 'rejection.*told to refuse' "refuse: rejection"
mode lose-before
n=$(($(lines) + 1))
like "$(ir)" 'failed reading data|transfer error' "lose-before: the connection is closed"
unlike "$(tail -n "+$n" "$CA/log.jsonl")" '"issued"' "lose-before: nothing is issued"
mode wrong-key
like "$(ir)" 'does not match our enrollment key' "wrong-key: a certificate for another key"
mode wrong-nonce
like "$(ir)" 'recipnonce unmatched' "wrong-nonce"
mode wrong-tid
like "$(ir)" 'transactionid unmatched' "wrong-tid"
mode unprotected
like "$(ir)" 'missing protection' "unprotected"
n=$(last)
mode ok
post "$(message "$n" in)" "$T/again" >/dev/null
/usr/bin/python3 - "$T/again" "$T/ca.der" <<'PY'
import sys
sys.exit(0 if open(sys.argv[2], "rb").read() in open(sys.argv[1], "rb").read() else 1)
PY
ok $? "a repeat after a spoilt answer gets the good one"
mode http503
like "$(curl -s -i --max-time 5 -H 'Content-Type: application/pkixcmp' --data-binary @"$first" "http://127.0.0.1:$port/.well-known/cmp")" \
  '503.*|Retry-After: 1' "http503: 503 with Retry-After and HTML"
mode down
is "$(post "$first" "$T/answer")" 000 "down: no HTTP answer"
mode nonsense
is "$(post "$first" "$T/answer")" 200 "an unknown mode is ok"
mode slow 1
post "$first" "$T/slow" > "$T/slow.status" &
slow=$!
within 5 grep -q ok "$CA/mode"
start=$(date +%s%N)
is "$(post "$first" "$T/answer")" 200 "slow: another client is answered meanwhile"
like "$(( ($(date +%s%N) - start) / 1000000 < 1500 ))" 1 "slow: at once"
wait "$slow"
is "$(cat "$T/slow.status")" 200 "slow: and the slow one at last"

# ---- options and the end -----------------------------------------------------------------------

ca_down
is "$status" 0 "SIGTERM ends it cleanly"
ca_up --no-implicit --days 7
n=$(($(lines) + 1))
out=$(ir -implicit_confirm)
is $? 0 "--no-implicit: the client goes on"
is "$(bodies $n)" "ir ip certConf pkiconf " "--no-implicit: with certConf"
openssl x509 -in "$T/out.pem" -noout -checkend $((8 * 86400)) >/dev/null
is $? 1 "--days 7: not valid for eight days"
ca_down
ca_up --p10cr-id 0
out=$(cmp -cmd p10cr -csr "$T/ee.csr")
is $? 0 "--p10cr-id 0: the client takes it"
id=$(/usr/bin/python3 - "$(message $(($(last) - 1)) out)" <<'PY'
import sys
from pyasn1.codec.der import decoder
from pyasn1_modules import rfc4210
m, _ = decoder.decode(open(sys.argv[1], "rb").read(), asn1Spec=rfc4210.PKIMessage())
print(m["body"]["cp"]["response"][0]["certReqId"])
PY
)
is "$id" 0 "--p10cr-id 0: the answer has it"
ca_down
done_testing
