/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/reply.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/enc.h"
#include "gateway/intake/json.h"

void
reply_init(struct reply *r)
{
	memset(r, 0, sizeof(*r));
	buf_init(&r->body, REPLY_MAX);
}

void
reply_free(struct reply *r)
{
	buf_free(&r->body);
}

void
reply_locate(struct reply *r, const struct uuid *request)
{
	char id[UUID_TEXT];

	uuid_print(request, id);
	snprintf(r->location, sizeof(r->location), "/v1/requests/%s", id);
}

void
reply_body(struct reply *r, int status, const char *type, struct mem body)
{
	r->status = status;
	r->type = type;
	buf_reset(&r->body);
	buf_add_mem(&r->body, body);
}

/* What a refusal says beside its body. */
static void
refusal_headers(struct reply *r, const struct reason_info *why, int status)
{
	r->status = status;
	r->challenge = status == 401;
	if (why->class == RC_RETRY && r->retry_after == 0)
		r->retry_after = 5 + (int)random_below(6);
}

bool
reply_has_detail(enum reason r)
{
	return reason_info(r)->class != RC_INTERNAL && r != R_DB_AWAY && r != R_DB_UNKNOWN && r != R_SIGNER_AWAY;
}

/* A detail that was cut in the middle of a character would spoil the JSON. */
static const char *
detail_text(const struct err *e, struct buf *b)
{
	struct mem m = mem_str(e->detail);

	if (m.len == 0 || !reply_has_detail(e->reason))
		return NULL;
	if (utf8_ok(m))
		return e->detail;
	enc_printable(b, m, m.len);
	return buf_text(b);
}

void
reply_problem(struct reply *r, const struct err *e, int status, const char *instance)
{
	const struct reason_info *why = reason_info(e->reason);
	char type[64];
	struct buf safe;
	json_t *j;

	buf_init(&safe, 4 * sizeof(e->detail) + 8);
	if (status == 0)
		status = why->http_status;
	/* an address that JSON cannot carry is the client's, and its answer stays the client's */
	if (instance != NULL && !utf8_ok(mem_str(instance)))
		instance = NULL;
	snprintf(type, sizeof(type), "/problems/%s", why->id);
	j = json_pack("{ss ss si ss* ss* ss sb ss ss}", "type", type, "title", why->sentence, "status",
	    status, "detail", detail_text(e, &safe), "instance", instance,
	    "reason", why->id, "retryable", why->class == RC_RETRY, "cause", why->cause, "fix", why->fix);
	reply_json(r, status, "application/problem+json", j);
	refusal_headers(r, why, r->status);
	buf_free(&safe);
}

void
reply_text(struct reply *r, const struct err *e, int status)
{
	const struct reason_info *why = reason_info(e->reason);

	reply_body(r, status != 0 ? status : why->http_status, "text/plain; charset=utf-8", MEM_NONE);
	refusal_headers(r, why, r->status);
	buf_printf(&r->body, "%s: %s\n", why->id, why->sentence);
	if (e->detail[0] != '\0' && reply_has_detail(e->reason))
		buf_printf(&r->body, "%s\n", e->detail);
	buf_printf(&r->body, "%s %s\n", why->cause, why->fix);
}

bool
reply_reason_page(struct reply *r, const char *id)
{
	enum reason reason = reason_by_id(id);
	const struct reason_info *why = reason_info(reason);

	if (reason == R_NONE)
		return false;
	reply_body(r, 200, "text/plain; charset=utf-8", MEM_NONE);
	buf_printf(&r->body, "%s\n\n%s\n%s\n%s\n", why->id, why->sentence, why->cause, why->fix);
	return true;
}
