/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/trust.h"

#include <stdio.h>

#include "tests/unit/pki/kit.h"

static struct trust *
make(const char *anchor)
{
	struct trust *t = NULL;
	char path[96];
	struct err e;

	snprintf(path, sizeof(path), "tests/data/pki/%s.pem", anchor);
	CU_ASSERT_EQUAL_FATAL(trust_new(&t, &e), 0);
	CU_ASSERT_EQUAL_FATAL(trust_add_file(t, path, &e), 0);
	return t;
}

static void
add_crl(struct trust *t, const char *name)
{
	char path[96];
	struct err e;

	snprintf(path, sizeof(path), "tests/data/pki/%s.crl", name);
	CU_ASSERT_EQUAL_FATAL(trust_add_crl_file(t, path, &e), 0);
}

/* Reason, over the factory's intermediate CA. */
static enum reason
check(const struct trust *t, const char *leaf, enum trust_purpose purpose, int64_t now)
{
	static const char *const sub[] = { "factory-sub" };
	struct certs others = kit_certs(sub, 1);
	struct cert *c = kit_cert(leaf);
	struct err e = { R_NONE, "" };
	enum reason r = trust_verify(t, c, &others, purpose, now, NULL, &e) == 0 ? R_NONE : e.reason;

	cert_free(c);
	certs_free(&others);
	return r;
}

static void
a_path_leads_from_leaf_to_root(void)
{
	static const char *const sub[] = { "other-root", "factory-sub" };
	struct trust *t = make("factory-root");
	struct certs others = kit_certs(sub, 2), chain = { NULL, 0 };
	struct cert *c = kit_cert("device-ec");
	struct err e;

	CU_ASSERT_EQUAL_FATAL(trust_verify(t, c, &others, TRUST_ANY, KIT_NOW, &chain, &e), 0);
	CU_ASSERT_EQUAL(chain.n, 3);
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(chain.v[0]), cert_get0_der(c)));
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(chain.v[1]), cert_get0_der(others.v[1])));
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(chain.v[2]), cert_get0_der(trust_get0_anchors(t)->v[0])));
	certs_free(&chain);
	certs_free(&others);
	CU_ASSERT_EQUAL(trust_verify(t, c, NULL, TRUST_ANY, KIT_NOW, &chain, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CERT_NOT_TRUSTED);
	cert_free(c);
	trust_free(t);
}

static void
an_intermediate_can_be_the_anchor(void)
{
	struct trust *t = make("factory-sub");
	struct certs chain = { NULL, 0 };
	struct cert *c = kit_cert("device-rsa");
	struct err e;

	CU_ASSERT_EQUAL(trust_verify(t, c, NULL, TRUST_ANY, KIT_NOW, &chain, &e), 0);
	CU_ASSERT_EQUAL(chain.n, 2);
	certs_free(&chain);
	cert_free(c);
	trust_free(t);
}

static void
strangers_and_weak_ones_are_not_trusted(void)
{
	struct trust *t = make("factory-root");

	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-ed25519", TRUST_ANY, KIT_NOW), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-other", TRUST_ANY, KIT_NOW), R_CERT_NOT_TRUSTED);
	CU_ASSERT_EQUAL(check(t, "other-root", TRUST_ANY, KIT_NOW), R_CERT_NOT_TRUSTED);
	CU_ASSERT_EQUAL(check(t, "device-sha1", TRUST_ANY, KIT_NOW + 100000000), R_CERT_NOT_TRUSTED);
	CU_ASSERT_EQUAL(check(t, "device-rsa1024", TRUST_ANY, KIT_NOW), R_CERT_NOT_TRUSTED);
	trust_free(t);
}

