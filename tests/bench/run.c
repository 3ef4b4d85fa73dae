/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A slot is one station at work: connect, then for each of its requests upload, fetch, check. Slots never block;
 * one thread serves all of them by epoll, edge triggered.
 */
#include "tests/bench/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "common/base/alloc.h"

#define EVENTS 64
#define WAIT_FIELD "Prefer: wait=30\r\n"

enum phase { FREE, CONNECT, UPLOAD, FETCH, PAUSE };

struct slot {
	enum phase phase, after;	/* after: what a pause ends with */
	size_t station, request;
	struct conn conn;
	char path[192];			/* of the certificate */
	double opened, asked, wake, deadline;
};

struct runner {
	const struct options *o;
	const struct target *target;
	const struct checker *checker;
	const struct stations *s;
	struct result *r;
	struct slot *slot;
	size_t n_slots, next, ended;	/* stations: next to begin, how many have ended */
	int epoll;
	double start;
};

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
keep(struct times *t, double us)
{
	t->v[t->n++] = us;
}

static void
end_station(struct runner *r, struct slot *k)
{
	conn_close(&k->conn);
	k->phase = FREE;
	r->ended++;
}

/* What a station has not had yet is lost with the first failure. */
static void
fail(struct runner *r, struct slot *k, const struct err *e)
{
	if (r->r->failed == 0) {
		r->r->first = *e;
		snprintf(r->r->first_station, sizeof(r->r->first_station), "%s", r->s->v[k->station].name);
	}
	r->r->failed += r->s->each - k->request;
	end_station(r, k);
}

static void
ask_upload(struct runner *r, struct slot *k)
{
	static const char *const types[] = { [LOAD_PKCS10] = "application/pkcs10",
		[LOAD_CRMF] = "application/vnd.nemra.crmf", [LOAD_ENVELOPE] = "application/cms" };
	const struct request *q = &r->s->v[k->station].request[k->request];
	char fields[160];

	snprintf(fields, sizeof(fields), "Content-Type: %s\r\n%s", types[r->o->form],
	    r->o->door == LOAD_EST ? WAIT_FIELD : "");
	conn_ask(&k->conn, "POST", r->o->door == LOAD_EST ? "/.well-known/est/simpleenroll" : "/v1/requests", fields,
	    mem_of(&q->body));
	k->phase = UPLOAD;
}

static void
begin_request(struct runner *r, struct slot *k)
{
	k->asked = now_us();
	k->deadline = k->asked + (double)r->o->patience * 1e6;
	ask_upload(r, k);
}

static void
ask_fetch(struct slot *k)
{
	conn_ask(&k->conn, "GET", k->path, WAIT_FIELD, MEM_NONE);
	k->phase = FETCH;
}

static void
open_slot(struct runner *r, struct slot *k, double now)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = k };
	struct err e;

	k->station = r->next++;
	k->request = 0;
	k->phase = CONNECT;
	k->opened = now;
	k->deadline = now + (double)r->o->patience * 1e6;
	if (conn_open(&k->conn, r->target, &r->s->v[k->station], &e) != 0)
		fail(r, k, &e);
	else if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, k->conn.fd, &ev) != 0) {
		err_sys(&e, R_INTERNAL, "epoll");
		fail(r, k, &e);
	}
}

/* Retry-After, as 202, 429 and 503 say it. */
static void
come_back(struct runner *r, struct slot *k)
{
	k->after = k->phase;
	k->phase = PAUSE;
	k->wake = now_us() + k->conn.answer.retry_after * 1e6;
	r->r->again++;
}

static void
refused(struct runner *r, struct slot *k)
{
	const struct answer *a = &k->conn.answer;
	struct err e;

	err_set(&e, R_INTERNAL, "%s: status %d: %.*s", k->phase == UPLOAD ? "upload" : "fetch", a->status,
	    (int)(a->body.len < 160 ? a->body.len : 160), (const char *)a->body.p);
	fail(r, k, &e);
}

static void
got_certificate(struct runner *r, struct slot *k)
{
	const struct station *s = &r->s->v[k->station];
	const struct request *q = &s->request[k->request];
	struct mem body = k->conn.answer.body;
	struct err e;
	int rc;

	if (r->o->door == LOAD_EST)
		rc = check_p7(r->checker, body, s->name, mem_of(&q->spki), &e);
	else
		rc = check_pem(r->checker, body, s->name, mem_of(&q->spki), &e);
	if (rc != 0) {
		fail(r, k, &e);
		return;
	}
	keep(&r->r->whole, now_us() - k->asked);
	r->r->done++;
	if (++k->request == r->s->each)
		end_station(r, k);
	else
		begin_request(r, k);
}

