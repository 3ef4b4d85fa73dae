/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csr.h"

#include <string.h>

#include "common/pki/crmf.h"
#include "tests/unit/pki/kit.h"

static void
a_built_request_is_read_back(void)
{
	static const char *const kinds[] = { "ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519", "ed448" };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct key *k = kit_key(kinds[i]);
		struct blob der = kit_csr(k), subject = kit_name("CN=gnb-1,O=Example Operator");
		const struct wanted *w;
		struct csr *c = NULL;
		struct err e;

		CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &c, &e), 0);
		CU_ASSERT_EQUAL(csr_check_pop(c, &e), 0);
		CU_ASSERT_TRUE(mem_eq(csr_get0_der(c), mem_of(&der)));
		w = csr_get0_wanted(c);
		CU_ASSERT_TRUE(mem_eq(w->subject, mem_of(&subject)));
		CU_ASSERT_TRUE(mem_eq(w->spki, key_get0_spki(k)));
		CU_ASSERT_EQUAL(w->key.kind, key_type(k).kind);
		CU_ASSERT_EQUAL(w->key.bits, key_type(k).bits);
		CU_ASSERT_TRUE(w->n_san == 1 && w->san[0].kind == SAN_DNS &&
		    mem_eq(w->san[0].value, mem_str("gnb-1.ran.example")));
		CU_ASSERT_TRUE(w->has_key_usage && w->key_usage == USAGE_DIGITAL_SIGNATURE);
		CU_ASSERT_TRUE(w->n_eku == 1 && strcmp(w->eku[0], "1.3.6.1.5.5.7.3.2") == 0);
		CU_ASSERT_EQUAL(w->n_ext, 2);
		CU_ASSERT_FALSE(w->is_ca);
		CU_ASSERT_FALSE(w->challenge_password);
		csr_free(c);
		blob_free(&subject);
		blob_free(&der);
		key_free(k);
	}
}

static void
a_request_may_ask_for_nothing_but_a_key(void)
{
	struct key *k = kit_key("ec-p256");
	struct request_names none = { .n_san = 0 };
	struct blob der = { NULL, 0 };
	struct csr *c = NULL;
	struct err e;

	CU_ASSERT_EQUAL(csr_build(k, &none, &der, &e), 0);
	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &c, &e), 0);
	CU_ASSERT_EQUAL(csr_check_pop(c, &e), 0);
	CU_ASSERT_TRUE(name_is_null(csr_get0_wanted(c)->subject));
	CU_ASSERT_EQUAL(csr_get0_wanted(c)->n_ext, 0);
	CU_ASSERT_EQUAL(csr_get0_wanted(c)->n_san, 0);
	csr_free(c);
	blob_free(&der);
	key_free(k);
}

/* RFC 5280 section 4.2.1.6 */
static void
names_of_every_kind_come_back_as_they_went_in(void)
{
	static const uint8_t dir[] = "\xa4\x10\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03gnb";
	const struct san san[] = { { SAN_DNS, mem_str("a.example") },
	    { SAN_IP, { (const uint8_t *)"\xc0\0\2\1", 4 } }, { SAN_URI, mem_str("urn:x") },
	    { SAN_EMAIL, mem_str("a@example") }, { SAN_OTHER, { dir, sizeof(dir) - 1 } } };
	struct key *k = kit_key("ec-p256");
	struct request_names names = { .san = san, .n_san = COUNT_OF(san),
	    .key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_AGREEMENT | USAGE_KEY_CERT_SIGN };
	struct blob der = { NULL, 0 };
	const struct wanted *w;
	struct csr *c = NULL;
	struct err e;

	CU_ASSERT_EQUAL(csr_build(k, &names, &der, &e), 0);
	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &c, &e), 0);
	w = csr_get0_wanted(c);
	CU_ASSERT_TRUE(san_equal(w->san, w->n_san, san, COUNT_OF(san)));
	CU_ASSERT_EQUAL(w->key_usage, names.key_usage);
	csr_free(c);
	blob_free(&der);
	key_free(k);
}

