#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# nemra-agent against a whole gateway: forms, keys, restarts, work by hand, and each exit status it can give here.
. tests/e2e/lib.sh
lab_up

AGENT=$BIN/nemra-agent
store() { echo "$LAB/stations/$1/store"; }
conf() { echo "$LAB/stations/$1/agent.yaml"; }
agent() { local n=$1; shift; timeout 60 "$AGENT" "$@" -c "$(conf "$n")" 2>"$T/$n.err"; }
status_field() { agent "$1" status -o json | sed -n "s/^  \"$2\": \"\(.*\)\",\{0,1\}$/\1/p"; }

# set_conf STATION KEY VALUE
set_conf() {
  sed -i "/^$2:/d" "$(conf "$1")"
  printf '%s: %s\n' "$2" "$3" >> "$(conf "$1")"
}

# requests STATION: the gateway's list, a line each
requests() { "$BIN/nemractl" request list --where "station=$1" -o csv | sed 1d; }

# installed STATION: the pair in use fits, leads to the operator's CA and bears the station's name.
installed() {
  local d
  d=$(store "$1")/current
  [ "$(openssl x509 -in "$d/cert.pem" -noout -pubkey)" = "$(openssl pkey -in "$d/key.pem" -pubout)" ] &&
    openssl verify -CAfile "$NEMRA_CA_CERT" "$d/cert.pem" >/dev/null 2>&1 &&
    openssl x509 -in "$d/cert.pem" -noout -subject | grep -Eq "CN ?= ?$1$" &&
    [ "$(stat -L -c %a "$d/key.pem")" = 600 ]
}

# ---- forms and keys -----------------------------------------------------------------------------

n=0
while read -r form envelope key; do
  n=$((n + 1))
  s=gnb-f$n
  lab station "$s" >/dev/null
  set_conf "$s" request "$form"
  set_conf "$s" envelope "$envelope"
  set_conf "$s" key "$key"
  agent "$s" enrol
  is $? 0 "enrols with request $form, envelope $envelope, key $key" || cat "$T/$s.err"
  installed "$s"
  ok $? "... and installs a pair that matches, of the operator's CA, with its name"
done <<'FORMS'
both yes ec-p256
both yes ec-p384
both yes rsa-2048
both yes ed25519
pkcs10 yes ec-p256
crmf yes ec-p256
both no ec-p256
pkcs10 no rsa-2048
crmf no ec-p256
crmf no ed25519
FORMS

is "$(status_field gnb-f1 state)" installed "status says installed"
like "$(status_field gnb-f1 sha256)" '^[0-9a-f]{64}$' "status shows the certificate's fingerprint"
id=$(status_field gnb-f1 request)
like "$(requests gnb-f1)" "$id.*installed" "the gateway knows that it is installed"
before=$(readlink "$(store gnb-f1)/current")
agent gnb-f1 enrol
is $? 0 "enrolling again is nothing to do"
is "$(readlink "$(store gnb-f1)/current")" "$before" "... and changes nothing"
agent gnb-f1 enrol --force
is $? 0 "enrolling by force gets another certificate"
[ "$(readlink "$(store gnb-f1)/current")" != "$before" ] && [ -f "$(store gnb-f1)/$before/key.pem" ] && installed gnb-f1
ok $? "... and keeps the pair before"

# ---- waiting, restarts --------------------------------------------------------------------------

lab station gnb-w >/dev/null
lab ca mode wait
agent gnb-w enrol --no-wait
is $? 5 "a pending request is exit status 5"
agent gnb-w status >/dev/null
is $? 5 "... which status tells too"
id=$(status_field gnb-w request)
lab ca mode ok
agent gnb-w enrol --wait
is $? 0 "a second run fetches the certificate"
is "$(status_field gnb-w request)" "$id" "... of the same request"
is "$(requests gnb-w | wc -l)" 1 "... and there is only one"

lab station gnb-k >/dev/null
lab ca mode slow
"$AGENT" enrol -c "$(conf gnb-k)" 2>/dev/null &
pid=$!
within 10 test -s "$(store gnb-k)/pending"
sleep 0.3
kill -9 $pid
wait $pid 2>/dev/null
lab ca mode ok
agent gnb-k enrol
is $? 0 "an agent that was killed goes on where it was"
is "$(requests gnb-k | wc -l)" 1 "... with the same request"

