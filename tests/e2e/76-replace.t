#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The RA's credential and the door's certificate are replaced while stations enrol: no restart, no refused request, a pair
# that does not fit is not taken. Each credential is one PEM file with key and certificate, replaced by rename(2).
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up
UPLOADS=${UPLOADS:-120}

# --- credentials: a key and its certificate in one file ---
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null; }
# credential FILE SUBJECT CA CA-KEY EXTENSION…: days are $days
credential() {
  local file=$1 subject=$2 ca=$3 ca_key=$4
  shift 4
  (
    umask 077
    printf '%s\n' basicConstraints=critical,CA:FALSE subjectKeyIdentifier=hash "$@" > "$T/ext"
    new_key > "$file"
    openssl req -new -key "$file" -subj "$subject" -out "$T/csr" &&
      openssl x509 -req -in "$T/csr" -CA "$ca" -CAkey "$ca_key" -set_serial "0x$(openssl rand -hex 8)" -days "$days" \
        -extfile "$T/ext" >> "$file"
  ) 2>>"$T/openssl.log"
}
days=90
ra_credential() {
  credential "$1" "/O=Example Operator/CN=Lab RA $2" "$LAB/ca/ca.crt" "$LAB/ca/ca.key" keyUsage=critical,digitalSignature \
    extendedKeyUsage=1.3.6.1.5.5.7.3.28
}
door_credential() {
  credential "$1" "/O=Example Operator/CN=localhost" "$LAB/keys/tls-ca.pem" "$LAB/keys/tls-ca.key" \
    subjectAltName=DNS:localhost,IP:127.0.0.1 extendedKeyUsage=serverAuth
}
ra_credential "$LAB/keys/ra-both.pem" 0
door_credential "$LAB/keys/door-both.pem"
sed -i -e 's|^  ra_key: .*|  ra_key: keys/ra-both.pem|; s|^  ra_cert: .*|  ra_cert: keys/ra-both.pem|' \
  -e 's|^  cert: .*|  cert: keys/door-both.pem|; s|^  key: .*|  key: keys/door-both.pem|' \
  -e 's/per_address: .*/&\n  open_requests: 1000/' "$LAB/nemra.yaml"
for d in signer dispatch httpd; do lab restart $d >/dev/null; done

daemon_pid() { cat "$LAB/pid/nemra-$1"; }
pids() { for d in signer dispatch httpd; do daemon_pid $d; done; }
before=$(pids)
# replace DAEMON NEW FILE EVENT: waits until the daemon has said EVENT once more
said() { lab log "nemra-$1" | grep -c "$2"; }
said_more() { [ "$(said "$1" "$2")" -gt "$3" ]; }
replace() {
  local n
  n=$(said "$1" "$4")
  cp -p "$2" "$3.new" && mv "$3.new" "$3"
  kill -HUP "$(daemon_pid "$1")"
  within 20 said_more "$1" "$4" "$n"
}

# --- the load: four clients, a new connection for each upload ---
for i in 1 2 3 4; do lab station "r-$i" >/dev/null; done
mkdir "$T/todo"
for n in $(seq "$UPLOADS"); do
  s=$LAB/stations/r-$((n % 4 + 1))
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /dev/null -subj "$(cat "$s/subject")" \
    -addext "$(cat "$s/san")" -outform DER -out "$T/todo/$n" 2>/dev/null
done
client() { # WHICH
  local n
  for n in $(seq "$1" 4 "$UPLOADS"); do
    [ ! -f "$T/hurry" ] && sleep 0.05
    station_curl "r-$((n % 4 + 1))" -o /dev/null -w "%{http_code}\n" -H 'Content-Type: application/pkcs10' \
      --data-binary @"$T/todo/$n" "$NEMRA_API_URL/requests" 2>&1
  done >> "$T/codes.$1"
}
for i in 1 2 3 4; do
  client "$i" &
  clients[i]=$!
done

