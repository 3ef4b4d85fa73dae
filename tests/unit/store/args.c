/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/args.h"

#include <string.h>

#include "tests/unit/store/fix.h"

/* Sends one array and reads it back as PostgreSQL prints it. */
static const char *
printed(const char *sql, struct args *a)
{
	static char text[256];
	PGresult *r = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(pg_query(fix_db("nemra_owner"), sql, a, &r, &e), 0);
	snprintf(text, sizeof(text), "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	args_free(a);
	return text;
}

static void
arrays_arrive_as_they_were_built(void)
{
	static const enum arg_type texts[] = { ARG_TEXTS }, bytes[] = { ARG_BYTEAS }, ints[] = { ARG_INTS },
	    bigs[] = { ARG_BIGINTS }, bools[] = { ARG_BOOLS };
	struct args a;

	args_init(&a, texts, 1);
	args_text(&a, 0, "a,\"b\\");
	args_text(&a, 0, NULL);
	args_text(&a, 0, "");
	CU_ASSERT_STRING_EQUAL(printed("SELECT $1::text[]", &a), "{\"a,\\\"b\\\\\",NULL,\"\"}");
	args_init(&a, bytes, 1);
	args_bytes(&a, 0, (struct mem){ (const uint8_t *)"\0\xff", 2 });
	args_bytes(&a, 0, MEM_NONE);
	args_bytes_or_null(&a, 0, MEM_NONE);
	CU_ASSERT_STRING_EQUAL(printed("SELECT $1::bytea[]", &a), "{\"\\\\x00ff\",\"\\\\x\",NULL}");
	args_init(&a, ints, 1);
	args_int(&a, 0, -7);
	CU_ASSERT_STRING_EQUAL(printed("SELECT $1::int[]", &a), "{-7}");
	args_init(&a, bigs, 1);
	args_bigint(&a, 0, INT64_MIN);
	CU_ASSERT_STRING_EQUAL(printed("SELECT $1::bigint[]", &a), "{-9223372036854775808}");
	args_init(&a, bools, 1);
	args_bool(&a, 0, true);
	args_bool(&a, 0, false);
	CU_ASSERT_STRING_EQUAL(printed("SELECT $1::boolean[]", &a), "{t,f}");
}

static void
an_empty_array_has_no_dimension(void)
{
	static const enum arg_type texts[] = { ARG_TEXTS };
	struct args a;

	args_init(&a, texts, 1);
	CU_ASSERT_STRING_EQUAL(printed("SELECT cardinality($1::text[])", &a), "0");
}

static void
text_that_is_not_utf8_is_escaped_and_not_refused(void)
{
	static const enum arg_type types[] = { ARG_TEXTS, ARG_SCALAR };
	struct args a;

	args_init(&a, types, 2);
	args_text(&a, 0, "a\xff");
	args_set_text(&a, 1, "b\xfe");
	CU_ASSERT_STRING_EQUAL(printed("SELECT ($1::text[])[1] || $2::text", &a), "a\\xffb\\xfe");
}

static void
scalars_are_null_until_set(void)
{
	static const enum arg_type types[] = { ARG_SCALAR, ARG_SCALAR, ARG_SCALAR, ARG_SCALAR };
	struct args a;

	args_init(&a, types, 4);
	args_set_i64(&a, 1, -5);
	args_set_bool(&a, 2, true);
	args_set_f64(&a, 3, 0.5);
	CU_ASSERT_STRING_EQUAL(printed("SELECT concat_ws(' ', $1::text IS NULL, $2::bigint, $3::boolean, $4::float8)",
	    &a), "t -5 t 0.5");
}

static void
what_is_too_much_fails_and_is_not_sent(void)
{
	static const enum arg_type types[] = { ARG_BYTEAS };
	static const uint8_t byte;
	struct args a;
	PGresult *r;
	struct err e;

	args_init(&a, types, 1);
	args_bytes(&a, 0, (struct mem){ &byte, (size_t)ARG_BYTES + 1 });
	CU_ASSERT_EQUAL(pg_query(fix_db("nemra_owner"), "SELECT $1::bytea[]", &a, &r, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_LONG);
	args_free(&a);
}

static const struct unit_test tests[] = {
	UNIT(arrays_arrive_as_they_were_built),
	UNIT(an_empty_array_has_no_dimension),
	UNIT(text_that_is_not_utf8_is_escaped_and_not_refused),
	UNIT(scalars_are_null_until_set),
	UNIT(what_is_too_much_fails_and_is_not_sent),
};

UNIT_SUITE(args_suite, tests);
