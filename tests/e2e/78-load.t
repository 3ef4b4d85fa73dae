#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The load generator of the bench: every answer is checked, and a wrong one is noticed.
# plain build only: what it measures under a sanitizer says nothing
. tests/e2e/lib.sh
lab_up
load() { timeout 60 "$BUILD/bench/nemra-load" --lab "$LAB" "$@"; }
json() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }

load --stations 20 --prefix new --json "$T/new.json" >"$T/out" 2>&1
ok $? "twenty stations enrol, each over a connection of its own" || cat "$T/out"
is "$(json "$T/new.json" '(d["done"], d["failed"], *d["count"].values())')" "(20, 0, 20, 20, 20, 20)" "stations, database and CA count the same"
is "$(json "$T/new.json" 'all(d["cpu"][n]["us"] > 0 for n in ("nemra-httpd", "nemra-dispatch", "nemra-signer",
  "postgres nemra_httpd", "postgres nemra_dispatch")) and d["gateway_us"] > 0')" True "each daemon has its price"

load --stations 4 --each 5 --form crmf --prefix kept >"$T/out" 2>&1
ok $? "CRMF, five requests over a kept connection"
load --stations 6 --key rsa --form envelope --prefix rsa >"$T/out" 2>&1
ok $? "RSA-2048 in envelopes"
load --stations 6 --door est --rate 50 --prefix est >"$T/out" 2>&1
ok $? "EST, stations that begin at a given rate"

# A run must not look good when it is not.
load --stations 2 --prefix foreign --operator-ca "$NEMRA_FACTORY_CERT" >"$T/out" 2>&1
is $? 1 "a certificate of another CA fails the run"
like "$(cat "$T/out")" "does not lead to the operator's CA" "and says so"
lab ca mode wrong-key
load --stations 2 --prefix wrong --patience 3 >"$T/out" 2>&1
is $? 1 "a CA that certifies another key fails the run"
like "$(cat "$T/out")" "2 enrolments failed" "and no station counts as served"
lab ca mode ok
load --stations 2 --prefix new >"$T/out" 2>&1
is $? 1 "rows that are there already do not count for this run"
load --stations 0 >"$T/out" 2>&1
is $? 2 "no stations are a usage error"
done_testing
