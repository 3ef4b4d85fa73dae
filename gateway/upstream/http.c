/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CMP over HTTP (RFC 9811 section 3): POST, one message an exchange, several kept connections, one
 * exchange at a time on each. HTTP may say that there is no answer; it never says what the CA decided.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/base/limits.h"
#include "common/net/http/client.h"
#include "gateway/upstream/upstream.h"

#define CONNECT_MS 5000
#define RETRY_AFTER_MAX_S 3600	/* nobody signed it, and it may be for a whole CA */
#define TOTAL_MS 30000		/* each endpoint has its own; this one is never met */

struct list {
	struct upstream_call *first, **last;
};

struct upstream_pool {
	struct http *http;
	size_t n_done;		/* finished and not yet fetched, of all endpoints */
};

struct endpoint {
	struct upstream_pool *pool;
	char *url, *tls_trust;
	size_t parallel;
	long timeout_ms, line_ms;
	struct list waiting, done;
	struct exchange *running;
	size_t n_waiting, n_running;
	int64_t second;			/* of the monotonic clock */
	size_t answered, answered_before; /* in it, and in the one before */
};

/* What the HTTP client knows of one call. */
struct exchange {
	struct http_exchange http;
	struct endpoint *ep;
	struct upstream_call *call;
	struct exchange *prev, *next;	/* endpoint.running */
};

