#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# EST and /v1 with a CA behind them: what the agent is not needed for, curl and openssl do.
. tests/e2e/lib.sh
lab_up

lab station gnb-1 >/dev/null
lab station gnb-2 >/dev/null

# request NAME [STATION]: $T/NAME.key, .p10 (DER), .b64
request() {
  local who=${2:-gnb-1}
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/$1.key" -outform DER -out "$T/$1.p10" \
    -subj "$(cat "$LAB/stations/$who/subject")" -addext "$(cat "$LAB/stations/$who/san")" 2>/dev/null
  openssl base64 -in "$T/$1.p10" -out "$T/$1.b64"
}

# enrol NAME [PATH [STATION]]: prints the status; headers in $T/head, body in $T/body
enrol() {
  station_curl "${3:-gnb-1}" -H 'Content-Type: application/pkcs10' --data-binary @"$T/$1.b64" -D "$T/head" -o "$T/body" \
    -w '%{http_code}' "$NEMRA_EST_URL/${2:-simpleenroll}"
}

header() { tr -d '\r' < "$T/head" | sed -n "s/^$1: //Ip"; }
p7_certs() { openssl base64 -d -in "$1" | openssl pkcs7 -inform DER -print_certs; }
public_key() { openssl "$1" -in "$2" -noout -pubkey; }

# --- cacerts
curl -sS --cacert "$NEMRA_TLS_CA" -D "$T/head" -o "$T/cacerts" "$NEMRA_EST_URL/cacerts"
like "$(header content-type)" '^application/pkcs7-mime' "cacerts is for everybody, as PKCS#7"
p7_certs "$T/cacerts" > "$T/cacerts.pem"
is "$(openssl x509 -in "$T/cacerts.pem" -noout -fingerprint)" "$(openssl x509 -in "$NEMRA_CA_CERT" -noout -fingerprint)" \
  "cacerts is the operator's CA"
is "$(curl -sS --cacert "$NEMRA_TLS_CA" -o /dev/null -w '%{http_code}' "$NEMRA_EST_URL/gnb/cacerts")" 200 "with the label too"
is "$(curl -sS --cacert "$NEMRA_TLS_CA" -o /dev/null -w '%{http_code}' "$NEMRA_EST_URL/nope/cacerts")" 404 "not with another"

# --- csrattrs
curl -sS --cacert "$NEMRA_TLS_CA" -D "$T/head" -o "$T/attrs" "$NEMRA_EST_URL/csrattrs"
is "$(header content-type)" application/csrattrs "csrattrs is for everybody"
out=$(openssl base64 -d -in "$T/attrs" | openssl asn1parse -inform DER 2>&1)
like "$out" 'id-ecPublicKey' "it wants an EC key"
like "$out" 'prime256v1' "of the profile's first curve"
like "$out" 'X509v3 Extended Key Usage' "and its key usages"
unlike "$out" 'Subject Alternative Name' "it names no station"
station_curl gnb-1 -o "$T/attrs" "$NEMRA_EST_URL/csrattrs"
out=$(openssl base64 -d -in "$T/attrs" | openssl asn1parse -inform DER 2>&1)
like "$out" 'Subject Alternative Name' "a station sees its own names"
like "$out" "$(printf 'gnb-1.ran.example' | od -An -tx1 | tr -d ' \n' | tr a-f A-F)" "which are these"

