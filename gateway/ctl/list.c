/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The list verbs: pages of the API, printed as they come.
 */
#include "gateway/ctl/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/ctl/api.h"
#include "gateway/ctl/out.h"

#define PAGE 1000u

enum ctl_exit
list_limit(const struct ctl *c, size_t *out)
{
	const char *text = c->opt[OPT_LIMIT];
	unsigned long long n;
	char *end;

	*out = SIZE_MAX;
	if (text == NULL)
		return CTL_OK;
	n = strtoull(text, &end, 10);
	if (*text < '1' || *text > '9' || *end != '\0' || n >= SIZE_MAX) {
		fprintf(stderr, "nemractl: --limit takes a number from 1 on\n");
		return CTL_USAGE;
	}
	*out = (size_t)n;
	return CTL_OK;
}

/* One page. *next: where to go on, or NULL; freed by free(). */
static enum ctl_exit
get_page(struct ctl *c, const char *path, const char *where, size_t limit, char **next, json_t **items)
{
	char *after = *next;
	json_t *page = NULL;
	struct buf b;
	enum ctl_exit rc;

	buf_init(&b, 16 * 1024);
	buf_printf(&b, "%s?limit=%zu", path, limit);
	if (where != NULL && *where != '\0') {
		buf_add_str(&b, "&where=");
		path_add(&b, where);
	}
	if (after != NULL) {
		buf_add_str(&b, "&after=");
		path_add(&b, after);
	}
	free(after);
	*next = NULL;
	rc = api_get(c, buf_text(&b) == NULL ? path : (const char *)b.p, &page);
	buf_free(&b);
	if (rc != CTL_OK)
		return rc;
	*items = json_incref(json_object_get(page, "items"));
	if (json_is_string(json_object_get(page, "next")))
		*next = xstrdup(json_string_value(json_object_get(page, "next")));
	json_decref(page);
	return CTL_OK;
}

enum ctl_exit
list_each(struct ctl *c, const char *path, const char *where, list_row_fn *fn, void *arg)
{
	enum ctl_exit rc;
	size_t left, i;
	char *next = NULL;

	rc = list_limit(c, &left);
	while (rc == CTL_OK && left > 0) {
		json_t *items = NULL, *row;

		rc = get_page(c, path, where != NULL ? where : c->opt[OPT_WHERE], left < PAGE ? left : PAGE,
		    &next, &items);
		json_array_foreach(items, i, row)
			if (!fn(arg, row)) {
				free(next);
				next = NULL;
				break;
			}
		left -= json_array_size(items) < left ? json_array_size(items) : left;
		json_decref(items);
		if (next == NULL)
			break;
	}
	free(next);
	return rc;
}

static bool
print_row(void *arg, json_t *row)
{
	out_row(arg, row);
	return true;
}

static enum ctl_exit
print_list(struct ctl *c, enum out_kind kind, const char *path, const char *const *columns,
    const char *const *csv_columns)
{
	struct out *o = out_new(kind, columns, csv_columns, out_color(c));
	enum ctl_exit rc = list_each(c, path, NULL, print_row, o), end = out_end(o);

	return rc != CTL_OK ? rc : end;
}

enum ctl_exit
cmd_station_list(struct ctl *c)
{
	static const char *const columns[] = { "station", "vendor", "model", "serial", "region", "profile", "state",
		NULL };

	return print_list(c, out_kind(c), "/api/v1/stations", columns, NULL);
}

/* What an import takes, and nothing else. */
enum ctl_exit
cmd_station_export(struct ctl *c)
{
	static const char *const columns[] = { "station", "vendor", "model", "serial", "region", "profile",
		"subject", "san_dns", "san_ip", "device_key", "ssh_key", "state", NULL };

	if (c->format == FORMAT_JSON)
		return print_list(c, OUT_NDJSON, "/api/v1/stations", columns, columns);
	return print_list(c, OUT_CSV, "/api/v1/stations", columns, columns);
}

enum ctl_exit
cmd_request_list(struct ctl *c)
{
	static const char *const columns[] = { "request", "station", "state", "ca", "profile", "reason", "next_at",
		"received_at", NULL };

	return print_list(c, out_kind(c), "/api/v1/requests", columns, NULL);
}

enum ctl_exit
cmd_certificate_list(struct ctl *c)
{
	static const char *const columns[] = { "certificate", "station", "subject", "not_after", "request", NULL };

	return print_list(c, out_kind(c), "/api/v1/certificates", columns, NULL);
}

enum ctl_exit
cmd_audit_list(struct ctl *c)
{
	static const char *const columns[] = { "event", "at", "who", "what", "object", "outcome", "reason", NULL };

	return print_list(c, out_kind(c), "/api/v1/audit", columns, NULL);
}

static enum ctl_exit
print_cas(struct ctl *c, json_t *page)
{
	static const char *const columns[] = { "ca", "circuit", "since", "last_success", "reason", "detail", NULL };
	struct out *o = out_new(out_kind(c), columns, NULL, out_color(c));
	enum ctl_exit rc;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(page, "items"), i, row)
		out_row(o, row);
	rc = out_end(o);
	out_ca_trouble(c, json_object_get(page, "items"));
	json_decref(page);
	return rc;
}

enum ctl_exit
cmd_ca_list(struct ctl *c)
{
	json_t *page = NULL;
	enum ctl_exit rc = api_get(c, "/api/v1/cas", &page);

	return rc == CTL_OK ? print_cas(c, page) : rc;
}

static enum ctl_exit
change_ca(struct ctl *c, const char *verb)
{
	json_t *page = NULL, *body = json_pack("{s:s}", "why", c->opt[OPT_WHY] == NULL ? "" : c->opt[OPT_WHY]);
	char *text = json_dumps(body, JSON_COMPACT);
	enum ctl_exit rc;
	struct err e;
	struct buf b;

	json_decref(body);
	if (text == NULL) {
		err_set(&e, R_USAGE, "--why is not UTF-8");
		return say_err(&e);
	}
	buf_init(&b, 4096);
	buf_add_str(&b, "/api/v1/cas/");
	path_add(&b, c->args[0]);
	buf_printf(&b, "/%s", verb);
	rc = api_post(c, buf_text(&b) == NULL ? "/" : (const char *)b.p, "application/json", mem_str(text), &page);
	buf_free(&b);
	free(text);
	return rc == CTL_OK ? print_cas(c, page) : rc;
}

enum ctl_exit
cmd_ca_pause(struct ctl *c)
{
	if (c->opt[OPT_WHY] == NULL || *c->opt[OPT_WHY] == '\0') {
		fprintf(stderr, "nemractl: --why is wanted: who finds the CA paused will read it\n");
		return CTL_USAGE;
	}
	return change_ca(c, "pause");
}

enum ctl_exit
cmd_ca_resume(struct ctl *c)
{
	return change_ca(c, "resume");
}
