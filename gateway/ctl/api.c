/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/enc.h"
#include "common/net/http/client.h"

#define SOCKET		"unix:/run/nemra/ops.sock"
#define ORIGIN		"http://nemra"
#define CONNECT_MS	10000L
#define TOTAL_MS	(3600L * 1000)		/* the verification of a long audit trail takes its time */
#define MAX_ANSWER	(64u * 1024 * 1024)

enum ctl_exit
api_open(struct ctl *c)
{
	const char *url = c->opt[OPT_URL];
	struct http_options o = { .connections = 1, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS,
		.max_answer = MAX_ANSWER };
	struct err e;

	if (url == NULL || *url == '\0')
		url = getenv("NEMRA_OPS_URL");
	if (url == NULL || *url == '\0')
		url = SOCKET;
	if (strncmp(url, "unix:/", 6) != 0) {
		err_set(&e, R_USAGE, "%s: the address of nemra-opsd is unix:/PATH", url);
		return say_err(&e);
	}
	o.unix_socket = c->socket = url + 5;
	return http_new(&o, &c->http, &e) == 0 ? CTL_OK : say_err(&e);
}

void
api_close(struct ctl *c)
{
	http_free(c->http);
	c->http = NULL;
}

/* --- what went wrong --- */

void
say_text(FILE *to, const char *text)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	while (*text != '\0') {
		size_t len = strcspn(text, "\"\\");

		enc_printable(&b, (struct mem){ (const uint8_t *)text, len }, len);
		text += len;
		if (*text != '\0')
			buf_add_u8(&b, (uint8_t)*text++);	/* quotes are harmless here */
	}
	if (buf_ok(&b))
		(void)fwrite(b.p, 1, b.len, to);
	buf_free(&b);
}

static void
say(const char *sentence, const char *detail, const char *cause, const char *fix)
{
	fflush(stdout);
	fprintf(stderr, "nemractl: ");
	say_text(stderr, sentence);
	if (*detail != '\0') {
		fprintf(stderr, "\n  detail: ");
		say_text(stderr, detail);
	}
	fprintf(stderr, "\n  cause:  ");
	say_text(stderr, cause);
	fprintf(stderr, "\n  fix:    ");
	say_text(stderr, fix);
	fprintf(stderr, "\n");
}

static enum ctl_exit
exit_of(enum reason r)
{
	switch (r) {
	case R_USAGE:
	case R_BAD_PARAMETER:
		return CTL_USAGE;
	case R_CONFIG:
		return CTL_CONFIG;
	case R_PEER_NOT_TRUSTED:
		return CTL_NOT_TRUSTED;
	case R_STILL_PENDING:
		return CTL_PENDING;
	default:
		break;
	}
	switch (reason_info(r)->class) {
	case RC_RETRY:
		return CTL_AWAY;
	case RC_REFUSE:
		return CTL_REFUSED;
	case RC_HOLD:
		return CTL_PENDING;
	case RC_INTERNAL:
		break;
	}
	return CTL_LOCAL;
}

enum ctl_exit
say_err(const struct err *e)
{
	const struct reason_info *r = reason_info(e->reason);

	say(r->sentence, e->detail, r->cause, r->fix);
	return exit_of(e->reason);
}

static enum ctl_exit
away(const struct ctl *c, const struct err *e)
{
	if (e->reason != R_UNREACHABLE)
		return say_err(e);
	say("nemra-opsd cannot be reached.", c->socket, "It is not running, or it listens somewhere else.",
	    "Start it, or name its socket: --url unix:/PATH");
	return CTL_AWAY;
}

