/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/routes.h"

#include <string.h>

static int
est_body(const struct http_head *h, size_t *max, struct err *e)
{
	if (strcmp(h->type, "application/pkcs10") != 0)
		return err_set(e, R_WRONG_CONTENT_TYPE, "application/pkcs10 is taken here");
	*max = intake_max(INTAKE_PKCS10_BASE64);
	return 0;
}

static int
upload_body(const struct http_head *h, size_t *max, struct err *e)
{
	enum intake_kind kind = intake_kind_of(h->type);

	if (kind == INTAKE_NONE)
		return err_set(e, R_WRONG_CONTENT_TYPE, "\"%s\"", h->type);
	*max = intake_max(kind);
	return 0;
}

#define EST "/.well-known/est"

static const struct route routes[] = {
	{ HTTP_GET, EST "/cacerts", WHO_ANYBODY, true, false, NULL, est_cacerts },
	{ HTTP_GET, EST "/*/cacerts", WHO_ANYBODY, true, false, NULL, est_cacerts },
	{ HTTP_GET, EST "/csrattrs", WHO_STATION_IF_ANY, true, false, NULL, est_csrattrs },
	{ HTTP_GET, EST "/*/csrattrs", WHO_STATION_IF_ANY, true, false, NULL, est_csrattrs },
	{ HTTP_POST, EST "/simpleenroll", WHO_STATION, true, false, est_body, est_enroll },
	{ HTTP_POST, EST "/*/simpleenroll", WHO_STATION, true, false, est_body, est_enroll },
	{ HTTP_POST, EST "/simplereenroll", WHO_STATION, true, false, est_body, est_reenroll },
	{ HTTP_POST, EST "/*/simplereenroll", WHO_STATION, true, false, est_body, est_reenroll },
	{ HTTP_GET, "/v1/template", WHO_STATION, false, false, NULL, page_template },
	{ HTTP_POST, "/v1/requests", WHO_STATION, false, true, upload_body, requests_submit },
	{ HTTP_GET, "/v1/requests/*", WHO_STATION, false, false, NULL, requests_show },
	{ HTTP_GET, "/v1/requests/*/certificate", WHO_STATION, false, false, NULL, requests_certificate },
	{ HTTP_POST, "/v1/requests/*/installed", WHO_STATION, false, false, NULL, requests_installed },
	{ HTTP_GET, "/v1/trust", WHO_ANYBODY, false, false, NULL, page_trust },
	{ HTTP_GET, "/healthz", WHO_ANYBODY, false, false, NULL, page_health },
	{ HTTP_GET, "/readyz", WHO_ANYBODY, false, false, NULL, page_ready },
	{ HTTP_GET, "/problems/*", WHO_ANYBODY, false, false, NULL, page_problem },
};

/* A pattern without * is never meant by a path that a pattern with one would match too: the table
 * has the plain ones first. */
static bool
match(const char *pattern, const char *path, char part[LIM_PROFILE_NAME + 1])
{
	const char *star = strchr(pattern, '*');
	size_t before, len;

	part[0] = '\0';
	if (star == NULL)
		return strcmp(pattern, path) == 0;
	before = (size_t)(star - pattern);
	if (strncmp(pattern, path, before) != 0)
		return false;
	len = strcspn(path + before, "/");
	if (len == 0 || len > LIM_PROFILE_NAME || strcmp(star + 1, path + before + len) != 0)
		return false;
	memcpy(part, path + before, len);
	part[len] = '\0';
	return true;
}

int
routes_find(enum http_method method, const char *path, const struct route **out,
    char part[LIM_PROFILE_NAME + 1], const char **allow, struct err *e)
{
	*allow = NULL;
	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		if (!match(routes[i].pattern, path, part))
			continue;
		*out = &routes[i];
		if (routes[i].method == method)
			return 0;
		*allow = routes[i].method == HTTP_GET ? "GET" : "POST";
		return err_set(e, R_HTTP_METHOD, "%s is taken here", *allow);
	}
	return err_set(e, R_NOT_FOUND, "%s", "");
}
