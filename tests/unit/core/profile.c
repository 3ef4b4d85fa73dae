/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/profile.h"

#include <string.h>

#include "common/base/limits.h"
#include "tests/unit/unit.h"

static char gnb_dns[] = "${station}.ran.example", gnb_ip[] = "192.0.2.7";
static char *gnb_dnss[] = { gnb_dns }, *gnb_ips[] = { gnb_ip };
static char gnb_name[] = "gnb", enb_name[] = "enb";
static char gnb_subject[] = "CN=${station},O=Example";

static struct profile two[] = {
	{ .name = gnb_name, .subject = gnb_subject, .san_dns = gnb_dnss, .n_san_dns = 1,
	  .san_ip = gnb_ips, .n_san_ip = 1 },
	{ .name = enb_name, .subject = gnb_subject },
};

static char st_name[] = "gnb-1", st_serial[] = " #4\"2+x, ", st_slash[] = "a/CN=b+c\\d";

static struct station
station(void)
{
	return (struct station){ .name = st_name, .serial = st_serial };
}

/* --- choose --- */

static const char *
chosen(size_t n, char *inventory, const char *wish)
{
	const struct profiles l = { two, n };
	const struct profile *p = NULL;
	struct station s = { .name = st_name, .profile = inventory };
	struct err e;

	if (profile_choose(&l, &s, wish, &p, &e) == 0)
		return p->name;
	CU_ASSERT_EQUAL(e.reason, R_PROFILE_UNKNOWN);
	return NULL;
}

static void
the_inventory_names_the_profile(void)
{
	CU_ASSERT_STRING_EQUAL(chosen(2, enb_name, NULL), "enb");
	CU_ASSERT_STRING_EQUAL(chosen(2, enb_name, "enb"), "enb");
	CU_ASSERT_PTR_NULL(chosen(2, enb_name, "gnb"));
	CU_ASSERT_PTR_NULL(chosen(1, enb_name, NULL));
}

static void
else_the_request_wishes_one(void)
{
	CU_ASSERT_STRING_EQUAL(chosen(2, NULL, "enb"), "enb");
	CU_ASSERT_PTR_NULL(chosen(2, NULL, "other"));
}

static void
else_the_only_one_is_taken(void)
{
	char none[] = "";

	CU_ASSERT_STRING_EQUAL(chosen(1, none, ""), "gnb");
	CU_ASSERT_PTR_NULL(chosen(2, none, ""));
	CU_ASSERT_PTR_NULL(chosen(0, none, NULL));
}

/* --- expand --- */

static enum reason
expand(const char *pattern, const struct station *s, bool dn, const char *want)
{
	struct buf b;
	struct err e = { R_NONE, "" };

	buf_init(&b, LIM_SUBJECT);
	if (profile_expand(pattern, s, dn, &b, &e) == 0) {
		CU_ASSERT_STRING_EQUAL(buf_text(&b), want);
	}
	buf_free(&b);
	return e.reason;
}

static void
variables_take_the_rows_values(void)
{
	struct station s = station();

	s.vendor = st_name;
	CU_ASSERT_EQUAL(expand("CN=${station}.${vendor}$", &s, true, "CN=gnb-1.gnb-1$"), R_NONE);
	CU_ASSERT_EQUAL(expand("${serial}", &s, false, st_serial), R_NONE);
}

static void
a_value_cannot_leave_its_attribute(void)
{
	struct station s = station();

	CU_ASSERT_EQUAL(expand("CN=${serial},O=x", &s, true, "CN=\\ #4\\\"2\\+x\\,\\ ,O=x"), R_NONE);
	s.serial = st_slash;
	CU_ASSERT_EQUAL(expand("/O=x/CN=${serial}", &s, true, "/O=x/CN=a\\/CN=b\\+c\\\\d"), R_NONE);
}

