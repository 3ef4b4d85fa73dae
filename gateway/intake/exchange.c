/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/intake/routes.h"

struct exchange *
exchange_new(const struct door *d, struct anchors *a, struct conn *c)
{
	struct exchange *x = xcalloc(1, sizeof(*x));

	x->door = d;
	x->anchors = anchors_hold(a);
	x->conn = c;
	buf_init(&x->body, 0);
	reply_init(&x->reply);
	return x;
}

/* What the store left in the job and nobody took over. */
static void
job_clear(struct exchange *x)
{
	if (!x->asked)
		return;
	if (x->job.kind == JOB_IDENTIFY)
		station_free(&x->job.who.station);
	else if (x->job.kind == JOB_READ)
		door_read_free(&x->job.read);
	x->asked = false;
}

void
exchange_free(struct exchange *x)
{
	if (x == NULL)
		return;
	job_clear(x);
	intake_free(x->intake);
	anchors_release(x->anchors);
	buf_free(&x->body);
	reply_free(&x->reply);
	free(x);
}

const struct station *
exchange_station(const struct exchange *x)
{
	const struct identity *id = &x->conn->id;

	if (!x->identified || id->asked_at == 0 || id->station_err.reason != R_NONE)
		return NULL;
	return &id->station;
}

void
exchange_log(const struct exchange *x, enum log_level level, const char *event, const struct err *e)
{
	static const struct uuid none;
	const struct station *s = exchange_station(x);
	char id[UUID_TEXT];
	struct log_line l;

	if (!conns_may_log(x->door->conns, x->conn, x->mono))
		return;
	log_begin(&l, level, event);
	if (memcmp(&x->request, &none, sizeof(none)) != 0) {
		uuid_print(&x->request, id);
		log_str(&l, "request", id);
	}
	if (s != NULL)
		log_str(&l, "station", s->name);
	else if (x->conn->id.serial[0] != '\0')
		log_str(&l, "serial", x->conn->id.serial);
	log_str(&l, "source", x->conn->source);
	log_str(&l, "path", x->path);
	if (e != NULL && e->reason != R_NONE)
		log_err(&l, e);
	log_end(&l);
}

enum turn
exchange_refuse(struct exchange *x, const struct err *e, int status)
{
	const char *instance = x->reply.location[0] != '\0' ? x->reply.location : x->path;

	if (x->route != NULL && x->route->est)
		reply_text(&x->reply, e, status);
	else
		reply_problem(&x->reply, e, status, instance[0] != '\0' ? instance : NULL);
	return TURN_REPLY;
}

enum turn
exchange_fail(struct exchange *x, const struct err *e)
{
	exchange_log(x, reason_info(e->reason)->class == RC_INTERNAL ? LOG_ERROR : LOG_NOTICE,
	    "http.refused", e);
	return exchange_refuse(x, e, 0);
}

enum turn
exchange_ask(struct exchange *x, enum job_kind kind)
{
	job_clear(x);
	memset(&x->job, 0, sizeof(x->job));
	x->job.kind = kind;
	x->asked = true;
	return TURN_STORE;
}

/* --- what the header tells --- */

/* Framing that cannot be trusted: the connection ends with the answer. */
static int
reject(struct exchange *x, int rc)
{
	if (rc != 0)
		x->reply.close = true;
	return rc;
}

static int
admit_path(struct exchange *x, const char *path, struct err *e)
{
	size_t len = strlen(path);

	if (len >= sizeof(x->path))
		return reject(x, err_set(e, R_NOT_FOUND, "the path has %zu octets", len));
	memcpy(x->path, path, len + 1);
	return routes_find(x->method, x->path, &x->route, x->part, &x->reply.allow, e);
}

static int
admit_profile(struct exchange *x, const char *profile, struct err *e)
{
	const char *p = profile != NULL ? profile : x->route->est ? x->part : "";
	size_t len = strlen(p);

	if (profile != NULL && !x->route->takes_profile)
		return err_set(e, R_BAD_PARAMETER, "this address takes no parameter");
	if (len > LIM_PROFILE_NAME)
		return err_set(e, R_BAD_PARAMETER, "profile");
	memcpy(x->profile, p, len + 1);
	return 0;
}

