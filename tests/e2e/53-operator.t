#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What an operator meets at night: a CA that is away or refuses, requests that wait for a person, stations that are
# turned away, a daemon or the database down; and whether the messages say what is wrong and what to do.
. tests/e2e/lib.sh
lab_up
ctl() { timeout 30 "$BIN/nemractl" "$@" </dev/null; }
json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
enrol() { timeout 60 "$BIN/nemra-agent" enrol -c "$LAB/stations/$1/agent.yaml" "${@:2}" </dev/null >"$T/out" 2>&1; }
request_of() { ctl request list --where "station=$1" -o json | json 'd[0]["request"]'; }
state_is() { [ "$(ctl request show "$1" -o json | json 'd["state"]')" = "$2" ]; }
said() { like "$(cat "$T/out")" "$1" "$2"; }
# profile KEY VALUE: changes the lab's profile for the daemons that read it
profile() {
  sed -i "s/^$1: .*/$1: $2/" "$LAB/profiles/gnb.yaml"
  lab restart nemra-dispatch >/dev/null
  lab restart nemra-httpd >/dev/null
}

# --- nothing there yet
out=$(ctl request list --where state=refused 2>&1 >/dev/null)
is "$?: $out" "0: nemractl: nothing found" "an empty list says so, and is no error (0)"
ctl station show nowhere >"$T/out" 2>&1
is $? 2 "a station that is not there is refused (2)"
said 'nowhere' "and named"
said 'nemractl list' "and the operator is told where names are found"
ctl station add 'a b' >"$T/out" 2>&1
is $? 2 "a name that is none is refused (2)"
said 'A-Z' "with what is allowed"
ctl station list too many >"$T/out" 2>&1
is "$(cat "$T/out")" "nemractl: usage: nemractl station list" "too many words get the usage"

# --- the first enrolment
lab station gnb-1 >/dev/null
enrol gnb-1
is $? 0 "a station enrols"
unlike "$(ctl ca list -o json | json 'd[0]["last_success"]')" None "the CA's first success is shown"

# --- the CA is away
lab station gnb-2 >/dev/null
lab ca stop
enrol gnb-2 --no-wait
is $? 5 "a station that does not wait is told: pending (5)"
id=$(request_of gnb-2)
away() { [ "$(ctl ca list -o json | json 'd[0]["circuit"]')" = open ]; }
within 20 away
ok $? "the CA's circuit opens"
ctl status >"$T/out" 2>&1
is $? 0 "status answers meanwhile"
said 'CA_UNREACHABLE' "with the reason"
said 'core: The CA cannot be reached' "in words"
said 'fix: .*tries again by itself' "and with what to do"
delayed() { ctl request show "$id" >"$T/out" && grep -Eq '^reason +CA_UNREACHABLE' "$T/out" && grep -Eq '^next_at +20' "$T/out"; }
within 20 delayed
ok $? "the request shows why it waits, and when it goes on"
said '^problem.fix' "and what to do"
lab ca start
within 60 state_is "$id" confirmed
ok $? "it goes on by itself when the CA is back"
unlike "$(ctl ca list 2>&1)" 'fix:' "and nothing is said of the CA any more"

# --- the CA refuses
lab station gnb-3 >/dev/null
lab ca mode refuse
enrol gnb-3
is $? 2 "a station that the CA refuses is told so (2)"
said 'told to refuse' "in the CA's words"
like "$(ctl request show "$(request_of gnb-3)" 2>&1)" 'problem.cause' "and the operator sees cause and fix"
lab ca mode ok

# --- a person decides; every daemon knows that the profile holds
profile approval hold
for n in 1 2; do
  lab station "held-$n" >/dev/null
  enrol "held-$n" --no-wait
  is $? 5 "held-$n is told that it waits (5)"
  said 'nemractl request approve' "and for whom"
done
yes=$(request_of held-1)
no=$(request_of held-2)
ctl request approve "$yes" --why 'seen on site' >"$T/out" 2>&1
is $? 0 "one is approved"
within 30 state_is "$yes" confirmed
ok $? "and goes to the CA, though the profile still says hold"
enrol held-1
is $? 0 "its station installs the certificate"
ctl request deny "$no" --why 'no such site' >"$T/out" 2>&1
is $? 0 "the other is denied"
enrol held-2
is $? 2 "its station is told so (2)"
said 'no such site' "in the operator's words"
profile approval auto

# --- stations that are turned away
lab station gnb-4 >/dev/null
ctl station block gnb-4 --why stolen >/dev/null
enrol gnb-4
is $? 2 "a blocked station is refused (2)"
said 'blocked' "and told why"
lab station gnb-5 >/dev/null
ctl station add gnb-5 --profile nope >"$T/out" 2>&1
is $? 2 "a profile that is not there cannot be given to a station (2)"
said 'no profile nope' "and is named"
sql "UPDATE nemra.station SET profile = 'nope' WHERE name = 'gnb-5'"	# one that was there once
enrol gnb-5
is $? 2 "a station of a profile that is no longer there is refused (2)"
said 'nope' "and the profile named"
sed 's/127\.0\.0\.1:[0-9]*/127.0.0.1:1/' "$LAB/stations/gnb-5/agent.yaml" >"$T/gone.yaml"
timeout 60 "$BIN/nemra-agent" enrol --no-wait -c "$T/gone.yaml" >"$T/out" 2>&1
is $? 3 "no gateway is unreachable (3)"
said '127.0.0.1 port 1' "and its address named"
sed "s|^trust: .*|trust: $NEMRA_FACTORY_CERT|" "$LAB/stations/gnb-5/agent.yaml" >"$T/trust.yaml"
timeout 60 "$BIN/nemra-agent" enrol --no-wait -c "$T/trust.yaml" >"$T/out" 2>&1
is $? 7 "another trust anchor does not trust the gateway (7)"

# --- the configuration, read by a person
sed 's/max: 200/max: 20x/' "$LAB/nemra.yaml" >"$LAB/broken.yaml"
ctl config check -c "$LAB/broken.yaml" >"$T/out" 2>&1
is $? 4 "a broken configuration (4)"
said '^nemra-opsd: .*broken\.yaml:[0-9]+:[0-9]+: cas\[0\]\.batch\.max: .*from 1 to 500' \
  "file, line, column, key and what is allowed stand on a plain line"
rm -f "$LAB/broken.yaml"

# --- what nemractl needs is away
lab kill postgres
ctl status >"$T/out" 2>&1
is $? 3 "no database is unreachable (3)"
said 'database' "and said"
lab restart postgres
answers() { ctl status >"$T/out" 2>&1; }
within 30 answers
ok $? "status answers when the database is back"
lab kill nemra-opsd
ctl status >"$T/out" 2>&1
is $? 3 "no daemon is unreachable (3)"
said 'nemra-opsd' "and named"
lab restart nemra-opsd >/dev/null
answers
ok $? "and answers after a restart"
done_testing
