/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/health.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/uuid.h"
#include "gateway/store/pg.h"

#define JUMP_MS 2000			/* less than this is how clocks are set right */
#define JUMP_SHOWN_MS (600 * 1000)
#define SKEW_MS 5000			/* two hosts whose clocks are looked after differ by less */
#define EXPIRY_S (30LL * 24 * 3600)
#define SPACE_PERCENT 10		/* free, of a volume */
#define SPACE_BYTES (5LL << 30)		/* so much is enough, whatever part it is */

struct part {
	char name[80];
	struct err why;
	int64_t value;
	bool expires;			/* value is the end of a credential */
};

static struct {
	pthread_mutex_t lock;		/* for what follows, up to the next blank line */
	struct part part[HEALTH_PARTS];
	size_t n;

	pthread_mutex_t look_lock;	/* likewise */
	int64_t wall_ms, mono_ms;	/* at the last look; 0: none yet */
	int64_t jumped_ms, jumped_at;
	int64_t skew_ms;		/* ahead of the database's clock */

	atomic_bool changed;
	int64_t last_at;		/* monotonic ms; 0: never; of the thread that beats */
	pthread_once_t once;		/* for what follows */
	struct uuid instance;
	char host[HOST_NAME_MAX + 1];
} me = { .lock = PTHREAD_MUTEX_INITIALIZER, .look_lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

/* --- parts --- */

static struct part *
find(const char *name)
{
	for (size_t i = 0; i < me.n; i++)
		if (strcmp(me.part[i].name, name) == 0)
			return &me.part[i];
	return NULL;
}

static struct part *
find_or_add(const char *name)
{
	struct part *p = find(name);

	if (p != NULL || me.n == HEALTH_PARTS)
		return p;
	p = &me.part[me.n++];
	memset(p, 0, sizeof(*p));
	snprintf(p->name, sizeof(p->name), "%s", name);
	atomic_store(&me.changed, true);
	return p;
}

static void
set(const char *name, const struct err *why, int64_t value, bool expires)
{
	struct part *p;

	(void)pthread_mutex_lock(&me.lock);
	p = find_or_add(name);
	if (p != NULL) {
		if (p->why.reason != (why != NULL ? why->reason : R_NONE))
			atomic_store(&me.changed, true);
		p->why = why != NULL ? *why : (struct err){ .reason = R_NONE };
		p->value = value;
		p->expires = expires;
	}
	(void)pthread_mutex_unlock(&me.lock);
}

void
health_set(const char *part, const struct err *why, int64_t value)
{
	set(part, why, value, false);
}

static void
judge_expiry(int64_t not_after, struct err *why)
{
	int64_t left = not_after - clock_wall_s();
	char end[CLOCK_TEXT];

	clock_print(not_after * 1000000, end, sizeof(end));
	(void)err_set(why, left <= 0 ? R_CREDENTIAL_EXPIRED : left < EXPIRY_S ? R_CREDENTIAL_EXPIRING : R_NONE,
	    "until %s", end);
}

void
health_expires(const char *part, int64_t not_after)
{
	struct err why;

	judge_expiry(not_after, &why);
	set(part, &why, not_after, true);
}

void
health_space(const char *part, int64_t size, int64_t left)
{
	bool low = left < SPACE_BYTES && left / SPACE_PERCENT < size / 100;
	struct err why;

	(void)err_set(&why, low ? R_SPACE_LOW : R_NONE, "%" PRId64 " of %" PRId64 " MiB are free",
	    left >> 20, size >> 20);
	health_set(part, &why, left >> 20);
}

void
health_drop(const char *part)
{
	struct part *p;

	(void)pthread_mutex_lock(&me.lock);
	p = find(part);
	if (p != NULL) {
		*p = me.part[--me.n];
		atomic_store(&me.changed, true);
	}
	(void)pthread_mutex_unlock(&me.lock);
}

enum reason
health_of(const char *part)
{
	const struct part *p;
	enum reason r;

	(void)pthread_mutex_lock(&me.lock);
	p = find(part);
	r = p != NULL ? p->why.reason : R_NONE;
	(void)pthread_mutex_unlock(&me.lock);
	return r;
}

/* --- clock and log --- */

static void
log_jump(int64_t by_ms)
{
	struct log_line l;

	log_begin(&l, LOG_WARN, "clock.jumped");
	log_i64(&l, "by_ms", by_ms);
	log_str(&l, "reason", reason_info(R_CLOCK_JUMPED)->id);
	log_end(&l);
}

/* The wall clock against the one that nobody sets. */
static void
look_for_jump(int64_t wall, int64_t mono)
{
	int64_t by = me.wall_ms == 0 ? 0 : (wall - me.wall_ms) - (mono - me.mono_ms);

	me.wall_ms = wall;
	me.mono_ms = mono;
	if (by > -JUMP_MS && by < JUMP_MS)
		return;
	me.jumped_ms = by;
	me.jumped_at = mono;
	log_jump(by);
}

static void
look_at_clock(void)
{
	int64_t mono = clock_mono_ms();
	struct err why = { .reason = R_NONE };

	look_for_jump(clock_wall_us() / 1000, mono);
	if (me.skew_ms <= -SKEW_MS || me.skew_ms >= SKEW_MS)
		(void)err_set(&why, R_CLOCK_DIFFERS, "%+.1f s against the database's", (double)me.skew_ms / 1000);
	else if (me.jumped_ms != 0 && mono - me.jumped_at < JUMP_SHOWN_MS)
		(void)err_set(&why, R_CLOCK_JUMPED, "by %+.1f s, %" PRId64 " s ago", (double)me.jumped_ms / 1000,
		    (mono - me.jumped_at) / 60000 * 60);
	health_set("clock", &why, me.skew_ms);
}

static void
look_at_log(void)
{
	uint64_t lost = log_lost();
	struct statvfs fs;
	struct err why = { .reason = R_NONE };
	struct stat st;

	if (lost > 0)
		(void)err_set(&why, R_LOG_LOST, "%" PRIu64 " lines", lost);
	health_set("log", &why, (int64_t)lost);
	if (fstat(STDERR_FILENO, &st) != 0 || !S_ISREG(st.st_mode) || fstatvfs(STDERR_FILENO, &fs) != 0)
		return;
	health_space("log_space", (int64_t)(fs.f_blocks * fs.f_frsize), (int64_t)(fs.f_bavail * fs.f_frsize));
}

static void
look(void)
{
	(void)pthread_mutex_lock(&me.look_lock);
	look_at_clock();
	look_at_log();
	(void)pthread_mutex_unlock(&me.look_lock);
	(void)pthread_mutex_lock(&me.lock);
	for (size_t i = 0; i < me.n; i++)
		if (me.part[i].expires)
			judge_expiry(me.part[i].value, &me.part[i].why);
	(void)pthread_mutex_unlock(&me.lock);
}

/* --- telling it --- */

static void
name_me(void)
{
	me.instance = uuid_new();
	if (gethostname(me.host, sizeof(me.host) - 1) != 0)
		(void)snprintf(me.host, sizeof(me.host), "localhost");
}

const char *
health_host(void)
{
	(void)pthread_once(&me.once, name_me);
	return me.host;
}

size_t
health_parts(struct health_part *out, size_t max)
{
	size_t n;

	look();
	(void)pthread_mutex_lock(&me.lock);
	n = me.n < max ? me.n : max;
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct health_part){ .why = me.part[i].why, .value = me.part[i].value };
		memcpy(out[i].part, me.part[i].name, sizeof(out[i].part));
	}
	(void)pthread_mutex_unlock(&me.lock);
	return n;
}

