/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/crmf.h"

#include <string.h>

#include "tests/unit/pki/kit.h"

static void
a_built_crmf_request_is_read_back(void)
{
	static const char *const kinds[] = { "ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519", "ed448" };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct key *k = kit_key(kinds[i]);
		struct blob der = kit_crmf(k), subject = kit_name("CN=gnb-1,O=Example Operator");
		const struct wanted *w;
		struct crmf *c = NULL;
		struct err e;

		CU_ASSERT_EQUAL_FATAL(crmf_parse(mem_of(&der), &c, &e), 0);
		CU_ASSERT_EQUAL(crmf_check_pop(c, &e), 0);
		CU_ASSERT_TRUE(mem_eq(crmf_get0_der(c), mem_of(&der)));
		w = crmf_get0_wanted(c);
		CU_ASSERT_TRUE(mem_eq(w->subject, mem_of(&subject)));
		CU_ASSERT_TRUE(mem_eq(w->spki, key_get0_spki(k)));
		CU_ASSERT_EQUAL(w->key.kind, key_type(k).kind);
		CU_ASSERT_TRUE(w->n_san == 1 && mem_eq(w->san[0].value, mem_str("gnb-1.ran.example")));
		CU_ASSERT_TRUE(w->has_key_usage && w->key_usage == USAGE_DIGITAL_SIGNATURE);
		CU_ASSERT_TRUE(w->n_eku == 1 && strcmp(w->eku[0], "1.3.6.1.5.5.7.3.2") == 0);
		crmf_free(c);
		blob_free(&subject);
		blob_free(&der);
		key_free(k);
	}
}

static void
an_empty_subject_stays_the_null_dn(void)
{
	struct key *k = kit_key("ec-p256");
	struct request_names none = { .n_san = 0 };
	struct blob der = { NULL, 0 };
	struct crmf *c = NULL;
	struct err e;

	CU_ASSERT_EQUAL(crmf_build(k, &none, &der, &e), 0);
	CU_ASSERT_EQUAL_FATAL(crmf_parse(mem_of(&der), &c, &e), 0);
	CU_ASSERT_EQUAL(crmf_check_pop(c, &e), 0);
	CU_ASSERT_TRUE(name_is_null(crmf_get0_wanted(c)->subject));
	CU_ASSERT_EQUAL(crmf_get0_wanted(c)->n_ext, 0);
	crmf_free(c);
	blob_free(&der);
	key_free(k);
}

static const struct unit_test tests[] = {
	UNIT(a_built_crmf_request_is_read_back),
	UNIT(an_empty_subject_stays_the_null_dn),
};
UNIT_SUITE(crmf_suite, tests);
