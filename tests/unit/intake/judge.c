/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/pki/hash.h"
#include "common/pki/text.h"
#include "gateway/intake/intake.h"
#include "tests/unit/intake/scene.h"
#include "tests/unit/unit.h"

static enum reason
judge(struct scene *s, enum intake_kind kind, struct mem body, const char *wish, struct intake **out)
{
	const struct intake_in in = { &s->station, &s->profiles, wish, kind, body, "https", "192.0.2.1", 10 };
	struct err e = { 0 };

	*out = NULL;
	return intake_judge(&in, out, &e) == 0 ? R_NONE : e.reason;
}

static void
expect(struct scene *s, enum intake_kind kind, struct mem body, enum reason unread,
    enum request_event verdict, enum reason why)
{
	struct intake *t;

	CU_ASSERT_EQUAL(judge(s, kind, body, NULL, &t), unread);
	CU_ASSERT_EQUAL(t != NULL, unread == R_NONE);
	if (t != NULL) {
		CU_ASSERT_EQUAL(t->up.verdict, verdict);
		CU_ASSERT_EQUAL(t->up.why.reason, why);
	}
	intake_free(t);
}

static void
types_name_kinds(void)
{
	CU_ASSERT_EQUAL(intake_kind_of("application/pkcs10"), INTAKE_PKCS10);
	CU_ASSERT_EQUAL(intake_kind_of("application/vnd.nemra.crmf"), INTAKE_CRMF);
	CU_ASSERT_EQUAL(intake_kind_of("application/cms"), INTAKE_ENVELOPE);
	CU_ASSERT_EQUAL(intake_kind_of("application/octet-stream"), INTAKE_NONE);
	CU_ASSERT_EQUAL(intake_kind_of(""), INTAKE_NONE);
	CU_ASSERT_EQUAL(intake_max(INTAKE_PKCS10), LIM_REQUEST);
	CU_ASSERT_EQUAL(intake_max(INTAKE_ENVELOPE), LIM_ENVELOPE);
	CU_ASSERT_EQUAL(intake_max(INTAKE_NONE), 0);
}

static void
each_form_is_taken(void)
{
	struct blob csr, crmf, env, pem = { NULL, 0 }, b64 = { NULL, 0 };
	struct scene s;

	scene_open(&s);
	csr = scene_pkcs10(&s);
	crmf = scene_crmf(&s);
	env = scene_envelope(&s, "gnb-1", NULL, &csr, &crmf);
	scene_armour(mem_of(&csr), &pem, &b64);
	expect(&s, INTAKE_PKCS10, mem_of(&csr), R_NONE, EV_ADMITTED, R_NONE);
	expect(&s, INTAKE_PKCS10, mem_of(&pem), R_NONE, EV_ADMITTED, R_NONE);
	expect(&s, INTAKE_PKCS10_BASE64, mem_of(&b64), R_NONE, EV_ADMITTED, R_NONE);
	expect(&s, INTAKE_PKCS10_BASE64, mem_of(&pem), R_NONE, EV_ADMITTED, R_NONE);
	expect(&s, INTAKE_CRMF, mem_of(&crmf), R_NONE, EV_ADMITTED, R_NONE);
	expect(&s, INTAKE_ENVELOPE, mem_of(&env), R_NONE, EV_ADMITTED, R_NONE);
	blob_free(&csr);
	blob_free(&crmf);
	blob_free(&env);
	blob_free(&pem);
	blob_free(&b64);
	scene_close(&s);
}

static void
the_bytes_are_kept_as_they_came(void)
{
	struct blob csr, crmf, env;
	struct scene s;
	struct intake *t;
	uint8_t sum[SHA256_LEN];
	struct err e;

	scene_open(&s);
	csr = scene_pkcs10(&s);
	crmf = scene_crmf(&s);
	env = scene_envelope(&s, "gnb-1", NULL, &csr, &crmf);
	CU_ASSERT_EQUAL_FATAL(judge(&s, INTAKE_ENVELOPE, mem_of(&env), NULL, &t), R_NONE);
	CU_ASSERT_TRUE(mem_eq(t->up.envelope, mem_of(&env)));
	CU_ASSERT_TRUE(mem_eq(t->up.pkcs10, mem_of(&csr)));
	CU_ASSERT_TRUE(mem_eq(t->up.crmf, mem_of(&crmf)));
	CU_ASSERT_EQUAL(t->up.form, FORM_BOTH);
	CU_ASSERT_STRING_EQUAL(t->up.profile, "gnb");
	CU_ASSERT_STRING_EQUAL(t->up.ca, "core");
	CU_ASSERT_STRING_EQUAL(t->up.operation, "enrol");
	CU_ASSERT_STRING_EQUAL(t->up.subject, "CN=gnb-1,O=Example Operator");
	CU_ASSERT_EQUAL(sha256(mem_of(&env), sum, &e), 0);
	CU_ASSERT_EQUAL(memcmp(sum, t->up.sha256, sizeof(sum)), 0);
	intake_free(t);
	blob_free(&csr);
	blob_free(&crmf);
	blob_free(&env);
	scene_close(&s);
}

