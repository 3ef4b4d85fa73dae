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
	"nemra.us(h.last_success) FROM nemra.ca_health AS h ORDER BY h.ca", false };
static const struct stmt q_oldest = { "ops_oldest",
	"SELECT nemra.us(q.queued_at) FROM nemra.queue AS q WHERE q.state = 'queued' ORDER BY q.request LIMIT 1",
	false };
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
	if (PQntuples(r) > 0)
		s->oldest_queued_at = res_i64(r, 0, 0);
	PQclear(r);
	return 0;
}

int
ops_status(struct db *db, struct ops_status *out, struct err *e)
{
	struct ops_status s = { .n_counts = 0 };

	if (read_counts(db, &s, e) != 0 || read_cas(db, &s, e) != 0 || read_oldest(db, &s, e) != 0) {
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
