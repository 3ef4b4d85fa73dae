/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/store/ops.h"
#include "gateway/store/pg.h"

static const struct stmt q_counts = { "ops_counts",
	"SELECT c.kind, c.ca, c.state::text, c.n FROM nemra.count AS c WHERE c.n <> 0 ORDER BY c.kind, c.ca, c.state",
	false };
static const struct stmt q_cas = { "ops_cas",
	"SELECT h.ca, CASE WHEN h.paused THEN 'paused' ELSE h.circuit END, h.reason, h.detail, nemra.us(h.since), "
	"nemra.us(h.last_success), h.error_reason, h.error_detail, nemra.us(h.error_at), h.latency_ms "
	"FROM nemra.ca_health AS h ORDER BY h.ca", false };
/* the oldest of each by the index of phases; ids are in the order of time */
static const struct stmt q_oldest = { "ops_oldest",
	"SELECT (SELECT nemra.us(q.queued_at) FROM nemra.queue AS q WHERE q.phase = 'queued' AND q.state = 'queued' "
	"ORDER BY q.request LIMIT 1), "
	"(SELECT nemra.us(r.received_at) FROM nemra.request AS r WHERE r.id = (SELECT q.request FROM nemra.queue AS q "
	"WHERE q.phase = 'in_doubt' ORDER BY q.request LIMIT 1)), "
	"(SELECT count(*) FROM (SELECT q.next_at FROM nemra.queue AS q WHERE q.phase = 'in_doubt' ORDER BY q.request "
	"LIMIT 1000) AS d WHERE d.next_at IS NULL), pg_database_size(current_database())", false };
static const struct stmt q_daemons = { "ops_daemons",
	"SELECT h.instance::text, h.daemon, h.host, h.version, h.pid, nemra.us(h.started_at), nemra.us(h.seen_at), "
	"(extract(epoch FROM clock_timestamp() - h.seen_at) * 1000)::bigint, h.stopped "
	"FROM nemra.daemon_health AS h ORDER BY h.daemon, h.host, h.started_at LIMIT 1000", false };
static const struct stmt q_parts = { "ops_parts",
	"SELECT p.instance::text, p.part, p.reason, p.detail, nemra.us(p.since), p.value FROM nemra.daemon_part AS p "
	"ORDER BY p.part LIMIT 10000", false };
static const struct stmt q_links = { "ops_audit_links",
	"SELECT l.seq, l.event, l.prev, l.mac, CASE WHEN e.id IS NOT NULL THEN nemra.audit_content(e) END "
	"FROM nemra.audit_link AS l LEFT JOIN nemra.audit_event AS e ON e.id = l.event WHERE l.seq >= $1 "
	"ORDER BY l.seq LIMIT $2", false };

static void
take_count(struct ops_status *s, const PGresult *r, int row)
{
	const char *kind = res_text(r, row, 0);
	struct ops_count *c;

	if (strcmp(kind, "station") == 0)
		s->stations = res_i64(r, row, 3);
	else if (strcmp(kind, "audit_event") == 0)
		s->audit_events = res_i64(r, row, 3);
	else if (strcmp(kind, "audit_link") == 0)
		s->audit_linked = res_i64(r, row, 3);
	else {
		c = &s->count[s->n_counts++];
		snprintf(c->ca, sizeof(c->ca), "%s", res_text(r, row, 1));
		c->state = request_state_parse(res_text(r, row, 2));
		c->n = res_i64(r, row, 3);
	}
}

static int
read_counts(struct db *db, struct ops_status *s, struct err *e)
{
	PGresult *r = NULL;

	if (pg_call(db, &q_counts, NULL, &r, e) != 0)
		return -1;
	s->count = xcalloc((size_t)PQntuples(r), sizeof(*s->count));
	for (int row = 0; row < PQntuples(r); row++)
		take_count(s, r, row);
	PQclear(r);
	return 0;
}

static int
read_cas(struct db *db, struct ops_status *s, struct err *e)
{
	PGresult *r = NULL;

	if (pg_call(db, &q_cas, NULL, &r, e) != 0)
		return -1;
	s->n_ca = (size_t)PQntuples(r);
	s->ca = xcalloc(s->n_ca, sizeof(*s->ca));
	for (size_t i = 0; i < s->n_ca; i++) {
		struct ops_ca *c = &s->ca[i];

		snprintf(c->ca, sizeof(c->ca), "%s", res_text(r, (int)i, 0));
		snprintf(c->circuit, sizeof(c->circuit), "%s", res_text(r, (int)i, 1));
		snprintf(c->reason, sizeof(c->reason), "%s", res_text(r, (int)i, 2));
		snprintf(c->detail, sizeof(c->detail), "%s", res_text(r, (int)i, 3));
		c->since = res_i64(r, (int)i, 4);
		c->last_success = res_i64(r, (int)i, 5);
		snprintf(c->error_reason, sizeof(c->error_reason), "%s", res_text(r, (int)i, 6));
		snprintf(c->error_detail, sizeof(c->error_detail), "%s", res_text(r, (int)i, 7));
		c->error_at = res_i64(r, (int)i, 8);
		c->latency_ms = res_i64(r, (int)i, 9);
	}
	PQclear(r);
	return 0;
}

