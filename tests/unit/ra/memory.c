/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A good answer that is read while memory is short: whatever allocation of OpenSSL fails, nobody is told that
 * the CA's certificate is bad, for that would be said to the CA in a certConf and cannot be taken back.
 */
#include "tests/unit/ra/memory.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/pki/memory.h"
#include "gateway/ra/internal.h"
#include "tests/unit/ra/rig.h"
#include "tests/unit/unit.h"

#define MOST 20000

static long until_failure = -1;		/* allocations that still succeed; negative: all do */
static bool for_good;			/* those after the first that fails fail too */

static bool
fails(void)
{
	if (until_failure < 0)
		return false;
	if (until_failure > 0) {
		until_failure--;
		return false;
	}
	if (!for_good)
		until_failure = -1;
	return true;
}

static void *
give(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!fails())
		return malloc(n);
	pki_memory_failed();
	return NULL;
}

static void *
give_more(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!fails())
		return realloc(p, n);
	pki_memory_failed();
	return NULL;
}

static void
take_back(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

bool
memory_prepare(void)
{
	return CRYPTO_set_mem_functions(give, give_more, take_back) == 1;
}

/* The item as it was when the message had been sent. */
static struct ca_item
sent_item(const struct rig *r)
{
	const struct ca_item *from = &r->item;
	struct ca_item it = { .station = from->station, .profile = from->profile, .row = from->row,
		.pkcs10 = from->pkcs10, .upload_sha256 = from->upload_sha256,
		.spki_sha256 = from->spki_sha256, .step = CA_ENROL };

	for (size_t i = 0; i < sizeof(it.transaction_id); i++) {
		it.transaction_id[i] = from->transaction_id[i];
		it.sender_nonce[i] = from->sender_nonce[i];
	}
	return it;
}

/* Reads the answer with the n-th allocation failing. True: it was read all the same. */
static bool
read_with_failure(struct rig *r, long n)
{
	struct upstream_call c = { .outcome = UP_ANSWER };
	struct ra ra = { .o = { .profiles = &r->profiles } };
	struct ca_item it = sent_item(r);
	struct trust *trust = NULL;		/* a new one: what has been found once is not looked for again */
	enum ca_verdict v;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(trust_new(&trust, &e), 0);
	CU_ASSERT_EQUAL_FATAL(trust_add(trust, &r->ca.chain, &e), 0);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&c.answer, mem_of(&r->item.answer), &e), 0);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&ra.recipient, cert_get0_subject(r->ca.chain.v[0]), &e), 0);
	ra.o.trust = trust;
	until_failure = n;
	ra_judge(&ra, &it, &c);
	until_failure = -1;
	v = it.verdict;
	if (v != CV_ISSUED && (v != CV_NO_ANSWER || it.no_resend)) {
		printf("allocation %ld: verdict %d: %s\n", n, (int)v, it.err.detail);
		CU_FAIL("a good certificate is called bad");
	}
	ca_item_free(&it);
	blob_free(&ra.recipient);
	blob_free(&c.answer);
	trust_free(trust);
	return v == CV_ISSUED;
}

static void
no_good_certificate_is_called_bad_for_want_of_memory(void)
{
	struct rig r;

	rig_open(&r, false);
	rig_item(&r, true, false, false);
	CU_ASSERT_EQUAL_FATAL(rig_step(&r, CA_ENROL, (struct told){ 0 }), CV_ISSUED);
	for (int i = 0; i < 2; i++) {
		long n = 0, run = 0;		/* OpenSSL does without some, so one that was read is not the end */

		for (for_good = i == 1; n < MOST && run < 200; n++)
			run = read_with_failure(&r, n) ? run + 1 : 0;
		CU_ASSERT_TRUE(n < MOST && n > run);
	}
	rig_close(&r);
}

static const struct unit_test tests[] = {
	UNIT(no_good_certificate_is_called_bad_for_want_of_memory),
};
extern const struct unit_suite memory_suite;
UNIT_SUITE(memory_suite, tests);
