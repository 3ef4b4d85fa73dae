/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/flow/internal.h"
#include "gateway/flow/retry.h"
#include "gateway/store/health.h"

#define DB_AGAIN_MS 250
#define DB_AGAIN_MAX_MS 10000
#define WAIT_MAX_MS 5000		/* so that a watchdog sees life */

static int
watch(struct flow *f, int fd, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (fd < 0)
		return 0;
	if (epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &ev) != 0 && errno != EEXIST)
		return err_sys(e, R_INTERNAL, "epoll_ctl");
	return 0;
}

static void
ca_init(struct flow *f, struct ca_flow *c, const struct flow_ca *o)
{
	c->flow = f;
	c->o = *o;
	c->look = true;
	c->look_at = NEVER;
	c->told = -1;
	c->latency_ms = -1;
	c->pace = (struct pace){ .ca = o->name, .rate = o->rate };
	breaker_init(&c->breaker);
}

int
flow_new(const struct flow_options *o, struct flow **out, struct err *e)
{
	struct flow *f = xcalloc(1, sizeof(*f));

	f->o = *o;
	f->db_fd = -1;
	(void)err_set(&f->db_err, R_DB_AWAY, "not connected yet");
	f->ca = xcalloc(o->n_cas, sizeof(*f->ca));
	for (size_t i = 0; i < o->n_cas; i++)
		ca_init(f, &f->ca[i], &o->cas[i]);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0) {
		(void)err_sys(e, R_INTERNAL, "epoll_create1");
		flow_free(f);
		return -1;
	}
	if (watch(f, o->wake_fd, e) != 0) {
		flow_free(f);
		return -1;
	}
	*out = f;
	return 0;
}

void
flow_free(struct flow *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->o.n_cas; i++) {
		batches_drop(&f->ca[i]);
		free(f->ca[i].unstored);
	}
	free(f->ca);
	db_close(f->db);
	if (f->epoll >= 0)
		(void)close(f->epoll);
	free(f);
}

/* --- the database --- */

static void
look_everywhere(struct flow *f)
{
	for (size_t i = 0; i < f->o.n_cas; i++)
		f->ca[i].look = true;
	f->audit.look = true;
}

/* A lost connection is readable for ever. A socket that is closed has left the set by itself. */
static void
unwatch_db(struct flow *f)
{
	if (f->db_fd >= 0)
		(void)epoll_ctl(f->epoll, EPOLL_CTL_DEL, f->db_fd, NULL);
	f->db_fd = -1;
}

void
flow_db_failed(struct flow *f, const char *what, const struct err *e)
{
	log_failure(LOG_WARN, what, e);
	/* a commit of unknown outcome is settled on a new connection: what is there is read again */
	if (!db_is_away(f->db) && e->reason != R_DB_AWAY && e->reason != R_DB_UNKNOWN)
		return;
	unwatch_db(f);
	f->db_ok = false;
	f->db_err = *e;
	f->db_at = f->now;
	f->db_tries = 0;
}

static int
db_first_open(struct flow *f, struct err *e)
{
	if (db_open(&f->o.db, &f->db, e) != 0)
		return -1;
	if (db_listen(f->db, STORE_QUEUE, e) == 0 && db_listen(f->db, STORE_AUDIT, e) == 0)
		return 0;
	db_close(f->db);
	f->db = NULL;
	return -1;
}

static int
watch_db(struct flow *f, struct err *e)
{
	unwatch_db(f);
	f->db_fd = db_fd(f->db);
	return watch(f, f->db_fd, e);
}

static void
connect_db(struct flow *f)
{
	struct err e;

	if (f->db_ok || f->now < f->db_at)
		return;
	if ((f->db == NULL ? db_first_open(f, &e) : db_reopen(f->db, &e)) != 0 || watch_db(f, &e) != 0) {
		if (f->db_tries++ == 0)
			log_failure(LOG_ERROR, "db.away", &e);
		f->db_err = e;
		f->db_at = f->now + retry_backoff_ms(DB_AGAIN_MS, DB_AGAIN_MAX_MS, f->db_tries);
		return;
	}
	f->db_ok = true;
	f->db_tries = 0;
	look_everywhere(f);
}

/* A sign of life. */
static void
beat(struct flow *f)
{
	struct err e;

	if (f->db_ok && health_turn(f->db, &e) != 0)
		flow_db_failed(f, "health.beat", &e);
}

static void
hear_news(struct flow *f)
{
	bool notified = false;
	struct err e;

	if (!f->db_ok)
		return;
	if (db_drain(f->db, &notified, &e) != 0)
		flow_db_failed(f, "db.lost", &e);
	else if (notified)
		look_everywhere(f);
}

/* --- turns --- */

static void
sooner(int64_t *at, int64_t when)
{
	if (when < *at)
		*at = when;
}

static int64_t
next_ca(const struct ca_flow *c)
{
	const struct flow *f = c->flow;

	if (!f->db_ok || f->stopping)
		return NEVER;
	return c->look ? f->now : c->look_at;
}

/* When there is something to do that nobody will tell us of. */
static int64_t
next_at(const struct flow *f)
{
	int64_t at = f->now + WAIT_MAX_MS;

	for (size_t i = 0; i < f->o.n_cas; i++) {
		sooner(&at, next_ca(&f->ca[i]));
		if (f->db_ok)
			sooner(&at, settle_at(&f->ca[i]));
	}
	if (!f->db_ok)
		sooner(&at, f->db_at);
	else
		sooner(&at, f->audit.look ? f->audit.at : NEVER);
	if (f->db_ok)
		sooner(&at, f->now + health_next_ms());
	return at;
}

int
flow_turn(struct flow *f)
{
	int64_t wait;

	f->now = clock_mono_ms();
	connect_db(f);
	hear_news(f);
	for (size_t i = 0; i < f->o.n_cas; i++) {
		settle_turn(&f->ca[i]);
		claim_turn(&f->ca[i]);
	}
	audit_turn(f);
	beat(f);
	hear_news(f);		/* what came while we talked to the database makes its socket silent */
	wait = next_at(f) - clock_mono_ms();
	return wait > 0 ? (int)wait : 0;
}

void
flow_wait(struct flow *f, int ms)
{
	f->o.wait(f->o.wait_self, ms, f->epoll);
}

void
flow_stop(struct flow *f)
{
	f->stopping = true;
	if (f->db_ok)
		health_goodbye(f->db);
}

bool
flow_is_idle(const struct flow *f)
{
	for (size_t i = 0; i < f->o.n_cas; i++)
		if (f->ca[i].in_flight > 0 || f->ca[i].n_unstored > 0)
			return false;
	return true;
}

bool
flow_is_ready(const struct flow *f, struct err *why)
{
	if (!f->db_ok)
		*why = f->db_err;
	return f->db_ok;
}