static void
text_armour_does_not_make_another_request(void)
{
	struct blob csr, pem = { NULL, 0 }, b64 = { NULL, 0 };
	struct intake *a, *b, *c;
	struct scene s;

	scene_open(&s);
	csr = scene_pkcs10(&s);
	scene_armour(mem_of(&csr), &pem, &b64);
	CU_ASSERT_EQUAL_FATAL(judge(&s, INTAKE_PKCS10, mem_of(&csr), NULL, &a), R_NONE);
	CU_ASSERT_EQUAL_FATAL(judge(&s, INTAKE_PKCS10, mem_of(&pem), NULL, &b), R_NONE);
	CU_ASSERT_EQUAL_FATAL(judge(&s, INTAKE_PKCS10_BASE64, mem_of(&b64), NULL, &c), R_NONE);
	CU_ASSERT_EQUAL(memcmp(a->up.sha256, b->up.sha256, SHA256_LEN), 0);
	CU_ASSERT_EQUAL(memcmp(a->up.sha256, c->up.sha256, SHA256_LEN), 0);
	intake_free(a);
	intake_free(b);
	intake_free(c);
	blob_free(&csr);
	blob_free(&pem);
	blob_free(&b64);
	scene_close(&s);
}

static void
what_cannot_be_read_is_not_for_the_store(void)
{
	struct blob csr, crmf, cut = { NULL, 0 };
	struct scene s;
	struct buf b;
	struct err e;

	scene_open(&s);
	csr = scene_pkcs10(&s);
	crmf = scene_crmf(&s);
	buf_init(&b, LIM_ENVELOPE + 1);
	expect(&s, INTAKE_PKCS10, MEM_NONE, R_EMPTY, EV_EVENTS, R_NONE);
	expect(&s, INTAKE_PKCS10, mem_str("hello"), R_NOT_DER, EV_EVENTS, R_NONE);
	expect(&s, INTAKE_PKCS10_BASE64, mem_str("!!!!"), R_BAD_BASE64, EV_EVENTS, R_NONE);
	expect(&s, INTAKE_PKCS10, mem_str("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
	    R_BAD_PEM, EV_EVENTS, R_NONE);
	expect(&s, INTAKE_NONE, mem_of(&csr), R_TOO_LONG, EV_EVENTS, R_NONE);
	expect(&s, INTAKE_CRMF, mem_of(&csr), R_NOT_DER, EV_EVENTS, R_NONE);
	buf_add_mem(&b, mem_of(&csr));
	buf_add_u8(&b, 0);
	expect(&s, INTAKE_PKCS10, buf_mem(&b), R_TRAILING_BYTES, EV_EVENTS, R_NONE);
	CU_ASSERT_EQUAL(blob_set1(&cut, mem_of(&csr), &e), 0);
	for (size_t n = 0; n < cut.len; n++) {
		struct intake *t;

		CU_ASSERT_NOT_EQUAL(judge(&s, INTAKE_PKCS10, (struct mem){ cut.p, n }, NULL, &t), R_NONE);
		CU_ASSERT_PTR_NULL(t);
	}
	buf_free(&b);
	blob_free(&cut);
	blob_free(&csr);
	blob_free(&crmf);
	scene_close(&s);
}

static void
a_body_has_a_limit(void)
{
	static const enum intake_kind kinds[] = { INTAKE_PKCS10, INTAKE_CRMF, INTAKE_ENVELOPE };
	struct scene s;

	scene_open(&s);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		size_t max = intake_max(kinds[i]);
		uint8_t *zeros = calloc(1, max + 1);
		struct intake *t;

		CU_ASSERT_NOT_EQUAL(judge(&s, kinds[i], (struct mem){ zeros, max - 1 }, NULL, &t), R_TOO_LONG);
		CU_ASSERT_NOT_EQUAL(judge(&s, kinds[i], (struct mem){ zeros, max }, NULL, &t), R_TOO_LONG);
		CU_ASSERT_EQUAL(judge(&s, kinds[i], (struct mem){ zeros, max + 1 }, NULL, &t), R_TOO_LONG);
		free(zeros);
	}
	scene_close(&s);
}

