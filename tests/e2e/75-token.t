#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The RA key in a PKCS#11 token (SoftHSM2): by the engine on Debian 12, by the provider on Debian 13. Between the signer and
# the token stands a module that counts logins and can take the token away.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up

HSM=$LAB/hsm
PIN=482915
real=
for d in /usr/lib/softhsm "/usr/lib/$(gcc -dumpmachine)/softhsm"; do
  [ ! -f "$d/libsofthsm2.so" ] || real=$d/libsofthsm2.so
done
[ -n "$real" ] || { echo "Bail out! no SoftHSM2"; exit 1; }

# --- a token with an EC and an RSA key; their files are gone afterwards ---
export SOFTHSM2_CONF=$HSM/softhsm2.conf
mkdir -p "$HSM/tokens"
chmod 700 "$HSM"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$HSM/tokens" > "$SOFTHSM2_CONF"
cp "$BUILD/token/flaky.so" "$HSM/module.so"
ln -s "$real" "$HSM/real.so"
(umask 077; echo "$PIN" > "$HSM/pin")
{
  softhsm2-util --init-token --free --label nemra-ra --pin "$PIN" --so-pin 99999999
  cp "$LAB/keys/ra.key" "$T/ec.key"
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$T/rsa.key"
  openssl req -new -key "$T/rsa.key" -subj "/O=Example Operator/CN=Lab RA 2" -out "$T/rsa.csr"
  printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature extendedKeyUsage=1.3.6.1.5.5.7.3.28 \
    subjectKeyIdentifier=hash authorityKeyIdentifier=keyid > "$T/ext"
  openssl x509 -req -in "$T/rsa.csr" -CA "$LAB/ca/ca.crt" -CAkey "$LAB/ca/ca.key" -set_serial "0x$(openssl rand -hex 8)" -days 90 \
    -extfile "$T/ext" -out "$LAB/keys/ra-rsa.pem"
  id=1
  for k in ec rsa; do
    openssl pkcs8 -topk8 -nocrypt -in "$T/$k.key" -out "$T/$k.p8"
    softhsm2-util --import "$T/$k.p8" --token nemra-ra --label "ra-$k" --id "0$id" --pin "$PIN"
    id=$((id + 1))
  done
} >"$T/hsm.log" 2>&1 || { sed 's/^/# /' "$T/hsm.log"; echo "Bail out! no token"; exit 1; }
rm -f "$T"/*.p8 "$T/ec.key" "$T/rsa.key" "$LAB/keys/ra.key"

# use OBJECT CERTIFICATE: the signer's configuration, not yet in effect
use() {
  sed -i -e "s|^  ra_key: .*|  ra_key: \"pkcs11:token=nemra-ra;object=$1?module-path=$HSM/module.so\&pin-source=file:$HSM/pin\"|" \
    -e "s|^  ra_cert: .*|  ra_cert: keys/$2|" "$LAB/nemra.yaml"
}
sed -i "s|^  ra_key: .*|&\n  token_env: [ \"SOFTHSM2_CONF=$SOFTHSM2_CONF\" ]|" "$LAB/nemra.yaml"
logins() { cat "$HSM/logins" 2>/dev/null; }
signer_says() { lab log nemra-signer | tail -n +"$from" | grep -Eq "$1"; }
mark() { from=$(($(lab log nemra-signer | wc -l) + 1)); }
served() { # STATION NAME: one enrolment from end to end
  enrol "$1" p10 && becomes "$1" confirmed 20 && certificate "$1"
  ok $? "$2"
}

use ra-ec ra.pem
lab restart nemra-signer >/dev/null
served gnb-ec "with an EC key in the token a request becomes a certificate"
is "$(logins)" 0x0 "the signer logged in once"
pid=$(cat "$LAB/pid/nemra-signer")
unlike "$(tr '\0' '\n' < "/proc/$pid/environ"; tr '\0' '\n' < "/proc/$pid/cmdline"; cat "$LAB"/log/*.log)" "$PIN" \
  "the PIN is in no argument, no environment and no log"
is "$(readelf -d "$BIN/nemra-signer" | grep -c -i 'p11\|pkcs11\|softhsm')" 0 "nemra-signer itself links nothing of it"

lab kill nemra-signer
enrol gnb-wait p10
lab restart nemra-signer >/dev/null
becomes gnb-wait confirmed 20
ok $? "after kill -9 a new signer goes on with the token"

use ra-rsa ra-rsa.pem
lab restart nemra-signer >/dev/null
served gnb-rsa "with an RSA key in the token as well"

# --- what is wrong is said, and nothing is tried twice ---
start() { # the signer by hand: its exit status
  mark
  # libp11 itself leaks some octets when it cannot open a key
  (cd "$LAB" && ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 timeout 20 "$BIN/nemra-signer" -c "$LAB/nemra.yaml") >>"$LAB/log/nemra-signer.log" 2>&1 </dev/null
}
lab kill nemra-signer
echo 000000 > "$HSM/pin"
: > "$HSM/logins"
start
is "$?" 4 "with a wrong PIN the signer ends with status 4, at which systemd does not start it again"
signer_says 'reason=TOKEN_PIN'
ok $? "and says so"
is "$(logins)" 0xa0 "after one try"
echo "$PIN" > "$HSM/pin"
chmod 644 "$HSM/pin"
start
is "$?" 6 "a PIN that others may read is not taken"
chmod 600 "$HSM/pin"
use ra-none ra-rsa.pem
start
status=$?
[ "$status" = 6 ] || [ "$status" = 4 ]
ok $? "a key that the token does not have: no start"
signer_says 'object=ra-none'
ok $? "and it is named"
sed -i 's|module-path=[^&]*&|module-path=/nonexistent/hsm.so\&|' "$LAB/nemra.yaml"
start
is "$?" 6 "a module that is not there: no start"
signer_says 'module-path /nonexistent/hsm.so'
ok $? "and it is named"

# --- the token goes and comes back ---
use ra-ec ra.pem
lab restart nemra-signer >/dev/null
served gnb-before "a token that is there signs"
mark
touch "$HSM/away"
enrol gnb-away p10
within 10 signer_says 'signer.token_away.*reason=TOKEN_AWAY'
ok $? "a token that was taken out is noticed by the first signature"
is "$(state gnb-away)" queued "the request waits"
: > "$HSM/logins"
sleep 6
is "$(lab log nemra-signer | tail -n +"$from" | grep -c token_)" 1 "one line in the log, however often it is looked for"
rm "$HSM/away"
becomes gnb-away confirmed 60
ok $? "when the token is back the request becomes a certificate, without anybody's help"
signer_says 'signer.token_there'
ok $? "the log says that it is back"
is "$(logins)" 0x0 "after one login"

mark
touch "$HSM/away"
enrol gnb-pin p10
within 10 signer_says 'signer.token_away'
pkcs11-tool --module "$real" --token-label nemra-ra --login --pin "$PIN" --change-pin --new-pin 731064 >"$T/hsm.log" 2>&1
ok $? "meanwhile somebody changes its PIN"
: > "$HSM/logins"
rm "$HSM/away"
within 15 signer_says 'signer.token_refused.*reason=TOKEN_PIN'
ok $? "a token that comes back and refuses the PIN is an error"
sleep 6
is "$(logins)" 0xa0 "and is not asked again"
echo 731064 > "$HSM/pin"
kill -HUP "$(cat "$LAB/pid/nemra-signer")"
becomes gnb-pin confirmed 60
ok $? "with the right PIN and SIGHUP it goes on"

done_testing