static void
a_device_cannot_act_as_a_ca(void)
{
	static const char *const names[] = { "device-ec", "factory-sub" };
	struct trust *t = make("factory-root");
	struct certs others = kit_certs(names, 2);
	struct cert *c = kit_cert("under-device");
	struct err e;

	CU_ASSERT_EQUAL(trust_verify(t, c, &others, TRUST_ANY, KIT_NOW, NULL, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CERT_NOT_TRUSTED);
	cert_free(c);
	certs_free(&others);
	trust_free(t);
}

static void
time_is_the_argument(void)
{
	struct trust *t = make("factory-root");

	CU_ASSERT_EQUAL(check(t, "device-expired", TRUST_ANY, KIT_NOW), R_CERT_EXPIRED);
	CU_ASSERT_EQUAL(check(t, "device-expired", TRUST_ANY, 1600000000), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-future", TRUST_ANY, KIT_NOW), R_CERT_EXPIRED);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, 1577836800), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, 1577836799), R_CERT_EXPIRED);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, INT64_C(4733510399)), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, INT64_C(4733510401)), R_CERT_EXPIRED);
	trust_free(t);
}

static void
the_purpose_is_looked_at(void)
{
	struct trust *t = make("factory-root");

	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_TLS_CLIENT, KIT_NOW), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_TLS_SERVER, KIT_NOW), R_CERT_NOT_TRUSTED);
	CU_ASSERT_EQUAL(check(t, "device-server", TRUST_TLS_CLIENT, KIT_NOW), R_CERT_NOT_TRUSTED);
	CU_ASSERT_EQUAL(check(t, "device-server", TRUST_TLS_SERVER, KIT_NOW), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-server", TRUST_ANY, KIT_NOW), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-noski", TRUST_TLS_CLIENT, KIT_NOW), R_NONE);
	trust_free(t);
}

static void
a_revoked_certificate_is_refused(void)
{
	struct trust *t = make("factory-root");

	CU_ASSERT_EQUAL(check(t, "device-revoked", TRUST_ANY, KIT_NOW), R_NONE);
	add_crl(t, "factory-sub");
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_CRL_UNUSABLE);
	add_crl(t, "factory-root");
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-revoked", TRUST_ANY, KIT_NOW), R_CERT_REVOKED);
	trust_free(t);
}

static void
an_anchor_needs_no_crl_of_its_own_issuer(void)
{
	struct trust *t = make("factory-sub");

	add_crl(t, "factory-sub");
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_NONE);
	CU_ASSERT_EQUAL(check(t, "device-revoked", TRUST_ANY, KIT_NOW), R_CERT_REVOKED);
	trust_free(t);
}

static void
an_old_foreign_or_broken_list_refuses(void)
{
	struct trust *t = make("factory-sub");
	struct err e;

	add_crl(t, "factory-sub-old");
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_CRL_UNUSABLE);
	trust_free(t);
	t = make("factory-sub");
	add_crl(t, "foreign");
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_CRL_UNUSABLE);
	trust_free(t);
	t = make("factory-sub");
	CU_ASSERT_EQUAL(trust_add_crl_file(t, "tests/data/pki/openssl-p256.csr", &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CRL_UNUSABLE);
	/* Once a list was to be there, its absence does not let anybody through. */
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_CRL_UNUSABLE);
	trust_free(t);
}

/* It would be current for ever, whatever was revoked since. fuzz_crl found one. */
static void
a_list_without_an_end_is_refused(void)
{
	struct trust *t = make("factory-sub");
	struct err e;

	CU_ASSERT_EQUAL(trust_add_crl_file(t, "tests/data/pki/no-next-update.crl", &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CRL_UNUSABLE);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_CRL_UNUSABLE);
	trust_free(t);
}

