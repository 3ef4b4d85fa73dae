/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/station.h"

#include <string.h>

#include "common/base/limits.h"
#include "tests/unit/unit.h"

static void
a_name_is_what_the_inventory_and_ssh_can_carry(void)
{
	CU_ASSERT_TRUE(station_name_ok("gnb-0001.north_2"));
	CU_ASSERT_TRUE(station_name_ok("7"));
	CU_ASSERT_FALSE(station_name_ok(NULL));
	CU_ASSERT_FALSE(station_name_ok(""));
	CU_ASSERT_FALSE(station_name_ok(".hidden"));
	CU_ASSERT_FALSE(station_name_ok("-option"));
	CU_ASSERT_FALSE(station_name_ok("a/b"));
	CU_ASSERT_FALSE(station_name_ok("a b"));
	CU_ASSERT_FALSE(station_name_ok("a\n"));
	CU_ASSERT_FALSE(station_name_ok("b\xc3\xa4r"));
}

static void
a_name_has_64_characters_and_not_65(void)
{
	char name[LIM_STATION_NAME + 2];

	memset(name, 'x', sizeof(name));
	name[LIM_STATION_NAME] = '\0';
	CU_ASSERT_TRUE(station_name_ok(name));
	name[LIM_STATION_NAME - 1] = '\0';
	CU_ASSERT_TRUE(station_name_ok(name));
	memset(name, 'x', sizeof(name));
	name[LIM_STATION_NAME + 1] = '\0';
	CU_ASSERT_FALSE(station_name_ok(name));
}

static void
freeing_nothing_is_fine(void)
{
	struct station s = { .n_san_dns = 0 };

	station_free(&s);
	station_free(&s);
	CU_ASSERT_PTR_NULL(s.name);
}

static const struct unit_test tests[] = {
	UNIT(a_name_is_what_the_inventory_and_ssh_can_carry),
	UNIT(a_name_has_64_characters_and_not_65),
	UNIT(freeing_nothing_is_fine),
};

UNIT_SUITE(station_suite, tests);
