#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A stranger's clients: the README's own words, run as they stand there, and requests made by other stacks.
. tests/e2e/lib.sh
lab_up

# The README's shell block that holds PATTERN, with this test's folder and build instead of the default ones.
readme() {
  awk -v want="$1" '/^```sh$/ { on = 1; block = ""; next } /^```$/ { if (on && block ~ want) printf "%s", block; on = 0 }
    on { block = block $0 "\n" }' README.md | sed "s#\.lab/#$LAB/#g; s#build/bin/#$BIN/#g; s#deploy/lab/lab #deploy/lab/lab -d $LAB #"
}

# run_readme PATTERN: the block in a shell of its own, with the lab's variables
run_readme() {
  { echo "set -e; . '$LAB/env'; s=$LAB/stations/gnb-7"; readme "$1"; } > "$T/block.sh"
  bash "$T/block.sh" 2>&1
}

lab station gnb-7 >/dev/null
ok $? "a lab gives a station to play with"

out=$(run_readme 'nemra-agent enrol')
is $? 0 "README: the agent's first steps work as written"
like "$out" 'cert.pem' "the agent installed a certificate"
out=$(run_readme 'simpleenroll')
is $? 0 "README: openssl and curl enrol by EST as written"
like "$out" 'BEGIN CERTIFICATE' "EST answers with the certificate"
out=$(run_readme 'Prefer: wait')
is $? 0 "README: curl uploads to /v1 as written"
like "$out" '^HTTP/.* 20[01]' "/v1 acknowledges the upload"
like "$out" '[Ll]ocation: /v1/requests/[0-9a-f-]{36}' "/v1 says where the request lives"
out=$("$BIN/nemractl" request list --where station=gnb-7 -o csv)
is $? 0 "the operator lists the station's requests"
is "$(printf '%s\n' "$out" | sed 1d | wc -l)" 2 "the same request by EST and /v1 is one; the agent's is another"

# EST: a certificate for the key in the request, leading to the operator's CA. est_enrol STATION REQUEST-DER OUT-PEM
est_enrol() {
  local status
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    status=$(openssl base64 -in "$2" | station_curl "$1" -H 'Content-Type: application/pkcs10' --data-binary @- \
      -o "$T/answer" -w '%{http_code}' "$NEMRA_EST_URL/simpleenroll")
    [ "$status" = 202 ] || break
    sleep 1
  done
  [ "$status" = 200 ] || { echo "# EST says $status: $(cat "$T/answer")"; return 1; }
  openssl base64 -d -in "$T/answer" | openssl pkcs7 -inform DER -print_certs | openssl x509 -out "$3"
}

v1_enrol() {
  local url status
  url=$(station_curl "$1" -H 'Content-Type: application/pkcs10' -H 'Prefer: wait=10' --data-binary @"$2" -o "$T/answer" \
    -D - "$NEMRA_API_URL/requests" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  [ -n "$url" ] || { echo "# /v1 says: $(cat "$T/answer")"; return 1; }
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    status=$(station_curl "$1" -o "$3" -w '%{http_code}' "${NEMRA_API_URL%/v1}$url/certificate")
    [ "$status" = 202 ] || break
    sleep 1
  done
  [ "$status" = 200 ]
}

same_key() { [ "$(openssl x509 -in "$1" -noout -pubkey)" = "$(openssl req -inform DER -in "$2" -noout -pubkey)" ]; }

# --- GnuTLS certtool
lab station gnb-tls >/dev/null
cat > "$T/template" <<'TXT'
organization = "Example Operator"
cn = "gnb-tls"
dns_name = "gnb-tls.ran.example"
tls_www_client
tls_www_server
signing_key
TXT
certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile "$T/tls.key" >/dev/null 2>&1
certtool --generate-request --load-privkey "$T/tls.key" --template "$T/template" --outder --outfile "$T/tls.p10" >/dev/null 2>&1
[ -s "$T/tls.p10" ]
ok $? "certtool makes a request"
est_enrol gnb-tls "$T/tls.p10" "$T/tls.pem" && same_key "$T/tls.pem" "$T/tls.p10"
ok $? "a request by GnuTLS enrols by EST"
certtool --verify --load-ca-certificate "$NEMRA_CA_CERT" --infile "$T/tls.pem" >"$T/out" 2>&1
ok $? "GnuTLS verifies the certificate"

# --- Bouncy Castle
lab station gnb-bc >/dev/null
jars=/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar
javac -encoding UTF-8 -cp "$jars" -d "$T" tests/interop/MakeRequest.java 2>"$T/out" &&
  java -cp "$jars:$T" MakeRequest gnb-bc "$T/bc.p10" 2>>"$T/out"
ok $? "Bouncy Castle makes a request"
v1_enrol gnb-bc "$T/bc.p10" "$T/bc.pem" && same_key "$T/bc.pem" "$T/bc.p10"
ok $? "a request by Bouncy Castle enrols by /v1"
openssl verify -CAfile "$NEMRA_CA_CERT" "$T/bc.pem" >"$T/out" 2>&1
ok $? "OpenSSL verifies the certificate"

# --- first contact: the operator knows vendor and serial only
lab station gnb-first --vendor-only >/dev/null
s=$LAB/stations/gnb-first
request() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/first.key" -subj "$(cat "$s/subject")" \
    -addext "$(cat "$s/san")" -outform DER -out "$T/$1" 2>/dev/null
}
request first.p10
est_enrol gnb-first "$T/first.p10" "$T/first.pem"
ok $? "a station of which only vendor and serial are known enrols"
like "$("$BIN/nemractl" audit list -o csv)" 'gnb-first' "the binding is in the audit"
# a second device with the same serial from the same factory
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/second.key" 2>/dev/null
openssl req -new -key "$T/second.key" -subj "/O=Lab Vendor/serialNumber=SN-gnb-first/CN=device" -out "$T/second.csr"
openssl x509 -req -in "$T/second.csr" -CA "$NEMRA_FACTORY_CERT" -CAkey "$NEMRA_FACTORY_KEY" -days 30 -set_serial 0x77 \
  -out "$T/second.crt" 2>/dev/null
request second.p10
out=$(openssl base64 -in "$T/second.p10" | curl -sS --max-time 30 --cacert "$NEMRA_TLS_CA" --cert "$T/second.crt" \
  --key "$T/second.key" -H 'Content-Type: application/pkcs10' --data-binary @- -w ' %{http_code}' "$NEMRA_EST_URL/simpleenroll")
like "$out" '403$' "a second device that claims the same serial is refused"
out=$(curl -sS --max-time 30 --cacert "$NEMRA_TLS_CA" --cert "$T/second.crt" --key "$T/second.key" "$NEMRA_API_URL/template")
like "$out" 'DEVICE_KEY_DIFFERS' "and the reason says that another device key is bound"

done_testing
