#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# OpenSSL's own mock CA. It binds all interfaces, so as root this test moves to a network of its own. It hands out one
# fixed certificate to everybody: good for status and error paths, and for a certificate that does not fit.
if [ "$(id -u)" = 0 ] && [ -z "${IN_OWN_NET:-}" ] && unshare -n true 2>/dev/null; then
  IN_OWN_NET=1 exec unshare -n sh -c "ip link set lo up && exec bash '$0'"
fi
. tests/e2e/lib.sh
. tests/e2e/enrol.sh
lab_up --no-implicit
PORT=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
MOCK=

mock_stop() {
  [ -z "$MOCK" ] || { kill "$MOCK" && wait "$MOCK"; } 2>/dev/null
  MOCK=
}
# mock OPTION…: runs it with these answers
mock() {
  mock_stop
  timeout 120 openssl cmp -config "" -port "$PORT" -srv_cert "$LAB/ca/ca.crt" -srv_key "$LAB/ca/ca.key" \
    -srv_trusted "$LAB/ca/ca.crt" -rsp_cert "$T/fixed.pem" -accept_unprotected "$@" >"$T/mock.log" 2>&1 &
  MOCK=$!
  within 5 listening
}
listening() { perl -MIO::Socket::INET -e "exit(IO::Socket::INET->new(PeerAddr => '127.0.0.1:$PORT') ? 0 : 1)"; }
finish() { mock_stop; cleanup; }
trap finish EXIT

# fixed STATION: makes its request, and the certificate for it that the mock server will hand out.
fixed() {
  make_request "$1" p10
  cat > "$T/ext" <<TXT
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
$(cat "$LAB/stations/$1/san")
TXT
  openssl x509 -req -inform DER -in "$T/$1.req" -CA "$LAB/ca/ca.crt" -CAkey "$LAB/ca/ca.key" -CAcreateserial -days 30 \
    -sha256 -extfile "$T/ext" -out "$T/fixed.pem" 2>/dev/null
}
dispatch_conf "s#url: http://.*#url: http://127.0.0.1:$PORT/pkix/#; s/parallel: .*/parallel: 1 }/; s/implicit_confirm: .*/implicit_confirm: yes\n    timeout: 4s/"

# sent STATION: what its request had written ahead, in order.
sent() {
  sql "select string_agg(kind, ' ' order by id) from nemra.message where request = '$(cat "$T/$1.id")' and kind <> 'answer'"
}

fixed k-fixed
mock
upload k-fixed
becomes k-fixed confirmed 20
ok $? "OpenSSL's CA: issued, confirmed explicitly"
is "$(sent k-fixed)" "enrol confirm" "OpenSSL's CA: every message is written ahead"
certificate k-fixed && fits_key k-fixed
ok $? "OpenSSL's CA: its certificate is the station's"

# From OpenSSL 3.3 on the server would make the certConf wait as well.
fixed k-waits
mock -poll_count 2 -check_after 1 -grant_implicitconf
upload k-waits
becomes k-waits confirmed 20
ok $? "OpenSSL's CA: waiting, polled twice, issued, confirmed implicitly"
is "$(sent k-waits)" "enrol poll poll" "OpenSSL's CA: every poll is written ahead"
certificate k-waits && fits_key k-waits
ok $? "OpenSSL's CA: it is the station's, too"

mock -grant_implicitconf
make_request k-other p10
upload k-other
becomes k-other in_doubt 15 CA_CERT_BAD
ok $? "OpenSSL's CA gives another station's certificate: not taken"

mock -pkistatus 2 -failure 2 -statusstring "no quota"
make_request k-refused p10
upload k-refused
becomes k-refused refused 15 CA_REFUSED
ok $? "OpenSSL's CA refuses: final"
like "$(sql "select detail from nemra.queue where request = '$(cat "$T/k-refused.id")'")" 'badRequest.*no quota' \
  "OpenSSL's CA: its reasons are shown"

mock -send_error
make_request k-error p10
upload k-error
becomes k-error refused 15 CA_REFUSED
ok $? "OpenSSL's CA sends a protected error: final"

mock -send_error -send_unprotected -send_unprot_err
make_request k-unprot p10
upload k-unprot
becomes k-unprot in_doubt 15 CA_BAD_ANSWER
ok $? "OpenSSL's CA sends an unprotected error: not believed"

unlike "$(lab log nemra-dispatch)" 'Sanitizer|runtime error|INTERNAL' "the dispatcher had nothing of its own to complain of"
done_testing
