# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For the tests of the way to the CA: requests in every form, uploaded to /v1, and what became of them.

# dispatch_conf SED-SCRIPT: changes the lab's configuration, and starts the dispatcher with it
dispatch_conf() {
  sed -i "$1" "$LAB/nemra.yaml"
  lab restart nemra-dispatch >/dev/null
}

# make_request STATION FORM: p10, crmf, or both (in an envelope), in $T/STATION.req, the key in $T/STATION.key
make_request() {
  local s=$LAB/stations/$1
  [ -d "$s" ] || lab station "$1" >/dev/null || return 1
  case $2 in
  p10)
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/$1.key" 2>/dev/null &&
      openssl req -new -key "$T/$1.key" -subj "$(cat "$s/subject")" -addext "$(cat "$s/san")" -outform DER \
        -out "$T/$1.req"
    echo application/pkcs10 > "$T/$1.type" ;;
  crmf | both)
    sed "/^request:/d; /^envelope:/d" "$s/agent.yaml" > "$T/$1.yaml"
    if [ "$2" = both ]; then
      echo application/cms > "$T/$1.type"
      echo 'request: both' >> "$T/$1.yaml"
    else
      echo application/vnd.nemra.crmf > "$T/$1.type"
      printf 'request: crmf\nenvelope: no\n' >> "$T/$1.yaml"
    fi
    "$BIN/nemra-agent" -c "$T/$1.yaml" csr --raw --out "$T/$1.req" >"$T/$1.log" 2>&1 || { sed 's/^/# /' "$T/$1.log"; return 1; } ;;
  esac
}

# upload STATION: the request's id in $T/STATION.id
upload() {
  station_curl "$1" -o "$T/$1.answer" -w '%{http_code}' -H "Content-Type: $(cat "$T/$1.type")" \
    --data-binary @"$T/$1.req" "$NEMRA_API_URL/requests" > "$T/$1.status" 2>/dev/null || return 1
  grep -q '^20[01]$' "$T/$1.status" || { echo "# $1: $(cat "$T/$1.status" "$T/$1.answer")"; return 1; }
  sed 's/.*"id":"\([^"]*\)".*/\1/' "$T/$1.answer" > "$T/$1.id"
}

# enrol STATION FORM
enrol() {
  make_request "$1" "$2" && upload "$1"
}

# state STATION; reason STATION: of its request, as the database has them
state() { [ ! -f "$T/$1.id" ] || sql "select state from nemra.queue where request = '$(cat "$T/$1.id")'"; }
reason() { [ ! -f "$T/$1.id" ] || sql "select reason from nemra.queue where request = '$(cat "$T/$1.id")'"; }

# becomes STATION STATE SECONDS [REASON]
becomes() {
  within "$3" is_now "$1" "$2" "${4:-}"
  local rc=$?
  [ $rc = 0 ] || { echo "# $1 is $(state "$1") $(reason "$1"), not $2 ${4:-}"; lab log nemra-dispatch | tail -n 8 | sed 's/^/# /'; }
  return $rc
}
is_now() { [ "$(state "$1")" = "$2" ] && { [ -z "$3" ] || [ "$(reason "$1")" = "$3" ]; }; }

# txid STATION: the transactionID of its last enrolment message, in hex
txid() {
  sql "select encode(transaction_id, 'hex') from nemra.message where request = '$(cat "$T/$1.id")' and kind = 'enrol'
    order by id desc limit 1"
}

# ca_lines: one line a message that the CA saw: transactionID direction body sha256 file issued, "-" where there is none
ca_lines() {
  lab ca log | /usr/bin/python3 -c '
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    print(*[m.get(k) or "-" for k in ("transactionID", "direction", "body", "sha256", "file", "issued")])'
}

# ca_saw STATION: the bodies that the CA received and sent in that transaction, in order
ca_saw() {
  ca_lines | awk -v t="$(txid "$1")" '$1 == t { printf "%s%s", sep, $3; sep = " " }'
}

# certificate STATION: checked against the CA and the key, into $T/STATION.pem
certificate() {
  station_curl "$1" -o "$T/$1.pem" "$NEMRA_API_URL/requests/$(cat "$T/$1.id")/certificate" &&
    openssl verify -CAfile "$NEMRA_CA_CERT" "$T/$1.pem" >/dev/null 2>&1
}
fits_key() {
  [ "$(openssl x509 -in "$T/$1.pem" -noout -pubkey)" = "$(openssl pkey -in "$T/$1.key" -pubout)" ]
}
