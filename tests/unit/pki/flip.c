/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One bit changed anywhere in signed bytes, key or signature: never accepted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/pki/crmf.h"
#include "common/pki/envelope.h"
#include "tests/unit/pki/kit.h"

#define SEED 20260101u

static bool
csr_accepted(struct mem der)
{
	struct csr *c = NULL;
	struct err e;
	bool ok = csr_parse(der, &c, &e) == 0 && csr_check_pop(c, &e) == 0;

	csr_free(c);
	return ok;
}

static bool
crmf_accepted(struct mem der)
{
	struct crmf *c = NULL;
	struct err e;
	bool ok = crmf_parse(der, &c, &e) == 0 && crmf_check_pop(c, &e) == 0;

	crmf_free(c);
	return ok;
}

static bool
envelope_accepted(struct mem der)
{
	struct envelope *v = NULL;
	struct err e;
	bool ok = envelope_parse(der, &v, &e) == 0;

	envelope_free(v);
	return ok;
}

/* Each bit of a request is under its signature, or is the signature or its algorithm. */
static void
flip_all(const char *file, bool (*accepted)(struct mem der))
{
	struct blob der = unit_data(file);
	size_t let_in = 0;

	CU_ASSERT_TRUE(accepted(mem_of(&der)));
	for (size_t bit = 0; bit < der.len * 8; bit++) {
		der.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (accepted(mem_of(&der))) {
			fprintf(stderr, "%s: bit %zu of octet %zu\n", file, bit % 8, bit / 8);
			let_in++;
		}
		der.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CU_ASSERT_EQUAL(let_in, 0);
	blob_free(&der);
}

static void
no_bit_of_a_pkcs10_request_can_change(void)
{
	flip_all("pki/openssl-p256.csr", csr_accepted);
	flip_all("pki/openssl-ed25519.csr", csr_accepted);
	flip_all("pki/openssl-rsa2048.csr", csr_accepted);
}

static void
no_bit_of_a_crmf_request_can_change(void)
{
	flip_all("pki/openssl-p256.crmf", crmf_accepted);
	flip_all("pki/bc-ec.crmf", crmf_accepted);
}

/*
 * Certificates in the envelope vouch for themselves: of them only the signer's key is under the
 * signature. Everything else is.
 */
static void
no_bit_of_an_envelope_but_its_certificates_can_change(void)
{
	struct blob der = unit_data("pki/made-ec.p7m");
	struct cert *c = kit_cert("device-ec");
	struct mem inside = cert_get0_der(c);
	const uint8_t *at = memmem(der.p, der.len, inside.p, inside.len);
	size_t from, let_in = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CU_ASSERT_TRUE(envelope_accepted(mem_of(&der)));
	from = (size_t)(at - der.p);
	for (size_t i = 0; i < der.len * 8; i++) {
		if (i / 8 >= from && i / 8 < from + inside.len)
			continue;
		der.p[i / 8] ^= (uint8_t)(1u << i % 8);
		if (envelope_accepted(mem_of(&der))) {
			fprintf(stderr, "envelope: bit %zu of octet %zu\n", i % 8, i / 8);
			let_in++;
		}
		der.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	CU_ASSERT_EQUAL(let_in, 0);
	cert_free(c);
	blob_free(&der);
}

/* Several octets at once, cut, and grown: whatever is not the same bytes does not pass. */
static void
garbled(const char *file, bool (*accepted)(struct mem der), unsigned seed)
{
	struct blob good = unit_data(file);
	uint8_t *bad = mem_calloc(good.len + 8, 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bad);
	for (int round = 0; round < 4000; round++) {
		size_t len = good.len + (size_t)(rand_r(&seed) % 16) - 8;

		memcpy(bad, good.p, good.len < len ? good.len : len);
		for (int n = rand_r(&seed) % 4; n >= 0; n--)
			bad[(size_t)rand_r(&seed) % len] = (uint8_t)rand_r(&seed);
		if (mem_eq((struct mem){ bad, len }, mem_of(&good)))
			continue;
		CU_ASSERT_FALSE(accepted((struct mem){ bad, len }));
	}
	free(bad);
	blob_free(&good);
}

static void
garbled_requests_do_not_pass(void)
{
	printf("seed %u\n", SEED);
	garbled("pki/openssl-p256.csr", csr_accepted, SEED);
	garbled("pki/openssl-p256.crmf", crmf_accepted, SEED);
}

static const struct unit_test tests[] = {
	UNIT(no_bit_of_a_pkcs10_request_can_change),
	UNIT(no_bit_of_a_crmf_request_can_change),
	UNIT(no_bit_of_an_envelope_but_its_certificates_can_change),
	UNIT(garbled_requests_do_not_pass),
};
UNIT_SUITE(flip_suite, tests);
