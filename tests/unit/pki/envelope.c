/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/envelope.h"

#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "tests/unit/pki/kit.h"

static void
each_kind_of_device_key_seals(void)
{
	static const char *const kinds[] = { "ec", "p384", "p521", "rsa", "ed25519" };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct key *k = kit_key("ec-p256"), *device = kit_device_key(kinds[i]);
		struct blob p10 = kit_csr(k), msg = kit_crmf(k), der = { NULL, 0 };
		struct envelope_content in = { "gnb-1", "gnb", mem_of(&p10), mem_of(&msg) };
		const struct envelope_content *c;
		struct envelope *v = NULL;
		const char *names[2];
		struct certs chain;
		char name[32];
		struct err e;

		snprintf(name, sizeof(name), "device-%s", kinds[i]);
		names[0] = name;
		names[1] = "factory-sub";
		chain = kit_certs(names, 2);
		CU_ASSERT_EQUAL_FATAL(envelope_build(&in, device, &chain, &der, &e), 0);
		CU_ASSERT_EQUAL_FATAL(envelope_parse(mem_of(&der), &v, &e), 0);
		c = envelope_get0_content(v);
		CU_ASSERT_STRING_EQUAL(c->station, "gnb-1");
		CU_ASSERT_STRING_EQUAL(c->profile, "gnb");
		CU_ASSERT_TRUE(mem_eq(c->pkcs10, mem_of(&p10)));
		CU_ASSERT_TRUE(mem_eq(c->crmf, mem_of(&msg)));
		CU_ASSERT_TRUE(mem_eq(cert_get0_der(envelope_get0_signer(v)), cert_get0_der(chain.v[0])));
		CU_ASSERT_EQUAL(envelope_get0_others(v)->n, 1);
		envelope_free(v);
		certs_free(&chain);
		blob_free(&der);
		blob_free(&msg);
		blob_free(&p10);
		key_free(device);
		key_free(k);
	}
}

static int
seal(const char *cert, const char *device, const struct envelope_content *in, struct blob *der,
    struct err *e)
{
	struct key *k = kit_device_key(device);
	struct certs chain = kit_certs(&cert, 1);
	int rc = envelope_build(in, k, &chain, der, e);

	certs_free(&chain);
	key_free(k);
	return rc;
}

static void
a_certificate_without_key_id_is_named_by_issuer_and_serial(void)
{
	struct key *k = kit_key("ec-p256");
	struct blob p10 = kit_csr(k), der = { NULL, 0 };
	struct envelope_content in = { "gnb-1", NULL, mem_of(&p10), MEM_NONE };
	struct envelope *v = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(seal("device-noski", "ec", &in, &der, &e), 0);
	CU_ASSERT_EQUAL_FATAL(envelope_parse(mem_of(&der), &v, &e), 0);
	CU_ASSERT_PTR_NULL(envelope_get0_content(v)->profile);
	CU_ASSERT_EQUAL(envelope_get0_content(v)->crmf.len, 0);
	CU_ASSERT_EQUAL(envelope_get0_others(v)->n, 0);
	envelope_free(v);
	blob_free(&der);
	blob_free(&p10);
	key_free(k);
}

static void
a_certificate_of_another_key_cannot_seal(void)
{
	struct envelope_content in = { "gnb-1", NULL, mem_str("0"), MEM_NONE };
	struct blob der = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL(seal("device-rsa", "ec", &in, &der, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_KEY_UNUSABLE);
	CU_ASSERT_PTR_NULL(der.p);
}

static void
a_certificate_that_may_not_sign_is_refused(void)
{
	struct key *k = kit_key("ec-p256");
	struct blob p10 = kit_csr(k), der = { NULL, 0 };
	struct envelope_content in = { "gnb-1", NULL, mem_of(&p10), MEM_NONE };
	struct envelope *v = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(seal("device-keyenc", "ec", &in, &der, &e), 0);
	CU_ASSERT_EQUAL(envelope_parse(mem_of(&der), &v, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_ENVELOPE_BAD);
	CU_ASSERT_PTR_NULL(v);
	blob_free(&der);
	blob_free(&p10);
	key_free(k);
}

/* An envelope whose PKCS#10 part is a SEQUENCE of so many octets. */
static size_t
sized(size_t filler, struct blob *der)
{
	struct envelope_content in = { "gnb-1", NULL, MEM_NONE, MEM_NONE };
	struct buf b;
	struct err e;
	uint8_t *p;

	buf_init(&b, filler + 8);
	buf_add(&b, "\x30\x82", 2);
	buf_add_u16(&b, (uint16_t)(filler + 4));
	buf_add(&b, "\x04\x82", 2);
	buf_add_u16(&b, (uint16_t)filler);
	p = buf_room(&b, filler);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	memset(p, 0, filler);
	in.pkcs10 = buf_mem(&b);
	CU_ASSERT_EQUAL_FATAL(seal("device-ed25519", "ed25519", &in, der, &e), 0);
	buf_free(&b);
	return der->len;
}

/* Ed25519's signatures are all of one length, so the size can be chosen. */
static void
the_limit_is_met_to_the_octet(void)
{
	struct blob first = { NULL, 0 };
	size_t around = sized(40000, &first) - 40000, at = LIM_ENVELOPE - around;

	blob_free(&first);
	for (size_t n = at - 1; n <= at + 1; n++) {
		struct blob der = { NULL, 0 };
		struct envelope *v = NULL;
		struct err e = { R_NONE, "" };
		int rc;

		CU_ASSERT_EQUAL_FATAL(sized(n, &der), n + around);
		rc = envelope_parse(mem_of(&der), &v, &e);
		CU_ASSERT_EQUAL(rc, n > at ? -1 : 0);
		CU_ASSERT_EQUAL(e.reason, n > at ? R_TOO_LONG : R_NONE);
		envelope_free(v);
		blob_free(&der);
	}
}

static const struct unit_test tests[] = {
	UNIT(each_kind_of_device_key_seals),
	UNIT(a_certificate_without_key_id_is_named_by_issuer_and_serial),
	UNIT(a_certificate_of_another_key_cannot_seal),
	UNIT(a_certificate_that_may_not_sign_is_refused),
	UNIT(the_limit_is_met_to_the_octet),
};
UNIT_SUITE(envelope_suite, tests);
