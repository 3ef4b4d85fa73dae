/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "gateway/intake/httpd_priv.h"
#include "gateway/intake/routes.h"
#include "gateway/intake/tls.h"

#define BODY_MS 30000		/* for the body, from the header on */
#define SEND_MS 30000		/* for the client to take its answer */
#define STRANGER_REST_MS 5000	/* until its next request */
#define SPKI_MAX 4096
#define FIELDS_MAX (LIM_HTTP_HEADERS + 1)	/* one more than allowed shows that there are too many */

/* --- the answer --- */

static void
add(struct MHD_Response *r, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		(void)MHD_add_response_header(r, name, value);
}

static void
add_headers(struct MHD_Response *r, const struct exchange *x)
{
	const struct reply *p = &x->reply;
	char number[32];

	add(r, "Content-Type", p->type);
	add(r, "Location", p->location);
	add(r, "Allow", p->allow);
	add(r, "Cache-Control", "no-store");
	add(r, "X-Content-Type-Options", "nosniff");
	if (p->retry_after > 0) {
		snprintf(number, sizeof(number), "%d", p->retry_after);
		add(r, "Retry-After", number);
	}
	if (p->wait_applied) {
		snprintf(number, sizeof(number), "wait=%d", x->head.wait);
		add(r, "Preference-Applied", number);
	}
	if (p->challenge)
		add(r, "WWW-Authenticate", "ClientCertificate realm=\"nemra\"");
	if (p->base64)
		add(r, "Content-Transfer-Encoding", "base64");
	if (p->close)
		add(r, "Connection", "close");
}

static enum MHD_Result
send_reply(struct httpd *h, struct exchange *x)
{
	struct blob body = { NULL, 0 };
	struct MHD_Response *r;
	enum MHD_Result rc;
	struct err e;

	if (buf_take(&x->reply.body, &body, &e) != 0) {
		log_failure(LOG_ERROR, "http.answer", &e);
		return MHD_NO;
	}
	r = MHD_create_response_from_buffer(body.len, body.p, MHD_RESPMEM_MUST_FREE);
	if (r == NULL) {
		blob_free(&body);
		return MHD_NO;
	}
	add_headers(r, x);
	conns_deadline(h->conns, x->conn, clock_mono_ms() + SEND_MS);
	x->replied = true;
	FAILPOINT("http.reply");
	rc = MHD_queue_response(x->under, (unsigned)x->reply.status, r);
	MHD_destroy_response(r);
	return rc;
}

/* --- turns --- */

/* On the worker's thread: the exchange is its connection's again. */
static void
job_done(struct job *j)
{
	struct exchange *x = j->arg;

	MHD_resume_connection(x->under);
}

/* Suspended first, handed over then: the worker may be done before this function is. */
static void
hand_over(struct httpd *h, struct exchange *x)
{
	struct err e;

	x->job.done = job_done;
	x->job.arg = x;
	MHD_suspend_connection(x->under);
	FAILPOINT("http.hand_over");
	if (worker_push(h->worker, &x->job, &e) == 0)
		return;
	x->job.err = e;
	MHD_resume_connection(x->under);
}

static enum MHD_Result
proceed(struct httpd *h, struct exchange *x)
{
	conns_deadline(h->conns, x->conn, 0);
	switch (exchange_turn(x, clock_wall_s(), clock_mono_ms())) {
	case TURN_STORE:
		hand_over(h, x);
		return MHD_YES;
	case TURN_REPLY:
		break;
	}
	return send_reply(h, x);
}

/* --- the request --- */

struct fields {
	struct http_field v[FIELDS_MAX];
	size_t n;
};

static enum MHD_Result
collect_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
    const char *value, size_t value_len)
{
	struct fields *f = cls;

	(void)kind;
	if (f->n == FIELDS_MAX)
		return MHD_NO;
	f->v[f->n].name = (struct mem){ (const uint8_t *)name, name_len };
	f->v[f->n++].value = (struct mem){ (const uint8_t *)value, value != NULL ? value_len : 0 };
	return MHD_YES;
}

struct query {
	const char *profile;
	bool bad;
};

static enum MHD_Result
collect_argument(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct query *q = cls;

	(void)kind;
	if (strcmp(name, "profile") != 0 || value == NULL || value[0] == '\0' || q->profile != NULL)
		q->bad = true;
	else
		q->profile = value;
	return MHD_YES;
}

