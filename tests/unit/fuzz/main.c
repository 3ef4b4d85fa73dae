/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The mutator of tests/fuzz: what it makes are elements again, so that its changes are looked at by more than the
 * check of the first length.
 */
#include "tests/fuzz/der.h"

#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/pki/der.h"
#include "tests/unit/unit.h"

#define SEEDS 4000
#define ROOM 65536

static const char *const samples[] = {
	"cmp/openssl/ir.der", "cmp/openssl/ip.der", "cmp/bc/p10cr.der", "csr/challenge-password.der"
};

/* All of it are elements in DER, whose strings and depth are not looked at. */
static bool
is_elements(struct mem m)
{
	while (m.len > 0) {
		struct mem one = der_take(&m);
		struct err e;

		if (one.len == 0)
			return false;
		if (der_shape(one, ROOM, ROOM, &e) != 0 && e.reason != R_TOO_COMPLEX) {
			printf("%s\n", e.detail);
			return false;
		}
	}
	return true;
}

static void
honest_changes_of_every_kind_leave_true_lengths(void)
{
	static uint8_t work[ROOM];
	unsigned changed = 0, total = 0;
	struct der_how how = { .honest = true };

	for (size_t k = 0; k < COUNT_OF(samples); k++) {
		struct blob in = unit_data(samples[k]), other = unit_data(samples[(k + 1) % COUNT_OF(samples)]);

		for (how.seed = 0; how.seed < SEEDS; how.seed++) {
			size_t n;

			memcpy(work, in.p, in.len);
			how.donor = how.seed % 2 == 0 ? other.p : NULL;
			how.n_donor = other.len;
			n = der_mutate(work, in.len, sizeof(work), &how);
			if (n == 0)
				continue;
			total++;
			changed += !mem_eq((struct mem){ work, n }, mem_of(&in));
			if (!is_elements((struct mem){ work, n })) {
				printf("%s, seed %u\n", samples[k], how.seed);
				CU_FAIL("not elements");
			}
		}
		blob_free(&in);
		blob_free(&other);
	}
	CU_ASSERT_TRUE(total > 9 * COUNT_OF(samples) * SEEDS / 10);
	CU_ASSERT_TRUE(changed > 9 * total / 10);
	for (size_t i = 0; i < DER_CHANGES; i++)
		CU_ASSERT_TRUE(how.done[i] > 0);
}

static void
some_lengths_are_false_when_that_is_allowed(void)
{
	static uint8_t work[ROOM];
	struct blob in = unit_data(samples[0]);
	struct der_how how = { .honest = false };
	unsigned bad = 0;

	for (how.seed = 0; how.seed < SEEDS; how.seed++) {
		struct err e;
		size_t n;

		memcpy(work, in.p, in.len);
		n = der_mutate(work, in.len, sizeof(work), &how);
		bad += n > 0 && der_shape((struct mem){ work, n }, ROOM, ROOM, &e) != 0 && e.reason == R_NOT_DER;
	}
	CU_ASSERT_TRUE(bad > SEEDS / 20 && bad < SEEDS / 4);
	blob_free(&in);
}

static void
the_same_seed_makes_the_same_change_within_the_room_given(void)
{
	static uint8_t one[ROOM], two[ROOM];
	struct blob in = unit_data(samples[0]);
	struct der_how how = { .honest = true };

	for (how.seed = 0; how.seed < SEEDS; how.seed++) {
		size_t n, m;

		memcpy(one, in.p, in.len);
		memcpy(two, in.p, in.len);
		n = der_mutate(one, in.len, in.len, &how);
		m = der_mutate(two, in.len, in.len, &how);
		CU_ASSERT_TRUE(n <= in.len && n == m && memcmp(one, two, n) == 0);
		if (n == 0)
			CU_ASSERT_TRUE(mem_eq((struct mem){ one, in.len }, mem_of(&in)));
	}
	blob_free(&in);
}

static void
what_is_no_tree_is_left_to_others(void)
{
	static const uint8_t not[][4] = {
		{ 0x30, 0x03, 0x02, 0x01 }, { 0x30, 0x80, 0x00, 0x00 }, { 0x1f, 0x81, 0x01, 0x00 }
	};
	struct der_how how = { .seed = 1 };

	for (size_t i = 0; i < COUNT_OF(not); i++) {
		uint8_t work[4];

		memcpy(work, not[i], 4);
		CU_ASSERT_EQUAL(der_mutate(work, 4, 4, &how), 0);
		CU_ASSERT_EQUAL(memcmp(work, not[i], 4), 0);
	}
	CU_ASSERT_EQUAL(der_mutate(NULL, 0, 0, &how), 0);
}

static void
a_value_set_gives_all_lengths_around_it_anew(void)
{
	uint8_t work[256] = { 0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x05 };
	uint8_t value[200];
	size_t n;

	memset(value, 0x11, sizeof(value));
	n = der_set_value(work, 7, sizeof(work), 4, value, sizeof(value));
	CU_ASSERT_EQUAL(n, 3 + 3 + 3 + sizeof(value));
	CU_ASSERT_TRUE(is_elements((struct mem){ work, n }));
	CU_ASSERT_EQUAL(memcmp(work + n - sizeof(value), value, sizeof(value)), 0);
	CU_ASSERT_EQUAL(der_set_value(work, n, sizeof(work), 1, value, 1), 0);
}

static const struct unit_test tests[] = {
	UNIT(honest_changes_of_every_kind_leave_true_lengths),
	UNIT(some_lengths_are_false_when_that_is_allowed),
	UNIT(the_same_seed_makes_the_same_change_within_the_room_given),
	UNIT(what_is_no_tree_is_left_to_others),
	UNIT(a_value_set_gives_all_lengths_around_it_anew),
};

static UNIT_SUITE(der_mutator, tests);

int
main(void)
{
	static const struct unit_suite *const all[] = { &der_mutator };

	return unit_main(all, COUNT_OF(all));
}
