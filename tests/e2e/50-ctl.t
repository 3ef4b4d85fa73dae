#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The operator at the terminal: every verb against a running gateway, its exit statuses, and what a wrong word gets.
. tests/e2e/lib.sh
lab_up
ctl() { "$BIN/nemractl" "$@"; }
json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

# --- stations
out=$(ctl station add gnb-1 --vendor acme --serial S1 --region north --san-dns 'a.example;b.example' 2>&1)
is "$?: $out" "0: gnb-1: added" "a station is added"
out=$(ctl station add gnb-1 --model M9)
is "$out" "gnb-1: changed" "a second add changes what is given"
is "$(ctl station show gnb-1 -o json | json '(d["vendor"], d["model"], d["region"], d["san_dns"], d["state"])')" \
  "('acme', 'M9', 'north', 'a.example;b.example', 'active')" "and leaves the rest as it was"
is "$(ctl station add gnb-1 --model M9)" "gnb-1: the same as it is" "the same again changes nothing"
is "$(ctl station add gnb-2 --vendor acme --serial S2 --dry-run)" "gnb-2: would be added" "a dry run says what would be"
ctl station show gnb-2 >"$T/out" 2>&1
is $? 2 "and does not do it: the station is not there (2)"
like "$(cat "$T/out")" 'cause:.*' "the failure has a cause"
like "$(cat "$T/out")" 'fix:.*' "and a fix"
out=$(ctl station add gnb-3 --vendor acme --serial S1 2>&1)
is $? 2 "vendor and serial of another station are refused (2)"
like "$out" 'gnb-1' "and the other station is named"
ctl station add gnb-4 --san-ip 300.1.1.1 >"$T/out" 2>&1
is $? 2 "an address that is none is refused (2)"
like "$(cat "$T/out")" 'san_ip: "300.1.1.1"' "and named"
is "$(ctl station block gnb-1 --why 'stolen at night')" "gnb-1: blocked" "a station is blocked"
is "$(ctl station list --where state=blocked -o json | json '[r["station"] for r in d]')" "['gnb-1']" "the list finds it by state"
like "$(ctl audit list --where object=gnb-1 -o json)" 'stolen at night' "the operator's words are in the audit"
like "$(ctl audit list --where object=gnb-1 -o json | json 'd[0]["who"]')" "$(id -u):$(id -un)" "with the operator's name"
is "$(ctl station add gnb-1 --state active)" "gnb-1: changed" "it is unblocked by station add --state active"
like "$(ctl station list)" '^station +vendor' "a table has headings"
like "$(ctl station list -o csv | head -1)" '^"station","vendor","model","serial","region","profile","subject","san_dns","san_ip","device_key","ssh_key","state"' \
  "CSV begins with the import's columns"
is "$(ctl station list --where vendor=nobody -o json)" "[]" "nothing found is an empty array"

# --- wrong words
check() {
  local want=$1 name=$2
  shift 2
  ctl "$@" >"$T/out" 2>&1
  is $? "$want" "$name ($want)"
}
check 1 "an unknown key in --where is a usage error" station list --where colour=red
like "$(cat "$T/out")" 'colour' "and named"
check 1 "a malformed --where is a usage error" station list --where vendor
check 1 "an unknown verb is a usage error" station fly
check 1 "a missing argument is a usage error" station show
check 1 "deny without --why is a usage error" request deny 0190f3a1-7a3c-7000-8000-000000000001
check 2 "a request that does not exist is refused" request show 0190f3a1-7a3c-7000-8000-000000000001
check 2 "an id that is none is refused" request show 17
check 2 "a certificate that does not exist is refused" certificate show 0190f3a1-7a3c-7000-8000-000000000001
check 3 "no daemon is unreachable" --url "unix:$T/none.sock" station list
like "$(cat "$T/out")" "$T/none.sock" "and the socket is named"
check 1 "another kind of URL is a usage error" --url https://localhost:8444 station list
check 6 "a file that is not there is a local failure" station import "$T/none.csv"

# --- one enrolment, seen by the operator
lab station gnb-7 >/dev/null
"$BIN/nemra-agent" -c "$LAB/stations/gnb-7/agent.yaml" enrol >"$T/agent.log" 2>&1
is $? 0 "a station enrols"
id=$(ctl request list --where station=gnb-7 -o json | json 'd[0]["request"]')
like "$id" '^[0-9a-f-]{36}$' "its request is listed"
show=$(ctl request show "$id" -o json)
like "$(printf '%s' "$show" | json '[s["state"] for s in d["timeline"]]')" "received.*queued.*prepared.*sent.*issued.*confirmed" \
  "the timeline tells the states it went through"
like "$(printf '%s' "$show" | json '[m.get("body") for m in d["messages"]]')" "'(p10cr|ir|cr)'.*'(cp|ip)'" \
  "the messages are decoded"
like "$(printf '%s' "$show" | json '[m.get("status") for m in d["messages"]]')" "accepted" "with the CA's status"
like "$(ctl request show "$id")" 'timeline' "a person sees the timeline as well"
cert=$(ctl certificate list --where station=gnb-7 -o json | json 'd[0]["certificate"]')
like "$cert" '^[0-9a-f]{64}:[0-9a-f]+$' "its certificate is listed"
ctl certificate export "$cert" >"$T/chain.pem"
openssl verify -CAfile "$NEMRA_CA_CERT" "$T/chain.pem" >"$T/out" 2>&1
ok $? "the exported certificate verifies"
is "$(ctl certificate export "$id" | openssl x509 -noout -serial)" "$(openssl x509 -in "$T/chain.pem" -noout -serial)" \
  "by its request it is the same"
