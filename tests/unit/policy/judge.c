/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * policy_check() and policy_check_names() as a whole: each condition forced both ways.
 */
#include <string.h>

#include "gateway/policy/policy.h"
#include "tests/unit/unit.h"

#define CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define CMC_RA "1.3.6.1.5.5.7.3.28"

static char s_name[] = "gnb-1", s_empty[] = "", p_name[] = "gnb", p_ca[] = "core",
    p_subject[] = "CN=${station},O=Example Operator", p_dns[] = "${station}.ran.example", p_key[] = "ec-p256",
    p_eku[] = "clientAuth";
static char *dns[] = { p_dns }, *keys[] = { p_key }, *ekus[] = { p_eku };

static const struct san san_good[] = { { SAN_DNS, { (const uint8_t *)"gnb-1.ran.example", 17 } } };
static const struct san san_bad[] = { { SAN_DNS, { (const uint8_t *)"gnb-2.ran.example", 17 } } };
static const char *const eku_good[] = { CLIENT_AUTH };
static const char *const eku_bad[] = { CMC_RA };

/* A request that everything is right with, to be spoilt in one place. */
struct scene {
	struct station station;
	struct profile profile;
	struct policy_input in;
	const char *subject;
	struct request_names names;
	struct key *key;
	struct csr *csr;
	struct crmf *crmf;
};

static struct key *
new_key(enum key_kind kind)
{
	struct key *k = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(key_new((struct key_type){ kind, kind == KK_RSA ? 2048 : 0 }, &k, &e), 0);
	return k;
}

static void
scene_open(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->station = (struct station){ .name = s_name, .vendor = s_empty, .model = s_empty, .serial = s_empty,
		.region = s_empty, .profile = s_empty, .subject = s_empty };
	s->profile = (struct profile){ .name = p_name, .ca = p_ca, .subject = p_subject, .san_dns = dns,
		.n_san_dns = 1, .keys = keys, .n_keys = 1, .eku = ekus, .n_eku = 1 };
	s->subject = "CN=gnb-1,O=Example Operator";
	s->names = (struct request_names){ .san = san_good, .n_san = 1, .eku = eku_good, .n_eku = 1,
		.key_usage = USAGE_DIGITAL_SIGNATURE };
	s->in.station = &s->station;
	s->in.profile = &s->profile;
	s->key = new_key(KK_EC_P256);
}

static void
scene_close(struct scene *s)
{
	csr_free(s->csr);
	crmf_free(s->crmf);
	key_free(s->key);
}

static void
add_pkcs10(struct scene *s)
{
	struct blob subject = { NULL, 0 }, der = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(name_parse(s->subject, &subject, &e), 0);
	s->names.subject = mem_of(&subject);
	CU_ASSERT_EQUAL_FATAL(csr_build(s->key, &s->names, &der, &e), 0);
	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &s->csr, &e), 0);
	s->in.pkcs10 = s->csr;
	blob_free(&subject);
	blob_free(&der);
}

static void
add_crmf(struct scene *s)
{
	struct blob subject = { NULL, 0 }, der = { NULL, 0 };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(name_parse(s->subject, &subject, &e), 0);
	s->names.subject = mem_of(&subject);
	CU_ASSERT_EQUAL_FATAL(crmf_build(s->key, &s->names, &der, &e), 0);
	CU_ASSERT_EQUAL_FATAL(crmf_parse(mem_of(&der), &s->crmf, &e), 0);
	s->in.crmf = s->crmf;
	blob_free(&subject);
	blob_free(&der);
}

static void
expect(struct scene *s, enum policy_verdict verdict, enum reason reason)
{
	struct err e = { 0 };

	e.reason = R_INTERNAL;
	CU_ASSERT_EQUAL(policy_check(&s->in, &e), verdict);
	CU_ASSERT_EQUAL(e.reason, reason);
	scene_close(s);
}

static void
a_good_request_is_admitted_in_each_form(void)
{
	struct scene s;

	scene_open(&s);
	add_pkcs10(&s);
	expect(&s, POLICY_ADMIT, R_NONE);
	scene_open(&s);
	add_crmf(&s);
	expect(&s, POLICY_ADMIT, R_NONE);
	scene_open(&s);
	add_pkcs10(&s);
	add_crmf(&s);
	s.in.enveloped = true;
	expect(&s, POLICY_ADMIT, R_NONE);
}