static const struct stmt q_beat = { "health_beat",
	"SELECT nemra.health_beat($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", false };

static void
add_parts(struct args *a)
{
	struct health_part part[HEALTH_PARTS];
	size_t n = health_parts(part, HEALTH_PARTS);

	for (size_t i = 0; i < n; i++) {
		const struct err *why = &part[i].why;

		args_text(a, 6, part[i].part);
		args_text(a, 7, why->reason != R_NONE ? reason_info(why->reason)->id : NULL);
		args_text(a, 8, why->detail);
		args_bigint(a, 9, part[i].value);
	}
}

static int
beat(struct db *db, bool stopped, struct err *e)
{
	static const enum arg_type types[] = { ARG_SCALAR, ARG_SCALAR, ARG_SCALAR, ARG_SCALAR, ARG_SCALAR,
		ARG_SCALAR, ARG_TEXTS, ARG_TEXTS, ARG_TEXTS, ARG_BIGINTS };
	int64_t before, db_us;
	PGresult *r = NULL;
	struct args a;
	int rc;

	args_init(&a, types, COUNT_OF(types));
	args_set_text(&a, 2, health_host());
	args_set_uuid(&a, 0, &me.instance);
	args_set_text(&a, 1, db->role);
	args_set_i64(&a, 3, getpid());
	args_set_text(&a, 4, NEMRA_VERSION);
	args_set_bool(&a, 5, stopped);
	add_parts(&a);
	before = clock_mono_ms();
	rc = pg_call(db, &q_beat, &a, &r, e);
	args_free(&a);
	if (rc != 0)
		return -1;
	db_us = res_i64(r, 0, 0);
	PQclear(r);
	/* an answer that took its time says little of the clock */
	if (clock_mono_ms() - before >= SKEW_MS / 5)
		return 0;
	(void)pthread_mutex_lock(&me.look_lock);
	me.skew_ms = (clock_wall_us() - db_us) / 1000;
	(void)pthread_mutex_unlock(&me.look_lock);
	return 0;
}

int64_t
health_next_ms(void)
{
	int64_t since = clock_mono_ms() - me.last_at, wait;

	wait = (atomic_load(&me.changed) ? HEALTH_SOON_MS : HEALTH_EVERY_MS) - since;
	return me.last_at == 0 || wait < 0 ? 0 : wait;
}

int
health_turn(struct db *db, struct err *e)
{
	/* each time: a clock may be set twice between two signs of life */
	(void)pthread_mutex_lock(&me.look_lock);
	look_at_clock();
	(void)pthread_mutex_unlock(&me.look_lock);
	if (health_next_ms() > 0)
		return 0;
	me.last_at = clock_mono_ms();
	atomic_store(&me.changed, false);
	return beat(db, false, e);
}

void
health_goodbye(struct db *db)
{
	struct err e;

	/* nobody is left who could try again: the row says when it was last seen */
	if (db != NULL && !db_is_away(db) && beat(db, true, &e) != 0)
		return;
}
