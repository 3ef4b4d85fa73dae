/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * /openapi.json, made from the table of routes: it cannot describe what is not there.
 */
#include <string.h>
#include <strings.h>

#include "gateway/ops/api.h"

static json_t *
text_schema(void)
{
	return json_pack("{s:s}", "type", "string");
}

/* What query parameters there are anywhere. */
static const struct {
	const char *name;
	const char *type;
	const char *description;
} queries[] = {
	{ "where", "string", "Conditions KEY OP VALUE joined by commas; OP is one of = != < <= > >=" },
	{ "after", "string", "Continue after this key: next of the page before" },
	{ "limit", "integer", "Rows of a page, 1 to 1000" },
	{ "dry_run", "string", "1: say what would happen, change nothing" },
	{ "keep_going", "string", "1: a line that cannot be taken does not end the import" },
	{ "line", "integer", "Number of the first line of rows, when this is part of a file" },
	{ "expect", "string", "SEQ:MAC of an earlier report's head, which must be found again" },
};

static json_t *
query_json(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		if (strcmp(queries[i].name, name) == 0)
			return json_pack("{s:s, s:s, s:s, s:{s:s}}", "name", name, "in", "query", "description",
			    queries[i].description, "schema", "type", queries[i].type);
	return NULL;
}

/* The name between the braces of a path; 0: there are none. */
static int
path_arg(const char *path, const char **name)
{
	const char *open = strchr(path, '{');

	if (open == NULL)
		return 0;
	*name = open + 1;
	return (int)strcspn(open + 1, "}");
}