# ---- trust at first use -------------------------------------------------------------------------

lab station gnb-t >/dev/null
sed -i '/^operator_trust:/d' "$(conf gnb-t)"
agent gnb-t enrol
is $? 0 "without operator_trust the gateway's anchors are taken at first use"
cmp -s "$(store gnb-t)/trust" "$NEMRA_CA_CERT"
ok $? "... and pinned"
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj "/CN=Lab Operator CA" -days 3 -out "$(store gnb-t)/trust" 2>/dev/null
agent gnb-t enrol --force
is $? 7 "a certificate that does not lead to the pinned anchor is exit status 7"
installed gnb-t
ok $? "... and the pair in use stays"

# ---- by hand ------------------------------------------------------------------------------------

lab station gnb-h >/dev/null
set_conf gnb-h subject '"CN=gnb-h,O=Example Operator"'
set_conf gnb-h san_dns '[ gnb-h.ran.example ]'
agent gnb-h csr > "$T/h.csr"
is $? 0 "csr makes a request without asking anybody"
openssl req -in "$T/h.csr" -verify -noout >/dev/null 2>&1
ok $? "... that openssl verifies"
agent gnb-h csr --out "$T/h2.csr"
cmp -s "$T/h.csr" "$T/h2.csr"
ok $? "... and it is the same one the second time"
openssl ca -batch -config "$NEMRA_CA_CNF" -in "$T/h.csr" -out "$T/h.pem" -notext >/dev/null 2>&1
cat "$NEMRA_CA_CERT" >> "$T/h.pem"
agent gnb-f1 install "$T/h.pem"
is $? 6 "a chain without a pending key is exit status 6"
agent gnb-h install "$NEMRA_CA_CERT"
is $? 7 "a certificate for another key is exit status 7"
agent gnb-h install "$T/h.pem"
is $? 0 "install takes the chain that came by hand" || cat "$T/gnb-h.err"
installed gnb-h
ok $? "... and the pair matches"

# ---- hooks --------------------------------------------------------------------------------------

lab station gnb-x >/dev/null
cat > "$T/hook" <<HOOK
#!/bin/sh
[ -f $T/hook-works ] || exit 3
printf '%s %s\n' "\$NEMRA_EVENT" "\$NEMRA_CERT" > $T/hook-out
HOOK
chmod +x "$T/hook"
printf 'hooks:\n  - { exec: "%s", timeout: 5s }\n' "$T/hook" >> "$(conf gnb-x)"
agent gnb-x enrol
is $? 9 "a hook that fails is exit status 9"
installed gnb-x
ok $? "... and the pair is in use all the same"
is "$(status_field gnb-x state)" "issued, hook failed" "... which status says"
touch "$T/hook-works"
agent gnb-x install
is $? 0 "install runs the hooks again"
is "$(cat "$T/hook-out")" "retried $(store gnb-x)/current/cert.pem" "... with what they need to know"
is "$(status_field gnb-x state)" installed "... and then all is done"

# ---- what can go wrong --------------------------------------------------------------------------

