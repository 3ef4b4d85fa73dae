#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What nemra-dispatch really sends, read by other stacks: three stations enrol in each form, with implicit and with explicit
# confirmation, one waits and one gets a certificate that it must reject. pyasn1 decodes every message, Bouncy Castle verifies
# each protection and each proof of possession, and the headers fit together as RFC 9483 has it.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh

jars=/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar
javac -encoding UTF-8 -cp "$jars" -d "$T" tests/interop/VerifyCmp.java 2>"$T/javac.log" || { sed 's/^/# /' "$T/javac.log"; exit 1; }

lab_up
messages=$LAB/ca/messages

# enrols PREFIX: three stations, one a form, and each has its certificate
enrols() {
  local form
  for form in p10 crmf both; do
    enrol "$1-$form" "$form" && becomes "$1-$form" confirmed 20 && certificate "$1-$form"
    ok $? "$1: a station enrols with $form"
  done
}

enrols implicit
is "$(ca_saw implicit-p10) $(ca_saw implicit-crmf) $(ca_saw implicit-both)" "p10cr cp ir ip ir ip" \
  "implicit: one message a request; CRMF is taken where there is one"
dispatch_conf 's/implicit_confirm: .*/implicit_confirm: no/'
enrols explicit
is "$(ca_saw explicit-p10)" "p10cr cp certConf pkiconf" "explicit: a certConf travels after p10cr"
is "$(ca_saw explicit-crmf)" "ir ip certConf pkiconf" "explicit: and after ir"

lab ca mode wait 1
enrol polled crmf && becomes polled confirmed 30
ok $? "a station whose request waits gets its certificate"
lab ca mode wrong-key 1
enrol wrong p10 && becomes wrong in_doubt 10 CA_WRONG_KEY
ok $? "a certificate for another key is not taken"
rejected() { [ "$(ca_saw wrong)" = "p10cr cp certConf pkiconf" ]; }
within 10 rejected
ok $? "and rejected by certConf"

# ---- other stacks ------------------------------------------------------------------------------

sent=("$messages"/*-in.der)
out=$(tests/interop/decode_cmp.py "${sent[@]}" 2>&1)
is $? 0 "pyasn1 decodes every message to the last octet and encodes it to the same"
is "$(printf '%s\n' "$out" | awk '{ print $2 }' | sort | uniq -c | tr -s ' \n' ' ')" " 5 certConf 5 ir 3 p10cr 2 pollReq " \
  "eight enrolments, two questions, five confirmations"
out=$(timeout 120 java -cp "$jars:$T" VerifyCmp "${sent[@]}" 2>&1)
is $? 0 "Bouncy Castle accepts every message"
is "$(printf '%s\n' "$out" | grep -c ' verified$')" "${#sent[@]}" "and verifies each protection and each proof of possession"
unlike "$out" 'FAILED|decoded$' "without exception"

# ---- header by header --------------------------------------------------------------------------

out=$(/usr/bin/python3 - "$messages" <<'PY' 2>&1
import glob, sys
from pyasn1.codec.der import decoder, encoder
from pyasn1_modules import rfc4210

IMPLICIT = (1, 3, 6, 1, 5, 5, 7, 4, 13)
last, nonces, recipients, n = {}, set(), set(), 0
for name in sorted(glob.glob(sys.argv[1] + "/*.der")):
    with open(name, "rb") as f:
        message, _ = decoder.decode(f.read(), asn1Spec=rfc4210.PKIMessage())
    h, body = message["header"], message["body"].getName()
    tid, nonce = bytes(h["transactionID"]), bytes(h["senderNonce"])
    if name.endswith("-out.der"):
        last[tid] = nonce
        continue
    n += 1
    say = lambda what: print(name.rsplit("/", 1)[-1], body, what)
    if len(tid) != 16 or len(nonce) != 16:
        say("transactionID and senderNonce have not 16 octets")
    if nonce in nonces:
        say("senderNonce is there twice")
    nonces.add(nonce)
    recipients.add(encoder.encode(h["recipient"]))
    if not h["messageTime"].hasValue():
        say("no messageTime")
    if h["freeText"].hasValue() or h["recipKID"].hasValue():
        say("freeText or recipKID")
    info = [tuple(i["infoType"]) for i in h["generalInfo"]] if h["generalInfo"].hasValue() else []
    first = tid not in last
    if first != (body in ("ir", "p10cr")):
        say("not the message that comes now")
    if first and h["recipNonce"].hasValue():
        say("recipNonce in a first message")
    if not first and bytes(h["recipNonce"]) != last[tid]:
        say("recipNonce is not the last senderNonce of the CA")
    if info not in ([], [IMPLICIT]) or (info and not first):
        say("generalInfo")
    if first:
        print("asked" if info else "not-asked")
if len(recipients) != 1:
    print("recipients", len(recipients))
print("messages", n)
PY
)
is "$(printf '%s\n' "$out" | sort | uniq -c | tr -s ' \n' ' ')" " 3 asked 1 messages 15 5 not-asked " \
  "nonces follow each other, transactions begin once, implicit confirmation is asked for in the first message alone"
unlike "$(lab log nemra-signer)" 'signer.refused' "and the signer, who writes each message anew, refused none"
unlike "$(lab log nemra-dispatch)" 'Sanitizer|runtime error|INTERNAL' "and the dispatcher had nothing of its own to complain of"
done_testing