static void
policys_verdict_goes_to_the_store(void)
{
	struct blob csr;
	struct scene s;

	scene_open(&s);
	csr = scene_pkcs10(&s);
	s.profile.hold = true;
	expect(&s, INTAKE_PKCS10, mem_of(&csr), R_NONE, EV_HELD, R_NEEDS_APPROVAL);
	s.profile.hold = false;
	s.profile.envelope_required = true;
	expect(&s, INTAKE_PKCS10, mem_of(&csr), R_NONE, EV_REFUSED, R_ENVELOPE_REQUIRED);
	s.profile.envelope_required = false;
	csr.p[csr.len - 1] ^= 1;
	expect(&s, INTAKE_PKCS10, mem_of(&csr), R_NONE, EV_REFUSED, R_BAD_SIGNATURE);
	blob_free(&csr);
	scene_close(&s);
}

static void
a_profile_that_is_not_there_is_refused_unstored(void)
{
	struct blob csr;
	struct intake *t;
	struct scene s;

	scene_open(&s);
	csr = scene_pkcs10(&s);
	CU_ASSERT_EQUAL(judge(&s, INTAKE_PKCS10, mem_of(&csr), "enb", &t), R_PROFILE_UNKNOWN);
	CU_ASSERT_EQUAL(judge(&s, INTAKE_PKCS10, mem_of(&csr), "gnb", &t), R_NONE);
	intake_free(t);
	blob_free(&csr);
	scene_close(&s);
}

static void
an_envelope_is_its_owners(void)
{
	struct blob csr, env;
	struct intake *t;
	struct scene s;

	scene_open(&s);
	csr = scene_pkcs10(&s);
	env = scene_envelope(&s, "gnb-2", NULL, &csr, NULL);
	CU_ASSERT_EQUAL(judge(&s, INTAKE_ENVELOPE, mem_of(&env), NULL, &t), R_ENVELOPE_OTHER_STATION);
	blob_free(&env);
	env = scene_envelope(&s, "gnb-1", NULL, &csr, NULL);
	s.station.device_key[0] ^= 1;
	CU_ASSERT_EQUAL(judge(&s, INTAKE_ENVELOPE, mem_of(&env), NULL, &t), R_ENVELOPE_OTHER_STATION);
	s.station.device_key[0] ^= 1;
	s.station.has_device_key = false;
	CU_ASSERT_EQUAL(judge(&s, INTAKE_ENVELOPE, mem_of(&env), NULL, &t), R_ENVELOPE_OTHER_STATION);
	blob_free(&env);
	blob_free(&csr);
	scene_close(&s);
}

static void
an_envelopes_profile_must_be_the_addresss(void)
{
	struct blob csr, env;
	struct intake *t;
	struct scene s;

	scene_open(&s);
	csr = scene_pkcs10(&s);
	env = scene_envelope(&s, "gnb-1", "gnb", &csr, NULL);
	CU_ASSERT_EQUAL(judge(&s, INTAKE_ENVELOPE, mem_of(&env), "enb", &t), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(judge(&s, INTAKE_ENVELOPE, mem_of(&env), "gnb", &t), R_NONE);
	intake_free(t);
	CU_ASSERT_EQUAL(judge(&s, INTAKE_ENVELOPE, mem_of(&env), "", &t), R_NONE);
	intake_free(t);
	blob_free(&env);
	env = scene_envelope(&s, "gnb-1", "enb", &csr, NULL);
	CU_ASSERT_EQUAL(judge(&s, INTAKE_ENVELOPE, mem_of(&env), NULL, &t), R_PROFILE_UNKNOWN);
	blob_free(&env);
	blob_free(&csr);
	scene_close(&s);
}

static const struct unit_test tests[] = {
	UNIT(types_name_kinds),
	UNIT(each_form_is_taken),
	UNIT(the_bytes_are_kept_as_they_came),
	UNIT(text_armour_does_not_make_another_request),
	UNIT(what_cannot_be_read_is_not_for_the_store),
	UNIT(a_body_has_a_limit),
	UNIT(policys_verdict_goes_to_the_store),
	UNIT(a_profile_that_is_not_there_is_refused_unstored),
	UNIT(an_envelope_is_its_owners),
	UNIT(an_envelopes_profile_must_be_the_addresss),
};
extern const struct unit_suite judge_suite;
UNIT_SUITE(judge_suite, tests);