static json_t *
params_json(const struct route *r)
{
	json_t *list = json_array();
	const char *name;
	int len = path_arg(r->path, &name), rc = 0;

	if (len > 0)
		rc = json_array_append_new(list, json_pack("{s:s%, s:s, s:b, s:o}", "name", name, (size_t)len,
		    "in", "path", "required", 1, "schema", text_schema()));
	for (size_t i = 0; rc == 0 && r->params != NULL && r->params[i] != NULL; i++)
		rc = json_array_append_new(list, query_json(r->params[i]));
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* An object with the columns of the noun; other members may be there. */
static json_t *
object_schema(const char *const *columns)
{
	json_t *members = json_object();

	for (size_t i = 0; columns != NULL && columns[i] != NULL; i++)
		if (json_object_set_new(members, columns[i],
		    json_pack("{s:[s,s]}", "type", "string", "null")) != 0) {
			json_decref(members);
			return NULL;
		}
	return json_pack("{s:s, s:o}", "type", "object", "properties", members);
}

/* Objects with these members, of whatever type. */
static json_t *
array_schema(const char *const *members)
{
	json_t *properties = json_object();

	for (size_t i = 0; members[i] != NULL; i++)
		if (json_object_set_new(properties, members[i], json_object()) != 0) {
			json_decref(properties);
			return NULL;
		}
	return json_pack("{s:s, s:{s:s, s:o}}", "type", "array", "items", "type", "object", "properties", properties);
}

static json_t *
status_schema(void)
{
	static const char *const problem[] = { "what", "standing", "reason", "title", "detail", "since", "cause", "fix",
		NULL };
	static const char *const process[] = { "daemon", "host", "state", "pid", "version", "started_at", "seen_at",
		NULL };
	static const char *const part[] = { "part", "daemon", "host", "reason", "detail", "since", "value", NULL };
	static const char *const ca[] = { "ca", "circuit", "since", "reason", "detail", "last_success", "open_requests",
		"in_doubt", "latency_ms", "last_error", "last_error_at", "last_error_detail", NULL };
	static const char *const count[] = { "ca", "state", "requests", NULL };

	return json_pack("{s:s, s:{s:{s:[s,s,s]}, s:{s:s}, s:{s:[s,s]}, s:{s:[s,s]}, s:{s:[s,s]}, s:{s:[s,s]}, "
	    "s:{s:s}, s:{s:s}, s:o, s:o, s:o, s:o, s:o}}", "type", "object", "properties",
	    "overall", "enum", "well", "degraded", "down", "host", "type", "string",
	    "stations", "type", "integer", "null", "in_doubt_waiting", "type", "integer", "null",
	    "oldest_queued_at", "type", "string", "null", "oldest_in_doubt_at", "type", "string", "null",
	    "database", "type", "object", "signer", "type", "object",
	    "problems", array_schema(problem), "daemons", array_schema(process),
	    "parts", array_schema(part), "cas", array_schema(ca), "requests", array_schema(count));
}

static json_t *
answer_schema(const struct route *r)
{
	if (r->handle == api_status)
		return status_schema();
	if (strcmp(r->gives, "application/json") != 0)
		return text_schema();
	if (r->params == NULL || strcmp(r->params[0], "where") != 0)
		return object_schema(r->columns != NULL ? r->columns() : NULL);
	return json_pack("{s:s, s:{s:{s:s, s:o}, s:{s:[s,s]}}}", "type", "object", "properties", "items", "type",
	    "array", "items", object_schema(r->columns()), "next", "type", "string", "null");
}

static json_t *
body_json(const char *takes)
{
	json_t *content = json_object();
	size_t len;

	for (; *takes != '\0'; takes += len + strspn(takes + len, ", ")) {
		bool object = strncmp(takes, "application/json", 16) == 0;
		json_t *schema = object ? json_pack("{s:s, s:{s:o}}", "type", "object", "properties", "why",
		    text_schema()) : text_schema();

		len = strcspn(takes, ",");
		if (json_object_setn_new_nocheck(content, takes, len, json_pack("{s:o}", "schema", schema)) != 0) {
			json_decref(content);
			return NULL;
		}
	}
	return json_pack("{s:o}", "content", content);
}

static json_t *
operation_json(const struct route *r)
{
	json_t *o = json_pack("{s:s, s:s, s:o, s:{s:{s:s, s:{s:{s:o}}}, s:{s:s}}}", "operationId", r->id,
	    "summary", r->summary, "parameters", params_json(r), "responses", "200", "description", "done",
	    "content", r->gives, "schema", answer_schema(r), "default", "$ref",
	    "#/components/responses/problem");

	if (o != NULL && r->takes != NULL &&
	    json_object_set_new(o, "requestBody", body_json(r->takes)) != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* One entry a path, one member of it a method. */
static int
add_route(json_t *paths, const struct route *r)
{
	json_t *path = json_object_get(paths, r->path);

	if (path == NULL) {
		path = json_object();
		if (json_object_set_new(paths, r->path, path) != 0)
			return -1;
	}
	return json_object_set_new(path, strcmp(r->method, "GET") == 0 ? "get" : "post", operation_json(r));
}

static json_t *
problem_response(void)
{
	static const char *const members[] = { "type", "title", "status", "detail", "instance", "reason",
		"retryable", "cause", "fix", NULL };
	json_t *schema = object_schema(members);
	json_t *is = json_object_get(schema, "properties");

	if (json_object_set_new(is, "status", json_pack("{s:s}", "type", "integer")) != 0 ||
	    json_object_set_new(is, "retryable", json_pack("{s:s}", "type", "boolean")) != 0) {
		json_decref(schema);
		return NULL;
	}
	return json_pack("{s:s, s:{s:{s:o}}}", "description", "a problem (RFC 9457)", "content",
	    "application/problem+json", "schema", schema);
}

int
api_openapi(struct api_call *c, struct err *e)
{
	json_t *paths = json_object();
	const struct route *r;
	size_t n;

	r = api_routes(&n);
	for (size_t i = 0; i < n; i++)
		if (add_route(paths, &r[i]) != 0) {
			json_decref(paths);
			return err_set(e, R_NO_MEMORY, "openapi.json");
		}
	c->json = json_pack("{s:s, s:{s:s, s:s, s:{s:s, s:s}}, s:o, s:{s:{s:o}}}", "openapi", "3.1.0", "info",
	    "title", "Nemra operator API", "version", NEMRA_VERSION, "license", "name", "Apache-2.0",
	    "identifier", "Apache-2.0", "paths", paths, "components", "responses", "problem",
	    problem_response());
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "openapi.json");
}
