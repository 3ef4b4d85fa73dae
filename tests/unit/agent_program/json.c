/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "agent/program.h"
#include "common/base/alloc.h"
#include "tests/unit/unit.h"

static int
read_template(const char *json, const char *profile, struct nemra_template *t, struct nemra_error *e)
{
	memset(t, 0, sizeof(*t));
	nemra_error_clear(e);
	return json_template(NULL, (struct nemra_bytes){ (const uint8_t *)json, strlen(json) }, profile, t, e);
}

static const char two_profiles[] =
    "{\"station\":\"gnb-7\",\"future\":1,\"profiles\":["
    "{\"name\":\"gnb\",\"subject\":\"CN=gnb-7,O=Example Operator\",\"san\":{\"dns\":[\"gnb-7.ran.example\"],\"ip\":[]},"
    "\"key_types\":[\"ec-p384\",\"rsa-3072\"],\"eku\":[\"clientAuth\",\"serverAuth\"],\"envelope\":\"required\","
    "\"renew_from\":\"2/3\"},"
    "{\"name\":\"ipsec\",\"subject\":\"CN=x\",\"renew_from\":\"0.8\",\"envelope\":\"optional\"}]}";

static void
a_template_is_read_field_by_field(void)
{
	struct nemra_template t;
	struct nemra_error e;

	CU_ASSERT_EQUAL_FATAL(read_template(two_profiles, NULL, &t, &e), 0);
	CU_ASSERT_STRING_EQUAL(t.station, "gnb-7");
	CU_ASSERT_STRING_EQUAL(t.profile, "gnb");
	CU_ASSERT_STRING_EQUAL(t.subject, "CN=gnb-7,O=Example Operator");
	CU_ASSERT_EQUAL(t.n_dns, 1);
	CU_ASSERT_STRING_EQUAL(t.dns[0], "gnb-7.ran.example");
	CU_ASSERT_EQUAL(t.n_ip, 0);
	CU_ASSERT_EQUAL(t.n_key_types, 2);
	CU_ASSERT_STRING_EQUAL(t.key_types[1], "rsa-3072");
	CU_ASSERT_EQUAL(t.n_eku, 2);
	CU_ASSERT_TRUE(t.envelope_required);
	CU_ASSERT_EQUAL(t.renew_num, 666);
	CU_ASSERT_EQUAL(t.renew_den, 1000);
}

static void
the_profile_asked_for_is_taken_or_refused(void)
{
	struct nemra_template t;
	struct nemra_error e;

	CU_ASSERT_EQUAL(read_template(two_profiles, "ipsec", &t, &e), 0);
	CU_ASSERT_STRING_EQUAL(t.subject, "CN=x");
	CU_ASSERT_FALSE(t.envelope_required);
	CU_ASSERT_EQUAL(t.renew_num * 10, t.renew_den * 8);
	CU_ASSERT_EQUAL(read_template(two_profiles, "none", &t, &e), -1);
	CU_ASSERT_STRING_EQUAL(e.reason, "PROFILE_UNKNOWN");
	CU_ASSERT_EQUAL(e.status, 2);
	CU_ASSERT_EQUAL(read_template("{\"station\":\"a\",\"profiles\":[]}", NULL, &t, &e), -1);
	CU_ASSERT_STRING_EQUAL(e.reason, "PROFILE_UNKNOWN");
}