static void
a_request_may_leave_its_usages_to_the_ca(void)
{
	struct scene s;

	scene_open(&s);
	s.names.n_eku = 0;
	s.names.key_usage = 0;
	add_pkcs10(&s);
	expect(&s, POLICY_ADMIT, R_NONE);
}

/* The other checks are made all the same. */
static void
a_proof_can_be_left_to_somebody_else(void)
{
	for (int proved = 0; proved < 2; proved++) {
		struct scene s;
		struct blob der = { NULL, 0 };
		struct csr *bad = NULL;
		struct err e;

		scene_open(&s);
		add_pkcs10(&s);
		CU_ASSERT_EQUAL_FATAL(blob_set1(&der, csr_get0_der(s.in.pkcs10), &e), 0);
		der.p[der.len - 5] ^= 1;
		CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &bad, &e), 0);
		s.in.pkcs10 = bad;
		s.in.proved = proved != 0;
		CU_ASSERT_EQUAL(policy_check(&s.in, &e), proved ? POLICY_ADMIT : POLICY_REFUSE);
		CU_ASSERT_EQUAL(e.reason, proved ? R_NONE : R_BAD_SIGNATURE);
		s.station.blocked = true;
		expect(&s, POLICY_REFUSE, R_STATION_BLOCKED);
		csr_free(bad);
		blob_free(&der);
	}
}

static void
nothing_at_all_is_refused(void)
{
	struct scene s;

	scene_open(&s);
	expect(&s, POLICY_REFUSE, R_EMPTY);
}

static void
a_blocked_station_is_refused_first(void)
{
	struct scene s;

	scene_open(&s);
	s.subject = "CN=gnb-2";
	add_pkcs10(&s);
	s.station.blocked = true;
	expect(&s, POLICY_REFUSE, R_STATION_BLOCKED);
}

static void
an_envelope_is_demanded_where_the_profile_says_so(void)
{
	struct scene s;

	scene_open(&s);
	s.profile.envelope_required = true;
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_ENVELOPE_REQUIRED);
	scene_open(&s);
	s.profile.envelope_required = true;
	s.in.enveloped = true;
	add_pkcs10(&s);
	expect(&s, POLICY_ADMIT, R_NONE);
}

static void
hold_waits_for_an_operator_but_only_with_a_good_request(void)
{
	struct scene s;

	scene_open(&s);
	s.profile.hold = true;
	add_pkcs10(&s);
	expect(&s, POLICY_HOLD, R_NEEDS_APPROVAL);
	scene_open(&s);
	s.profile.hold = true;
	s.subject = "CN=gnb-2,O=Example Operator";
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_SUBJECT_MISMATCH);
}

/* Bit flips inside the signature: the last octets of a PKCS#10. */
static void
a_spoilt_pkcs10_signature_is_no_proof(void)
{
	struct scene s;
	struct blob der = { NULL, 0 };
	struct err e;

	scene_open(&s);
	add_pkcs10(&s);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&der, csr_get0_der(s.csr), &e), 0);
	csr_free(s.csr);
	s.csr = NULL;
	der.p[der.len - 1] ^= 1;
	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &s.csr, &e), 0);
	s.in.pkcs10 = s.csr;
	blob_free(&der);
	expect(&s, POLICY_REFUSE, R_BAD_SIGNATURE);
}

static void
a_spoilt_crmf_signature_is_no_proof_even_beside_a_good_pkcs10(void)
{
	struct scene s;
	struct blob der = { NULL, 0 };
	struct err e;

	scene_open(&s);
	add_pkcs10(&s);
	add_crmf(&s);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&der, crmf_get0_der(s.crmf), &e), 0);
	crmf_free(s.crmf);
	s.crmf = NULL;
	der.p[der.len - 1] ^= 1;
	CU_ASSERT_EQUAL_FATAL(crmf_parse(mem_of(&der), &s.crmf, &e), 0);
	s.in.crmf = s.crmf;
	blob_free(&der);
	expect(&s, POLICY_REFUSE, R_BAD_SIGNATURE);
}

static void
forms_of_two_keys_disagree(void)
{
	struct scene s;

	scene_open(&s);
	add_pkcs10(&s);
	key_free(s.key);
	s.key = new_key(KK_EC_P256);
	add_crmf(&s);
	expect(&s, POLICY_REFUSE, R_FORMS_DISAGREE);
}