static void
a_path_that_was_found_is_bound_to_leaf_purpose_and_time(void)
{
	static const char *const sub[] = { "factory-sub" };
	struct trust *t = make("factory-root");
	struct certs others = kit_certs(sub, 1), first = { NULL, 0 }, again = { NULL, 0 };
	struct cert *c = kit_cert("device-ec");
	struct err e;

	CU_ASSERT_EQUAL(trust_verify(t, c, &others, TRUST_ANY, KIT_NOW, &first, &e), 0);
	CU_ASSERT_EQUAL(trust_verify(t, c, &others, TRUST_ANY, KIT_NOW, &again, &e), 0);
	CU_ASSERT_EQUAL(again.n, first.n);
	for (size_t i = 0; i < again.n && i < first.n; i++)
		CU_ASSERT_TRUE(mem_eq(cert_get0_der(first.v[i]), cert_get0_der(again.v[i])));
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_TLS_SERVER, KIT_NOW), R_CERT_NOT_TRUSTED);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, 1577836799), R_CERT_EXPIRED);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, INT64_C(4733510400)), R_CERT_EXPIRED);
	CU_ASSERT_EQUAL(check(t, "device-other", TRUST_ANY, KIT_NOW), R_CERT_NOT_TRUSTED);
	/* A list that comes later is asked at once. */
	CU_ASSERT_EQUAL(check(t, "device-revoked", TRUST_ANY, KIT_NOW), R_NONE);
	add_crl(t, "factory-sub");
	add_crl(t, "factory-root");
	CU_ASSERT_EQUAL(check(t, "device-revoked", TRUST_ANY, KIT_NOW), R_CERT_REVOKED);
	certs_free(&again);
	certs_free(&first);
	cert_free(c);
	certs_free(&others);
	trust_free(t);
}

/* Twenty answers in turn, where sixteen paths are kept. */
static void
more_paths_than_are_kept_change_no_answer(void)
{
	static const char *const leaves[] = { "device-ec", "device-rsa", "device-p384", "device-p521",
	    "device-ed25519", "device-noski", "device-keyenc", "device-server", "device-nosan",
	    "device-twoserials" };
	struct trust *t = make("factory-root");

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT_OF(leaves); i++)
			CU_ASSERT_EQUAL(check(t, leaves[i], TRUST_ANY, KIT_NOW), R_NONE);
		for (size_t i = 0; i < 5; i++)
			CU_ASSERT_EQUAL(check(t, leaves[i], TRUST_TLS_CLIENT, KIT_NOW), R_NONE);
		for (size_t i = 0; i < 5; i++)
			CU_ASSERT_EQUAL(check(t, leaves[i], TRUST_TLS_SERVER, KIT_NOW), R_CERT_NOT_TRUSTED);
		CU_ASSERT_EQUAL(check(t, "device-noski", TRUST_TLS_SERVER, KIT_NOW), R_NONE);
		CU_ASSERT_EQUAL(check(t, "device-server", TRUST_TLS_SERVER, KIT_NOW), R_NONE);
	}
	trust_free(t);
}

static void
an_anchor_must_be_a_ca(void)
{
	struct trust *t = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(trust_new(&t, &e), 0);
	CU_ASSERT_EQUAL(trust_add_file(t, "tests/data/pki/device-ec.pem", &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CONFIG);
	CU_ASSERT_EQUAL(check(t, "device-ec", TRUST_ANY, KIT_NOW), R_CERT_NOT_TRUSTED);
	trust_free(t);
}

static const struct unit_test tests[] = {
	UNIT(a_path_leads_from_leaf_to_root),
	UNIT(an_intermediate_can_be_the_anchor),
	UNIT(strangers_and_weak_ones_are_not_trusted),
	UNIT(a_device_cannot_act_as_a_ca),
	UNIT(time_is_the_argument),
	UNIT(the_purpose_is_looked_at),
	UNIT(a_revoked_certificate_is_refused),
	UNIT(an_anchor_needs_no_crl_of_its_own_issuer),
	UNIT(an_old_foreign_or_broken_list_refuses),
	UNIT(a_list_without_an_end_is_refused),
	UNIT(a_path_that_was_found_is_bound_to_leaf_purpose_and_time),
	UNIT(more_paths_than_are_kept_change_no_answer),
	UNIT(an_anchor_must_be_a_ca),
};
UNIT_SUITE(trust_suite, tests);