static void
on_answer(struct runner *r, struct slot *k)
{
	const struct answer *a = &k->conn.answer;
	bool later = a->status == 202 || a->status == 429 || a->status == 503;

	if (later && a->retry_after > 0) {
		come_back(r, k);
	} else if (k->phase == FETCH || (k->phase == UPLOAD && r->o->door == LOAD_EST)) {
		if (a->status == 200)
			got_certificate(r, k);
		else
			refused(r, k);
	} else if (a->status == 201 && a->location[0] == '/') {
		keep(&r->r->ack, now_us() - k->asked);
		snprintf(k->path, sizeof(k->path), "%s/certificate", a->location);
		ask_fetch(k);
	} else {
		refused(r, k);
	}
}

/* As far as it goes without waiting. */
static void
drive(struct runner *r, struct slot *k)
{
	struct err e;

	while (k->phase == CONNECT || k->phase == UPLOAD || k->phase == FETCH) {
		switch (conn_go(&k->conn, &e)) {
		case CONN_AGAIN:
			return;
		case CONN_FAILED:
			fail(r, k, &e);
			return;
		case CONN_DONE:
			if (k->phase == CONNECT) {
				keep(&r->r->connect, now_us() - k->opened);
				begin_request(r, k);
			} else {
				on_answer(r, k);
			}
		}
	}
}

/* Lets new stations begin, ends pauses, and finds what took too long. Returns how long there is nothing to do. */
static double
look_around(struct runner *r, double now)
{
	double next = 1e6, due;
	struct err e;

	for (size_t i = 0; i < r->n_slots; i++) {
		struct slot *k = &r->slot[i];

		due = r->o->rate > 0 ? r->start + (double)r->next * 1e6 / r->o->rate : now;
		if (k->phase == FREE && r->next < r->s->n && due <= now) {
			if (now - due > r->r->late)
				r->r->late = now - due;
			open_slot(r, k, now);
		} else if (k->phase == FREE && r->next < r->s->n && due - now < next) {
			next = due - now;
		} else if (k->phase != FREE && k->deadline <= now) {
			err_set(&e, R_INTERNAL, "no certificate within %zu s", r->o->patience);
			fail(r, k, &e);
		} else if (k->phase == PAUSE && k->wake <= now) {
			if (k->after == FETCH)
				ask_fetch(k);
			else
				ask_upload(r, k);
			drive(r, k);
		} else if (k->phase == PAUSE && k->wake - now < next) {
			next = k->wake - now;
		}
	}
	return next;
}

static int
loop(struct runner *r, struct err *e)
{
	struct epoll_event ev[EVENTS];
	double wait;
	int n;

	r->start = now_us();
	while (r->ended < r->s->n) {
		wait = look_around(r, now_us());
		if (r->ended == r->s->n)
			break;
		n = epoll_wait(r->epoll, ev, EVENTS, (int)(wait / 1e3) + 1);
		if (n < 0)
			return err_sys(e, R_INTERNAL, "epoll");
		for (int i = 0; i < n; i++)
			drive(r, ev[i].data.ptr);
	}
	r->r->seconds = (now_us() - r->start) / 1e6;
	return 0;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
times_new(struct times *t, size_t max)
{
	*t = (struct times){ mem_calloc(max, sizeof(*t->v)), 0 };
	return t->v != NULL ? 0 : -1;
}

static void
times_sort(struct times *t)
{
	qsort(t->v, t->n, sizeof(*t->v), by_size);
}

double
times_at(const struct times *t, double share)
{
	return t->n == 0 ? 0 : t->v[(size_t)((double)(t->n - 1) * share + 0.5)];
}

void
result_free(struct result *r)
{
	free(r->connect.v);
	free(r->ack.v);
	free(r->whole.v);
}

int
run(const struct options *o, const struct target *t, const struct checker *c, const struct stations *s,
    struct result *out, struct err *e)
{
	struct runner r = { .o = o, .target = t, .checker = c, .s = s, .r = out, .epoll = -1 };
	size_t all = s->n * s->each;
	int rc = -1;

	*out = (struct result){ 0 };
	r.n_slots = o->parallel < s->n ? o->parallel : s->n;
	r.slot = mem_calloc(r.n_slots, sizeof(*r.slot));
	r.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r.slot == NULL || times_new(&out->connect, s->n) != 0 || times_new(&out->ack, all) != 0 ||
	    times_new(&out->whole, all) != 0 || r.epoll < 0) {
		(void)err_set(e, R_NO_MEMORY, "slots");
		goto out;
	}
	for (size_t i = 0; i < r.n_slots; i++)
		conn_init(&r.slot[i].conn);
	rc = loop(&r, e);
	times_sort(&out->connect);
	times_sort(&out->ack);
	times_sort(&out->whole);
out:
	for (size_t i = 0; r.slot != NULL && i < r.n_slots; i++)
		conn_close(&r.slot[i].conn);
	free(r.slot);
	if (r.epoll >= 0)
		close(r.epoll);
	return rc;
}
