/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/enc.h"
#include "common/pki/hash.h"
#include "tests/unit/signer/fixture.h"
#include "tests/unit/unit.h"

static struct fixture fx;
static struct signer *dispatch, *ops;

static void
set_up(void)
{
	struct err e;

	fx_files(&fx);
	fx_run(&fx);
	CU_ASSERT_EQUAL_FATAL(signer_new(fx_socket(&fx, ROLE_DISPATCH), &dispatch, &e), 0);
	CU_ASSERT_EQUAL_FATAL(signer_new(fx_socket(&fx, ROLE_OPS), &ops, &e), 0);
}

static void
tear_down(void)
{
	signer_free(dispatch);
	signer_free(ops);
	fx_end(&fx);
}

static bool
is_hex(const uint8_t *p, size_t len, const char *want)
{
	char text[65];

	hex_print((struct mem){ p, len }, text);
	return strcmp(text, want) == 0;
}

/* Computed by another program, from the formula in docs/decisions/transaction-id.md. */
static void
a_transaction_id_is_the_published_one(void)
{
	uint8_t upload[SHA256_LEN];
	struct signer_txid t[2];
	struct err e;

	set_up();
	CU_ASSERT_EQUAL_FATAL(sha256(mem_str("upload"), upload, &e), 0);
	t[0] = t[1] = (struct signer_txid){ "gnb-0001", { upload, sizeof(upload) }, 0, { 0 } };
	t[1].attempt = 1;
	CU_ASSERT_EQUAL_FATAL(signer_txids(dispatch, t, 2, &e), 0);
	CU_ASSERT_TRUE(is_hex(t[0].id, 16, "607fefb7fd94054ec2dd51ac01c5963e"));
	CU_ASSERT_TRUE(is_hex(t[1].id, 16, "2c6e31ea95648806a0acd024dd6bfb05"));
	tear_down();
}

static void
each_part_of_the_input_changes_the_transaction_id(void)
{
	uint8_t a[SHA256_LEN] = { 1 }, b[SHA256_LEN] = { 2 };
	struct signer_txid t[5] = {
		{ "s", { a, sizeof(a) }, 0, { 0 } }, { "t", { a, sizeof(a) }, 0, { 0 } },
		{ "s", { b, sizeof(b) }, 0, { 0 } }, { "s", { a, sizeof(a) }, 256, { 0 } },
		{ "s", { a, sizeof(a) }, 0, { 0 } },
	};
	struct err e;

	set_up();
	CU_ASSERT_EQUAL_FATAL(signer_txids(dispatch, t, 5, &e), 0);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = i + 1; k < 4; k++)
			CU_ASSERT_NOT_EQUAL(memcmp(t[i].id, t[k].id, 16), 0);
	CU_ASSERT_EQUAL(memcmp(t[0].id, t[4].id, 16), 0);
	tear_down();
}

static void
a_name_or_digest_of_the_wrong_length_is_refused_before_it_is_asked(void)
{
	static char name[66];
	uint8_t d[SHA256_LEN] = { 0 };
	struct signer_txid t = { name, { d, sizeof(d) }, 0, { 0 } };
	struct err e;

	set_up();
	CU_ASSERT_EQUAL(signer_txids(dispatch, &t, 1, &e), -1);
	memset(name, 'a', 64);
	CU_ASSERT_EQUAL(signer_txids(dispatch, &t, 1, &e), 0);
	name[64] = 'a';
	CU_ASSERT_EQUAL(signer_txids(dispatch, &t, 1, &e), -1);
	name[64] = '\0';
	t.upload_sha256.len = 31;
	CU_ASSERT_EQUAL(signer_txids(dispatch, &t, 1, &e), -1);
	tear_down();
}

static void
the_audit_chain_is_the_published_one(void)
{
	const struct mem content[3] = { mem_str("event one"), mem_str("event two"), MEM_NONE };
	const uint8_t zero[32] = { 0 };
	uint8_t mac[3][32], again[2][32];
	struct err e;

	set_up();
	CU_ASSERT_EQUAL_FATAL(signer_audit(dispatch, 0, zero, content, mac, 3, &e), 0);
	CU_ASSERT_TRUE(is_hex(mac[0], 32, "18daaede62a9bfd223c417a9410c03afe50ef8b3cd47e488060d82f1ada5818b"));
	CU_ASSERT_TRUE(is_hex(mac[1], 32, "db2a5463748006f1907940bc6b292e91d14221e15ece3e92ecc2a49d699436fa"));
	CU_ASSERT_TRUE(is_hex(mac[2], 32, "4f1f8989852febdbf8f12fb1fe69f2264c398f1a3c3a2e2a566c42a5cb3f2e5f"));
	/* a run that goes on where another ended gives the same links */
	CU_ASSERT_EQUAL_FATAL(signer_audit(dispatch, 1, mac[0], content + 1, again, 2, &e), 0);
	CU_ASSERT_EQUAL(memcmp(again, mac[1], 64), 0);
	tear_down();
}

/* A chain of more links than one question takes. */
enum { LINKS = LIM_AUDIT_ITEMS + 100 };
static uint8_t mac[LINKS][32];
static struct mem content[LINKS];

static size_t
first_bad(void)
{
	const uint8_t zero[32] = { 0 };
	size_t bad = SIZE_MAX;
	struct err e;

	CU_ASSERT_EQUAL(signer_audit_check(ops, 0, zero, content, (const uint8_t (*)[32])mac, LINKS, &bad, &e), 0);
	return bad;
}

static void
the_first_link_that_does_not_fit_is_found(void)
{
	static const size_t at[] = { 0, 1, LIM_AUDIT_ITEMS - 1, LIM_AUDIT_ITEMS, LINKS - 1 };
	static char text[LINKS][16];
	const uint8_t zero[32] = { 0 };
	struct err e;

	set_up();
	for (size_t i = 0; i < LINKS; i++) {
		snprintf(text[i], sizeof(text[i]), "event %zu", i);
		content[i] = mem_str(text[i]);
	}
	CU_ASSERT_EQUAL_FATAL(signer_audit(dispatch, 0, zero, content, mac, LINKS, &e), 0);
	CU_ASSERT_EQUAL(first_bad(), LINKS);
	for (size_t i = 0; i < COUNT_OF(at); i++) {
		text[at[i]][0] = 'E';
		CU_ASSERT_EQUAL(first_bad(), at[i]);
		text[at[i]][0] = 'e';
		mac[at[i]][31] ^= 1;
		CU_ASSERT_EQUAL(first_bad(), at[i]);
		mac[at[i]][31] ^= 1;
	}
	content[5] = mem_str(text[6]);		/* two events exchanged */
	content[6] = mem_str(text[5]);
	CU_ASSERT_EQUAL(first_bad(), 5);
	tear_down();
}

static const struct unit_test tests[] = {
	UNIT(a_transaction_id_is_the_published_one),
	UNIT(each_part_of_the_input_changes_the_transaction_id),
	UNIT(a_name_or_digest_of_the_wrong_length_is_refused_before_it_is_asked),
	UNIT(the_audit_chain_is_the_published_one),
	UNIT(the_first_link_that_does_not_fit_is_found),
};
extern const struct unit_suite mac_suite;
UNIT_SUITE(mac_suite, tests);
