/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/watch.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/store/health.h"

#define CONNECTIONS 2

struct watch {
	struct watch_options o;
	struct pool *pool;
	pthread_mutex_t lock;		/* for the next ones */
	int64_t away_since;		/* 0: it is there */
	struct err refused;		/* it is there and takes no writes; R_NONE: it does */
	int64_t refused_since;
	pthread_mutex_t signer_lock;	/* one question at a time */
};

struct watch *
watch_new(const struct watch_options *o)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->o = *o;
	w->o.db.patience_s = WATCH_PATIENCE_S;
	w->pool = pool_new(&w->o.db, CONNECTIONS);
	if (pthread_mutex_init(&w->lock, NULL) != 0 || pthread_mutex_init(&w->signer_lock, NULL) != 0)
		abort();	/* they fail for want of memory alone */
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	pool_free(w->pool);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_mutex_destroy(&w->signer_lock);
	free(w);
}

/* --- the database --- */

static void
log_change(const struct err *e)
{
	struct log_line l;

	log_begin(&l, e->reason == R_NONE ? LOG_NOTICE : LOG_ERROR, e->reason == R_NONE ? "db.there" : "db.away");
	log_err(&l, e);
	log_end(&l);
}

static int64_t
note(struct watch *w, const struct err *e)
{
	bool away = e->reason != R_NONE, changed;
	int64_t since;

	(void)pthread_mutex_lock(&w->lock);
	changed = away != (w->away_since != 0);
	if (changed)
		w->away_since = away ? clock_wall_us() : 0;
	since = w->away_since;
	(void)pthread_mutex_unlock(&w->lock);
	if (changed)
		log_change(e);
	return since;
}

int
watch_take(struct watch *w, struct db **out, int64_t *since, struct err *e)
{
	static const struct err well = { .reason = R_NONE };

	if (pool_take(w->pool, out, e) == 0) {
		*since = note(w, &well);
		return 0;
	}
	*since = note(w, e);
	return -1;
}

void
watch_give(struct watch *w, struct db *db)
{
	pool_give(w->pool, db);
}

static void
look_at_space(const struct watch *w)
{
	int64_t size, left;

	if (db_space(w->o.db.url, &size, &left) == 0)
		health_space("database_space", size, left);
}

/* What the last sign of life met. A server that can be asked may still take nothing: it is read-only, or full. */
static void
note_write(struct watch *w, const struct err *e)
{
	bool changed;

	(void)pthread_mutex_lock(&w->lock);
	changed = (e->reason != R_NONE) != (w->refused.reason != R_NONE);
	w->refused = *e;
	if (changed)
		w->refused_since = clock_wall_us();
	(void)pthread_mutex_unlock(&w->lock);
	if (changed && e->reason != R_NONE)
		log_failure(LOG_ERROR, "db.takes_no_writes", e);
}

bool
watch_writes(struct watch *w, struct err *why, int64_t *since)
{
	bool good;

	(void)pthread_mutex_lock(&w->lock);
	good = w->refused.reason == R_NONE;
	*why = w->refused;
	*since = w->refused_since;
	(void)pthread_mutex_unlock(&w->lock);
	return good;
}

void
watch_turn(struct watch *w)
{
	struct db *db;
	int64_t since;
	struct err e;

	if (health_next_ms() > 0)
		return;
	look_at_space(w);
	if (watch_take(w, &db, &since, &e) != 0)
		return;
	if (health_turn(db, &e) == 0)
		err_clear(&e);
	note_write(w, &e);
	watch_give(w, db);
}

void
watch_goodbye(struct watch *w)
{
	struct db *db;
	int64_t since;
	struct err e;

	if (watch_take(w, &db, &since, &e) != 0)
		return;
	health_goodbye(db);
	watch_give(w, db);
}

/* --- the signer --- */

int
watch_signer(struct watch *w, struct err *e)
{
	int rc;

	if (w->o.signer == NULL)
		return 0;
	(void)pthread_mutex_lock(&w->signer_lock);
	rc = w->o.signer(w->o.signer_arg, e);
	(void)pthread_mutex_unlock(&w->signer_lock);
	return rc;
}
