/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "common/pki/trust.h"
#include "tests/unit/pki/kit.h"

#define THREADS 4
#define ROUNDS 50

/* Shared by all, each for the first time in several threads at once. */
struct shared {
	struct key *key;
	struct cert *leaf;
	struct certs others;
	struct trust *trust;
	struct blob csr;
};

static void *
work(void *arg)
{
	const struct shared *s = arg;
	size_t failed = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct csr *c = NULL;
		struct err e;
		struct buf sig;

		buf_init(&sig, 1000);
		if (csr_parse(mem_of(&s->csr), &c, &e) != 0 || csr_check_pop(c, &e) != 0 ||
		    key_sign(s->key, mem_str("x"), &sig, &e) != 0 ||
		    trust_verify(s->trust, s->leaf, &s->others, TRUST_ANY, KIT_NOW, NULL, &e) != 0)
			failed++;
		csr_free(c);
		buf_free(&sig);
		cert_free(cert_dup(s->leaf));
	}
	return failed == 0 ? NULL : arg;
}

static void
keys_certificates_and_trust_are_shared_between_threads(void)
{
	static const char *const sub[] = { "factory-sub" };
	struct shared s = { .key = kit_key("ec-p256"), .leaf = kit_cert("device-ec"),
	    .others = kit_certs(sub, 1) };
	pthread_t t[THREADS];
	struct err e;

	s.csr = kit_csr(s.key);
	CU_ASSERT_EQUAL_FATAL(trust_new(&s.trust, &e), 0);
	CU_ASSERT_EQUAL_FATAL(trust_add_file(s.trust, "tests/data/pki/factory-root.pem", &e), 0);
	for (size_t i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, work, &s), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *result = &s;

		CU_ASSERT_EQUAL(pthread_join(t[i], &result), 0);
		CU_ASSERT_PTR_NULL(result);
	}
	trust_free(s.trust);
	certs_free(&s.others);
	cert_free(s.leaf);
	blob_free(&s.csr);
	key_free(s.key);
}

static const struct unit_test tests[] = {
	UNIT(keys_certificates_and_trust_are_shared_between_threads),
};
UNIT_SUITE(threads_suite, tests);
