#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What OpenSSL's own CMP client and its mock server take for the same enrolment: P-256, signed by an RA, implicit
# confirm, kept HTTP connection, nothing stored. peer.sh DIR COUNT: keys stay in DIR; prints JSON. Run it by
# "unshare -n": the mock server listens on all addresses.
set -euo pipefail
cd "$1"
count=$2
port=18080

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }

signed() { # NAME SUBJECT EXTENSION
  key "$1"
  openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -sha256 \
    -extfile <(printf '%s\nsubjectKeyIdentifier=hash\n' "$3") -out "$1.crt" 2>/dev/null
}

if [ ! -f ee.crt ]; then
  key ca
  openssl req -x509 -new -key ca.key -sha256 -days 30 -subj "/O=t/CN=CA" -out ca.crt
  signed ra "/O=t/CN=RA" extendedKeyUsage=1.3.6.1.5.5.7.3.28
  signed ee "/O=t/CN=enb1" basicConstraints=CA:FALSE
fi

ip link set lo up
openssl cmp -config "" -port $port -srv_cert ca.crt -srv_key ca.key -srv_trusted ca.crt -rsp_cert ee.crt \
  -accept_raverified -grant_implicitconf >server.log 2>&1 &
server=$!
trap 'kill $server' EXIT

client() {
  openssl cmp -config "" -batch -cmd ir -newkey ee.key -subject /O=t/CN=enb1 -server 127.0.0.1:$port -path pkix/ \
    -cert ra.crt -key ra.key -trusted ca.crt -implicit_confirm -certout out.pem -repeat "$1" >client.log 2>&1
}

used_ns() { cut -d' ' -f1 "/proc/$server/schedstat"; }

for _ in 1 2 3 4 5 6 7 8 9 10; do
  timeout 20 openssl cmp -config "" -batch -cmd ir -newkey ee.key -subject /O=t/CN=enb1 -server 127.0.0.1:$port -path pkix/ \
    -cert ra.crt -key ra.key -trusted ca.crt -implicit_confirm -certout out.pem >client.log 2>&1 && break
  sleep 0.2
done

# The start of a process is taken off: two lengths, their difference.
TIMEFORMAT='%R %U %S'
short=$( { time client 1; } 2>&1 )
before=$(used_ns)
long=$( { time client $((count + 1)); } 2>&1 )
after=$(used_ns)
cmp -s <(openssl x509 -in out.pem -pubkey -noout) <(openssl pkey -in ee.key -pubout)
[ "$(grep -c 'received IP' client.log)" = $((count + 1)) ]
awk -v s="$short" -v l="$long" -v b="$before" -v a="$after" -v n="$count" 'BEGIN {
  split(s, x, " "); split(l, y, " ")
  printf "{\"client_us\": %.1f, \"server_us\": %.1f, \"per_s\": %.1f}\n", (y[2] + y[3] - x[2] - x[3]) * 1e6 / n,
    (a - b) / 1e3 / (n + 1), n / (y[1] - x[1])
}'
