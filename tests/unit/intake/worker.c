/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/worker.h"

#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "tests/unit/intake/store_stub.h"
#include "tests/unit/unit.h"

#define LIMIT_S 20	/* only a broken test waits so long */

static sem_t finished;

static void
done(struct job *j)
{
	*(bool *)j->arg = true;
	(void)sem_post(&finished);
}

static void
await(size_t n)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LIMIT_S;
	while (n-- > 0)
		CU_ASSERT_EQUAL_FATAL(sem_timedwait(&finished, &until), 0);
}

static struct worker *
start(void)
{
	const struct worker_options o = { "stub", false };
	struct worker *w;
	struct err e;

	(void)sem_init(&finished, 0, 0);
	CU_ASSERT_EQUAL_FATAL(worker_start(&o, &w, &e), 0);
	return w;
}

static void
await_ready(struct worker *w, bool ready)
{
	const int64_t until = clock_mono_ms() + LIMIT_S * 1000;
	struct err e;

	while ((worker_ready(w, &e) == 0) != ready && clock_mono_ms() < until)
		(void)poll(NULL, 0, 1);
	CU_ASSERT_EQUAL_FATAL(worker_ready(w, &e) == 0, ready);
}

static void
stop(struct worker *w)
{
	stub.slow = false;
	worker_stop(w);
	worker_free(w);
	(void)sem_destroy(&finished);
}

/* n jobs of a kind, their own flags beside them. */
struct many {
	struct job *j;
	bool *done;
	size_t n;
};

static struct many
many_new(enum job_kind kind, size_t n)
{
	struct many m = { xcalloc(n, sizeof(struct job)), xcalloc(n, sizeof(bool)), n };

	for (size_t i = 0; i < n; i++) {
		m.j[i].kind = kind;
		m.j[i].done = done;
		m.j[i].arg = &m.done[i];
		m.j[i].until = INT64_MAX;
		if (kind == JOB_SUBMIT) {
			m.j[i].up.verdict = EV_ADMITTED;
			m.j[i].up.max_open = (uint32_t)i;
		}
	}
	return m;
}

static void
many_push(struct worker *w, struct many *m, size_t from, size_t to)
{
	struct err e;

	for (size_t i = from; i < to; i++)
		CU_ASSERT_EQUAL(worker_push(w, &m->j[i], &e), 0);
}

static void
many_free(struct many *m)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->j[i].kind == JOB_READ)
			door_read_free(&m->j[i].read);
		if (m->j[i].kind == JOB_IDENTIFY)
			station_free(&m->j[i].who.station);
	}
	free(m->j);
	free(m->done);
}

static void
one_upload_waits_for_nobody(void)
{
	struct many m = many_new(JOB_SUBMIT, 1);
	struct worker *w;

	stub_reset();
	w = start();
	many_push(w, &m, 0, 1);
	await(1);
	CU_ASSERT_EQUAL(m.j[0].err.reason, R_NONE);
	CU_ASSERT_EQUAL(stub.largest, 1);
	stop(w);
	many_free(&m);
}

static void
uploads_that_wait_share_one_commit(void)
{
	struct many m = many_new(JOB_SUBMIT, 101);
	struct worker *w;

	stub_reset();
	w = start();
	await_ready(w, true);
	stub.slow = true;
	many_push(w, &m, 0, 1);
	many_push(w, &m, 1, 101);
	stub.slow = false;
	await(101);
	CU_ASSERT_TRUE(stub.calls <= 3);
	CU_ASSERT_TRUE(stub.largest >= 50);
	stop(w);
	many_free(&m);
}

static void
one_that_comes_behind_a_group_is_not_forgotten(void)
{
	struct many m = many_new(JOB_SUBMIT, 101);
	struct worker *w;

	stub_reset();
	w = start();
	await_ready(w, true);
	stub.slow = true;
	many_push(w, &m, 0, 100);
	stub.slow = false;
	await(100);
	many_push(w, &m, 100, 101);	/* and nothing else comes to wake the thread */
	await(1);
	CU_ASSERT_EQUAL(m.j[100].err.reason, R_NONE);
	stop(w);
	many_free(&m);
}

static void
who_gathers_while_the_door_closes_is_taken(void)
{
	struct many m = many_new(JOB_SUBMIT, 110);
	struct worker *w;

	stub_reset();
	w = start();
	await_ready(w, true);
	stub.slow = true;
	many_push(w, &m, 0, 100);
	stub.slow = false;
	await(100);
	many_push(w, &m, 100, 110);
	stub.slow = false;
	worker_stop(w);
	await(10);
	for (size_t i = 100; i < 110; i++)
		CU_ASSERT_EQUAL(m.j[i].err.reason, R_NONE);
	CU_ASSERT_EQUAL(stub.stored, 110);
	worker_free(w);
	(void)sem_destroy(&finished);
	many_free(&m);
}

