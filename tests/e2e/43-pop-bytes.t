#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the station signed reaches the CA bit for bit, in every form: its proof of possession is the station's own.
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up

# holds FILE PART: the octets of PART stand in FILE
holds() {
  perl -e 'local $/; open A, "<:raw", $ARGV[0] or die; open B, "<:raw", $ARGV[1] or die; my ($a, $b) = (<A>, <B>);
    exit(length $b && index($a, $b) >= 0 ? 0 : 1)' "$1" "$2"
}
# The enrolment message as the CA received it.
received() {
  echo "$LAB/ca/$(ca_lines | awk -v t="$(txid "$1")" '$1 == t && $2 == "in" && ($3 == "ir" || $3 == "p10cr") { print $5 }')"
}
# stored STATION COLUMN: to $T/STATION.stored
stored() {
  sql "select encode($2, 'base64') from nemra.request where id = '$(cat "$T/$1.id")'" | openssl base64 -d > "$T/$1.stored"
}

enrol b-p10 p10
becomes b-p10 confirmed 10
ok $? "a PKCS#10 is enrolled"
holds "$(received b-p10)" "$T/b-p10.req"
ok $? "the PKCS#10 that the CA received is the one that openssl made"

enrol b-crmf crmf
becomes b-crmf confirmed 10
ok $? "a CertReqMessages is enrolled"
holds "$(received b-crmf)" "$T/b-crmf.req"
ok $? "the CertReqMessages that the CA received is the station's"

enrol b-both both
becomes b-both confirmed 10
ok $? "an envelope is enrolled"
stored b-both crmf
holds "$T/b-both.req" "$T/b-both.stored" && holds "$(received b-both)" "$T/b-both.stored"
ok $? "the CertReqMessages in the envelope and at the CA are the same"
stored b-both envelope
cmp -s "$T/b-both.stored" "$T/b-both.req"
ok $? "the envelope is kept as it came"

# A CRMF request by another stack: openssl's ir, with nobody to answer it, taken apart.
lab station b-openssl >/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/b-openssl.key" 2>/dev/null
openssl cmp -config "" -batch -cmd ir -newkey "$T/b-openssl.key" -subject "$(cat "$LAB/stations/b-openssl/subject")" \
  -sans b-openssl.ran.example -recipient "/CN=x" -ref r -secret pass:s -mac hmacWithSHA256 -server 127.0.0.1:1 -msg_timeout 2 \
  -reqout "$T/ir.der" -certout "$T/none" >"$T/openssl.log" 2>&1
perl -e '
  sub tlv { my ($p) = @_; my ($tag, $l) = unpack "CC", substr($d, $p, 2); my $h = 2;
    if ($l & 128) { my $n = $l & 127; $l = 0; $l = $l << 8 | ord substr($d, $p + 2 + $_, 1) for 0 .. $n - 1; $h += $n }
    ($tag, $p + $h, $l) }
  local $/; open F, "<:raw", $ARGV[0] or die; $d = <F>;
  my (undef, $message) = tlv(0); my (undef, $header, $len) = tlv($message);
  my ($tag, $body, $length) = tlv($header + $len); die unless $tag == 0xA0;
  binmode STDOUT; print substr($d, $body, $length)' "$T/ir.der" > "$T/b-openssl.req"
echo application/vnd.nemra.crmf > "$T/b-openssl.type"
upload b-openssl
becomes b-openssl confirmed 10
ok $? "a CRMF request that openssl made is enrolled"
holds "$(received b-openssl)" "$T/b-openssl.req"
ok $? "the CertReqMessages that the CA received is the one that openssl made"
certificate b-openssl && fits_key b-openssl
ok $? "its certificate fits openssl's key"

# The strict decoder of another stack reads what we sent, with nothing left over.
for name in b-p10 b-crmf b-both b-openssl; do
  /usr/bin/python3 -c '
import sys
from pyasn1.codec.der import decoder
from pyasn1_modules import rfc4210
m, rest = decoder.decode(open(sys.argv[1], "rb").read(), asn1Spec=rfc4210.PKIMessage())
assert not rest and m["body"].getName() in ("ir", "p10cr")' "$(received $name)" 2>"$T/py.log"
  ok $? "pyasn1 reads the message of $name to its last octet"
done

done_testing