static int
admit_body(struct exchange *x, struct err *e)
{
	if (x->route->body != NULL && x->route->body(&x->head, &x->body_max, e) != 0)
		return -1;
	if (x->head.length > x->body_max)
		return err_set(e, R_TOO_LONG, "%llu octets, at most %zu", (unsigned long long)x->head.length,
		    x->body_max);
	return 0;
}

/* A body that comes with a refusal is read and dropped when it is short, so that the client sees the answer. */
#define DROP_MAX (2 * LIM_ENVELOPE)

static enum http_method
method_of(const char *m)
{
	if (strcmp(m, "GET") == 0)
		return HTTP_GET;
	return strcmp(m, "POST") == 0 ? HTTP_POST : HTTP_OTHER;
}

void
exchange_admit(struct exchange *x, const char *method, const char *path, const struct http_field *f,
    size_t n, const char *profile)
{
	struct err e = { 0 };

	x->method = method_of(method);
	if (reject(x, http_head_read(f, n, &x->head, &e)) != 0 || admit_path(x, path, &e) != 0 ||
	    admit_profile(x, profile, &e) != 0 || admit_body(x, &e) != 0)
		x->err = e;
	if (x->head.length > DROP_MAX)
		x->reply.close = true;
	buf_init(&x->body, x->body_max);
}

/* --- who asks --- */

/* Takes over what the store said about this connection's key. */
static void
station_known(struct exchange *x, int64_t mono)
{
	struct identity *id = &x->conn->id;

	identity_forget_station(id);
	id->station = x->job.who.station;
	id->station_err = x->job.who.err;
	id->asked_at = mono > 0 ? mono : 1;
	if (id->station_err.reason != R_NONE) {
		station_free(&id->station);
		memset(&id->station, 0, sizeof(id->station));
	}
	x->asked = false;
	if (id->station_err.reason == R_NONE)
		conns_vouch(x->door->conns, x->conn, mono);
	if (id->station_err.reason == R_NONE && x->job.who.bound_now) {
		x->identified = true;
		exchange_log(x, LOG_NOTICE, "station.bound", NULL);
	}
}

static enum turn
ask_who(struct exchange *x)
{
	const struct identity *id = &x->conn->id;
	enum turn t = exchange_ask(x, JOB_IDENTIFY);

	memcpy(x->job.who.device_key, id->device_key, SHA256_LEN);
	x->job.who.vendor = id->vendor;
	x->job.who.serial = id->serial;
	x->job.who.bind = id->bind;
	x->job.who.source = x->conn->source;
	return t;
}

/* True: x is identified, or err says why not. False: the store must be asked first. */
static bool
identify(struct exchange *x, int64_t now, int64_t mono, struct err *e)
{
	const struct identity *id = &x->conn->id;

	if (id->err.reason != R_NONE) {
		*e = id->err;
		return true;
	}
	if (identity_in_time(id, now, e) != 0)
		return true;
	if (x->asked && x->job.err.reason != R_NONE) {
		*e = x->job.err;
		return true;
	}
	if (x->asked)
		station_known(x, mono);
	else if (!identity_knows_station(id, mono))
		return false;
	*e = id->station_err;
	x->identified = id->station_err.reason == R_NONE;
	return true;
}

static int
take_quota(struct exchange *x, int64_t mono, struct err *e)
{
	const struct station *s = exchange_station(x);

	if (x->counted || s == NULL)
		return 0;
	x->counted = true;
	return quota_take(x->door->quota, &s->id, mono, &x->reply.retry_after, e);
}

enum turn
exchange_turn(struct exchange *x, int64_t now, int64_t mono)
{
	struct err e = { 0 };

	x->mono = mono;
	if (x->err.reason != R_NONE)
		return exchange_fail(x, &x->err);
	if (x->head.length != x->body.len && x->body_max > 0) {
		err_set(&e, R_UPLOAD_CUT, "%zu octets of %llu", x->body.len, (unsigned long long)x->head.length);
		return exchange_fail(x, &e);
	}
	if (x->route->who != WHO_ANYBODY && !x->identified) {
		if (!identify(x, now, mono, &e))
			return ask_who(x);
		/* still asked: the store could not say who this is, so it is not known to be nobody */
		if (e.reason != R_NONE && (x->route->who == WHO_STATION || x->asked))
			return exchange_fail(x, &e);
	}
	if (take_quota(x, mono, &e) != 0)
		return exchange_fail(x, &e);
	return x->route->run(x);
}
