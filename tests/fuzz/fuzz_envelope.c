/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes and certs-only PKCS#7. An input is tried as both; the certificates of either are looked at.
 */
#include "common/pki/envelope.h"
#include "tests/fuzz/mutator.h"
#include "tests/fuzz/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_at_cert(const struct cert *c)
{
	static const char *const fields[] = { "subject.CN", "subject.serialNumber", "san.dns", "san.ip" };
	struct cert *again = NULL;
	struct err e;
	struct buf b;

	read_all(cert_get0_subject(c));
	read_all(cert_get0_issuer(c));
	read_all(cert_get0_spki(c));
	read_all(cert_get0_ski(c));
	read_all(cert_get0_serial(c));
	read_all(cert_get0_sig_alg(c));
	buf_init(&b, LIM_CERT * 4);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (cert_field(c, fields[i], &b, &e) != 0)
			must(e.reason != R_NONE);
	if (cert_cert_hash(c, &b, &e) != 0)
		must(e.reason == R_WEAK_ALGORITHM || e.reason == R_NOT_DER);
	must(cert_parse(cert_get0_der(c), &again, &e) == 0);
	must(mem_eq(cert_get0_spki(c), cert_get0_spki(again)));
	cert_free(again);
	buf_free(&b);
}

static void
try_envelope(struct mem in)
{
	const struct envelope_content *c;
	struct envelope *v = NULL;
	struct err e;

	if (envelope_parse(in, &v, &e) != 0) {
		must(v == NULL && e.reason != R_NONE && e.reason != R_INTERNAL);
		return;
	}
	c = envelope_get0_content(v);
	must(strlen(c->station) > 0 && strlen(c->station) <= LIM_STATION_NAME);
	must(c->profile == NULL || strlen(c->profile) <= LIM_PROFILE_NAME);
	must(c->pkcs10.len > 0 || c->crmf.len > 0);
	read_all(c->pkcs10);
	read_all(c->crmf);
	look_at_cert(envelope_get0_signer(v));
	envelope_free(v);
}

static void
try_certs(struct mem in)
{
	struct certs l = { NULL, 0 };
	struct err e;

	if (certs_parse_p7(in, LIM_CHAIN, &l, &e) != 0)
		must(l.n == 0 && e.reason != R_NONE && e.reason != R_INTERNAL);
	for (size_t i = 0; i < l.n; i++)
		look_at_cert(l.v[i]);
	certs_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mem in = { data, size };

	try_envelope(in);
	try_certs(in);
	return 0;
}