like "$(ctl certificate show "$cert" -o json | json 'd["chain"][0]["subject"]')" 'CN=gnb-7' "certificate show decodes it"
is "$(ctl certificate list --where 'not_after<1d' -o json)" "[]" "relative times look ahead for the end of certificates"
is "$(ctl certificate list --where 'not_after>1d,station=gnb-7' -o json | json 'len(d)')" 1 "and find those that live longer"
like "$(ctl status -o json | json '[(c["state"], c["requests"]) for c in d["requests"] if c["requests"]]')" \
  "delivered|installed|confirmed" "status counts it"
is "$(ctl ca list -o json | json 'd[0]["circuit"]')" closed "the CA answers"

# --- requests that wait for a person
sed -i 's/^approval: auto/approval: hold/' "$LAB/profiles/gnb.yaml"
lab restart nemra-httpd >/dev/null
for n in 1 2 3; do
  lab station "held-$n" >/dev/null
  s=$LAB/stations/held-$n
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/k" -subj "$(cat "$s/subject")" \
    -addext "$(cat "$s/san")" -outform DER -out "$T/$n.p10" 2>/dev/null
  station_curl "held-$n" -H 'Content-Type: application/pkcs10' --data-binary "@$T/$n.p10" "$NEMRA_API_URL/requests" -o "$T/$n.json"
done
is "$(ctl request list --where state=held -o json | json 'len(d)')" 3 "three requests are held"
ctl request approve --where station=held-1 </dev/null >"$T/out" 2>&1
is $? 1 "approving by filter wants --yes where nobody can be asked (1)"
ctl request approve --where '' --dry-run >"$T/out" 2>&1
is $? 0 "a dry run shows what would be approved"
like "$(cat "$T/out")" '3 would be approved, 0 not' "and counts it"
is "$(ctl request list --where state=held -o json | json 'len(d)')" 3 "and approves nothing"
ctl request approve --where station=held-1 --yes --why 'seen on site' >"$T/out" 2>&1
is $? 0 "one is approved by filter"
id=$(ctl request list --where station=held-2 -o json | json 'd[0]["request"]')
ctl request deny "$id" --why 'no such site' >"$T/out" 2>&1
is $? 0 "another is denied by id"
like "$(ctl request show "$id")" 'no such site' "with the operator's words"
like "$(ctl request show "$id" -o json | json '(d["state"], d["reason"])')" "refused.*DENIED" "and refused"
ctl request approve "$id" >"$T/out" 2>&1
is $? 2 "what is decided cannot be decided again (2)"
like "$(cat "$T/out")" '0 approved, 1 not' "and the count says so"
id=$(ctl request list --where station=held-1 -o json | json 'd[0]["request"]')
enrolled() { ctl request show "$id" -o json | grep -q '"state": "confirmed"'; }
within 20 enrolled
ok $? "the approved one gets its certificate"
is "$(ctl request list --where state=held --limit 1 -o json | json 'd[0]["station"]')" held-3 "the third still waits"

# --- configuration
out=$(ctl config check -c "$LAB/nemra.yaml" 2>&1)
is $? 0 "the lab's configuration is right"
sed 's/^log: .*/log: { level: loud }/' "$LAB/nemra.yaml" > "$LAB/broken.yaml"
out=$(ctl config check -c "$LAB/broken.yaml" 2>&1)
is $? 4 "a broken configuration is found (4)"
like "$out" 'broken\.yaml:[0-9]+:[0-9]+:.*level' "with file, line, column and key"
rm -f "$LAB/broken.yaml"

# --- the description, and completion
sock=${NEMRA_OPS_URL#unix:}
is "$(curl -s --unix-socket "$sock" http://x/openapi.json | json '(d["openapi"], "/api/v1/stations" in d["paths"])')" \
  "('3.1.0', True)" "the API describes itself"
out=$(bash -c '. <("$0" completion); COMP_WORDS=(nemractl station im); COMP_CWORD=2; _nemractl; echo "${COMPREPLY[*]}"' "$BIN/nemractl")
is "$out" import "completion knows the verbs"
out=$(bash -c '. <("$0" completion); COMP_WORDS=(nemractl station import --dr); COMP_CWORD=3; _nemractl; echo "${COMPREPLY[*]}"' "$BIN/nemractl")
is "$out" --dry-run "and the options"
ctl station list -o json >/dev/full 2>"$T/out"
is $? 6 "a full disk behind standard output is a local failure (6)"

# --- the database goes away
lab kill postgres
check 3 "without its database the daemon says: try again" station list
like "$(cat "$T/out")" 'database cannot be reached' "and what is away"
is "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$sock" http://x/healthz)" 200 "it lives"
is "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$sock" http://x/readyz)" 503 "and is not ready"
lab restart postgres >/dev/null
back() { ctl station list >/dev/null 2>&1; }
within 15 back
ok $? "all goes on by itself when it is back"

done_testing