static void
both_forms_of_one_request_agree(void)
{
	struct key *k = kit_key("ec-p256"), *other = kit_key("ec-p256");
	struct blob p10 = kit_csr(k), msg = kit_crmf(k), foreign = kit_crmf(other);
	struct csr *c = NULL;
	struct crmf *m = NULL, *f = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&p10), &c, &e), 0);
	CU_ASSERT_EQUAL_FATAL(crmf_parse(mem_of(&msg), &m, &e), 0);
	CU_ASSERT_EQUAL_FATAL(crmf_parse(mem_of(&foreign), &f, &e), 0);
	CU_ASSERT_EQUAL(wanted_agree(csr_get0_wanted(c), crmf_get0_wanted(m), &e), 0);
	CU_ASSERT_EQUAL(wanted_agree(csr_get0_wanted(c), crmf_get0_wanted(f), &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FORMS_DISAGREE);
	crmf_free(f);
	crmf_free(m);
	csr_free(c);
	blob_free(&foreign);
	blob_free(&msg);
	blob_free(&p10);
	key_free(other);
	key_free(k);
}

/* What differs in one point from the names of the kit, in CRMF; does it agree with the PKCS#10? */
static bool
agrees(const struct key *k, const struct request_names *names)
{
	struct blob p10 = kit_csr(k), msg = { NULL, 0 };
	struct csr *c = NULL;
	struct crmf *m = NULL;
	struct err e;
	bool ok;

	CU_ASSERT_EQUAL_FATAL(crmf_build(k, names, &msg, &e), 0);
	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&p10), &c, &e), 0);
	CU_ASSERT_EQUAL_FATAL(crmf_parse(mem_of(&msg), &m, &e), 0);
	ok = wanted_agree(csr_get0_wanted(c), crmf_get0_wanted(m), &e) == 0;
	csr_free(c);
	crmf_free(m);
	blob_free(&p10);
	blob_free(&msg);
	return ok;
}

static void
forms_that_differ_in_one_point_disagree(void)
{
	struct key *k = kit_key("ec-p256");
	struct blob subject, other = kit_name("CN=gnb-2,O=Example Operator");
	struct request_names same = kit_names(&subject), n = same;
	const struct san san = { SAN_DNS, mem_str("gnb-2.ran.example") };
	const char *eku = eku_oid("serverAuth");

	CU_ASSERT_TRUE(agrees(k, &n));
	n.subject = mem_of(&other);
	CU_ASSERT_FALSE(agrees(k, &n));
	n = same;
	n.san = &san;
	CU_ASSERT_FALSE(agrees(k, &n));
	n.n_san = 0;
	CU_ASSERT_FALSE(agrees(k, &n));
	n = same;
	n.eku = &eku;
	CU_ASSERT_FALSE(agrees(k, &n));
	n = same;
	n.key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_AGREEMENT;
	CU_ASSERT_FALSE(agrees(k, &n));
	n.key_usage = 0;
	CU_ASSERT_FALSE(agrees(k, &n));
	blob_free(&other);
	blob_free(&subject);
	key_free(k);
}

static void
usages_are_known_by_name_and_number(void)
{
	CU_ASSERT_STRING_EQUAL(eku_oid("clientAuth"), "1.3.6.1.5.5.7.3.2");
	CU_ASSERT_STRING_EQUAL(eku_oid("cmcRA"), "1.3.6.1.5.5.7.3.28");
	CU_ASSERT_STRING_EQUAL(eku_oid("1.2.3"), "1.2.3");
	CU_ASSERT_PTR_NULL(eku_oid("clientauth"));
	CU_ASSERT_PTR_NULL(eku_oid(""));
	CU_ASSERT_PTR_NULL(eku_oid("1"));
	CU_ASSERT_PTR_NULL(eku_oid("1."));
	CU_ASSERT_PTR_NULL(eku_oid(".1"));
	CU_ASSERT_PTR_NULL(eku_oid("1..2"));
}

static const struct unit_test tests[] = {
	UNIT(a_built_request_is_read_back),
	UNIT(a_request_may_ask_for_nothing_but_a_key),
	UNIT(names_of_every_kind_come_back_as_they_went_in),
	UNIT(both_forms_of_one_request_agree),
	UNIT(forms_that_differ_in_one_point_disagree),
	UNIT(usages_are_known_by_name_and_number),
};
UNIT_SUITE(csr_suite, tests);
