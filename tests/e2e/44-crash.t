#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 at any moment, under load: no acknowledged upload is lost, none is doubled, every one ends with its certificate,
# and the CA sees one DER a message. Then the same at each named place of the dispatcher. SEED=N replays a run's choices.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh

KILLS=${KILLS:-40}
SEED=${SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
RANDOM=$SEED
echo "# SEED=$SEED KILLS=$KILLS"

lab_up --no-implicit
dispatch_conf 's/implicit_confirm: .*/implicit_confirm: no\n    timeout: 2s/; s/per_address: .*/&\n  open_requests: 1000/'
lab restart nemra-httpd >/dev/null

# --- the clients: eight stations with many keys each; the ledger holds what was acknowledged ---
for i in 1 2 3 4 5 6 7 8; do lab station "c-$i" >/dev/null; done
mkdir "$T/todo"
new_request() { # NUMBER
  local s=$LAB/stations/c-$(($1 % 8 + 1))
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /dev/null -subj "$(cat "$s/subject")" \
    -addext "$(cat "$s/san")" -outform DER -out "$T/todo/$1" 2>/dev/null
}
# hand_in NUMBER: until it is acknowledged
hand_in() {
  local body
  until body=$(station_curl "c-$(($1 % 8 + 1))" -f -H 'Content-Type: application/pkcs10' --data-binary @"$T/todo/$1" \
    "$NEMRA_API_URL/requests" 2>/dev/null); do
    [ "$SECONDS" -lt "$give_up" ] || return 1
    sleep 0.1
  done
  printf '%s %s\n' "$1" "$(sed 's/.*"id":"\([^"]*\)".*/\1/' <<<"$body")"
}
load() { # FIRST LAST
  local n
  for n in $(seq "$1" "$2"); do
    hand_in "$n" >> "$T/ledger" || return 1
    sleep 0.0$((n % 10))
  done
}
for n in $(seq 0 159); do new_request "$n"; done
: > "$T/ledger"
give_up=$((SECONDS + 120))

# --- random kills ---
load 0 79 &
first=$!
load 80 159 &
second=$!
victims=(nemra-dispatch nemra-dispatch nemra-dispatch nemra-dispatch nemra-dispatch nemra-dispatch nemra-signer nemra-httpd postgres)
killed=
for _ in $(seq "$KILLS"); do
  sleep "0.$((RANDOM % 400 + 100))"
  v=${victims[$((RANDOM % ${#victims[@]}))]}
  lab kill "$v" 2>/dev/null
  within 20 lab restart "$v" >/dev/null 2>&1 || echo "# $v did not come back"
  killed="$killed $v"
done
echo "# killed:$(tr ' ' '\n' <<<"$killed" | grep . | sort | uniq -c | tr -s ' \n' ' ')"
wait $first && wait $second
ok $? "every upload was acknowledged in the end"

# --- at each named place ---
die_at() { # NAME COUNT NUMBER: a dispatcher that dies there, while one more request is on its way
  echo "$1 $2" > "$LAB/failpoint"
  (cd "$LAB" && exec "$BUILD/failpoints/nemra-dispatch" -c "$LAB/nemra.yaml") >>"$T/failpoints.log" 2>&1 &
  local pid=$!
  disown "$pid"		# the shell need not say that it was killed
  new_request "$3"
  hand_in "$3" >> "$T/ledger"
  within 20 dead "$pid" && return 0
  kill -9 "$pid"
  return 1
}
dead() { ! kill -0 "$1" 2>/dev/null; }
n=160
if [ -x "$BUILD/failpoints/nemra-dispatch" ]; then
  lab kill nemra-dispatch
  for place in claimed signed prepared sent sending answered stored linked; do
    for count in 1 2; do
      die_at "$place" "$count" "$n"
      ok $? "it dies at '$place', the $count. time"
      n=$((n + 1))
    done
  done
  lab restart nemra-dispatch >/dev/null
else
  echo "# no $BUILD/failpoints/nemra-dispatch: named places are not tried"
fi

# --- what must be true now ---
sort -n "$T/ledger" > "$T/acked"
is "$(wc -l < "$T/acked")" "$n" "the ledger is complete"
sql "select id from nemra.request" | sort > "$T/stored"
is "$(cut -d' ' -f2 "$T/acked" | sort -u | comm -23 - "$T/stored" | wc -l)" 0 "what was acknowledged is stored"
is "$(wc -l < "$T/stored")" "$n" "and nothing is there twice"
settled() { [ "$(sql "select count(*) from nemra.queue where state <> 'confirmed'")" = 0 ]; }
within 90 settled
ok $? "every request ends with its certificate"
settled || sql "select request, state, step, tries, attempt, reason, detail, next_at from nemra.queue where state <> 'confirmed'" |
  sed 's/^/# /'

is "$(ca_lines | awk '$2 == "in" && ($3 == "p10cr" || $3 == "certConf") { print $1, $3, $4 }' | sort -u |
  awk '{ print $1, $2 }' | sort | uniq -d | wc -l)" 0 "the CA saw one DER a message"
is "$(ca_lines | awk '$2 == "in" && $3 == "p10cr" { print $1 }' | sort -u | wc -l)" "$n" "and one transaction a request"
is "$(sql "select count(*) from nemra.queue where attempt > 1")" 0 "nobody began a second one"
ca_lines | awk '$6 != "-" { print tolower($6) }' | sort -u > "$T/issued"
sql "select encode(serial, 'hex') from nemra.certificate where accepted" | sort > "$T/known"
is "$(comm -3 "$T/issued" "$T/known" | wc -l)" 0 "each certificate that the CA made is known, and no other"
is "$(sql "select count(*) from (select request from nemra.certificate where accepted group by 1 having count(*) > 1) x")" 0 \
  "no request has two"

again=0
for _ in 1 2 3 4 5; do
  read -r number id < <(sed -n "$((RANDOM % n + 1))p" "$T/acked")
  [ "$(hand_in "$number")" = "$number $id" ] && again=$((again + 1))
done
is "$again" 5 "the same upload again finds the same request"

linked() { [ "$(sql "select count(*) from nemra.audit_pending")" = 0 ]; }
within 10 linked
ok $? "every audit event is linked"
verified() { "$BIN/nemractl" --url "$NEMRA_OPS_URL" audit verify >"$T/verify.log" 2>&1; }
within 20 verified
ok $? "and the chain verifies"
unlike "$(lab log nemra-dispatch; cat "$T/failpoints.log" 2>/dev/null)" 'Sanitizer|runtime error|INTERNAL' \
  "the dispatcher had nothing of its own to complain of"

done_testing
