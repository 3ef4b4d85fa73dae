/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/unit/run/folder.h"
#include "tests/unit/unit.h"

static void
profiles_are_read_in_the_order_of_their_names(void)
{
	struct nemra_conf c;
	struct err e;

	(void)folder_make(CORE);
	folder_add("b.yaml", PROFILE("b"));
	folder_add("a.yaml", PROFILE("a"));
	folder_add("B.yaml", PROFILE("B"));
	folder_add("a.yaml~", "not read");
	folder_add(".a.yaml", "not read");
	folder_add("README", "not read");
	CU_ASSERT_EQUAL_FATAL(folder_load(&c, &e), 0);
	CU_ASSERT_EQUAL_FATAL(c.profiles.n, 3);
	CU_ASSERT_STRING_EQUAL(c.profiles.v[0].name, "B");
	CU_ASSERT_STRING_EQUAL(c.profiles.v[1].name, "a");
	CU_ASSERT_STRING_EQUAL(c.profiles.v[2].name, "b");
	nemra_conf_free(&c);
}

static void
a_profile_gets_what_its_file_says(void)
{
	const struct profile *p;
	struct nemra_conf c;
	struct err e;

	(void)folder_make(CORE);
	folder_add("p.yaml", PROFILE("p") "san_dns: [ \"${station}.example\" ]\nsan_ip: [ \"2001:db8::1\" ]\n"
	    "eku: [ clientAuth, 1.2.3.4 ]\napproval: hold\nenvelope: required\n"
	    "renew: { from: 3/4, after_expiry: 30d }\n");
	folder_add("q.yaml", PROFILE("q"));
	CU_ASSERT_EQUAL_FATAL(folder_load(&c, &e), 0);
	p = profile_find(&c.profiles, "p");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(p->ca, "core");
	CU_ASSERT_STRING_EQUAL(p->san_dns[0], "${station}.example");
	CU_ASSERT_EQUAL(p->n_eku, 2);
	CU_ASSERT_TRUE(p->hold);
	CU_ASSERT_TRUE(p->envelope_required);
	CU_ASSERT_TRUE(p->renew_from > 0.749 && p->renew_from < 0.751);
	CU_ASSERT_EQUAL(p->renew_after_expiry, 30 * 86400);
	p = profile_find(&c.profiles, "q");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_FALSE(p->hold);
	CU_ASSERT_FALSE(p->envelope_required);
	CU_ASSERT_TRUE(p->renew_from > 0.666 && p->renew_from < 0.667);
	CU_ASSERT_EQUAL(p->renew_after_expiry, 0);
	nemra_conf_free(&c);
}

static void
a_profile_is_named_as_its_file(void)
{
	(void)folder_make(CORE);
	folder_add("p.yaml", PROFILE("q"));
	CU_ASSERT_TRUE(folder_refused("p.yaml:1:7: name: not the file's; allowed: p"));
}

static void
the_ca_of_a_profile_must_exist(void)
{
	(void)folder_make("{}");
	folder_add("p.yaml", PROFILE("p"));
	CU_ASSERT_TRUE(folder_refused("p.yaml:2:5: ca: there is no CA of this name in nemra.yaml"));
}

static void
a_profile_asks_only_for_what_is_known(void)
{
	static const struct {
		const char *text, *detail;
	} bad[] = {
		{ "name: p\nca: core\nkeys: [ ec-p256 ]\n", ":1:1: subject: is missing" },
		{ "name: p\nca: core\nsubject: CN=x\n", ":1:1: keys: is missing or an empty list" },
		{ "name: p\nca: core\nsubject: \"CN=${stattion}\"\nkeys: [ ec-p256 ]\n",
		    ":3:10: subject: bad pattern; allowed: ${station}" },
		{ "name: p\nca: core\nsubject: \"CN=${station\"\nkeys: [ ec-p256 ]\n", "subject: bad pattern" },
		{ "name: p\nca: core\nsubject: \"hello\"\nkeys: [ ec-p256 ]\n",
		    "subject: not a distinguished name" },
		{ "name: p\nca: core\nsubject: \"CN=a,CN=b\"\nkeys: [ ec-p256 ]\n",
		    "subject: not a distinguished name" },
		{ "name: p\nca: core\nsubject: CN=x\nkeys: [ ec-p257 ]\n",
		    ":4:7: keys: unknown key type ec-p257; allowed: ec-p256" },
		{ PROFILE("p") "eku: [ anyAuth ]\n", "eku: unknown usage anyAuth" },
		{ PROFILE("p") "san_dns: [ \"*.example\" ]\n", "san_dns: not a host name" },
		{ PROFILE("p") "san_dns: [ \"${host}.example\" ]\n", "san_dns: bad pattern" },
		{ PROFILE("p") "san_ip: [ 192.0.2 ]\n", "san_ip: not an address" },
		{ PROFILE("p") "renew: { from: \"5/4\" }\n", "renew.from: bad value" },
		{ PROFILE("p") "approval: maybe\n", "approval: bad value; allowed: auto, hold" },
		{ PROFILE("p") "validity: 30d\n", "unknown key \"validity\"" },
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		(void)folder_make(CORE);
		folder_add("p.yaml", bad[i].text);
		CU_ASSERT_TRUE(folder_refused(bad[i].detail));
	}
}

static const struct unit_test tests[] = {
	UNIT(profiles_are_read_in_the_order_of_their_names),
	UNIT(a_profile_gets_what_its_file_says),
	UNIT(a_profile_is_named_as_its_file),
	UNIT(the_ca_of_a_profile_must_exist),
	UNIT(a_profile_asks_only_for_what_is_known),
};
extern const struct unit_suite profile_suite;
UNIT_SUITE(profile_suite, tests);
