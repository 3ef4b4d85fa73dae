/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/worker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/uuid.h"
#include "gateway/intake/jobs.h"
#include "gateway/store/health.h"

#define TICK_MS 1000		/* the loop goes round at least this often */
#define NEWS_GAP_MS 10		/* between two looks for those who wait, and one more for each two of them: the more */
				/* there are the more news comes, and each look reads them all */
#define COMPANY_MS 4		/* uploads wait for company behind a group: for each member but the first as long */
#define COMPANY_MAX_MS 24
#define RETRY_MIN_MS 100	/* first try after the database was lost; then twice that, and so on */
#define RETRY_MAX_MS 5000
#define PATIENCE_S 9		/* stations wait behind a statement; a server that hangs is given up after 12 s */

struct worker {
	char *url;
	bool synchronous;
	pthread_t thread;
	int wake;			/* eventfd */

	pthread_mutex_t lock;		/* for what follows, up to the next blank line */
	struct job_list queue[JOB_KINDS];
	size_t queued;
	bool stopping;
	struct err away;		/* R_NONE: the store can be used */

	struct db *db;			/* the thread's own, as all below */
	struct job_list waiting;
	int64_t submit_at;		/* not before, unless a group is full */
	bool news;			/* look for those who wait */
	int64_t looked_at;
	int64_t retry_at;
	int64_t retry_ms;
	bool failed;			/* to connect, since there was a connection */
	atomic_llong pulse;
};

int
worker_push(struct worker *w, struct job *j, struct err *e)
{
	const uint64_t one = 1;
	bool taken;

	pthread_mutex_lock(&w->lock);
	taken = !w->stopping && w->queued < WORKER_QUEUE;
	if (taken) {
		job_list_add(&w->queue[j->kind], j);
		w->queued++;
	}
	pthread_mutex_unlock(&w->lock);
	if (!taken)
		return err_set(e, R_NOT_READY, "too many requests wait for the store, or the door closes");
	/* Fails only when the counter is full: then the thread is awake anyway. */
	if (write(w->wake, &one, sizeof(one)) < 0)
		return 0;
	return 0;
}

int
worker_ready(struct worker *w, struct err *e)
{
	bool stopping;

	pthread_mutex_lock(&w->lock);
	stopping = w->stopping;
	*e = w->away;
	pthread_mutex_unlock(&w->lock);
	if (stopping)
		return err_set(e, R_NOT_READY, "stopping");
	return e->reason == R_NONE ? 0 : -1;
}

int64_t
worker_pulse(struct worker *w)
{
	return atomic_load(&w->pulse);
}

/* --- the connection --- */

static void
set_away(struct worker *w, const struct err *e)
{
	pthread_mutex_lock(&w->lock);
	w->away = *e;
	pthread_mutex_unlock(&w->lock);
}

/* Twice as long each time, and anything between half of it and all: several doors do not come at once. */
static void
back_off(struct worker *w, int64_t now)
{
	uint32_t ms = (uint32_t)w->retry_ms;

	w->retry_at = now + ms / 2 + random_below(ms / 2 + 1);
	w->retry_ms = w->retry_ms * 2 < RETRY_MAX_MS ? w->retry_ms * 2 : RETRY_MAX_MS;
}

static int
connect_store(struct worker *w, struct err *e)
{
	const struct db_options o = { .url = w->url, .role = "nemra_httpd", .synchronous = w->synchronous,
		.patience_s = PATIENCE_S };

	if (w->db != NULL)
		return db_reopen(w->db, e);
	if (db_open(&o, &w->db, e) != 0)
		return -1;
	if (db_listen(w->db, STORE_NEWS, e) == 0)
		return 0;
	db_close(w->db);
	w->db = NULL;
	return -1;
}

static void
log_change(const struct err *e)
{
	struct log_line l;

	log_begin(&l, e->reason == R_NONE ? LOG_NOTICE : LOG_ERROR,
	    e->reason == R_NONE ? "store.connected" : "store.lost");
	if (e->reason != R_NONE)
		log_err(&l, e);
	log_end(&l);
}

static bool
is_away(const struct worker *w)
{
	return w->db == NULL || db_is_away(w->db);
}

static void
connect_if_due(struct worker *w, int64_t now)
{
	struct err e = { 0 };

	if (!is_away(w) || now < w->retry_at)
		return;
	if (connect_store(w, &e) != 0) {
		back_off(w, now);
		/* the first failure says more than "the connection was lost" */
		if (!w->failed || e.reason != w->away.reason)
			log_change(&e);
		w->failed = true;
	} else {
		w->retry_ms = RETRY_MIN_MS;
		w->failed = false;
		w->news = true;		/* who knows what was missed */
		err_clear(&e);
		log_change(&e);
	}
	set_away(w, &e);
}

/* After any call: a connection that was lost meanwhile is said at once, and tried again soon. */
static void
notice_loss(struct worker *w, int64_t now)
{
	struct err e;

	if (!is_away(w) || w->away.reason != R_NONE)
		return;
	err_set(&e, R_DB_AWAY, "the connection was lost");
	log_change(&e);
	set_away(w, &e);
	w->retry_at = now;
}

static void
drain_news(struct worker *w)
{
	bool notified = false;
	struct err e;

	if (!is_away(w) && db_drain(w->db, &notified, &e) == 0)
		w->news = w->news || notified;
}

/* --- the loop --- */

static void
beat(struct worker *w)
{
	struct err e;

	if (!is_away(w) && health_turn(w->db, &e) != 0)
		log_failure(LOG_WARN, "health.beat", &e);
}

