/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/intake/store_stub.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "gateway/store/health.h"

struct db {
	bool away;
};

struct stub stub;

void
stub_reset(void)
{
	static bool piped;

	if (piped) {
		close(stub.notify[0]);
		close(stub.notify[1]);
	}
	memset(&stub, 0, sizeof(stub));
	piped = pipe2(stub.notify, O_NONBLOCK) == 0;
	stub.found = true;
	stub.state = RQ_QUEUED;
}

void
stub_notify(void)
{
	if (write(stub.notify[1], "x", 1) != 1)
		abort();
}

int
db_open(const struct db_options *o, struct db **out, struct err *e)
{
	(void)o;
	if (stub.away)
		return err_set(e, R_DB_AWAY, "stub");
	stub.opened++;
	*out = xcalloc(1, sizeof(**out));
	return 0;
}

int
db_reopen(struct db *db, struct err *e)
{
	if (stub.away)
		return err_set(e, R_DB_AWAY, "stub");
	stub.opened++;
	db->away = false;
	return 0;
}

void
db_close(struct db *db)
{
	free(db);
}

bool
db_is_away(const struct db *db)
{
	return db->away;
}

int
db_listen(struct db *db, const char *channel, struct err *e)
{
	(void)db;
	(void)channel;
	(void)e;
	return 0;
}

int
db_fd(const struct db *db)
{
	return db->away ? -1 : stub.notify[0];
}

int
db_drain(struct db *db, bool *notified, struct err *e)
{
	char c;

	(void)db;
	(void)e;
	*notified = atomic_exchange(&stub.came_along, false);
	*notified = read(stub.notify[0], &c, 1) == 1 || *notified;
	return 0;
}

/* What every call goes through. */
static int
call(struct db *db, size_t n, struct err *e)
{
	while (stub.slow)
		(void)poll(NULL, 0, 1);
	stub.calls++;
	if ((int)n > stub.largest)
		stub.largest = (int)n;
	if (stub.away || stub.calls == stub.lost_at) {
		db->away = true;
		return err_set(e, R_DB_AWAY, "stub");
	}
	if (stub.poison != 0 && n > 1)
		return err_set(e, R_DB_ERROR, "stub");
	return 0;
}

int
door_identify(struct db *db, struct door_who *who, size_t n, struct err *e)
{
	if (call(db, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		err_clear(&who[i].err);
		if (!stub.found)
			err_set(&who[i].err, R_STATION_UNKNOWN, "stub");
		else
			who[i].station = (struct station){ .name = xstrdup("gnb-1"), .has_device_key = true };
		memcpy(who[i].station.device_key, who[i].device_key, 32);
	}
	return 0;
}

int
door_submit(struct db *db, struct door_upload *up, size_t n, struct err *e)
{
	if (call(db, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (stub.poison != 0 && up[i].max_open == (uint32_t)stub.poison)
			return err_set(e, R_DB_ERROR, "poison");
		up[i].request = up[i].id;
		up[i].err = up[i].why;
		up[i].at = 1700000000000000;
		up[i].state = up[i].verdict == EV_ADMITTED ? (enum request_state)stub.state :
		    up[i].verdict == EV_HELD ? RQ_HELD : RQ_REFUSED;
	}
	stub.stored += (int)n;
	return 0;
}

/* What a look meets is what changes behind it. */
static void
settle(void)
{
	if (atomic_exchange(&stub.settles, false)) {
		stub.state = RQ_CONFIRMED;
		stub.came_along = true;
	}
}

int
door_watch(struct db *db, struct door_watch *w, size_t n, bool (*waits)(enum request_state), struct err *e)
{
	if (call(db, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		w[i].over = !stub.found || !waits((enum request_state)stub.state);
	settle();
	return 0;
}

int
door_read(struct db *db, struct door_read *r, size_t n, struct err *e)
{
	if (call(db, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		r[i].found = stub.found;
		r[i].state = (enum request_state)stub.state;
		if (stub.state == RQ_REFUSED)
			r[i].reason = R_CA_REFUSED;
		r[i].profile = xstrdup("gnb");
		r[i].step[0] = (struct door_step){ RQ_RECEIVED, 1700000000000000 };
		r[i].n_steps = r[i].want_timeline ? 1 : 0;
	}
	settle();
	return 0;
}

void
door_read_free(struct door_read *r)
{
	free(r->detail);
	free(r->profile);
	blob_free(&r->chain);
	r->detail = NULL;
	r->profile = NULL;
}

int
door_mark(struct db *db, struct door_mark *m, size_t n, struct err *e)
{
	if (call(db, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		m[i].found = stub.found;
	return 0;
}

int
health_turn(struct db *db, struct err *e)
{
	(void)db;
	(void)e;
	return 0;
}

void
health_goodbye(struct db *db)
{
	(void)db;
}
