#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# CAs that answer rubbish, slowly, or not at all, and names that DNS does not know: all at once, each under a CA and a
# profile of its own. Each has its reason in status and one line in the log, and when all is well again every request
# ends with its certificate. As root the names are in a hosts file of this test's own.
if [ "$(id -u)" = 0 ] && [ -z "${IN_OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
  IN_OWN_MOUNTS=1 exec unshare -m bash "$0"
fi
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up
ctl() { timeout 30 "$BIN/nemractl" "$@" </dev/null; }
ca_port=$(sed -n 's/^CA_PORT=//p' "$LAB/ports")
proxies=()
plain= old=
finish() { kill "${proxies[@]}" 2>/dev/null; cleanup; }
trap finish EXIT
# proxy NAME [CERT KEY]: its port in $NAME
proxy() {
  /usr/bin/python3 tests/e2e/rubbish.py "$ca_port" "$T/well" "${@:2}" >"$T/$1.port" 2>"$T/$1.log" &
  proxies+=($!)
  within 10 test -s "$T/$1.port"
  printf -v "$1" '%s' "$(cat "$T/$1.port")"
}

# --- the CAs: a name, the reason that is expected, the URL
proxy plain
# a server certificate that was good once
openssl ecparam -name prime256v1 -genkey -noout -out "$T/old.key"
openssl req -new -key "$T/old.key" -subj /O=x/CN=localhost -addext subjectAltName=IP:127.0.0.1 -out "$T/old.csr" 2>/dev/null
openssl ca -batch -notext -config "$NEMRA_CA_CNF" -in "$T/old.csr" -out "$T/old.pem" -startdate 20200101000000Z \
  -enddate 20210101000000Z 2>"$T/openssl.log" || sed 's/^/# /' "$T/openssl.log"
proxy old "$T/old.pem" "$T/old.key"
: > "$T/table"
for m in html200 html500 empty redirect type; do echo "$m CA_HTTP http://127.0.0.1:$plain/$m" >> "$T/table"; done
for m in http09 cut gzip big headers; do echo "$m CA_BAD_ANSWER http://127.0.0.1:$plain/$m" >> "$T/table"; done
for m in drip slow silent; do echo "$m CA_TIMED_OUT http://127.0.0.1:$plain/$m" >> "$T/table"; done
cat >> "$T/table" <<TXT
chunks CA_BAD_ANSWER http://127.0.0.1:$plain/chunks
plainport CA_TLS https://127.0.0.1:$plain/ok
expired CA_TLS https://127.0.0.1:$old/ok
refused CA_UNREACHABLE http://127.0.0.1:1/ok
TXT
if [ -n "${IN_OWN_MOUNTS:-}" ]; then
  echo '127.0.0.1 localhost' > "$T/hosts"
  echo 'nameserver 127.0.0.1' > "$T/resolv"
  mount --bind "$T/hosts" /etc/hosts && mount --bind "$T/resolv" /etc/resolv.conf &&
    echo "dns CA_NAME_LOOKUP http://ca.nemra.test:$plain/ok" >> "$T/table"
else
  echo "# without root there is no hosts file of our own: DNS is not tried"
fi
/usr/bin/python3 - "$LAB" "$T/table" <<'PY'
import sys
lab, table = sys.argv[1:]
conf = open(lab + "/nemra.yaml").read()
head, tail = conf.split("cas:\n")
entry, tail = tail.split("log:")
out = entry
for line in open(table):
    name, _, url = line.split()
    e = entry.replace("name: core", "name: " + name).replace("implicit_confirm:", "timeout: 2s\n    implicit_confirm:")
    e = "".join("    url: %s\n" % url if "url:" in l else l for l in e.splitlines(True))
    if url.startswith("https"):
        e += "    tls_trust: keys/operator-root.pem\n"
    out += e
    profile = open(lab + "/profiles/gnb.yaml").read()
    open(lab + "/profiles/%s.yaml" % name, "w").write(profile.replace("name: gnb", "name: " + name).replace("ca: core", "ca: " + name))
open(lab + "/nemra.yaml", "w").write(head + "cas:\n" + out + "log:" + tail)
PY
"$BIN/nemra-dispatch" -c "$LAB/nemra.yaml" --check >"$T/check.log" 2>&1
ok $? "the configuration with $(wc -l < "$T/table") CAs is right"
for d in nemra-httpd nemra-dispatch; do lab restart $d >/dev/null; done

# --- a dozen requests for each of them: enough to see that a CA is away when it is silent
hand_in() { # CA
  local s=$LAB/stations/s-$1 i
  lab station "s-$1" >/dev/null
  sql "update nemra.station set profile = '$1' where name = 's-$1'"
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /dev/null -subj "$(cat "$s/subject")" \
      -addext "$(cat "$s/san")" -outform DER -out "$T/$1.$i" 2>/dev/null
    station_curl "s-$1" -f -o /dev/null -H 'Content-Type: application/pkcs10' --data-binary @"$T/$1.$i" \
      "$NEMRA_API_URL/requests?profile=$1" || return 1
  done
}
rc=0
while read -r name _; do hand_in "$name" || rc=1; done < "$T/table"
ok $rc "while the CAs are out of their minds stations are served"

ca() { # NAME KEY: as status has it
  ctl status -o json | /usr/bin/python3 -c 'import json,sys
print([c for c in json.load(sys.stdin)["cas"] if c["ca"] == sys.argv[1]][0][sys.argv[2]])' "$1" "$2" 2>/dev/null
}
shows() { [ "$(ca "$1" last_error)" = "$2" ] && [ "$(ca "$1" circuit)" != closed ]; }
while read -r name reason _; do
  within 60 shows "$name" "$reason"
  rc=$?
  ok $rc "$name: status shows $reason, and that nothing is sent"
  [ $rc = 0 ] || echo "#   it shows $(ca "$name" last_error) $(ca "$name" circuit): $(ca "$name" last_error_detail)"
done < "$T/table"
ctl status > "$T/status"
is $? 0 "CAs that are away do not make the gateway unreachable"
like "$(cat "$T/status")" '^The gateway is degraded' "it is degraded"
like "$(cat "$T/status")" 'fix: .*getent hosts|fix: .*url of this CA' "status says what to do"
[ -z "${IN_OWN_MOUNTS:-}" ] || like "$(ca dns last_error_detail)" 'ca\.nemra\.test' "and which name it is"

# --- the log: once for each CA, not once for each try
lab log nemra-dispatch > "$T/log"
for name in html500 silent cut expired; do
  is "$(grep -c "ca.away ca=$name " "$T/log")" 1 "$name: one line says that the CA is away"
  [ "$(grep -c " ca=$name " "$T/log")" -le 60 ]
  ok $? "$name: twelve requests and all their tries write few lines"
done
is "$(sql "select count(*) from nemra.queue where ca in ('dns', 'refused', 'plainport', 'expired')
  and state in ('sent', 'in_doubt')")" 0 "what never left is not in doubt"
is "$(sql "select count(*) from nemra.queue where next_at is null and state = 'in_doubt'")" 0 "nobody waits for an operator yet"

# --- all is well again
[ ! -f "$T/hosts" ] || echo '127.0.0.1 ca.nemra.test' >> "$T/hosts"
: > "$T/well"
# what can only be mended by configuration
sed -i "s#http://127.0.0.1:1/ok#http://127.0.0.1:$plain/ok#; s#https://127.0.0.1:[0-9]*/ok#http://127.0.0.1:$plain/ok#" "$LAB/nemra.yaml"
lab restart nemra-dispatch >/dev/null
all_done() { [ "$(sql "select count(*) from nemra.queue where state <> 'confirmed'")" = 0 ]; }
within 100 all_done
ok $? "every request ends with its certificate"
all_done || sql "select ca, state, reason, detail, count(*), min(next_at) - now() from nemra.queue where state <> 'confirmed' group by 1, 2, 3, 4" | sed 's/^/# /'
all_well() { ctl status >"$T/status" && grep -q '^The gateway is well' "$T/status"; }
within 45 all_well
ok $? "and the gateway is well"
unlike "$(lab log nemra-dispatch)" 'Sanitizer|runtime error|reason=INTERNAL' "the dispatcher had nothing of its own to complain of"
done_testing
