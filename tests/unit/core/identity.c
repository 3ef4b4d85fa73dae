/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/identity.h"

#include <string.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "tests/unit/unit.h"

static struct vendor_rule
rule(const char *pattern)
{
	return (struct vendor_rule){
		.vendor = xstrdup("acme"),
		.serial_field = xstrdup("subject.serialNumber"),
		.pattern = xstrdup(pattern),
	};
}

/* The serial that pattern finds in text, or NULL. Valid until the next call. */
static const char *
serial_of(const char *pattern, const char *text)
{
	static char found[LIM_SUBJECT];
	struct vendor_rule r = rule(pattern);
	struct buf b;
	struct err e;
	int rc;

	buf_init(&b, sizeof(found) - 1);
	CU_ASSERT_EQUAL_FATAL(vendor_rule_compile(&r, &e), 0);
	rc = vendor_rule_serial(&r, text, &b, &e);
	if (rc == 0) {
		memcpy(found, b.p, b.len);
		found[b.len] = '\0';
	} else
		CU_ASSERT_EQUAL(e.reason, R_NO_VENDOR_ID);
	buf_free(&b);
	vendor_rule_free(&r);
	return rc == 0 ? found : NULL;
}

static void
the_first_group_is_the_serial(void)
{
	CU_ASSERT_STRING_EQUAL(serial_of("^SN-([0-9]+)-(.*)$", "SN-0042-rev3"), "0042");
}

static void
without_a_group_the_whole_match_is(void)
{
	CU_ASSERT_STRING_EQUAL(serial_of("[0-9]{4}", "SN-0042-rev3"), "0042");
}

static void
text_that_does_not_fit_has_no_serial(void)
{
	CU_ASSERT_PTR_NULL(serial_of("^SN-([0-9]+)$", "0042"));
	CU_ASSERT_PTR_NULL(serial_of("^(.+)$", ""));
}

static void
an_empty_serial_is_none(void)
{
	CU_ASSERT_PTR_NULL(serial_of("^SN-([0-9]*)$", "SN-"));
	CU_ASSERT_PTR_NULL(serial_of("^SN(-([0-9]+))?$", "SN"));
}

static void
a_pattern_that_is_none_says_so(void)
{
	struct vendor_rule r = rule("^(");
	struct err e;

	CU_ASSERT_EQUAL(vendor_rule_compile(&r, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "acme"));
	vendor_rule_free(&r);
}

static void
a_serial_meets_the_callers_limit(void)
{
	struct vendor_rule r = rule("^(.+)$");
	struct buf b;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(vendor_rule_compile(&r, &e), 0);
	buf_init(&b, 4);
	CU_ASSERT_EQUAL(vendor_rule_serial(&r, "1234", &b, &e), 0);
	buf_reset(&b);
	CU_ASSERT_EQUAL(vendor_rule_serial(&r, "12345", &b, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NO_VENDOR_ID);
	buf_free(&b);
	vendor_rule_free(&r);
}

static const struct unit_test tests[] = {
	UNIT(the_first_group_is_the_serial),
	UNIT(without_a_group_the_whole_match_is),
	UNIT(text_that_does_not_fit_has_no_serial),
	UNIT(an_empty_serial_is_none),
	UNIT(a_pattern_that_is_none_says_so),
	UNIT(a_serial_meets_the_callers_limit),
};

UNIT_SUITE(identity_suite, tests);