static void
a_group_has_a_limit(void)
{
	struct many m = many_new(JOB_MARK, 3 * WORKER_GROUP);
	struct worker *w;

	stub_reset();
	w = start();
	await_ready(w, true);
	stub.slow = true;
	many_push(w, &m, 0, m.n);
	stub.slow = false;
	await(m.n);
	CU_ASSERT_TRUE(stub.largest <= WORKER_GROUP);
	stop(w);
	many_free(&m);
}

static void
one_that_the_database_refuses_does_not_take_the_others_with_it(void)
{
	struct many m = many_new(JOB_SUBMIT, 50);
	struct worker *w;

	stub_reset();
	stub.poison = 17;
	w = start();
	await_ready(w, true);
	stub.slow = true;
	many_push(w, &m, 0, 50);
	stub.slow = false;
	await(50);
	for (size_t i = 0; i < 50; i++)
		CU_ASSERT_EQUAL(m.j[i].err.reason, i == 17 ? R_DB_ERROR : R_NONE);
	stop(w);
	many_free(&m);
}

static void
every_kind_comes_back(void)
{
	for (int kind = 0; kind < JOB_KINDS; kind++) {
		struct many m = many_new((enum job_kind)kind, 3);
		struct worker *w;

		stub_reset();
		stub.state = RQ_CONFIRMED;
		w = start();
		await_ready(w, true);
		many_push(w, &m, 0, 3);
		await(3);
		CU_ASSERT_TRUE(m.done[0] && m.done[1] && m.done[2]);
		stop(w);
		many_free(&m);
	}
}

static void
without_a_database_nothing_is_acknowledged(void)
{
	struct many m = many_new(JOB_SUBMIT, 2);
	struct worker *w;
	struct err e;

	stub_reset();
	stub.away = true;
	w = start();
	many_push(w, &m, 0, 1);
	await(1);
	CU_ASSERT_EQUAL(reason_info(m.j[0].err.reason)->class, RC_RETRY);
	CU_ASSERT_EQUAL(worker_ready(w, &e), -1);
	stub.away = false;
	await_ready(w, true);
	many_push(w, &m, 1, 2);
	await(1);
	CU_ASSERT_EQUAL(m.j[1].err.reason, R_NONE);
	stop(w);
	many_free(&m);
}

static void
what_stands_behind_a_lost_connection_is_not_acknowledged(void)
{
	struct many m = many_new(JOB_SUBMIT, 3 * WORKER_GROUP);
	struct worker *w;
	int acknowledged = 0;

	stub_reset();
	stub.lost_at = 2;
	w = start();
	await_ready(w, true);
	stub.slow = true;
	many_push(w, &m, 0, m.n);
	stub.slow = false;
	await(m.n);
	for (size_t i = 0; i < m.n; i++)
		acknowledged += m.j[i].err.reason == R_NONE;
	CU_ASSERT_EQUAL(acknowledged, stub.stored);
	CU_ASSERT_TRUE(acknowledged < (int)m.n);
	stop(w);
	many_free(&m);
}

static void
a_lost_database_is_found_again_by_itself(void)
{
	struct many m = many_new(JOB_SUBMIT, 2);
	struct worker *w;

	stub_reset();
	w = start();
	await_ready(w, true);
	stub.away = true;
	many_push(w, &m, 0, 1);
	await(1);
	CU_ASSERT_EQUAL(m.j[0].err.reason, R_DB_AWAY);
	await_ready(w, false);
	stub.away = false;
	await_ready(w, true);
	CU_ASSERT_EQUAL(stub.opened, 2);
	many_push(w, &m, 1, 2);
	await(1);
	CU_ASSERT_EQUAL(m.j[1].err.reason, R_NONE);
	stop(w);
	many_free(&m);
}

static void
the_queue_has_a_limit(void)
{
	struct many m = many_new(JOB_MARK, 2 * WORKER_QUEUE + 2);
	size_t taken = 0;
	struct worker *w;
	struct err e = { 0 };

	stub_reset();
	w = start();
	await_ready(w, true);
	stub.slow = true;
	while (taken < m.n && worker_push(w, &m.j[taken], &e) == 0)
		taken++;
	CU_ASSERT_EQUAL(e.reason, R_NOT_READY);
	CU_ASSERT_TRUE(taken >= WORKER_QUEUE && taken < m.n);
	stub.slow = false;
	await(taken);
	CU_ASSERT_FALSE(m.done[taken]);
	stop(w);
	many_free(&m);
}

