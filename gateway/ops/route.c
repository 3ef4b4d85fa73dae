/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table of routes, and finding one in it.
 */
#include <string.h>
#include <strings.h>

#include "gateway/ops/api.h"

static const char *const list_params[] = { "where", "after", "limit", NULL };
static const char *const import_params[] = { "dry_run", "keep_going", "line", NULL };
static const char *const verify_params[] = { "expect", NULL };

#define JSON "application/json"
#define PEM "application/pem-certificate-chain"
#define ROWS "text/csv, application/x-ndjson"

static const struct route routes[] = {
	{ "GET", "/api/v1/stations", "station.list", "Stations of the inventory", list_params,
	    api_station_list, NULL, JSON, ops_station_columns, false, false },
	{ "POST", "/api/v1/stations", "station.import",
	    "Import stations; the lines that cannot be taken are in the answer", import_params,
	    NULL, ROWS, JSON, NULL, false, true },
	{ "GET", "/api/v1/stations/{station}", "station.show", "One station", NULL,
	    api_station_show, NULL, JSON, ops_station_columns, false, false },
	{ "POST", "/api/v1/stations/{station}/block", "station.block",
	    "Refuse everything this station asks for", NULL,
	    api_station_block, JSON, JSON, ops_station_columns, false, false },
	{ "POST", "/api/v1/stations/{station}/unblock", "station.unblock", "Serve this station again", NULL,
	    api_station_unblock, JSON, JSON, ops_station_columns, false, false },
	{ "GET", "/api/v1/requests", "request.list", "Certificate requests", list_params,
	    api_request_list, NULL, JSON, ops_request_columns, false, false },
	{ "GET", "/api/v1/requests/{request}", "request.show",
	    "One request, with its timeline and the messages it led to", NULL,
	    api_request_show, NULL, JSON, ops_request_columns, false, false },
	{ "POST", "/api/v1/requests/{request}/approve", "request.approve", "Let a held request go", NULL,
	    api_request_approve, JSON, JSON, ops_request_columns, false, false },
	{ "POST", "/api/v1/requests/{request}/deny", "request.deny", "Refuse a held request, saying why", NULL,
	    api_request_deny, JSON, JSON, ops_request_columns, false, false },
	{ "POST", "/api/v1/requests/{request}/retry", "request.retry",
	    "Begin a request in doubt anew, as another attempt, saying why", NULL,
	    api_request_retry, JSON, JSON, ops_request_columns, false, false },
	{ "POST", "/api/v1/requests/{request}/cancel", "request.cancel",
	    "Give up a request in doubt, or one that has not left, saying why", NULL,
	    api_request_cancel, JSON, JSON, ops_request_columns, false, false },
	{ "GET", "/api/v1/certificates", "certificate.list", "Certificates that were issued", list_params,
	    api_certificate_list, NULL, JSON, ops_certificate_columns, false, false },
	{ "GET", "/api/v1/certificates/{certificate}", "certificate.show",
	    "One certificate, decoded, by its key or its request", NULL,
	    api_certificate_show, NULL, JSON, ops_certificate_columns, false, false },
	{ "GET", "/api/v1/certificates/{certificate}/chain", "certificate.export",
	    "One certificate with its chain, as PEM", NULL,
	    api_certificate_chain, NULL, PEM, NULL, false, false },
	{ "GET", "/api/v1/audit", "audit.list", "Audit events", list_params,
	    api_audit_list, NULL, JSON, ops_audit_columns, false, false },
	{ "GET", "/api/v1/audit/verify", "audit.verify",
	    "Check the audit trail from its first link to its last", verify_params,
	    api_audit_verify, NULL, JSON, NULL, false, true },
	{ "GET", "/api/v1/cas", "ca.list", "The CAs and whether they answer", NULL,
	    api_ca_list, NULL, JSON, NULL, false, false },
	{ "POST", "/api/v1/cas/{ca}/pause", "ca.pause", "Send nothing more to this CA, saying why", NULL,
	    api_ca_pause, JSON, JSON, NULL, false, false },
	{ "POST", "/api/v1/cas/{ca}/resume", "ca.resume", "Send to this CA again", NULL,
	    api_ca_resume, JSON, JSON, NULL, false, false },
	{ "GET", "/api/v1/status", "status", "Is it well, and if not, what is the matter and what to do", NULL,
	    api_status, NULL, JSON, NULL, false, false },
	{ "GET", "/problems/{reason}", "problem", "What a reason means and what to do", NULL,
	    api_problem, NULL, JSON, NULL, true, false },
	{ "GET", "/openapi.json", "openapi", "This description", NULL,
	    api_openapi, NULL, JSON, NULL, true, false },
	{ "GET", "/healthz", "healthz", "The process lives", NULL,
	    api_healthz, NULL, JSON, NULL, true, false },
	{ "GET", "/readyz", "readyz", "The process can do its work", NULL,
	    api_readyz, NULL, JSON, NULL, true, false },
};

