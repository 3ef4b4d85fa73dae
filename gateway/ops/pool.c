/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"

#define WAIT_S		10
#define AGAIN_MS	500

struct place {
	struct db *db;		/* NULL: not opened yet */
	bool taken;
	int64_t again_at;	/* monotonic: not before, after a failure */
	struct err why;
};

struct pool {
	struct db_options options;
	pthread_mutex_t lock;
	pthread_cond_t given;
	size_t n;
	struct place place[];
};

struct pool *
pool_new(const struct db_options *o, size_t n)
{
	struct pool *p = xcalloc(1, sizeof(*p) + n * sizeof(p->place[0]));
	pthread_condattr_t attr;

	p->options = *o;
	p->n = n;
	if (pthread_mutex_init(&p->lock, NULL) != 0 || pthread_condattr_init(&attr) != 0 ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&p->given, &attr) != 0)
		mem_exhausted();	/* they fail for nothing else */
	(void)pthread_condattr_destroy(&attr);
	return p;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		db_close(p->place[i].db);
	(void)pthread_cond_destroy(&p->given);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* A free place, one with a connection first; NULL when all are taken. Under the lock. */
static struct place *
find_free(struct pool *p)
{
	struct place *found = NULL;

	for (size_t i = 0; i < p->n; i++)
		if (!p->place[i].taken && (found == NULL || (found->db == NULL && p->place[i].db != NULL)))
			found = &p->place[i];
	return found;
}

static struct place *
take_place(struct pool *p)
{
	struct place *found;
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	(void)pthread_mutex_lock(&p->lock);
	while ((found = find_free(p)) == NULL)
		if (pthread_cond_timedwait(&p->given, &p->lock, &until) == ETIMEDOUT)
			break;
	if (found != NULL)
		found->taken = true;
	(void)pthread_mutex_unlock(&p->lock);
	return found;
}

static void
give_place(struct pool *p, struct place *place)
{
	(void)pthread_mutex_lock(&p->lock);
	place->taken = false;
	(void)pthread_cond_signal(&p->given);
	(void)pthread_mutex_unlock(&p->lock);
}

/* A server that was restarted has closed its side: better found here than by somebody's question. */
static bool
is_alive(struct db *db)
{
	bool notified;
	struct err e;

	return db != NULL && !db_is_away(db) && db_drain(db, &notified, &e) == 0;
}

static int
connect_place(const struct pool *p, struct place *place, struct err *e)
{
	int rc;

	if (is_alive(place->db))
		return 0;
	if (clock_mono_ms() < place->again_at) {
		*e = place->why;
		return -1;
	}
	rc = place->db == NULL ? db_open(&p->options, &place->db, e) : db_reopen(place->db, e);
	if (rc != 0) {
		place->again_at = clock_mono_ms() + AGAIN_MS;
		place->why = *e;
	}
	return rc;
}

int
pool_take(struct pool *p, struct db **out, struct err *e)
{
	struct place *place = take_place(p);

	if (place == NULL)
		return err_set(e, R_NOT_READY, "all connections to the database are busy");
	if (connect_place(p, place, e) != 0) {
		give_place(p, place);
		return -1;
	}
	*out = place->db;
	return 0;
}

void
pool_give(struct pool *p, struct db *db)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->place[i].db == db)
			give_place(p, &p->place[i]);
}