# --- simpleenroll, the CA answers at once
request one
start=$SECONDS
is "$(enrol one)" 200 "simpleenroll answers with the certificate in one exchange"
[ $((SECONDS - start)) -lt 8 ]
ok $? "held only until it is there"
is "$(header content-type)" "application/pkcs7-mime; smime-type=certs-only" "as RFC 7030 4.2.3 says"
p7_certs "$T/body" > "$T/one.pem"
is "$(grep -c BEGIN "$T/one.pem")" 1 "only the certificate that was issued"
is "$(public_key x509 "$T/one.pem")" "$(openssl pkey -in "$T/one.key" -pubout)" "for the key that was sent"
openssl verify -CAfile "$T/cacerts.pem" "$T/one.pem" >/dev/null 2>&1
ok $? "leading to cacerts"
like "$(openssl x509 -in "$T/one.pem" -noout -ext subjectAltName)" 'gnb-1.ran.example' "with the names that were granted"
cp "$T/body" "$T/first"
is "$(enrol one)" 200 "the same POST again"
cmp -s "$T/body" "$T/first"
ok $? "has the same certificate"
is "$(sql "SELECT count(*) FROM nemra.request r JOIN nemra.station s ON s.id = r.station WHERE s.name = 'gnb-1'")" 1 "of one request"
is "$(sql "SELECT state FROM nemra.queue")" delivered "that is delivered now"
request two
is "$(enrol two gnb/simpleenroll)" 200 "the label names the profile"
request three
is "$(enrol three nope/simpleenroll)" 404 "another label is not there"
like "$(cat "$T/body")" '^PROFILE_UNKNOWN' "and the text says so"
request pem
openssl req -inform DER -in "$T/pem.p10" -out "$T/pem.b64"
is "$(enrol pem)" 200 "PEM is taken, too"
tr -d '\n' < "$T/three.b64" > "$T/flat.b64"
is "$(enrol flat)" 200 "base64 on one line"
sed 's/$/ \t\r/' "$T/three.b64" > "$T/white.b64"
is "$(enrol white)" 200 "and with white space of all kinds"
is "$(sql "SELECT count(*) FROM nemra.request_key")" 4 "are the same request"
is "$(enrol one simplereenroll)" 501 "simplereenroll is not offered"
like "$(cat "$T/body")" '^NOT_OFFERED' "and the text says so"
request theirs gnb-2
is "$(enrol theirs)" 403 "another station's names are refused"
like "$(cat "$T/body")" '^SUBJECT_MISMATCH' "as text"

# --- the CA waits, is away, refuses
again() { [ "$(enrol "$1")" = 200 ]; }
lab ca mode wait
request slow
enrol slow >/dev/null
within 60 again slow
ok $? "a CA that makes us poll is waited for"
lab ca mode refuse
request refused
is "$(enrol refused)" 410 "a CA that refuses: 410"
like "$(cat "$T/body")" '^CA_REFUSED' "as text"
lab ca mode ok
lab ca stop
request away
is "$(enrol away)" 202 "a CA that is away: 202"
like "$(header retry-after)" '^[1-9][0-9]*$' "with Retry-After"
like "$(cat "$T/body")" '^STILL_PENDING' "and a text"
id=$(sql "SELECT id FROM nemra.request ORDER BY id DESC LIMIT 1")
lab ca start
within 60 again away
ok $? "the same POST gets the certificate when the CA is back"
is "$(sql "SELECT id FROM nemra.request ORDER BY id DESC LIMIT 1")" "$id" "of the same request"

# --- /v1: wait, fetch, install
request v1
url=${NEMRA_API_URL%/v1}
start=$SECONDS
is "$(station_curl gnb-1 -H 'Content-Type: application/pkcs10' -H 'Prefer: wait=20' --data-binary @"$T/v1.p10" -D "$T/head" \
  -o "$T/body" -w '%{http_code}' "$NEMRA_API_URL/requests")" 201 "an upload with Prefer: wait is created"
[ $((SECONDS - start)) -lt 15 ]
ok $? "and answered when there is news, not when time is over"
like "$(cat "$T/body")" '"state":"confirmed"' "with the certificate there"
at=$url$(header location)
is "$(station_curl gnb-1 -D "$T/head" -o "$T/chain" -w '%{http_code}' "$at/certificate")" 200 "the certificate can be fetched"
is "$(header content-type)" application/pem-certificate-chain "as a PEM chain"
openssl verify -CAfile "$T/cacerts.pem" -untrusted "$T/chain" "$T/chain" >/dev/null 2>&1
ok $? "that leads to the operator"
like "$(station_curl gnb-1 "$at")" '"state":"delivered"' "then it is delivered"
is "$(station_curl gnb-2 -o /dev/null -w '%{http_code}' "$at/certificate")" 404 "to its owner alone"
is "$(station_curl gnb-2 -X POST -o /dev/null -w '%{http_code}' "$at/installed")" 404 "who alone can say that it is installed"
is "$(station_curl gnb-1 -X POST -o /dev/null -w '%{http_code}' "$at/installed")" 204 "which the station says"
is "$(station_curl gnb-1 -X POST -o /dev/null -w '%{http_code}' "$at/installed")" 204 "more than once, if it likes"
like "$(station_curl gnb-1 "$at")" '"state":"installed"' "and that is the end"
lab station gnb-v --vendor-only >/dev/null
request first gnb-v
is "$(enrol first simpleenroll gnb-v)" 200 "a station of which only vendor and serial are known enrols"

done_testing