static void
list_init(struct list *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static void
list_add(struct list *l, struct upstream_call *c)
{
	c->next = NULL;
	*l->last = c;
	l->last = &c->next;
}

static struct upstream_call *
list_pop(struct list *l)
{
	struct upstream_call *c = l->first;

	if (c == NULL)
		return NULL;
	l->first = c->next;
	if (l->first == NULL)
		l->last = &l->first;
	c->next = NULL;
	return c;
}

/* --- what an exchange means --- */

/* RFC 9811 section 4; the type of polling messages is an older name of the same thing. */
static bool
is_cmp(const struct http_exchange *x)
{
	return x->answer.len > 0 && (strcmp(x->answer_type, "application/pkixcmp") == 0 ||
	    strcmp(x->answer_type, "application/pkixcmp-poll") == 0);
}

/* RFC 9811 section 3.3: a message may come with 2xx, 4xx and 5xx. A redirect is never an answer. */
static bool
carries_answer(int status)
{
	return (status >= 200 && status < 300) || (status >= 400 && status < 600);
}

/* An HTTP refusal of this one message; any other is about the endpoint. */
static bool
is_about_message(int status)
{
	return status == 400 || status == 413 || status == 415 || status == 422;
}

/* What the client says of a peer, as we say it of a CA. */
static enum reason
reason_of(const struct http_exchange *x)
{
	switch ((int)x->err.reason) {
	case R_NAME_LOOKUP:
		return R_CA_NAME_LOOKUP;
	case R_TLS_FAILED:
	case R_PEER_NOT_TRUSTED:
		return R_CA_TLS;
	case R_TIMED_OUT:
		return R_CA_TIMED_OUT;
	case R_PEER_ANSWER:
		return R_CA_BAD_ANSWER;
	default:
		return x->never_left ? R_CA_UNREACHABLE : R_CA_NO_ANSWER;
	}
}

static void
judge_silence(struct upstream_call *c, const struct http_exchange *x)
{
	c->outcome = x->never_left ? UP_NEVER_LEFT : UP_LOST;
	c->gone = x->never_left;
	(void)err_set(&c->err, reason_of(x), "%s", x->err.detail);
}

static void
judge(struct upstream_call *c, struct http_exchange *x)
{
	c->http_status = x->status;
	c->retry_after = x->retry_after < 0 ? 0 :
	    x->retry_after > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : x->retry_after;
	if (x->status == 0) {
		judge_silence(c, x);
		return;
	}
	if (carries_answer(x->status) && is_cmp(x)) {
		c->outcome = UP_ANSWER;
		c->answer = x->answer;
		x->answer = (struct blob){ NULL, 0 };
		return;
	}
	c->outcome = UP_TRANSPORT;
	c->gone = !is_about_message(x->status);
	(void)err_set(&c->err, R_CA_HTTP, "HTTP status %d, %s, %zu octets", x->status,
	    x->answer_type[0] != '\0' ? x->answer_type : "no Content-Type", x->answer.len);
}

/* --- an endpoint --- */

static void
done_add(struct endpoint *ep, struct upstream_call *c)
{
	list_add(&ep->done, c);
	ep->pool->n_done++;
}

static void
never_left(struct endpoint *ep, struct upstream_call *c, bool gone, const struct err *why)
{
	c->outcome = UP_NEVER_LEFT;
	c->gone = gone;
	c->err = *why;
	done_add(ep, c);
}

static void
exchange_free(struct exchange *x)
{
	http_exchange_free(&x->http);
	free(x);
}

static void
exchange_unlink(struct exchange *x)
{
	struct endpoint *ep = x->ep;

	if (x->prev != NULL)
		x->prev->next = x->next;
	else
		ep->running = x->next;
	if (x->next != NULL)
		x->next->prev = x->prev;
	ep->n_running--;
}

static int
run(struct endpoint *ep, struct upstream_call *c, struct err *e)
{
	struct exchange *x = mem_calloc(1, sizeof(*x));

	if (x == NULL)
		return err_set(e, R_NO_MEMORY, "HTTP exchange");
	x->ep = ep;
	x->call = c;
	x->http.method = "POST";
	x->http.url = ep->url;
	x->http.content_type = "application/pkixcmp";
	x->http.accept = "application/pkixcmp";
	x->http.body = c->message;
	x->http.total_ms = ep->timeout_ms;
	x->http.ca_file = ep->tls_trust;
	x->http.tag = x;
	x->next = ep->running;
	if (x->next != NULL)
		x->next->prev = x;
	ep->running = x;
	ep->n_running++;
	if (http_start(ep->pool->http, &x->http, e) == 0) {
		FAILPOINT("upstream.started");
		return 0;
	}
	exchange_unlink(x);
	exchange_free(x);
	return -1;
}

static struct upstream_call *
next_in_line(struct endpoint *ep)
{
	struct upstream_call *c = list_pop(&ep->waiting);

	if (c != NULL)
		ep->n_waiting--;
	return c;
}

static void
run_waiting(struct endpoint *ep)
{
	struct upstream_call *c;
	struct err e;

	while (ep->n_running < ep->parallel && (c = next_in_line(ep)) != NULL)
		if (run(ep, c, &e) != 0)
			never_left(ep, c, true, &e);
}

/* When nobody is there, those still in line need not find out one after the other. */
static void
send_home(struct endpoint *ep, const struct err *why)
{
	struct upstream_call *c;

	while ((c = next_in_line(ep)) != NULL)
		never_left(ep, c, true, why);
}

/* The CA got slow: whoever sent them counts on their being through by a certain time. */
static void
send_late_home(struct endpoint *ep)
{
	int64_t now = clock_mono_ms();
	struct err why;

	(void)err_set(&why, R_CA_UNREACHABLE, "no place was free for %ld ms", ep->line_ms);
	while (ep->waiting.first != NULL && now - ep->waiting.first->since > ep->line_ms)
		never_left(ep, next_in_line(ep), false, &why);
}

/* --- how many may stand in line --- */

static void
tick(struct endpoint *ep)
{
	int64_t now = clock_mono_ms() / 1000;

	if (now == ep->second)
		return;
	ep->answered_before = now == ep->second + 1 ? ep->answered : 0;
	ep->answered = 0;
	ep->second = now;
}

static size_t
line_length(struct endpoint *ep)
{
	size_t n;

	tick(ep);
	n = ep->answered > ep->answered_before ? ep->answered : ep->answered_before;
	n = n > ep->parallel ? n : ep->parallel;
	return n < LIM_BATCH_ITEMS ? n : LIM_BATCH_ITEMS;
}

static void
finish(struct http_exchange *http)
{
	struct exchange *x = http->tag;
	struct endpoint *ep = x->ep;
	struct upstream_call *c = x->call;

	FAILPOINT("upstream.answered");
	judge(c, http);
	exchange_unlink(x);
	exchange_free(x);
	done_add(ep, c);
	tick(ep);
	if (c->gone)
		send_home(ep, &c->err);
	else
		ep->answered++;
	send_late_home(ep);
	run_waiting(ep);
}

static void
pool_turn(struct upstream_pool *p, int wait_ms, int wake_fd)
{
	struct http_exchange *x = http_turn(p->http, wait_ms, wake_fd);

	for (; x != NULL; x = http_turn(p->http, 0, -1))
		finish(x);
}

static void
endpoint_start(void *self, struct upstream_call *c)
{
	struct endpoint *ep = self;

	c->since = clock_mono_ms();
	list_add(&ep->waiting, c);
	ep->n_waiting++;
	run_waiting(ep);
}

static struct upstream_call *
endpoint_turn(void *self)
{
	struct endpoint *ep = self;
	struct upstream_call *c;

	if (ep->done.first == NULL)
		pool_turn(ep->pool, 0, -1);
	c = list_pop(&ep->done);
	if (c != NULL)
		ep->pool->n_done--;
	return c;
}

static size_t
endpoint_room(void *self)
{
	struct endpoint *ep = self;
	size_t used = ep->n_running + ep->n_waiting, most = ep->parallel + line_length(ep);

	return used < most ? most - used : 0;
}

static void
endpoint_free(void *self)
{
	struct endpoint *ep = self;
	struct exchange *x, *next;

	if (ep == NULL)
		return;
	for (x = ep->running; x != NULL; x = next) {
		next = x->next;
		exchange_free(x);
	}
	free(ep->url);
	free(ep->tls_trust);
	free(ep);
}

int
upstream_http_new(struct upstream_pool *p, const struct upstream_http *o, struct upstream *out,
    struct err *e)
{
	struct endpoint *ep = mem_calloc(1, sizeof(*ep));

	if (ep == NULL)
		return err_set(e, R_NO_MEMORY, "endpoint");
	ep->pool = p;
	ep->parallel = o->parallel > 0 ? o->parallel : 1;
	ep->timeout_ms = o->timeout_ms;
	ep->line_ms = o->line_ms;
	list_init(&ep->waiting);
	list_init(&ep->done);
	ep->url = mem_strdup(o->url);
	if (o->tls_trust != NULL && o->tls_trust[0] != '\0')
		ep->tls_trust = mem_strdup(o->tls_trust);
	if (ep->url == NULL || (ep->tls_trust == NULL && o->tls_trust != NULL && o->tls_trust[0] != '\0')) {
		endpoint_free(ep);
		return err_set(e, R_NO_MEMORY, "endpoint");
	}
	*out = (struct upstream){ ep, endpoint_start, endpoint_turn, endpoint_room, endpoint_free };
	return 0;
}

/* --- the pool --- */

int
upstream_pool_new(size_t connections, struct upstream_pool **out, struct err *e)
{
	const struct http_options o = {
		.connections = connections,
		.connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS,
		.max_answer = LIM_CMP_MSG,
	};
	struct upstream_pool *p = mem_calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(e, R_NO_MEMORY, "connections");
	if (http_new(&o, &p->http, e) != 0) {
		free(p);
		return -1;
	}
	*out = p;
	return 0;
}

void
upstream_pool_free(struct upstream_pool *p)
{
	if (p == NULL)
		return;
	http_free(p->http);
	free(p);
}

void
upstream_pool_wait(void *self, int wait_ms, int wake_fd)
{
	struct upstream_pool *p = self;

	pool_turn(p, p->n_done > 0 ? 0 : wait_ms, wake_fd);
}
