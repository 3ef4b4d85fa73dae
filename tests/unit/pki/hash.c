/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/hash.h"

#include "common/base/enc.h"
#include "tests/unit/unit.h"

static void
sha256_gives_the_published_digests(void)
{
	uint8_t md[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	struct err e;

	CU_ASSERT_EQUAL(sha256(mem_str("abc"), md, &e), 0);
	hex_print((struct mem){ md, sizeof(md) }, hex);
	CU_ASSERT_STRING_EQUAL(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CU_ASSERT_EQUAL(sha256(MEM_NONE, md, &e), 0);
	hex_print((struct mem){ md, sizeof(md) }, hex);
	CU_ASSERT_STRING_EQUAL(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231 section 4.3 */
static void
hmac_gives_the_published_codes(void)
{
	uint8_t mac[SHA256_LEN], empty[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	struct err e;

	CU_ASSERT_EQUAL(hmac_sha256(mem_str("Jefe"), mem_str("what do ya want for nothing?"), mac, &e), 0);
	hex_print((struct mem){ mac, sizeof(mac) }, hex);
	CU_ASSERT_STRING_EQUAL(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	CU_ASSERT_EQUAL(hmac_sha256(MEM_NONE, MEM_NONE, empty, &e), 0);
	hex_print((struct mem){ empty, sizeof(empty) }, hex);
	CU_ASSERT_STRING_EQUAL(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void
secrets_are_equal_only_in_all_octets(void)
{
	CU_ASSERT_TRUE(secret_eq(mem_str("abc"), mem_str("abc")));
	CU_ASSERT_TRUE(secret_eq(MEM_NONE, mem_str("")));
	CU_ASSERT_FALSE(secret_eq(mem_str("abc"), mem_str("abd")));
	CU_ASSERT_FALSE(secret_eq(mem_str("abc"), mem_str("ab")));
}

static const struct unit_test tests[] = {
	UNIT(sha256_gives_the_published_digests),
	UNIT(hmac_gives_the_published_codes),
	UNIT(secrets_are_equal_only_in_all_octets),
};
UNIT_SUITE(hash_suite, tests);
