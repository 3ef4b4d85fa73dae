/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "gateway/intake/json.h"
#include "gateway/intake/routes.h"
#include "gateway/intake/upload.h"

enum step {
	START,
	SUBMITTED,
	WAITED,
	READ
};

static json_t *
timeline(const struct door_read *r)
{
	json_t *a = json_array();
	char at[CLOCK_TEXT];

	for (size_t i = 0; a != NULL && i < r->n_steps; i++) {
		clock_print(r->step[i].at, at, sizeof(at));
		if (json_array_append_new(a, json_pack("{ss ss}", "state",
		    request_state_name(r->step[i].state), "at", at)) != 0) {
			json_decref(a);
			return NULL;
		}
	}
	return a;
}

/* The request as r shows it; the same object answers an upload and a question. */
static enum turn
show(struct exchange *x, int status, const struct door_read *r)
{
	int after = upload_retry_after(r->state);
	char id[UUID_TEXT];
	json_t *j;

	if (status == 202 && after == 0)
		after = 1;	/* ready since we looked */
	uuid_print(&x->request, id);
	j = json_pack("{ss ss ss? ss* ss* so? so}", "id", id, "state", request_state_name(r->state),
	    "reason", r->reason != R_NONE ? reason_info(r->reason)->id : NULL, "detail",
	    r->reason != R_NONE && reply_has_detail(r->reason) ? r->detail : NULL, "profile", r->profile, "retry_after",
	    after > 0 ? json_integer(after) : NULL, "timeline", timeline(r));
	x->reply.retry_after = after;
	reply_json(&x->reply, status, "application/json", j);
	return TURN_REPLY;
}

/* The upload is committed, so it is acknowledged even when the store goes away before it can be read. */
static enum turn
show_submitted(struct exchange *x)
{
	int status = x->existed ? 200 : 201;
	struct door_read r = { .state = x->state, .found = true };

	if (x->job.err.reason == R_NONE && x->job.read.found)
		return show(x, status, &x->job.read);
	return show(x, status, &r);
}

/* What was taken in this moment need not be read to be known. */
static enum turn
show_new(struct exchange *x)
{
	const struct door_upload *up = &x->job.up;
	struct door_read r = { .found = true, .state = up->state, .profile = xstrdup(up->profile),
		.step = { { RQ_RECEIVED, up->at }, { up->state, up->at } }, .n_steps = 2 };
	enum turn t = show(x, 201, &r);

	free(r.profile);
	return t;
}

static enum turn
submitted(struct exchange *x)
{
	struct err e;

	if (upload_taken(x, &e) != 0)
		return exchange_refuse(x, &e, 0);
	if (!x->existed && x->head.wait == 0 && x->state == RQ_QUEUED)
		return show_new(x);
	if (x->head.wait == 0 || worker_worth_telling(x->state)) {
		x->step = READ;
		return upload_read(x, false);
	}
	x->reply.wait_applied = true;
	x->step = WAITED;
	return upload_wait(x, x->head.wait);
}

enum turn
requests_submit(struct exchange *x)
{
	switch ((enum step)x->step) {
	case START:
		x->step = SUBMITTED;
		return upload_start(x, intake_kind_of(x->head.type), "https");
	case SUBMITTED:
		return submitted(x);
	case WAITED:
		x->step = READ;
		return upload_read(x, false);
	case READ:
		break;
	}
	return show_submitted(x);
}

/* --- one request of the station's own --- */

static enum turn
not_found(struct exchange *x)
{
	struct err e;

	err_set(&e, R_NOT_FOUND, "%s", "");
	return exchange_fail(x, &e);
}

/* Waits when the client prefers so, then reads. */
static enum turn
find(struct exchange *x, bool certificate)
{
	struct err e;

	if (x->step == START && uuid_parse(x->part, &x->request, &e) != 0)
		return not_found(x);
	if (x->step == START && x->head.wait > 0) {
		x->reply.wait_applied = true;
		x->step = WAITED;
		return upload_wait(x, x->head.wait);
	}
	x->step = READ;
	return upload_read(x, certificate);
}

/* A name that leads to nothing here must not stand in the line as if it were a request. */
static enum turn
lost(struct exchange *x)
{
	if (x->job.err.reason != R_NONE)
		return exchange_fail(x, &x->job.err);
	memset(&x->request, 0, sizeof(x->request));
	return not_found(x);
}

enum turn
requests_show(struct exchange *x)
{
	if (x->step != READ)
		return find(x, false);
	if (x->job.err.reason != R_NONE || !x->job.read.found)
		return lost(x);
	return show(x, 200, &x->job.read);
}

enum turn
requests_certificate(struct exchange *x)
{
	const struct door_read *r = &x->job.read;
	struct err end;

	if (x->step != READ)
		return find(x, true);
	if (x->job.err.reason != R_NONE || !r->found)
		return lost(x);
	if (r->chain.len > 0) {
		exchange_log(x, LOG_INFO, "certificate.delivered", NULL);
		reply_body(&x->reply, 200, "application/pem-certificate-chain", mem_of(&r->chain));
		return TURN_REPLY;
	}
	upload_end(r, &end);
	if (end.reason != R_NONE)
		return exchange_refuse(x, &end, 410);
	return show(x, 202, r);
}

enum turn
requests_installed(struct exchange *x)
{
	struct err e;

	if (x->step == START) {
		enum turn t = exchange_ask(x, JOB_MARK);

		if (uuid_parse(x->part, &x->request, &e) != 0)
			return not_found(x);
		x->job.mark.station = exchange_station(x)->id;
		x->job.mark.request = x->request;
		x->job.mark.event = EV_INSTALLED;
		x->step = READ;
		return t;
	}
	if (x->job.err.reason != R_NONE || !x->job.mark.found)
		return lost(x);
	if (x->job.mark.err.reason != R_NONE)
		return exchange_fail(x, &x->job.mark.err);
	exchange_log(x, LOG_INFO, "request.installed", NULL);
	reply_body(&x->reply, 204, NULL, MEM_NONE);
	return TURN_REPLY;
}