/* Once a connection, and again when it has become old: what the chain says. */
static void
look_at_peer(struct httpd *h, struct exchange *x, int64_t mono)
{
	struct identity *id = &x->conn->id;
	struct peer p = { .n = 0 };
	struct buf spki;
	struct err e;

	if (!identity_is_fresh(id, x->anchors, mono)) {
		buf_init(&spki, SPKI_MAX);
		if (tls_peer(MHD_get_connection_info(x->under, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session,
		    &p, &spki, &e) != 0)
			identity_refuse(id, &e);
		else
			(void)!identity_verify(id, x->anchors, &p, clock_wall_s(), mono, &e);
		buf_free(&spki);
	}
	if (id->err.reason == R_NONE)
		x->reply.close = conns_prove(h->conns, x->conn, &x->err) != 0;
	else if (x->route->who == WHO_STATION)
		x->err = id->err;
}

/* Who has not proved who it is, may ask a little; a station's own quota is taken later. */
static void
count_stranger(struct httpd *h, struct exchange *x, int64_t mono)
{
	struct err e;

	if (conns_ask(h->conns, x->conn, mono, &e) == 0)
		return;
	if (x->err.reason == R_NONE)
		x->err = e;
	x->reply.close = true;
}

static struct exchange *
new_exchange(struct httpd *h, struct MHD_Connection *mhd)
{
	struct conn *c = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	struct anchors *a;
	struct exchange *x;

	pthread_mutex_lock(&h->lock);
	a = anchors_hold(h->anchors);
	pthread_mutex_unlock(&h->lock);
	x = exchange_new(&h->door, a, c);
	anchors_release(a);
	x->under = mhd;
	conns_busy(h->conns, 1);
	return x;
}

static enum MHD_Result
begin(struct httpd *h, struct MHD_Connection *mhd, const char *url, const char *method, void **ctx)
{
	struct exchange *x = new_exchange(h, mhd);
	struct fields f = { .n = 0 };
	struct query q = { NULL, false };

	*ctx = x;
	x->mono = clock_mono_ms();
	(void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, collect_field, &f);
	(void)MHD_get_connection_values(mhd, MHD_GET_ARGUMENT_KIND, collect_argument, &q);
	exchange_admit(x, method, url, f.v, f.n, q.profile);
	if (x->err.reason == R_NONE && q.bad)
		err_set(&x->err, R_BAD_PARAMETER, "profile=NAME is taken here, once");
	if (x->err.reason == R_NONE && x->route->who != WHO_ANYBODY)
		look_at_peer(h, x, x->mono);
	count_stranger(h, x, x->mono);
	conns_deadline(h->conns, x->conn, x->mono + BODY_MS);
	if (x->reply.close)
		return proceed(h, x);
	return MHD_YES;
}

/* What belongs to a refused request is read and dropped, so that its client gets to see the answer. */
static void
receive(struct exchange *x, const char *data, size_t size)
{
	x->received += size;
	if (x->err.reason != R_NONE)
		return;
	buf_add(&x->body, data, size);
	if (!buf_ok(&x->body))
		err_set(&x->err, R_TOO_LONG, "at most %zu octets", x->body_max);
}

enum MHD_Result
httpd_on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **ctx)
{
	struct httpd *h = cls;

	(void)version;
	if (MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context == NULL)
		return MHD_NO;
	if (*ctx == NULL)
		return begin(h, mhd, url, method, ctx);
	if (*size > 0) {
		receive(*ctx, data, *size);
		*size = 0;
		return MHD_YES;
	}
	return proceed(h, *ctx);
}

/* A body that ended early never came to be judged: this is the only place that sees it. */
static void
note_cut(const struct exchange *x)
{
	struct err e;

	if (x->replied || x->received >= x->head.length)
		return;
	err_set(&e, R_UPLOAD_CUT, "%llu octets of %llu", (unsigned long long)x->received,
	    (unsigned long long)x->head.length);
	exchange_log(x, LOG_NOTICE, "http.refused", &e);
}

/* A stranger may not keep its connection for as long as a station. */
static int64_t
rest_ms(const struct httpd *h, const struct conn *c)
{
	return c->stage == CONN_PROVEN || h->o.timeout_ms < STRANGER_REST_MS ? h->o.timeout_ms : STRANGER_REST_MS;
}

void
httpd_on_completed(void *cls, struct MHD_Connection *mhd, void **ctx,
    enum MHD_RequestTerminationCode how)
{
	const int64_t now = clock_mono_ms();
	struct httpd *h = cls;
	struct exchange *x = *ctx;

	(void)mhd;
	(void)how;
	if (x == NULL)
		return;
	FAILPOINT("http.completed");
	*ctx = NULL;
	note_cut(x);
	if (x->reply.status >= 400 && x->reply.status < 500)
		conns_offend(h->conns, x->conn, OFFENCE_REFUSED, now);
	conns_rest(h->conns, x->conn, now + rest_ms(h, x->conn));
	exchange_free(x);
	conns_busy(h->conns, -1);
}