static void
forms_of_two_subjects_disagree(void)
{
	struct scene s;

	scene_open(&s);
	add_pkcs10(&s);
	s.subject = "CN=gnb-2,O=Example Operator";
	add_crmf(&s);
	expect(&s, POLICY_REFUSE, R_FORMS_DISAGREE);
}

static void
forms_of_two_alternative_names_disagree(void)
{
	struct scene s;

	scene_open(&s);
	add_pkcs10(&s);
	s.names.san = san_bad;
	add_crmf(&s);
	expect(&s, POLICY_REFUSE, R_FORMS_DISAGREE);
}

static void
another_key_type_is_refused(void)
{
	struct scene s;

	scene_open(&s);
	key_free(s.key);
	s.key = new_key(KK_EC_P384);
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_KEY_TYPE);
}

static void
a_shorter_rsa_key_than_the_profiles_is_too_weak(void)
{
	static char rsa3072[] = "rsa-3072";
	static char *rsa[] = { rsa3072 };
	struct scene s;

	scene_open(&s);
	s.profile.keys = rsa;
	key_free(s.key);
	s.key = new_key(KK_RSA);
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_KEY_TOO_WEAK);
}

static void
the_device_key_itself_is_refused(void)
{
	struct scene s;

	scene_open(&s);
	add_pkcs10(&s);
	memcpy(s.station.device_key, csr_get0_wanted(s.csr)->spki_sha256, SHA256_LEN);
	s.station.has_device_key = true;
	expect(&s, POLICY_REFUSE, R_KEY_IS_DEVICE_KEY);
	scene_open(&s);
	add_pkcs10(&s);
	memcpy(s.station.device_key, csr_get0_wanted(s.csr)->spki_sha256, SHA256_LEN);
	s.station.device_key[31] ^= 1;
	s.station.has_device_key = true;
	expect(&s, POLICY_ADMIT, R_NONE);
}

static void
other_names_are_refused(void)
{
	struct scene s;

	scene_open(&s);
	s.subject = "CN=gnb-2,O=Example Operator";
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_SUBJECT_MISMATCH);
	scene_open(&s);
	s.names.san = san_bad;
	add_crmf(&s);
	expect(&s, POLICY_REFUSE, R_SAN_MISMATCH);
}

static void
the_inventorys_own_subject_goes_before_the_profiles(void)
{
	static char own[] = "CN=cell-7,O=Example Operator";
	struct scene s;

	scene_open(&s);
	s.station.subject = own;
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_SUBJECT_MISMATCH);
	scene_open(&s);
	s.station.subject = own;
	s.subject = own;
	add_pkcs10(&s);
	expect(&s, POLICY_ADMIT, R_NONE);
}

static void
a_profile_that_needs_what_the_row_lacks_grants_nothing(void)
{
	static char needs[] = "CN=${serial}";
	struct scene s;

	scene_open(&s);
	s.profile.subject = needs;
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_SUBJECT_MISMATCH);
}

static void
an_usage_beyond_the_profile_is_refused(void)
{
	struct scene s;

	scene_open(&s);
	s.names.eku = eku_bad;
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_EXTENSION_FORBIDDEN);
	scene_open(&s);
	s.names.key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_CERT_SIGN;
	add_crmf(&s);
	expect(&s, POLICY_REFUSE, R_EXTENSION_FORBIDDEN);
}

/* A configuration is checked when it is read; what passes that check all the same grants nothing. */
static void
what_a_profile_names_and_nobody_knows_grants_nothing(void)
{
	static char odd[] = "no-such-thing", *odd_list[] = { odd };
	struct scene s;

	scene_open(&s);
	s.profile.keys = odd_list;
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_KEY_TYPE);
	scene_open(&s);
	s.profile.eku = odd_list;
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_EXTENSION_FORBIDDEN);
}

static void
a_key_weaker_than_two_of_the_profiles_sizes_is_too_weak(void)
{
	static char rsa3[] = "rsa-3072", rsa4[] = "rsa-4096", ed[] = "ed25519", *sizes[] = { rsa4, rsa3, ed };
	struct scene s;

	scene_open(&s);
	key_free(s.key);
	s.key = new_key(KK_RSA);
	s.profile.keys = sizes;
	s.profile.n_keys = 3;
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_KEY_TOO_WEAK);
}

