/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/jobs.h"

#include <string.h>

#include "common/base/clock.h"

void
job_list_add(struct job_list *l, struct job *j)
{
	j->next = NULL;
	if (l->tail != NULL)
		l->tail->next = j;
	else
		l->head = j;
	l->tail = j;
	l->n++;
}

struct job *
job_list_take(struct job_list *l)
{
	struct job *j = l->head;

	if (j == NULL)
		return NULL;
	l->head = j->next;
	if (l->head == NULL)
		l->tail = NULL;
	l->n--;
	j->next = NULL;
	return j;
}

void
job_list_move(struct job_list *to, struct job_list *from)
{
	if (from->head == NULL)
		return;
	if (to->tail != NULL)
		to->tail->next = from->head;
	else
		to->head = from->head;
	to->tail = from->tail;
	to->n += from->n;
	memset(from, 0, sizeof(*from));
}

/* --- one call for many: the store wants arrays, so each job's part goes there and back --- */

static int
call_identify(struct db *db, struct job **j, size_t n, struct err *e)
{
	struct door_who who[WORKER_GROUP];
	int rc;

	for (size_t i = 0; i < n; i++)
		who[i] = j[i]->who;
	rc = door_identify(db, who, n, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		j[i]->who = who[i];
	return rc;
}

static int
call_submit(struct db *db, struct job **j, size_t n, struct err *e)
{
	struct door_upload up[WORKER_GROUP];
	int rc;

	for (size_t i = 0; i < n; i++)
		up[i] = j[i]->up;
	rc = door_submit(db, up, n, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		j[i]->up = up[i];
	return rc;
}

static int
call_read(struct db *db, struct job **j, size_t n, struct err *e)
{
	struct door_read read[WORKER_GROUP];
	int rc;

	for (size_t i = 0; i < n; i++)
		read[i] = j[i]->read;
	rc = door_read(db, read, n, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		j[i]->read = read[i];
	return rc;
}

static int
call_mark(struct db *db, struct job **j, size_t n, struct err *e)
{
	struct door_mark mark[WORKER_GROUP];
	int rc;

	for (size_t i = 0; i < n; i++)
		mark[i] = j[i]->mark;
	rc = door_mark(db, mark, n, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		j[i]->mark = mark[i];
	return rc;
}

static int
call(struct db *db, struct job **j, size_t n, struct err *e)
{
	switch (j[0]->kind) {
	case JOB_IDENTIFY:
		return call_identify(db, j, n, e);
	case JOB_SUBMIT:
		return call_submit(db, j, n, e);
	case JOB_READ:
		return call_read(db, j, n, e);
	case JOB_MARK:
		return call_mark(db, j, n, e);
	case JOB_WAIT:
	case JOB_KINDS:
		break;
	}
	return err_set(e, R_INTERNAL, "a job of no kind");
}

static void
finish(struct job *j, const struct err *e)
{
	if (e != NULL)
		j->err = *e;
	else
		err_clear(&j->err);
	j->done(j);
}

static void
run_group(struct db *db, struct job **j, size_t n)
{
	struct err e;
	int rc = call(db, j, n, &e);
	bool alone = rc != 0 && n > 1 && !db_is_away(db) && reason_info(e.reason)->class != RC_RETRY;

	for (size_t i = 0; i < n; i++) {
		if (alone)
			rc = call(db, &j[i], 1, &e);
		finish(j[i], rc != 0 ? &e : NULL);
	}
}

#ifdef NEMRA_CONTROL_ACK_EARLY
/*
 * A fault for the crash rig to find (tests/crash/crash.mk); no product is built with it. Uploads are acknowledged
 * before their commit: the transaction stays open, and is committed by the next uploads after a while.
 */
static void
commit_late(struct db *db, const struct job_list *l)
{
	static int64_t since;
	int64_t now = clock_mono_ms();
	struct err e;

	if (db == NULL || db_is_away(db))
		return;
	if (db_in_transaction(db) && now - since > 300 && db_commit(db, &e) != 0)
		return;
	if (!db_in_transaction(db) && l->head != NULL && l->head->kind == JOB_SUBMIT && db_begin(db, &e) == 0)
		since = now;
}
#endif

void
jobs_run(struct db *db, struct job_list *l, const struct err *away)
{
	struct job *group[WORKER_GROUP];
	struct err why = *away;
	size_t n;

	if (why.reason == R_NONE)	/* lost since the caller looked, perhaps by the group before */
		err_set(&why, R_DB_AWAY, "the connection was lost");
#ifdef NEMRA_CONTROL_ACK_EARLY
	commit_late(db, l);
#endif
	while (l->head != NULL) {
		for (n = 0; n < WORKER_GROUP && l->head != NULL; n++)
			group[n] = job_list_take(l);
		if (db != NULL && !db_is_away(db)) {
			run_group(db, group, n);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			finish(group[i], &why);
	}
}

/* --- those who wait --- */

bool
worker_worth_telling(enum request_state s)
{
	switch (s) {
	case RQ_NONE:
	case RQ_RECEIVED:
	case RQ_QUEUED:
	case RQ_PREPARED:
	case RQ_SENT:
	case RQ_WAITING:
	case RQ_ISSUED:
	case RQ_IN_DOUBT:
	case RQ_EXPORTED:
		return false;
	case RQ_HELD:
	case RQ_CONFIRMED:
	case RQ_DELIVERED:
	case RQ_INSTALLED:
	case RQ_REFUSED:
	case RQ_EXPIRED:
	case RQ_SUPERSEDED:
	case RQ_CANCELLED:
	case RQ_STATES:
		break;
	}
	return true;
}

static bool
is_not_worth_telling(enum request_state s)
{
	return !worker_worth_telling(s);
}

/* Who cannot be asked about waits on. */
static void
look_at(struct db *db, struct job **j, size_t n, struct job_list *still)
{
	struct door_watch watch[WORKER_GROUP] = { 0 };
	struct err e;
	bool known;

	for (size_t i = 0; i < n; i++)
		watch[i] = (struct door_watch){ .station = j[i]->read.station, .request = j[i]->read.request };
	known = door_watch(db, watch, n, is_not_worth_telling, &e) == 0;
	for (size_t i = 0; i < n; i++) {
		if (known && watch[i].over)
			finish(j[i], NULL);
		else
			job_list_add(still, j[i]);
	}
}

void
jobs_look(struct db *db, struct job_list *waiting)
{
	struct job *group[WORKER_GROUP];
	struct job_list still = { 0 };
	size_t n;

	while (waiting->head != NULL) {
		for (n = 0; n < WORKER_GROUP && waiting->head != NULL; n++)
			group[n] = job_list_take(waiting);
		look_at(db, group, n, &still);
	}
	*waiting = still;
}

int64_t
jobs_expire(struct job_list *waiting, int64_t now)
{
	struct job_list still = { 0 };
	int64_t next = INT64_MAX;
	struct job *j;

	while ((j = job_list_take(waiting)) != NULL) {
		if (j->until <= now) {
			finish(j, NULL);
			continue;
		}
		next = j->until < next ? j->until : next;
		job_list_add(&still, j);
	}
	*waiting = still;
	return next;
}
