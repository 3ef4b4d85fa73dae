/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/unit/unit.h"

static char *
line(const char *const *value, size_t n)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (size_t i = 0; i < n; i++)
		csv_put(f, value[i], i == 0);
	csv_end(f);
	CU_ASSERT_EQUAL(fclose(f), 0);
	return text;
}

static void
is(const char *value, const char *want)
{
	char *got = line(&value, 1);

	CU_ASSERT_STRING_EQUAL(got, want);
	free(got);
}

static void
a_line_is_as_rfc_4180_has_it(void)
{
	const char *value[] = { "a", "b,c", "say \"x\"", NULL, "two\nlines" };
	char *got = line(value, 5);

	CU_ASSERT_STRING_EQUAL(got, "\"a\",\"b,c\",\"say \"\"x\"\"\",\"\",\"two\nlines\"\r\n");
	free(got);
}

static void
formulas_are_guarded(void)
{
	is("=1+1", "\"'=1+1\"\r\n");
	is("+1", "\"'+1\"\r\n");
	is("-1", "\"'-1\"\r\n");
	is("@x", "\"'@x\"\r\n");
	is("\t=x", "\"'\t=x\"\r\n");
	is("\r=x", "\"'\r=x\"\r\n");
	is("'=x", "\"''=x\"\r\n");
	is("'x", "\"'x\"\r\n");
	is("a=1", "\"a=1\"\r\n");
	is("", "\"\"\r\n");
}

/* Every beginning a spreadsheet could take for more than text, before all that formulas are made of. */
static void
no_payload_stays_a_formula(void)
{
	static const char *const begin[] = { "=", "+", "-", "@", "\t", "\r", "'=", "''=", "'+", "'\t" };
	static const char *const rest[] = { "1+1", "cmd|' /C calc'!A0", "HYPERLINK(\"http://x\",\"y\")", "SUM(A1:A9)",
		"IMPORTXML(1)", "", "\"", "\",=1", "\r\n=1", "2+5+cmd|' /C calc'!A0", "DDE(\"a\";\"b\")", "-1",
		"@SUM(1)", "'", "\xef\xbb\xbf=1", "0x1", "1e5", "=", "+", "%0A-3+3+cmd" };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		for (size_t k = 0; k < sizeof(rest) / sizeof(rest[0]); k++, n++) {
			char payload[128];
			const char *value[] = { payload };
			char *got;

			snprintf(payload, sizeof(payload), "%s%s", begin[i], rest[k]);
			got = line(value, 1);
			CU_ASSERT_EQUAL(strncmp(got, "\"'", 2), 0);
			free(got);
		}
	CU_ASSERT(n >= 200);
}

static const struct unit_test tests[] = {
	UNIT(a_line_is_as_rfc_4180_has_it),
	UNIT(formulas_are_guarded),
	UNIT(no_payload_stays_a_formula),
};
UNIT_SUITE(csv_suite, tests);