static void
a_template_that_is_not_one_is_refused(void)
{
	static const char *const bad[] = {
		"", "x", "[]", "{}", "{\"profiles\":{}}", "{\"profiles\":[1]}",
		"{\"station\":1,\"profiles\":[{\"name\":\"a\"}]}",
		"{\"station\":\"a\",\"station\":\"b\",\"profiles\":[{\"name\":\"a\"}]}",
		"{\"profiles\":[{\"name\":\"a\",\"subject\":[]}]}",
		"{\"profiles\":[{\"name\":\"a\",\"san\":{\"dns\":\"x\"}}]}",
		"{\"profiles\":[{\"name\":\"a\",\"san\":{\"dns\":[1]}}]}",
		"{\"profiles\":[{\"name\":\"a\",\"renew_from\":\"3/2\"}]}",
		"{\"profiles\":[{\"name\":\"a\",\"renew_from\":\"0/3\"}]}",
		"{\"profiles\":[{\"name\":\"a\",\"renew_from\":\"1/0\"}]}",
		"{\"profiles\":[{\"name\":\"a\",\"renew_from\":\"2/\"}]}",
		"{\"profiles\":[{\"name\":\"a\",\"renew_from\":\"2/3x\"}]}",
		"{\"profiles\":[{\"name\":\"a\",\"renew_from\":\"nan\"}]}",
		"{\"profiles\":[{\"name\":\"a\",\"renew_from\":\"-1\"}]}",
		"{\"profiles\":[{\"name\":\"a\",\"key_types\":[\"a-name-of-a-key-type-that-is-far-too-long\"]}]}",
		"{\"profiles\":[{\"name\":\"a\"}]} more",
	};
	struct nemra_template t;
	struct nemra_error e;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_EQUAL(read_template(bad[i], NULL, &t, &e), -1);
}

/* One text too many, or one octet too long, in each list. */
static void
lists_have_their_limits(void)
{
	char json[16384], name[300];

	for (size_t n = NEMRA_NAMES - 1; n <= NEMRA_NAMES + 1; n++) {
		struct nemra_template t;
		struct nemra_error e;
		size_t at = (size_t)snprintf(json, sizeof(json), "{\"profiles\":[{\"name\":\"a\",\"san\":{\"dns\":[");

		for (size_t i = 0; i < n; i++)
			at += (size_t)snprintf(json + at, sizeof(json) - at, "%s\"h%zu\"", i == 0 ? "" : ",", i);
		snprintf(json + at, sizeof(json) - at, "]}}]}");
		CU_ASSERT_EQUAL(read_template(json, NULL, &t, &e), n <= NEMRA_NAMES ? 0 : -1);
	}
	for (int len = NEMRA_TEXT - 2; len <= NEMRA_TEXT; len++) {
		struct nemra_template t;
		struct nemra_error e;

		memset(name, 'a', sizeof(name));
		snprintf(json, sizeof(json),
		    "{\"profiles\":[{\"name\":\"a\",\"san\":{\"dns\":[\"%.*s\"]}}]}", len, name);
		CU_ASSERT_EQUAL(read_template(json, NULL, &t, &e), len < NEMRA_TEXT ? 0 : -1);
	}
}

static void
a_problem_gives_reason_and_detail(void)
{
	static const struct {
		const char *json;
		int rc;
		const char *reason, *detail;
	} t[] = {
		{ "{\"type\":\"/problems/KEY_TOO_WEAK\",\"reason\":\"KEY_TOO_WEAK\",\"detail\":\"RSA 1024\"}", 0,
		    "KEY_TOO_WEAK", "RSA 1024" },
		{ "{\"reason\":null,\"state\":\"waiting\"}", -1, "", "waiting" },
		{ "{\"reason\":\"A\"}", 0, "A", "" },
		{ "{\"reason\":7}", -1, "", "" },
		{ "[]", -1, "", "" },
		{ "oops", -1, "", "" },
	};

	for (size_t i = 0; i < COUNT_OF(t); i++) {
		char reason[NEMRA_TEXT] = "", detail[NEMRA_TEXT] = "";
		struct nemra_bytes b = { (const uint8_t *)t[i].json, strlen(t[i].json) };

		CU_ASSERT_EQUAL(json_problem(NULL, b, reason, detail), t[i].rc);
		CU_ASSERT_STRING_EQUAL(reason, t[i].reason);
		CU_ASSERT_STRING_EQUAL(detail, t[i].detail);
	}
}

static const struct unit_test tests[] = {
	UNIT(a_template_is_read_field_by_field),
	UNIT(the_profile_asked_for_is_taken_or_refused),
	UNIT(a_template_that_is_not_one_is_refused),
	UNIT(lists_have_their_limits),
	UNIT(a_problem_gives_reason_and_detail),
};
extern const struct unit_suite json_suite;
UNIT_SUITE(json_suite, tests);
