#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Other stacks read what we write: pyasn1's strict decoder and Bouncy Castle, which also verifies every signature. Then the
# lab CA's answers to OpenSSL's client in the same way, and Bouncy Castle's requests at the lab CA.
. tests/e2e/lib.sh

jars=/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar
CA=$T/ca
ca_pid=

end() {
  local s=$?
  [ -z "$ca_pid" ] || kill "$ca_pid" 2>/dev/null
  (exit "$s")
  cleanup
}
trap end EXIT

pyasn1() { tests/interop/decode_cmp.py "$@" 2>&1; }
bouncy() { timeout 120 java -cp "$jars:$T" VerifyCmp "$@" 2>&1; }

javac -encoding UTF-8 -cp "$jars" -d "$T" tests/interop/VerifyCmp.java 2>"$T/javac.log"
ok $? "Bouncy Castle's verifier compiles"

# ---- our messages ------------------------------------------------------------------------------

mkdir "$T/ours"
"$BUILD/interop/emit_cmp" tests/data/cmp/pki "$T/ours"
ok $? "a message of each body is written"
out=$(pyasn1 "$T"/ours/*.der)
is $? 0 "pyasn1 decodes all of them to the last byte"
is "$(printf '%s\n' "$out" | wc -l)" 15 "fifteen messages"
like "$out" '^nested.der nested$' "the nested one with its members"
out=$(bouncy "$T"/ours/*.der)
is $? 0 "Bouncy Castle accepts them"
is "$(printf '%s\n' "$out" | grep -c ' verified$')" 15 "and verifies the protection of each, and each proof of possession"

/usr/bin/python3 - "$T/ours/ir.der" "$T/bad.der" <<'PY'
import sys
der = bytearray(open(sys.argv[1], "rb").read())
at = der.index(b"gnb-1")
der[at] ^= 1
open(sys.argv[2], "wb").write(der)
PY
like "$(bouncy "$T/bad.der")" 'FAILED' "a changed name is noticed: the verifier can fail"
head -c 400 "$T/ours/ir.der" > "$T/bad.der"
like "$(pyasn1 "$T/bad.der")" 'FAILED' "a cut message is noticed: the decoder can fail"

# ---- the lab CA's answers ----------------------------------------------------------------------

"$BIN/nemra-labca" --dir "$CA" --init 2>/dev/null
cat "$CA/ca.crt" tests/data/cmp/pki/root.crt > "$CA/ra-trust.pem"
"$BIN/nemra-labca" --dir "$CA" 2>"$T/labca.log" &
ca_pid=$!
within 10 test -s "$CA/port"
port=$(cat "$CA/port")

cmp() {
  timeout 30 openssl cmp -config '' -batch -server "127.0.0.1:$port" -path .well-known/cmp -cert tests/data/cmp/pki/ra.crt \
    -key tests/data/cmp/pki/ra.key -extracerts tests/data/cmp/pki/sub.crt -trusted "$CA/ca.crt" -certout "$T/out.pem" "$@" >"$T/cmp.log" 2>&1
}
cmp -cmd ir -newkey tests/data/cmp/pki/station.key -subject /CN=gnb-1
ok $? "OpenSSL enrols at the lab CA by ir"
echo "wait" > "$CA/mode"
cmp -cmd p10cr -csr tests/data/cmp/pki/station.p10
ok $? "and by p10cr, waiting"
echo "refuse" > "$CA/mode"
cmp -cmd cr -newkey tests/data/cmp/pki/station.key -subject /CN=gnb-1
like "$(cat "$T/cmp.log")" rejection "and is refused when the CA is told to"
echo "ok" > "$CA/mode"
cacerts=			# newer ones want to know where to
openssl cmp -help 2>&1 | grep -q 'genp with id-it-caCerts' && cacerts="-cacertsout $T/cacerts.pem"
# shellcheck disable=SC2086
cmp -cmd genm -infotype caCerts $cacerts
ok $? "and asks for the CA's certificates"
out=$(pyasn1 "$CA"/messages/*-out.der)
is $? 0 "pyasn1 decodes every answer"
for b in ip cp pollRep pkiconf gen; do
  like "$out" " $b\$" "among them $b"
done
out=$(bouncy "$CA"/messages/*-out.der)
is $? 0 "Bouncy Castle accepts every answer"
unlike "$out" 'decoded$' "and verified every protection"

# ---- Bouncy Castle's requests ------------------------------------------------------------------

# post FILE: the body of the answer, by pyasn1
post() {
  curl -s --max-time 20 -H 'Content-Type: application/pkixcmp' --data-binary @"$1" -o "$T/answer.der" \
    "http://127.0.0.1:$port/.well-known/cmp" && pyasn1 "$T/answer.der"
}
is "$(post tests/data/cmp/bc/ir.der)" "answer.der ip" "Bouncy Castle's ir gets an ip"
like "$(tail -n 1 "$CA/log.jsonl")" '"issued":"' "with a certificate"
is "$(post tests/data/cmp/bc/p10cr.der)" "answer.der cp" "its p10cr gets a cp"
like "$(tail -n 1 "$CA/log.jsonl")" '"issued":"' "with a certificate"
is "$(post tests/data/cmp/bc/genm.der)" "answer.der gen" "its genm gets a genp"
is "$(post tests/data/cmp/bc/pollreq.der)" "answer.der error" "a pollReq out of the blue gets an error"
done_testing
