/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/upload.h"

#include <string.h>

enum turn
upload_start(struct exchange *x, enum intake_kind kind, const char *door)
{
	const struct intake_in in = { exchange_station(x), x->door->profiles, x->profile, kind,
		buf_mem(&x->body), door, x->conn->source, x->door->max_open };
	enum turn t;
	struct err e;

	if (intake_judge(&in, &x->intake, &e) != 0)
		return exchange_fail(x, &e);
	t = exchange_ask(x, JOB_SUBMIT);
	x->job.up = x->intake->up;
	return t;
}

static const char *
event_of(const struct door_upload *up)
{
	if (up->err.reason == R_NEEDS_APPROVAL)
		return "request.held";
	if (up->err.reason != R_NONE)
		return "request.refused";
	return up->existed ? "request.found" : "request.received";
}

int
upload_taken(struct exchange *x, struct err *e)
{
	const struct door_upload *up = &x->job.up;

	if (x->job.err.reason != R_NONE) {
		*e = x->job.err;
		exchange_log(x, LOG_ERROR, "http.refused", e);
		return -1;
	}
	x->existed = up->existed;
	x->state = up->state;
	if (up->state != RQ_NONE) {
		x->request = up->request;
		reply_locate(&x->reply, &x->request);
	}
	exchange_log(x, up->err.reason == R_NONE ? LOG_INFO : LOG_NOTICE, event_of(up), &up->err);
	if (up->err.reason == R_NONE || up->err.reason == R_NEEDS_APPROVAL)
		return 0;
	*e = up->err;
	return -1;
}

static void
ask_read(struct exchange *x)
{
	x->job.read.station = exchange_station(x)->id;
	x->job.read.request = x->request;
}

enum turn
upload_wait(struct exchange *x, int seconds)
{
	enum turn t = exchange_ask(x, JOB_WAIT);

	ask_read(x);
	x->job.until = x->mono + (int64_t)seconds * 1000;
	return t;
}

enum turn
upload_read(struct exchange *x, bool certificate)
{
	enum turn t = exchange_ask(x, JOB_READ);

	ask_read(x);
	x->job.read.want_timeline = !certificate;
	x->job.read.want_certificate = certificate;
	x->job.read.delivering = certificate;
	return t;
}

static enum reason
reason_of_end(enum request_state s)
{
	switch (s) {
	case RQ_REFUSED:
		return R_CA_REFUSED;
	case RQ_EXPIRED:
		return R_EXPIRED;
	case RQ_SUPERSEDED:
		return R_SUPERSEDED;
	case RQ_CANCELLED:
		return R_CANCELLED;
	case RQ_NONE:
	case RQ_RECEIVED:
	case RQ_HELD:
	case RQ_QUEUED:
	case RQ_PREPARED:
	case RQ_SENT:
	case RQ_WAITING:
	case RQ_ISSUED:
	case RQ_CONFIRMED:
	case RQ_DELIVERED:
	case RQ_INSTALLED:
	case RQ_IN_DOUBT:
	case RQ_EXPORTED:
	case RQ_STATES:
		break;
	}
	return R_NONE;
}

void
upload_end(const struct door_read *r, struct err *e)
{
	enum reason end = reason_of_end(r->state);

	err_clear(e);
	if (end == R_NONE)
		return;
	err_set(e, r->reason != R_NONE ? r->reason : end, "%.200s", r->detail != NULL ? r->detail : "");
}

/* Spread, so that a thousand stations that were held up together do not come back together. */
static int
about(int seconds)
{
	return seconds + (int)random_below((uint32_t)seconds + 1);
}

int
upload_retry_after(enum request_state s)
{
	if (s == RQ_HELD || s == RQ_EXPORTED)
		return about(60);
	if (s == RQ_WAITING || s == RQ_IN_DOUBT)
		return about(15);
	return worker_worth_telling(s) ? 0 : about(3);
}
