/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gateway/intake/routes.h"
#include "tests/unit/unit.h"

struct route_case {
	enum http_method method;
	const char *path;
	enum reason expected;
	const char *part;
	enum turn (*run)(struct exchange *);
};

static const struct route_case cases[] = {
	{ HTTP_GET, "/.well-known/est/cacerts", R_NONE, "", est_cacerts },
	{ HTTP_GET, "/.well-known/est/gnb/cacerts", R_NONE, "gnb", est_cacerts },
	{ HTTP_GET, "/.well-known/est/csrattrs", R_NONE, "", est_csrattrs },
	{ HTTP_POST, "/.well-known/est/simpleenroll", R_NONE, "", est_enroll },
	{ HTTP_POST, "/.well-known/est/gnb/simpleenroll", R_NONE, "gnb", est_enroll },
	{ HTTP_POST, "/.well-known/est/simplereenroll", R_NONE, "", est_reenroll },
	{ HTTP_GET, "/v1/template", R_NONE, "", page_template },
	{ HTTP_POST, "/v1/requests", R_NONE, "", requests_submit },
	{ HTTP_GET, "/v1/requests/x", R_NONE, "x", requests_show },
	{ HTTP_GET, "/v1/requests/x/certificate", R_NONE, "x", requests_certificate },
	{ HTTP_POST, "/v1/requests/x/installed", R_NONE, "x", requests_installed },
	{ HTTP_GET, "/v1/trust", R_NONE, "", page_trust },
	{ HTTP_GET, "/healthz", R_NONE, "", page_health },
	{ HTTP_GET, "/readyz", R_NONE, "", page_ready },
	{ HTTP_GET, "/problems/NOT_DER", R_NONE, "NOT_DER", page_problem },
	{ HTTP_GET, "/", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "*", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1/", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1/template/", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "//v1/template", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1//template", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/V1/template", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1/requests/", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1/requests//certificate", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1/requests/x/certificate/", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1/requests/x/y", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/v1/requests/../template", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/.well-known/est/a/b/cacerts", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/.well-known/est//cacerts", R_NOT_FOUND, NULL, NULL },
	{ HTTP_GET, "/.well-known/est/fullcmc", R_NOT_FOUND, NULL, NULL },
	{ HTTP_POST, "/.well-known/est/serverkeygen", R_NOT_FOUND, NULL, NULL },
	{ HTTP_POST, "/v1/template", R_HTTP_METHOD, "GET", NULL },
	{ HTTP_GET, "/v1/requests", R_HTTP_METHOD, "POST", NULL },
	{ HTTP_OTHER, "/v1/requests", R_HTTP_METHOD, "POST", NULL },
	{ HTTP_OTHER, "/v1/requests/x", R_HTTP_METHOD, "GET", NULL },
	{ HTTP_GET, "/v1/requests/x/installed", R_HTTP_METHOD, "POST", NULL },
	{ HTTP_GET, "/.well-known/est/simpleenroll", R_HTTP_METHOD, "POST", NULL },
};

static void
each_address_leads_where_the_table_says(void)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct route_case *c = &cases[i];
		const struct route *r = NULL;
		char part[LIM_PROFILE_NAME + 1];
		const char *allow;
		struct err e = { 0 };
		int rc = routes_find(c->method, c->path, &r, part, &allow, &e);

		CU_ASSERT_EQUAL(rc == 0 ? R_NONE : e.reason, c->expected);
		if (rc == 0) {
			CU_ASSERT_STRING_EQUAL(part, c->part);
			CU_ASSERT_TRUE(r->run == c->run);
		} else if (c->expected == R_HTTP_METHOD && allow != NULL) {
			CU_ASSERT_STRING_EQUAL(allow, c->part);
		}
	}
}

static void
a_segment_has_a_limit(void)
{
	char path[128] = "/v1/requests/", part[LIM_PROFILE_NAME + 1];
	size_t at = strlen(path);
	const struct route *r;
	const char *allow;
	struct err e;

	memset(path + at, 'a', LIM_PROFILE_NAME);
	CU_ASSERT_EQUAL(routes_find(HTTP_GET, path, &r, part, &allow, &e), 0);
	CU_ASSERT_EQUAL(strlen(part), LIM_PROFILE_NAME);
	path[at + LIM_PROFILE_NAME] = 'a';
	CU_ASSERT_EQUAL(routes_find(HTTP_GET, path, &r, part, &allow, &e), -1);
}

static const struct unit_test tests[] = {
	UNIT(each_address_leads_where_the_table_says),
	UNIT(a_segment_has_a_limit),
};
extern const struct unit_suite routes_suite;
UNIT_SUITE(routes_suite, tests);