static void
a_challenge_password_cannot_be_checked_and_is_refused(void)
{
	struct blob der = unit_data("csr/challenge-password.der");
	struct scene s;
	struct err e;

	scene_open(&s);
	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &s.csr, &e), 0);
	s.in.pkcs10 = s.csr;
	blob_free(&der);
	expect(&s, POLICY_REFUSE, R_POP_LINKING);
}

/* --- the same for what a CA made --- */

static void
expect_names(const struct wanted *change, enum reason reason)
{
	struct wanted w;
	struct scene s;
	struct err e = { 0 };

	scene_open(&s);
	add_pkcs10(&s);
	w = *csr_get0_wanted(s.csr);
	if (change->n_san > 0)
		w.san = change->san;
	if (change->n_eku > 0)
		w.eku = change->eku;
	if (change->key.kind != KK_NONE)
		w.key = change->key;
	w.is_ca = change->is_ca;
	w.key_usage |= change->key_usage;
	s.station.has_device_key = reason == R_KEY_IS_DEVICE_KEY;
	memcpy(s.station.device_key, w.spki_sha256, SHA256_LEN);
	CU_ASSERT_EQUAL(policy_check_names(&w, &s.profile, &s.station, &e) == 0 ? R_NONE : e.reason, reason);
	scene_close(&s);
}

static void
a_certificate_is_held_to_the_same_names(void)
{
	expect_names(&(struct wanted){ .n_san = 0 }, R_NONE);
	expect_names(&(struct wanted){ .san = san_bad, .n_san = 1 }, R_SAN_MISMATCH);
	expect_names(&(struct wanted){ .eku = eku_bad, .n_eku = 1 }, R_EXTENSION_FORBIDDEN);
	expect_names(&(struct wanted){ .key = { KK_ED25519, 0 } }, R_KEY_TYPE);
	expect_names(&(struct wanted){ .is_ca = true }, R_EXTENSION_FORBIDDEN);
	expect_names(&(struct wanted){ .n_san = 0 }, R_KEY_IS_DEVICE_KEY);
	expect_names(&(struct wanted){ .key_usage = USAGE_KEY_CERT_SIGN }, R_EXTENSION_FORBIDDEN);
}

/* Whoever held a valid credential got a certificate for any name: docs/regressions.md. */
static void
reg_vu_971035_name_of_another_station(void)
{
	struct scene s;

	scene_open(&s);
	s.subject = "CN=gnb-2,O=Example Operator";
	add_pkcs10(&s);
	expect(&s, POLICY_REFUSE, R_SUBJECT_MISMATCH);
	scene_open(&s);
	s.names.san = san_bad;
	add_crmf(&s);
	expect(&s, POLICY_REFUSE, R_SAN_MISMATCH);
}

static const struct unit_test tests[] = {
	UNIT(reg_vu_971035_name_of_another_station),
	UNIT(a_good_request_is_admitted_in_each_form),
	UNIT(a_request_may_leave_its_usages_to_the_ca),
	UNIT(a_proof_can_be_left_to_somebody_else),
	UNIT(nothing_at_all_is_refused),
	UNIT(a_blocked_station_is_refused_first),
	UNIT(an_envelope_is_demanded_where_the_profile_says_so),
	UNIT(hold_waits_for_an_operator_but_only_with_a_good_request),
	UNIT(a_spoilt_pkcs10_signature_is_no_proof),
	UNIT(a_spoilt_crmf_signature_is_no_proof_even_beside_a_good_pkcs10),
	UNIT(forms_of_two_keys_disagree),
	UNIT(forms_of_two_subjects_disagree),
	UNIT(forms_of_two_alternative_names_disagree),
	UNIT(another_key_type_is_refused),
	UNIT(a_shorter_rsa_key_than_the_profiles_is_too_weak),
	UNIT(the_device_key_itself_is_refused),
	UNIT(other_names_are_refused),
	UNIT(the_inventorys_own_subject_goes_before_the_profiles),
	UNIT(a_profile_that_needs_what_the_row_lacks_grants_nothing),
	UNIT(an_usage_beyond_the_profile_is_refused),
	UNIT(what_a_profile_names_and_nobody_knows_grants_nothing),
	UNIT(a_key_weaker_than_two_of_the_profiles_sizes_is_too_weak),
	UNIT(a_challenge_password_cannot_be_checked_and_is_refused),
	UNIT(a_certificate_is_held_to_the_same_names),
};
extern const struct unit_suite judge_suite;
UNIT_SUITE(judge_suite, tests);
