/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "gateway/ctl/api.h"
#include "gateway/ctl/list.h"
#include "gateway/ctl/out.h"

static enum ctl_exit
get_request(struct ctl *c, const char *id, json_t **out)
{
	enum ctl_exit rc;
	struct buf b;

	buf_init(&b, 4096);
	buf_add_str(&b, "/api/v1/requests/");
	path_add(&b, id);
	rc = api_get(c, buf_text(&b) == NULL ? "/" : (const char *)b.p, out);
	buf_free(&b);
	return rc;
}

enum ctl_exit
cmd_request_show(struct ctl *c)
{
	json_t *o = NULL;
	enum ctl_exit rc = get_request(c, c->args[0], &o);

	if (rc == CTL_OK)
		rc = out_object(c, o);
	json_decref(o);
	return rc;
}

/* --- approve, deny, retry, cancel --- */

struct decision {
	struct ctl *c;
	const char *verb;	/* "approve" */
	const char *done;	/* "approved" */
	const char *state;	/* of those that --where finds */
	char *body;		/* {"why":…} */
	char **id;
	size_t n;
	struct out *out;
};

static bool
add_id(void *arg, json_t *row)
{
	struct decision *d = arg;
	const char *id = json_string_value(json_object_get(row, "request"));

	if (id == NULL)
		return false;
	d->id = xgrow(d->id, d->n + 1, sizeof(*d->id));
	d->id[d->n++] = xstrdup(id);
	return true;
}

/* Those that are named, or those in the state that fit --where. */
static enum ctl_exit
find_ids(struct decision *d)
{
	struct ctl *c = d->c;
	enum ctl_exit rc;
	struct buf where;

	for (int i = 0; i < c->n_args; i++) {
		d->id = xgrow(d->id, d->n + 1, sizeof(*d->id));
		d->id[d->n++] = xstrdup(c->args[i]);
	}
	if ((c->n_args > 0) == (c->opt[OPT_WHERE] != NULL)) {
		fprintf(stderr, "nemractl: either ids or --where\n");
		return CTL_USAGE;
	}
	if (c->n_args > 0)
		return CTL_OK;
	buf_init(&where, 16 * 1024);
	buf_printf(&where, "state=%s%s%s", d->state, *c->opt[OPT_WHERE] == '\0' ? "" : ",", c->opt[OPT_WHERE]);
	rc = list_each(c, "/api/v1/requests", buf_text(&where), add_id, d);
	buf_free(&where);
	return rc;
}

/* Many at once are asked about, unless --yes or nothing will happen. */
static enum ctl_exit
ask(const struct decision *d)
{
	const struct ctl *c = d->c;
	char line[16];

	if (c->opt[OPT_YES] != NULL || c->opt[OPT_DRY_RUN] != NULL || d->n == 0 || c->n_args > 0)
		return CTL_OK;
	if (isatty(STDIN_FILENO) != 1) {
		fprintf(stderr, "nemractl: %s %zu requests? Say --yes, or look first with --dry-run\n", d->verb, d->n);
		return CTL_USAGE;
	}
	fprintf(stderr, "%c%s %zu requests? [y/N] ", toupper((unsigned char)d->verb[0]), d->verb + 1, d->n);
	if (fgets(line, sizeof(line), stdin) != NULL && (line[0] == 'y' || line[0] == 'Y'))
		return CTL_OK;
	fprintf(stderr, "nemractl: nothing was changed\n");
	return CTL_USAGE;
}

static enum ctl_exit
post(struct decision *d, const char *id, json_t **out)
{
	enum ctl_exit rc;
	struct buf b;

	buf_init(&b, 4096);
	buf_add_str(&b, "/api/v1/requests/");
	path_add(&b, id);
	buf_printf(&b, "/%s", d->verb);
	rc = api_post(d->c, buf_text(&b) == NULL ? "/" : (const char *)b.p, "application/json",
	    mem_str(d->body), out);
	buf_free(&b);
	return rc;
}

/* A request that is in another state by now does not stop the others. */
static enum ctl_exit
decide_all(struct decision *d)
{
	bool dry = d->c->opt[OPT_DRY_RUN] != NULL;
	enum ctl_exit worst = CTL_OK;
	size_t done = 0;

	for (size_t i = 0; i < d->n; i++) {
		json_t *o = NULL;
		enum ctl_exit rc = dry ? get_request(d->c, d->id[i], &o) : post(d, d->id[i], &o);

		if (rc == CTL_OK) {
			out_row(d->out, o);
			done++;
		} else
			worst = rc;
		json_decref(o);
		if (rc == CTL_AWAY || rc == CTL_LOCAL)
			break;
	}
	if (d->c->format == FORMAT_TABLE)
		fprintf(stderr, "%zu %s%s, %zu not\n", done, dry ? "would be " : "", d->done, d->n - done);
	return worst;
}

static enum ctl_exit
run(struct decision *d)
{
	static const char *const columns[] = { "request", "station", "state", "ca", "profile", NULL };
	enum ctl_exit rc = find_ids(d), end;

	if (rc == CTL_OK)
		rc = ask(d);
	if (rc != CTL_OK)
		return rc;
	d->out = out_new(out_kind(d->c), columns, columns, out_color(d->c));
	rc = decide_all(d);
	end = out_end(d->out);
	return rc != CTL_OK ? rc : end;
}

static enum ctl_exit
decide(struct ctl *c, const char *verb, const char *done, const char *state)
{
	struct decision d = { .c = c, .verb = verb, .done = done, .state = state };
	const char *why = c->opt[OPT_WHY] == NULL ? "" : c->opt[OPT_WHY];
	json_t *body = json_pack("{s:s}", "why", why);
	enum ctl_exit rc;
	struct err e;

	d.body = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (d.body == NULL) {
		err_set(&e, R_USAGE, "--why is not UTF-8");
		return say_err(&e);
	}
	rc = run(&d);
	for (size_t i = 0; i < d.n; i++)
		free(d.id[i]);
	free(d.id);
	free(d.body);
	return rc;
}

enum ctl_exit
cmd_request_approve(struct ctl *c)
{
	return decide(c, "approve", "approved", "held");
}

static bool
says_why(const struct ctl *c, const char *reader)
{
	if (c->opt[OPT_WHY] != NULL && *c->opt[OPT_WHY] != '\0')
		return true;
	fprintf(stderr, "nemractl: --why is wanted: %s will read it\n", reader);
	return false;
}

enum ctl_exit
cmd_request_deny(struct ctl *c)
{
	if (!says_why(c, "the station's people"))
		return CTL_USAGE;
	return decide(c, "deny", "denied", "held");
}

/* What the gateway cannot know: whether the first attempt led to a certificate. */
static void
warn(const struct ctl *c)
{
	if (c->opt[OPT_DRY_RUN] == NULL)
		fprintf(stderr, "nemractl: the CA may have issued a certificate for what was in doubt: look for the "
		    "key or the transactionID there, and revoke what you find\n");
}

enum ctl_exit
cmd_request_retry(struct ctl *c)
{
	enum ctl_exit rc;

	if (!says_why(c, "who reads the audit trail"))
		return CTL_USAGE;
	rc = decide(c, "retry", "retried", "in_doubt");
	if (rc == CTL_OK)
		warn(c);
	return rc;
}

enum ctl_exit
cmd_request_cancel(struct ctl *c)
{
	enum ctl_exit rc;

	if (!says_why(c, "the station's people"))
		return CTL_USAGE;
	rc = decide(c, "cancel", "cancelled", "in_doubt");
	if (rc == CTL_OK)
		warn(c);
	return rc;
}
