/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/alg.h"

#include <string.h>

#include "tests/unit/unit.h"

static void
key_types_read_as_they_are_printed(void)
{
	static const char *const names[] = { "ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072",
	    "rsa-8192", "ed25519", "ed448", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87" };
	char text[KEY_TYPE_TEXT];
	struct key_type t;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CU_ASSERT_EQUAL(key_type_parse(names[i], &t, &e), 0);
		key_type_print(t, text);
		CU_ASSERT_STRING_EQUAL(text, names[i]);
	}
	key_type_print((struct key_type){ KK_NONE, 0 }, text);
	CU_ASSERT_STRING_EQUAL(text, "none");
}

static void
unknown_key_types_are_refused(void)
{
	static const char *const names[] = { "", "ec", "ec-p192", "EC-P256", "ec-p256 ", "rsa", "rsa-",
	    "rsa-2047", "rsa-8193", "rsa-02048", "rsa-+2048", "rsa-2048x", "rsa- 2048", "rsa-18446744073709553664" };
	struct key_type t;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CU_ASSERT_EQUAL(key_type_parse(names[i], &t, &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_KEY_TYPE);
	}
}

static void
longer_rsa_covers_and_nothing_else_does(void)
{
	const struct key_type r2 = { KK_RSA, 2048 }, r3 = { KK_RSA, 3072 }, p = { KK_EC_P256, 0 },
	    q = { KK_EC_P384, 0 }, none = { KK_NONE, 0 };

	CU_ASSERT_TRUE(key_type_covers(r2, r3));
	CU_ASSERT_TRUE(key_type_covers(r2, r2));
	CU_ASSERT_FALSE(key_type_covers(r3, r2));
	CU_ASSERT_TRUE(key_type_covers(p, p));
	CU_ASSERT_FALSE(key_type_covers(p, q));
	CU_ASSERT_FALSE(key_type_covers(p, r2));
	CU_ASSERT_FALSE(key_type_covers(none, none));
}

static const struct unit_test tests[] = {
	UNIT(key_types_read_as_they_are_printed),
	UNIT(unknown_key_types_are_refused),
	UNIT(longer_rsa_covers_and_nothing_else_does),
};
UNIT_SUITE(alg_suite, tests);