/* How long uploads are left to gather, ms; 0: they go now, or there are none. Called with the lock held. */
static int64_t
gathers_ms(const struct worker *w, int64_t now)
{
	size_t n = w->queue[JOB_SUBMIT].n;

	if (w->stopping || n == 0 || n >= WORKER_GROUP || is_away(w) || now >= w->submit_at)
		return 0;
	return w->submit_at - now;
}

static bool
take_queue(struct worker *w, struct job_list *todo, int64_t now)
{
	bool stopping, gathers;

	pthread_mutex_lock(&w->lock);
	gathers = gathers_ms(w, now) > 0;
	for (size_t k = 0; k < JOB_KINDS; k++)
		if (k != JOB_SUBMIT || !gathers)
			job_list_move(&todo[k], &w->queue[k]);
	w->queued = w->queue[JOB_SUBMIT].n;
	stopping = w->stopping;
	pthread_mutex_unlock(&w->lock);
	return stopping;
}

/*
 * A call costs as much as many of its rows. So the next uploads wait for company when those just now had some: when
 * there is little to do nobody waits, and the more there is the larger the groups become.
 */
static void
gather_behind(struct worker *w, size_t n)
{
	int64_t ms = n > 1 ? COMPANY_MS * ((int64_t)n - 1) : 0;

	if (n > 0)
		w->submit_at = clock_mono_ms() + (ms < COMPANY_MAX_MS ? ms : COMPANY_MAX_MS);
}

/* Identities first: their requests come back with an upload for the very next round. */
static void
run_queue(struct worker *w, struct job_list *todo)
{
	size_t uploads = todo[JOB_SUBMIT].n;

	for (size_t k = 0; k < JOB_WAIT; k++)
		jobs_run(w->db, &todo[k], &w->away);
	gather_behind(w, uploads);
	w->news = w->news || todo[JOB_WAIT].n > 0;	/* what they wait for may be there already */
	job_list_move(&w->waiting, &todo[JOB_WAIT]);
}

/* In how many ms those who wait need a look or a goodbye. */
static int64_t
serve_waiting(struct worker *w, bool stopping)
{
	int64_t now = clock_mono_ms(), gap = NEWS_GAP_MS + (int64_t)w->waiting.n / 2, next;

	if (w->news && w->waiting.n > 0 && !is_away(w) && now - w->looked_at >= gap) {
		w->news = false;
		w->looked_at = now;
		jobs_look(w->db, &w->waiting);
	}
	next = jobs_expire(&w->waiting, stopping ? INT64_MAX : now);
	if (next == INT64_MAX)
		return TICK_MS;
	if (w->news && !is_away(w))
		return w->looked_at + gap - now;
	return next - now < TICK_MS ? next - now : TICK_MS;
}

static void
wait_for_work(struct worker *w, int64_t ms)
{
	struct pollfd p[2] = { { .fd = w->wake, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	int64_t retry = w->retry_at - clock_mono_ms();
	uint64_t count;
	int64_t gathers;

	pthread_mutex_lock(&w->lock);
	gathers = gathers_ms(w, clock_mono_ms());
	if (gathers == 0 && w->queue[JOB_SUBMIT].n > 0)
		ms = 0;
	pthread_mutex_unlock(&w->lock);
	if (gathers > 0 && gathers < ms)
		ms = gathers;
	drain_news(w);		/* what came while we talked to the database makes its socket silent */
	if (w->news && w->waiting.n > 0 && ms > NEWS_GAP_MS)
		ms = NEWS_GAP_MS;
	if (is_away(w))
		ms = retry < ms ? retry : ms;
	else
		p[1].fd = db_fd(w->db);
	(void)poll(p, 2, ms > 0 ? (int)ms : 0);
	if ((p[0].revents & POLLIN) != 0 && read(w->wake, &count, sizeof(count)) < 0)
		return;
	if (p[1].revents != 0)
		drain_news(w);
}

static void *
run(void *arg)
{
	struct job_list todo[JOB_KINDS] = { 0 };
	struct worker *w = arg;
	int64_t ms, now;
	bool stopping;

	do {
		now = clock_mono_ms();
		atomic_store(&w->pulse, now);
		connect_if_due(w, now);
		stopping = take_queue(w, todo, now);
		run_queue(w, todo);
		drain_news(w);		/* what came along with an answer makes the socket silent */
		ms = serve_waiting(w, stopping);
		beat(w);
		notice_loss(w, clock_mono_ms());
		if (!stopping)
			wait_for_work(w, ms);
	} while (!stopping);
	health_goodbye(w->db);
	return NULL;
}

int
worker_start(const struct worker_options *o, struct worker **out, struct err *e)
{
	struct worker *w = xcalloc(1, sizeof(*w));

	w->url = xstrdup(o->url != NULL ? o->url : "");
	w->synchronous = o->synchronous;
	w->retry_ms = RETRY_MIN_MS;
	err_set(&w->away, R_NOT_READY, "not connected to the database yet");
	atomic_init(&w->pulse, clock_mono_ms());
	pthread_mutex_init(&w->lock, NULL);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake < 0 || pthread_create(&w->thread, NULL, run, w) != 0) {
		err_sys(e, R_INTERNAL, "store thread");
		w->stopping = true;
		worker_free(w);
		return -1;
	}
	*out = w;
	return 0;
}

void
worker_stop(struct worker *w)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_mutex_unlock(&w->lock);
	while (write(w->wake, &one, sizeof(one)) < 0 && poll(NULL, 0, 1) == 0)
		;
	pthread_join(w->thread, NULL);
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	if (w->db != NULL)
		db_close(w->db);
	if (w->wake >= 0)
		close(w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w->url);
	free(w);
}
