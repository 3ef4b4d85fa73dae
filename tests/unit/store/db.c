/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/db.h"

#include <poll.h>
#include <string.h>

#include "tests/unit/store/fix.h"

static void
an_sqlstate_says_what_to_do(void)
{
	CU_ASSERT_EQUAL(pg_reason("53100"), R_STORE_FULL);
	CU_ASSERT_EQUAL(pg_reason("53300"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("08006"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("57P01"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("57014"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("40P01"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("25006"), R_DB_AWAY);
	CU_ASSERT_EQUAL(pg_reason("42883"), R_DB_SCHEMA);
	CU_ASSERT_EQUAL(pg_reason("42501"), R_DB_ERROR);
	CU_ASSERT_EQUAL(pg_reason(NULL), R_DB_ERROR);
}

static const struct unit_test tests[] = {
	UNIT(an_sqlstate_says_what_to_do),
};

UNIT_SUITE(db_suite, tests);
