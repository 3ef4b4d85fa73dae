#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Nemra from nothing: installs what is missing, builds, starts a lab (PostgreSQL, a test CA, the daemons) and lets
# stations enrol in every form; ends with "demo: N enrolled, 0 failed". --no-install leaves out the installing.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
cd "$root"

case ${1:-} in
'') sh deploy/install-packages.sh build run ;;
--no-install) ;;
*) echo "Usage: deploy/demo.sh [--no-install]" >&2; exit 1 ;;
esac

export BUILD=${BUILD:-$root/build}
make -j"$(nproc)" BUILD="$BUILD"

dir=$(mktemp -d /tmp/nemra-demo.XXXXXX)
lab() { deploy/lab/lab -d "$dir/lab" "$@"; }
finish() {
  lab down >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM

lab up
# shellcheck source=/dev/null
. "$dir/lab/env"

# One line a station: name, the client, its options.
#   agent    nemra-agent: request form, envelope or plain, key type
#   est      curl and openssl at the EST door
#   curl     curl and openssl at /v1
cat > "$dir/stations" <<'TXT'
gnb-001 agent both yes ec-p256
gnb-002 agent both yes ec-p384
gnb-003 agent both yes rsa-2048
gnb-004 agent both yes ed25519
gnb-005 agent both no ec-p256
gnb-006 agent pkcs10 yes ec-p256
gnb-007 agent pkcs10 yes ec-p384
gnb-008 agent pkcs10 yes rsa-2048
gnb-009 agent pkcs10 no ec-p256
gnb-010 agent pkcs10 no ec-p384
gnb-011 agent pkcs10 no rsa-2048
gnb-012 agent pkcs10 no ed25519
gnb-013 agent crmf yes ec-p256
gnb-014 agent crmf yes ec-p384
gnb-015 agent crmf yes rsa-2048
gnb-016 agent crmf no ec-p256
gnb-017 agent crmf no ec-p384
gnb-018 agent crmf no rsa-2048
gnb-019 agent crmf no ed25519
gnb-020 est
gnb-021 est
gnb-022 curl
gnb-023 curl
gnb-024 curl
TXT

# What a stranger's client does: a key and a request by openssl, in the folder given.
openssl_request() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -keyout "$1/new.key" \
    -subj "$(cat "$1/subject")" -addext "$(cat "$1/san")" -outform DER -out "$1/new.p10" 2>/dev/null
}

station_curl() {
  local s=$1
  shift
  curl -sS --fail-with-body --max-time 60 --cacert "$NEMRA_TLS_CA" --cert "$s/device.crt" --key "$s/device.key" "$@"
}

# The certificate is there, leads to the operator's CA and is for the key that was made.
verify() {
  openssl verify -CAfile "$NEMRA_CA_CERT" "$1" >/dev/null &&
    [ "$(openssl x509 -in "$1" -noout -pubkey)" = "$(openssl pkey -in "$2" -pubout)" ]
}

enrol_agent() {
  local s=$1 form=$2 envelope=$3 key=$4
  sed -i "s/^request:.*/request: $form/" "$s/agent.yaml"
  printf 'envelope: %s\nkey: %s\n' "$envelope" "$key" >> "$s/agent.yaml"
  "$NEMRA_BIN/nemra-agent" enrol -c "$s/agent.yaml" &&
    verify "$s/store/current/cert.pem" "$s/store/current/key.pem"
}

enrol_est() {
  local s=$1 status
  openssl_request "$s"
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    status=$(openssl base64 -in "$s/new.p10" | station_curl "$s" -H 'Content-Type: application/pkcs10' \
      --data-binary @- -o "$s/answer" -w '%{http_code}' "$NEMRA_EST_URL/simpleenroll")
    [ "$status" = 202 ] || break
    sleep 1
  done
  openssl base64 -d -in "$s/answer" | openssl pkcs7 -inform DER -print_certs 2>/dev/null | openssl x509 -out "$s/new.pem" &&
    verify "$s/new.pem" "$s/new.key"
}

enrol_curl() {
  local s=$1 url status
  openssl_request "$s"
  url=$(station_curl "$s" -H 'Content-Type: application/pkcs10' -H 'Prefer: wait=10' --data-binary @"$s/new.p10" \
    -o /dev/null -D - "$NEMRA_API_URL/requests" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    status=$(station_curl "$s" -o "$s/new.pem" -w '%{http_code}' "${NEMRA_API_URL%/v1}$url/certificate")
    [ "$status" = 202 ] || break
    sleep 1
  done
  verify "$s/new.pem" "$s/new.key" &&
    station_curl "$s" -X POST -H 'Content-Length: 0' "${NEMRA_API_URL%/v1}$url/installed"
}

enrolled=0
failed=0
while read -r name client options; do
  lab station "$name" >/dev/null
  s=$dir/lab/stations/$name
  # shellcheck disable=SC2086 # a list of words
  if "enrol_$client" "$s" $options >"$s/log" 2>&1 </dev/null; then
    enrolled=$((enrolled + 1))
  else
    failed=$((failed + 1))
    echo "demo: $name ($client $options) failed:"
    sed 's/^/  /' "$s/log"
  fi
done < "$dir/stations"

"$NEMRA_BIN/nemractl" request list
"$NEMRA_BIN/nemractl" status
"$NEMRA_BIN/nemractl" audit verify
echo "demo: $enrolled enrolled, $failed failed"
[ "$failed" = 0 ]