static void
who_waits_is_woken_by_news(void)
{
	struct many m = many_new(JOB_WAIT, 20);
	struct worker *w;
	int before;

	stub_reset();
	w = start();
	await_ready(w, true);
	many_push(w, &m, 0, 20);
	while (stub.calls == 0)		/* the first look */
		(void)poll(NULL, 0, 1);
	before = stub.calls;
	stub.state = RQ_CONFIRMED;
	stub_notify();
	await(20);
	CU_ASSERT_TRUE(stub.calls - before <= 3);
	stop(w);
	many_free(&m);
}

/* libpq takes a notification off the socket with whatever it reads, and poll() says no more of it. */
static void
news_that_come_along_with_an_answer_wake_as_well(void)
{
	struct many m = many_new(JOB_WAIT, 1);
	struct worker *w;

	stub_reset();
	stub.settles = true;
	w = start();
	await_ready(w, true);
	many_push(w, &m, 0, 1);
	await(1);
	CU_ASSERT_EQUAL(m.j[0].err.reason, R_NONE);
	CU_ASSERT_FALSE(stub.settles);
	stop(w);
	many_free(&m);
}

static void
what_is_there_already_is_told_at_once(void)
{
	struct many m = many_new(JOB_WAIT, 1);
	struct worker *w;

	stub_reset();
	stub.state = RQ_REFUSED;
	w = start();
	many_push(w, &m, 0, 1);
	await(1);
	CU_ASSERT_EQUAL(m.j[0].err.reason, R_NONE);
	stop(w);
	many_free(&m);
}

static void
what_is_not_there_is_not_waited_for(void)
{
	struct many m = many_new(JOB_WAIT, 1);
	struct worker *w;

	stub_reset();
	stub.found = false;
	w = start();
	many_push(w, &m, 0, 1);
	await(1);
	CU_ASSERT_EQUAL(m.j[0].err.reason, R_NONE);
	stop(w);
	many_free(&m);
}

static void
a_wait_ends_in_time_with_or_without_a_database(void)
{
	for (int away = 0; away < 2; away++) {
		struct many m = many_new(JOB_WAIT, 1);
		struct worker *w;

		stub_reset();
		stub.away = away == 1;
		w = start();
		m.j[0].until = clock_mono_ms() + 30;
		many_push(w, &m, 0, 1);
		await(1);
		CU_ASSERT_EQUAL(m.j[0].err.reason, R_NONE);
		stop(w);
		many_free(&m);
	}
}

static void
the_end_lets_everybody_go_and_takes_nobody_in(void)
{
	struct many m = many_new(JOB_WAIT, 10), late = many_new(JOB_SUBMIT, 1);
	struct worker *w;
	struct err e;

	stub_reset();
	w = start();
	await_ready(w, true);
	many_push(w, &m, 0, 10);
	worker_stop(w);
	for (size_t i = 0; i < 10; i++)
		CU_ASSERT_TRUE(m.done[i]);
	CU_ASSERT_EQUAL(worker_push(w, &late.j[0], &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_READY);
	CU_ASSERT_EQUAL(worker_ready(w, &e), -1);
	worker_free(w);
	(void)sem_destroy(&finished);
	many_free(&m);
	many_free(&late);
}

static const struct unit_test tests[] = {
	UNIT(one_upload_waits_for_nobody),
	UNIT(uploads_that_wait_share_one_commit),
	UNIT(one_that_comes_behind_a_group_is_not_forgotten),
	UNIT(who_gathers_while_the_door_closes_is_taken),
	UNIT(a_group_has_a_limit),
	UNIT(one_that_the_database_refuses_does_not_take_the_others_with_it),
	UNIT(every_kind_comes_back),
	UNIT(without_a_database_nothing_is_acknowledged),
	UNIT(what_stands_behind_a_lost_connection_is_not_acknowledged),
	UNIT(a_lost_database_is_found_again_by_itself),
	UNIT(the_queue_has_a_limit),
	UNIT(who_waits_is_woken_by_news),
	UNIT(news_that_come_along_with_an_answer_wake_as_well),
	UNIT(what_is_there_already_is_told_at_once),
	UNIT(what_is_not_there_is_not_waited_for),
	UNIT(a_wait_ends_in_time_with_or_without_a_database),
	UNIT(the_end_lets_everybody_go_and_takes_nobody_in),
};
extern const struct unit_suite worker_suite;
UNIT_SUITE(worker_suite, tests);