static int
read_daemons(struct db *db, struct ops_status *s, struct err *e)
{
	PGresult *r = NULL;

	if (pg_call(db, &q_daemons, NULL, &r, e) != 0)
		return -1;
	s->n_daemons = (size_t)PQntuples(r);
	s->daemon = xcalloc(s->n_daemons, sizeof(*s->daemon));
	for (int i = 0; i < (int)s->n_daemons; i++) {
		struct ops_daemon *d = &s->daemon[i];

		snprintf(d->instance, sizeof(d->instance), "%s", res_text(r, i, 0));
		snprintf(d->daemon, sizeof(d->daemon), "%s", res_text(r, i, 1));
		snprintf(d->host, sizeof(d->host), "%s", res_text(r, i, 2));
		snprintf(d->version, sizeof(d->version), "%s", res_text(r, i, 3));
		d->pid = res_i64(r, i, 4);
		d->started_at = res_i64(r, i, 5);
		d->seen_at = res_i64(r, i, 6);
		d->silent_ms = res_i64(r, i, 7);
		d->stopped = res_bool(r, i, 8);
	}
	PQclear(r);
	return 0;
}

static bool
find_daemon(const struct ops_status *s, const char *instance, size_t *at)
{
	for (*at = 0; *at < s->n_daemons; (*at)++)
		if (strcmp(s->daemon[*at].instance, instance) == 0)
			return true;
	return false;
}

/* Those of a process that has gone between the two questions are left out. */
static int
read_parts(struct db *db, struct ops_status *s, struct err *e)
{
	PGresult *r = NULL;

	if (pg_call(db, &q_parts, NULL, &r, e) != 0)
		return -1;
	s->part = xcalloc((size_t)PQntuples(r), sizeof(*s->part));
	for (int i = 0; i < PQntuples(r); i++) {
		struct ops_part *p = &s->part[s->n_parts];

		if (!find_daemon(s, res_text(r, i, 0), &p->daemon))
			continue;
		snprintf(p->part, sizeof(p->part), "%s", res_text(r, i, 1));
		snprintf(p->reason, sizeof(p->reason), "%s", res_text(r, i, 2));
		snprintf(p->detail, sizeof(p->detail), "%s", res_text(r, i, 3));
		p->since = res_i64(r, i, 4);
		p->value = res_i64(r, i, 5);
		s->n_parts++;
	}
	PQclear(r);
	return 0;
}

static int
read_oldest(struct db *db, struct ops_status *s, struct err *e)
{
	PGresult *r = NULL;

	if (pg_call(db, &q_oldest, NULL, &r, e) != 0)
		return -1;
	s->oldest_queued_at = res_i64(r, 0, 0);
	s->oldest_in_doubt_at = res_i64(r, 0, 1);
	s->in_doubt_waiting = res_i64(r, 0, 2);
	s->database_bytes = res_i64(r, 0, 3);
	PQclear(r);
	return 0;
}

int
ops_status(struct db *db, struct ops_status *out, struct err *e)
{
	struct ops_status s = { .n_counts = 0 };

	if (read_counts(db, &s, e) != 0 || read_cas(db, &s, e) != 0 || read_oldest(db, &s, e) != 0 ||
	    read_daemons(db, &s, e) != 0 || read_parts(db, &s, e) != 0) {
		ops_status_free(&s);
		return -1;
	}
	*out = s;
	return 0;
}

void
ops_status_free(struct ops_status *s)
{
	free(s->count);
	free(s->ca);
	free(s->daemon);
	free(s->part);
	memset(s, 0, sizeof(*s));
}

int
ops_audit_links(struct db *db, int64_t from_seq, size_t max, ops_link_fn *fn, void *arg, struct err *e)
{
	static const enum arg_type scalars[2] = { ARG_SCALAR, ARG_SCALAR };
	struct args a;
	PGresult *r = NULL;
	int rc;

	args_init(&a, scalars, 2);
	args_set_i64(&a, 0, from_seq);
	args_set_i64(&a, 1, (int64_t)max);
	rc = pg_call(db, &q_links, &a, &r, e);
	args_free(&a);
	for (int row = 0; rc == 0 && row < PQntuples(r); row++) {
		struct ops_link l = { .seq = res_i64(r, row, 0), .event = res_i64(r, row, 1),
			.content = res_mem(r, row, 4) };

		res_bytes(r, row, 2, l.prev, sizeof(l.prev));
		res_bytes(r, row, 3, l.mac, sizeof(l.mac));
		if (fn(arg, &l) != 0)
			rc = err_set(e, R_INTERNAL, "a link could not be taken");
	}
	PQclear(r);
	return rc;
}
