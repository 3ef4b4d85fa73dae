/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/where.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct where w;
static struct err e;

static void
is(size_t i, const char *key, enum ops_op op, const char *value)
{
	CU_ASSERT_STRING_EQUAL(w.cond[i].key, key);
	CU_ASSERT_EQUAL(w.cond[i].op, op);
	CU_ASSERT_STRING_EQUAL(w.cond[i].value, value);
}

static void
every_operator_is_read(void)
{
	CU_ASSERT_EQUAL_FATAL(where_parse("a=1,b!=2,c<3,d<=4,e>5,not_after>=30d", &w, &e), 0);
	CU_ASSERT_EQUAL_FATAL(w.n, 6);
	is(0, "a", OP_EQ, "1");
	is(1, "b", OP_NE, "2");
	is(2, "c", OP_LT, "3");
	is(3, "d", OP_LE, "4");
	is(4, "e", OP_GT, "5");
	is(5, "not_after", OP_GE, "30d");
}

static void
a_value_may_be_empty_or_hold_operators(void)
{
	CU_ASSERT_EQUAL_FATAL(where_parse("region=,subject=CN=x<y", &w, &e), 0);
	CU_ASSERT_EQUAL_FATAL(w.n, 2);
	is(0, "region", OP_EQ, "");
	is(1, "subject", OP_EQ, "CN=x<y");
}

static void
quotes_keep_commas_and_doubled_quotes(void)
{
	CU_ASSERT_EQUAL_FATAL(where_parse("subject=\"CN=a,O=\"\"b\"\"\",vendor=x", &w, &e), 0);
	CU_ASSERT_EQUAL_FATAL(w.n, 2);
	is(0, "subject", OP_EQ, "CN=a,O=\"b\"");
	is(1, "vendor", OP_EQ, "x");
	CU_ASSERT_EQUAL_FATAL(where_parse("a=\"\"", &w, &e), 0);
	is(0, "a", OP_EQ, "");
}

static void
nothing_is_no_condition(void)
{
	CU_ASSERT_EQUAL(where_parse("", &w, &e), 0);
	CU_ASSERT_EQUAL(w.n, 0);
	CU_ASSERT_EQUAL(where_parse(NULL, &w, &e), 0);
	CU_ASSERT_EQUAL(w.n, 0);
}

static void
malformed_expressions_are_refused(void)
{
	static const char *const bad[] = {
		"a", "=1", "a=1,", ",a=1", "a=1,,b=2", "A=1", "a b=1", "a=\"x", "a=\"x\"y", "a=x\"y\"", "a=\"x\"\"",
		"a~1", "a = 1", "a=1;b=2=\"", "\"a\"=1", "a=\xff", "a!1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(where_parse(bad[i], &w, &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_BAD_PARAMETER);
	}
}

static void
limits_hold_at_their_edge(void)
{
	char text[WHERE_TEXT + 2];
	size_t len = 0;

	memset(text, 'x', sizeof(text));
	memcpy(text, "a=", 2);
	text[WHERE_TEXT] = '\0';
	CU_ASSERT_EQUAL(where_parse(text, &w, &e), 0);
	text[WHERE_TEXT] = 'x';
	text[WHERE_TEXT + 1] = '\0';
	CU_ASSERT_EQUAL(where_parse(text, &w, &e), -1);

	for (int i = 0; i < WHERE_CONDS; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%sa=1", i == 0 ? "" : ",");
	CU_ASSERT_EQUAL(where_parse(text, &w, &e), 0);
	CU_ASSERT_EQUAL(w.n, WHERE_CONDS);
	snprintf(text + len, sizeof(text) - len, ",a=1");
	CU_ASSERT_EQUAL(where_parse(text, &w, &e), -1);
}

static const struct unit_test tests[] = {
	UNIT(every_operator_is_read),
	UNIT(a_value_may_be_empty_or_hold_operators),
	UNIT(quotes_keep_commas_and_doubled_quotes),
	UNIT(nothing_is_no_condition),
	UNIT(malformed_expressions_are_refused),
	UNIT(limits_hold_at_their_edge),
};
UNIT_SUITE(where_suite, tests);