failed=0
for round in 1 2 3; do
  ra_credential "$T/ra-$round.pem" "$round"
  door_credential "$T/door-$round.pem"
  replace signer "$T/ra-$round.pem" "$LAB/keys/ra-both.pem" signer.reloaded || failed=1
  replace httpd "$T/door-$round.pem" "$LAB/keys/door-both.pem" httpd.reloaded || failed=1
  replace dispatch "$LAB/keys/operator-root.pem" "$LAB/keys/operator-root.pem" dispatch.reloaded || failed=1
  if [ $round = 2 ]; then
    { new_key; openssl x509 -in "$T/ra-2.pem"; } > "$T/bad-ra.pem"
    { new_key; openssl x509 -in "$T/door-2.pem"; } > "$T/bad-door.pem"
    chmod 600 "$T"/bad-*.pem
    replace signer "$T/bad-ra.pem" "$LAB/keys/ra-both.pem" 'signer.reload_failed.*is not the certificate of the key'
    ok $? "a key that does not fit the RA's certificate is not taken, and the log says why"
    replace httpd "$T/bad-door.pem" "$LAB/keys/door-both.pem" 'httpd.reload .*does not fit its certificate'
    ok $? "nor one that does not fit the door's"
  fi
done
is $failed 0 "three times RA credential, door certificate and trust anchors are replaced under load"
: > "$T/hurry"
wait "${clients[@]}"
is "$(cat "$T"/codes.* | sort | uniq -c | tr -s ' ')" " $UPLOADS 201" "every upload was acknowledged, over a connection of its own"
all_there() {
  [ "$(sql "select count(*) from nemra.queue where state = 'confirmed'")" = "$UPLOADS" ]
}
within 60 all_there
ok $? "every request became a certificate"
is "$(lab log nemra-dispatch | grep -Ec 'request.refused|request.held_up|signer.away')" 0 "none was refused, none held up"
is "$(lab log nemra-httpd | grep -c 'http.refused')" 0 "nor at the door"
is "$(pids)" "$before" "no daemon was started anew"

# --- the new ones are in use ---
hostport=${NEMRA_API_URL#https://}
hostport=${hostport%%/*}
door_now() { openssl s_client -connect "$hostport" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
is "$(door_now)" "$(openssl x509 -in "$T/door-3.pem" -noout -serial)" "TLS clients see the last door certificate"
# signed_by STATION: which of our RA certificates the CA saw first with its request
signed_by() {
  /usr/bin/python3 - "$LAB/ca/$(ca_lines | awk -v t="$(txid "$1")" '$1 == t && $2 == "in" { print $5; exit }')" "$T" <<'PY'
import glob, subprocess, sys
seen = open(sys.argv[1], "rb").read()
for f in sorted(glob.glob(sys.argv[2] + "/ra-?.pem")):
    der = subprocess.run(["openssl", "x509", "-in", f, "-outform", "DER"], capture_output=True, check=True).stdout
    if der in seen:
        print(f[-5])
PY
}
enrol gnb-after p10
becomes gnb-after confirmed 20
ok $? "a request after that becomes a certificate"
is "$(signed_by gnb-after)" 3 "the CA saw it under the last RA certificate"

# --- what is stored is sent as it is stored ---
lab ca mode lose-after
enrol gnb-stored p10
becomes gnb-stored in_doubt 20
ok $? "an answer is lost"
ra_credential "$T/ra-4.pem" 4
replace signer "$T/ra-4.pem" "$LAB/keys/ra-both.pem" signer.reloaded
ok $? "the RA credential is replaced once more"
lab ca mode ok
becomes gnb-stored confirmed 60
ok $? "the message is sent again and answered"
is "$(ca_lines | awk -v t="$(txid gnb-stored)" '$1 == t && $2 == "in" { print $4 }' | sort -u | wc -l)" 1 \
  "the same octets, under the old credential"
is "$(signed_by gnb-stored)" 3 "which the CA still takes"

# --- half a replacement ---
cp -p "$T/bad-ra.pem" "$LAB/keys/ra-both.pem"
lab kill nemra-signer
(cd "$LAB" && timeout 20 "$BIN/nemra-signer" -c "$LAB/nemra.yaml") >"$T/start.log" 2>&1
is "$?" 6 "a signer does not start with a key that does not fit"
like "$(cat "$T/start.log")" "reason=KEY_UNUSABLE.*ra-both.pem is not the certificate of the key" "and names the file"
cp -p "$T/ra-4.pem" "$LAB/keys/ra-both.pem"
days=0
ra_credential "$T/ra-5.pem" 5
sleep 2		# its last second is over
lab restart nemra-signer >/dev/null
replace signer "$T/ra-5.pem" "$LAB/keys/ra-both.pem" 'signer.reload_failed.*not valid now'
ok $? "a certificate that is not valid is not taken instead of one that is"

done_testing