const struct route *
api_routes(size_t *n)
{
	*n = COUNT_OF(routes);
	return routes;
}

/* {…} stands for one part of a path that is not empty. */
static bool
path_fits(const char *pattern, const char *path, char arg[API_ARG + 1])
{
	while (*pattern != '\0') {
		size_t len;

		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		pattern += strcspn(pattern, "}") + 1;
		len = strcspn(path, "/");
		if (len == 0 || len > API_ARG)
			return false;
		memcpy(arg, path, len);
		arg[len] = '\0';
		path += len;
	}
	return *path == '\0';
}

int
api_route(const char *method, const char *path, const struct route **out, char arg[API_ARG + 1],
    const char **allow, struct err *e)
{
	bool get = false, post = false;

	arg[0] = '\0';
	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		if (!path_fits(routes[i].path, path, arg))
			continue;
		if (strcmp(routes[i].method, method) == 0) {
			*out = &routes[i];
			return 0;
		}
		get = get || strcmp(routes[i].method, "GET") == 0;
		post = post || strcmp(routes[i].method, "POST") == 0;
	}
	*allow = get && post ? "GET, POST" : get ? "GET" : "POST";
	if (get || post)
		return err_set(e, R_HTTP_METHOD, "%.64s is served by %s", path, *allow);
	*allow = NULL;
	return err_set(e, R_NOT_FOUND, "%.128s", path);
}

static bool
knows_param(const struct route *r, const char *key)
{
	for (size_t i = 0; r->params != NULL && r->params[i] != NULL; i++)
		if (strcmp(r->params[i], key) == 0)
			return true;
	return false;
}

int
api_param_add(struct api_call *c, const struct route *r, const char *key, const char *value, struct err *e)
{
	if (!knows_param(r, key))
		return err_set(e, R_BAD_PARAMETER, "there is no parameter \"%.64s\" here", key);
	if (api_param(c, key) != NULL || c->n_params == API_PARAMS)
		return err_set(e, R_BAD_PARAMETER, "%s stands twice", key);
	c->param[c->n_params++] = (struct api_param){ key, value == NULL ? "" : value };
	return 0;
}

const char *
api_param(const struct api_call *c, const char *key)
{
	for (size_t i = 0; i < c->n_params; i++)
		if (strcmp(c->param[i].key, key) == 0)
			return c->param[i].value;
	return NULL;
}

int
api_param_bool(const struct api_call *c, const char *key, bool *out, struct err *e)
{
	const char *v = api_param(c, key);

	*out = v != NULL && strcmp(v, "1") == 0;
	if (v != NULL && !*out && strcmp(v, "0") != 0)
		return err_set(e, R_BAD_PARAMETER, "%s: 0 or 1", key);
	return 0;
}

int
api_param_size(const struct api_call *c, const char *key, size_t max, size_t *out, struct err *e)
{
	const char *v = api_param(c, key);
	size_t n = 0;

	if (v == NULL)
		return 0;
	for (const char *p = v; *p >= '0' && *p <= '9' && n <= max; p++)
		n = n * 10 + (size_t)(*p - '0');
	if (*v < '1' || *v > '9' || n > max || v[strspn(v, "0123456789")] != '\0')
		return err_set(e, R_BAD_PARAMETER, "%s: a number from 1 to %zu", key, max);
	*out = n;
	return 0;
}