lab station gnb-e >/dev/null
agent gnb-e status >/dev/null
is $? 6 "status without anything is exit status 6"
"$AGENT" frobnicate 2>/dev/null
is $? 1 "an unknown verb is exit status 1"
"$AGENT" enrol -c "$T/nothing.yaml" 2>/dev/null
is $? 4 "a configuration that is missing is exit status 4"
sed 's/^store/colour: red\nstore/' "$(conf gnb-e)" > "$T/colour.yaml"
"$AGENT" enrol -c "$T/colour.yaml" 2>"$T/err"
is $? 4 "an unknown key is exit status 4"
like "$(cat "$T/err")" 'colour.yaml:[0-9]+:[0-9]+' "... with file, line and column"
sed "s#^trust:.*#trust: $NEMRA_CA_CERT#" "$(conf gnb-e)" > "$T/trust.yaml"
"$AGENT" enrol -c "$T/trust.yaml" 2>"$T/err"
is $? 7 "a gateway of another anchor is exit status 7"
like "$(cat "$T/err")" PEER_NOT_TRUSTED "... with the reason"
sed 's#^gateway:.*#gateway: https://127.0.0.1:1#' "$(conf gnb-e)" > "$T/away.yaml"
"$AGENT" enrol --no-wait -c "$T/away.yaml" 2>/dev/null
is $? 3 "a gateway that is away is exit status 3"
chmod 644 "$LAB/stations/gnb-e/device.key"
agent gnb-e enrol
is $? 6 "a device key that others may read is exit status 6"
chmod 600 "$LAB/stations/gnb-e/device.key"
set_conf gnb-e subject '"CN=gnb-other,O=Example Operator"'
agent gnb-e enrol
is $? 2 "a name that is not the station's is refused: exit status 2"
like "$(cat "$T/gnb-e.err")" 'SUBJECT_MISMATCH' "... with the gateway's reason"
sed -i '/^subject:/d' "$(conf gnb-e)"
agent gnb-e enrol
is $? 0 "... and without it the enrolment works"
lab station gnb-r >/dev/null
lab ca mode refuse
agent gnb-r enrol
is $? 2 "what the CA refuses is exit status 2"
lab ca mode ok
agent gnb-r enrol
is $? 0 "... and the next run asks anew"

# ---- small --------------------------------------------------------------------------------------

# Sizes are of the build that is shipped, and so is the library that links without the compiler's own run time: neither
# is one under sanitizers or one that counts its lines.
shipped() { [ -d "$BUILD/small" ] && ! grep -qE '__asan_init|__gcov_' "$AGENT"; }

if shipped; then
  strip -o "$T/agent" "$AGENT"
  [ "$(stat -c %s "$T/agent")" -le 204800 ]
  ok $? "the program has at most 200 KB ($(stat -c %s "$T/agent"))"
  lab station gnb-m >/dev/null
  kb=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$AGENT" enrol -c "$(conf gnb-m)")
  [ "${kb:-99999}" -le 16384 ]
  ok $? "an enrolment needs at most 16 MB (${kb:-?} kB)"
fi

# ---- the example --------------------------------------------------------------------------------

s=$LAB/stations/gnb-y
lab station gnb-y >/dev/null
(cd "$T" && timeout 60 "$BUILD/example-agent" "${NEMRA_API_URL%/v1}" "$NEMRA_TLS_CA" "$s/device.crt" "$s/device.key" gnb-y \
  "CN=gnb-y,O=Example Operator" gnb-y.ran.example >"$T/example.out" 2>&1)
is $? 0 "the example of libnemra-agent(3) enrols" || cat "$T/example.out"
openssl verify -CAfile "$NEMRA_CA_CERT" "$T/store/current/cert.pem" >/dev/null 2>&1
ok $? "... a certificate of the operator's CA"
cat > "$T/own.c" <<'OWN'
#include <nemra-agent.h>
int main(void)
{
	struct nemra_agent_config c = { .station = "x" };
	struct nemra_now now = { .wall_trusted = false };
	struct nemra_agent *a;
	struct nemra_step s;
	struct nemra_error e;

	if (nemra_store_folder("own-store", false, &c.store, &e) != 0 || nemra_agent_new(&c, &a, &e) != 0)
		return 1;
	nemra_agent_aim(a, NEMRA_ENROL);
	nemra_agent_step(a, &now, 0, &s);
	nemra_agent_free(a);
	return s.error.status;
}
OWN
if shipped; then
  cc -Iagent -o "$T/own" "$T/own.c" -Wl,--gc-sections "$BUILD/lib/libnemra-agent.a" -lcrypto
  ok $? "firmware with a transport of its own links without libcurl"
  (cd "$T" && ./own)
  is $? 8 "... and hears that its clock is not set"
fi
printf '#include <nemra-agent.h>\nint main() { return nemra_state_name(NEMRA_READY) == nullptr; }\n' > "$T/cxx.cc"
if command -v g++ >/dev/null; then
  g++ -Wall -Wextra -Werror -Iagent -fsyntax-only "$T/cxx.cc"
  ok $? "the header is C++ too"
fi
done_testing
