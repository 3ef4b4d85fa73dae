/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ctl/api.h"
#include "gateway/ctl/out.h"
#include "gateway/ctl/report.h"

static const char *
path_of(struct buf *b, const char *before, const char *name, const char *after)
{
	buf_init(b, 4096);
	buf_add_str(b, before);
	path_add(b, name);
	buf_add_str(b, after);
	return buf_text(b) == NULL ? "/" : (const char *)b->p;
}

enum ctl_exit
cmd_station_show(struct ctl *c)
{
	json_t *o = NULL;
	struct buf b;
	enum ctl_exit rc = api_get(c, path_of(&b, "/api/v1/stations/", c->args[0], ""), &o);

	if (rc == CTL_OK)
		rc = out_object(c, o);
	json_decref(o);
	buf_free(&b);
	return rc;
}

/* One line of an import, with what was given and nothing else. */
static json_t *
given_json(const struct ctl *c)
{
	static const struct {
		const char *key;
		enum ctl_opt opt;
	} given[] = {
		{ "vendor", OPT_VENDOR }, { "model", OPT_MODEL }, { "serial", OPT_SERIAL }, { "region", OPT_REGION },
		{ "profile", OPT_PROFILE }, { "subject", OPT_SUBJECT }, { "san_dns", OPT_SAN_DNS },
		{ "san_ip", OPT_SAN_IP }, { "device_key", OPT_DEVICE_KEY }, { "ssh_key", OPT_SSH_KEY },
		{ "state", OPT_STATE },
	};
	json_t *o = json_pack("{s:s}", "station", c->args[0]);

	for (size_t i = 0; o != NULL && i < COUNT_OF(given); i++)
		if (c->opt[given[i].opt] != NULL &&
		    json_object_set_new(o, given[i].key, json_string(c->opt[given[i].opt])) != 0) {
			json_decref(o);
			return NULL;
		}
	return o;
}

/* The one line's outcome, as people say it. */
static enum ctl_exit
say_added(const struct ctl *c, json_t *report)
{
	const json_t *bad = json_array_get(json_object_get(report, "errors"), 0);
	struct err e;

	if (bad != NULL) {
		err_set(&e, R_IMPORT_LINE, "%s", json_string_value(json_object_get(bad, "message")));
		return say_err(&e);
	}
	if (c->format != FORMAT_TABLE)
		return out_object(c, report);
	printf("%s: %s%s\n", c->args[0], c->opt[OPT_DRY_RUN] != NULL ? "would be " : "",
	    report_count(report, "added") > 0 ? "added" : report_count(report, "changed") > 0 ? "changed" :
	    "the same as it is");
	return CTL_OK;
}

enum ctl_exit
cmd_station_add(struct ctl *c)
{
	json_t *line = given_json(c), *report = NULL;
	char *text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT);
	enum ctl_exit rc;
	struct err e;

	json_decref(line);
	if (text == NULL) {
		err_set(&e, R_USAGE, "an argument is not UTF-8");
		return say_err(&e);
	}
	rc = api_post(c, c->opt[OPT_DRY_RUN] != NULL ? "/api/v1/stations?dry_run=1" : "/api/v1/stations",
	    "application/x-ndjson", mem_str(text), &report);
	free(text);
	if (rc == CTL_OK)
		rc = say_added(c, report);
	json_decref(report);
	return rc;
}

static enum ctl_exit
post_block(struct ctl *c, json_t **out)
{
	const char *why = c->opt[OPT_WHY];
	json_t *body = json_pack("{s:s}", "why", why == NULL ? "" : why);
	char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
	enum ctl_exit rc;
	struct buf b;
	struct err e;

	json_decref(body);
	if (text == NULL) {
		err_set(&e, R_USAGE, "--why is not UTF-8");
		return say_err(&e);
	}
	rc = api_post(c, path_of(&b, "/api/v1/stations/", c->args[0], "/block"), "application/json",
	    mem_str(text), out);
	buf_free(&b);
	free(text);
	return rc;
}

enum ctl_exit
cmd_station_block(struct ctl *c)
{
	bool dry = c->opt[OPT_DRY_RUN] != NULL;
	json_t *o = NULL;
	enum ctl_exit rc;
	struct buf b;

	if (dry) {
		rc = api_get(c, path_of(&b, "/api/v1/stations/", c->args[0], ""), &o);
		buf_free(&b);
	} else
		rc = post_block(c, &o);
	if (rc == CTL_OK && c->format != FORMAT_TABLE)
		rc = out_object(c, o);
	else if (rc == CTL_OK)
		printf("%s: %sblocked\n", c->args[0], dry ? "would be " : "");
	json_decref(o);
	return rc;
}