static void
a_value_that_the_row_lacks_is_a_mismatch(void)
{
	struct station s = station();

	CU_ASSERT_EQUAL(expand("CN=${region}", &s, true, ""), R_SUBJECT_MISMATCH);
}

static void
an_unknown_or_open_variable_is_a_configuration_error(void)
{
	struct station s = station();

	CU_ASSERT_EQUAL(expand("CN=${stations}", &s, true, ""), R_CONFIG);
	CU_ASSERT_EQUAL(expand("CN=${}", &s, true, ""), R_CONFIG);
	CU_ASSERT_EQUAL(expand("CN=${station", &s, true, ""), R_CONFIG);
}

static void
a_name_beyond_the_limit_is_a_mismatch(void)
{
	struct station s = station();
	struct buf b;
	struct err e;

	buf_init(&b, 8);
	CU_ASSERT_EQUAL(profile_expand("CN=${station}", &s, true, &b, &e), 0);
	buf_reset(&b);
	CU_ASSERT_EQUAL(profile_expand("CN=${station}x", &s, true, &b, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_SUBJECT_MISMATCH);
	buf_free(&b);
}

/* --- grant --- */

static void
a_grant_is_the_profiles_names_for_this_station(void)
{
	struct station s = station();
	struct grant g;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(profile_grant(&two[0], &s, &g, &e), 0);
	CU_ASSERT_STRING_EQUAL(g.subject, "CN=gnb-1,O=Example");
	CU_ASSERT_EQUAL_FATAL(g.n_san_dns, 1);
	CU_ASSERT_STRING_EQUAL(g.san_dns[0], "gnb-1.ran.example");
	CU_ASSERT_EQUAL_FATAL(g.n_san_ip, 1);
	CU_ASSERT_STRING_EQUAL(g.san_ip[0], "192.0.2.7");
	grant_free(&g);
}

static void
the_inventorys_own_names_come_first_and_as_they_are(void)
{
	char subject[] = "CN=${station}", own_ip[] = "2001:db8::1";
	char *own_ips[] = { own_ip };
	struct station s = station();
	struct grant g;
	struct err e;

	s.subject = subject;
	s.san_ip = own_ips;
	s.n_san_ip = 1;
	CU_ASSERT_EQUAL_FATAL(profile_grant(&two[0], &s, &g, &e), 0);
	CU_ASSERT_STRING_EQUAL(g.subject, "CN=${station}");
	CU_ASSERT_STRING_EQUAL(g.san_dns[0], "gnb-1.ran.example");
	CU_ASSERT_STRING_EQUAL(g.san_ip[0], "2001:db8::1");
	grant_free(&g);
}

static void
a_grant_that_cannot_be_made_leaves_nothing(void)
{
	char pattern[] = "${region}.example";
	char *patterns[] = { gnb_dns, pattern };
	struct profile p = two[0];
	struct station s = station();
	struct grant g = { 0 };
	struct err e;

	p.san_dns = patterns;
	p.n_san_dns = 2;
	CU_ASSERT_EQUAL(profile_grant(&p, &s, &g, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_SUBJECT_MISMATCH);
	CU_ASSERT_PTR_NULL(g.subject);
}

static const struct unit_test tests[] = {
	UNIT(the_inventory_names_the_profile),
	UNIT(else_the_request_wishes_one),
	UNIT(else_the_only_one_is_taken),
	UNIT(variables_take_the_rows_values),
	UNIT(a_value_cannot_leave_its_attribute),
	UNIT(a_value_that_the_row_lacks_is_a_mismatch),
	UNIT(an_unknown_or_open_variable_is_a_configuration_error),
	UNIT(a_name_beyond_the_limit_is_a_mismatch),
	UNIT(a_grant_is_the_profiles_names_for_this_station),
	UNIT(the_inventorys_own_names_come_first_and_as_they_are),
	UNIT(a_grant_that_cannot_be_made_leaves_nothing),
};

UNIT_SUITE(profile_suite, tests);