/* A problem in its own words; a newer daemon may have reasons that we do not know. */
static enum ctl_exit
problem(json_t *p)
{
	const char *title = "", *detail = "", *reason = "", *cause = "", *fix = "";
	int retry = 0;
	enum reason r;
	struct err e;

	if (json_unpack(p, "{s:s, s?s, s:s, s:b, s:s, s:s}", "title", &title, "detail",
	    &detail, "reason", &reason, "retryable", &retry, "cause", &cause, "fix", &fix) != 0) {
		err_set(&e, R_PEER_ANSWER, "a problem without its members");
		return say_err(&e);
	}
	say(title, detail, cause, fix);
	r = reason_by_id(reason);
	return r != R_NONE ? exit_of(r) : retry ? CTL_AWAY : CTL_REFUSED;
}

/* --- calls --- */

static enum ctl_exit
read_json(const struct http_exchange *x, json_t **out)
{
	json_error_t bad;
	struct err e;

	*out = json_loadb((const char *)x->answer.p, x->answer.len, JSON_REJECT_DUPLICATES, &bad);
	if (*out != NULL)
		return CTL_OK;
	err_set(&e, R_PEER_ANSWER, "not JSON: %.160s", bad.text);
	return say_err(&e);
}

static enum ctl_exit
refused(const struct http_exchange *x)
{
	enum ctl_exit rc;
	struct err e;
	json_t *p;

	if (strcmp(x->answer_type, "application/problem+json") != 0) {
		err_set(&e, R_PEER_ANSWER, "HTTP status %d, %s", x->status, x->answer_type);
		return say_err(&e);
	}
	if (read_json(x, &p) != CTL_OK)
		return CTL_AWAY;
	rc = problem(p);
	json_decref(p);
	return rc;
}

/* want: the media type of the answer. On CTL_OK x holds it. */
static enum ctl_exit
call(struct ctl *c, struct http_exchange *x, const char *path, const char *want)
{
	struct buf url;
	enum ctl_exit rc;
	struct err e;

	buf_init(&url, 64 * 1024);
	buf_printf(&url, "%s%s", ORIGIN, path);
	x->url = buf_text(&url);
	x->accept = want;
	if (x->url == NULL) {
		err_set(&e, R_USAGE, "the arguments are too long");
		rc = say_err(&e);
	} else if (http_do(c->http, x, &e) != 0)
		rc = away(c, &e);
	else if (x->err.reason != R_NONE)
		rc = away(c, &x->err);
	else if (x->status != 200)
		rc = refused(x);
	else if (strcmp(x->answer_type, want) != 0) {
		err_set(&e, R_PEER_ANSWER, "%s where %s is expected", x->answer_type, want);
		rc = say_err(&e);
	} else
		rc = CTL_OK;
	buf_free(&url);
	return rc;
}

enum ctl_exit
api_get(struct ctl *c, const char *path, json_t **out)
{
	struct http_exchange x = { .method = "GET" };
	enum ctl_exit rc = call(c, &x, path, "application/json");

	if (rc == CTL_OK)
		rc = read_json(&x, out);
	http_exchange_free(&x);
	return rc;
}

enum ctl_exit
api_get_bytes(struct ctl *c, const char *path, const char *type, struct blob *out)
{
	struct http_exchange x = { .method = "GET" };
	enum ctl_exit rc = call(c, &x, path, type);

	if (rc == CTL_OK) {
		*out = x.answer;
		x.answer = (struct blob){ NULL, 0 };
	}
	http_exchange_free(&x);
	return rc;
}

enum ctl_exit
api_post(struct ctl *c, const char *path, const char *type, struct mem body, json_t **out)
{
	struct http_exchange x = { .method = "POST", .content_type = type, .body = body };
	enum ctl_exit rc = call(c, &x, path, "application/json");

	if (rc == CTL_OK)
		rc = read_json(&x, out);
	http_exchange_free(&x);
	return rc;
}

/* RFC 3986: everything but unreserved characters. */
void
path_add(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char ch = (unsigned char)*text;
		bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
		    strchr("-._~", ch) != NULL;

		if (plain)
			buf_add_u8(b, ch);
		else
			buf_printf(b, "%%%02X", ch);
	}
}
