/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * How it stands: what the store knows of daemons, CAs and requests, and what this process sees itself. When the
 * database is away that is all there is, and it is said.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "gateway/ops/api.h"
#include "gateway/ops/json.h"
#include "gateway/ops/verdict.h"
#include "gateway/store/health.h"

/* What the answer is made of. */
struct standing_now {
	struct ops_status s;
	struct verdict v;
	bool reachable;
	struct err why;			/* the database is not reachable */
	int64_t since;
	struct err signer;		/* R_NONE: it answers */
};

/* --- what is there --- */

static int
read_status(struct api_call *c, struct standing_now *n)
{
	struct db *db;
	int rc;

	if (watch_take(c->env->watch, &db, &n->since, &n->why) != 0)
		return -1;
	rc = ops_status(db, &n->s, &n->why);
	watch_give(c->env->watch, db);
	return rc;
}

/* Nobody is asked but ourselves. */
static void
judge_own_parts(struct verdict *v)
{
	struct health_part part[HEALTH_PARTS];
	size_t n = health_parts(part, HEALTH_PARTS);

	for (size_t i = 0; i < n; i++)
		if (part[i].why.reason != R_NONE)
			verdict_add(v, STAND_DEGRADED, part[i].part, &part[i].why, 0);
}

static void
gather(struct api_call *c, struct standing_now *n)
{
	int64_t since;
	struct err e;

	*n = (struct standing_now){ .reachable = false };
	n->reachable = read_status(c, n) == 0;
	if (n->reachable) {
		if (!watch_writes(c->env->watch, &e, &since))
			verdict_add(&n->v, STAND_DOWN, "database, when it is written to", &e, since);
		verdict_judge(&n->v, &n->s);
	} else {
		verdict_add(&n->v, STAND_DOWN, "database", &n->why, n->since);
		judge_own_parts(&n->v);
	}
	if (watch_signer(c->env->watch, &n->signer) != 0)
		verdict_add(&n->v, STAND_DOWN, "signer, asked by nemra-opsd", &n->signer, 0);
	else
		err_clear(&n->signer);
}

/* --- as JSON --- */

static json_t *
reason_json(const char *id)
{
	return id[0] != '\0' ? json_text(id) : json_null();
}

static int64_t
count_of(const struct ops_status *s, const char *ca, enum request_state state)
{
	int64_t n = 0;

	for (size_t i = 0; i < s->n_counts; i++)
		if (s->count[i].state == state && strcmp(s->count[i].ca, ca) == 0)
			n += s->count[i].n;
	return n;
}

static json_t *
ca_json(const struct ops_status *s, const struct ops_ca *ca)
{
	int64_t behind = count_of(s, ca->ca, RQ_QUEUED) + count_of(s, ca->ca, RQ_PREPARED) +
	    count_of(s, ca->ca, RQ_SENT) + count_of(s, ca->ca, RQ_WAITING);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "ca", json_text(ca->ca),
	    "circuit", json_text(ca->circuit), "since", json_time(ca->since), "last_success",
	    json_time(ca->last_success), "reason", reason_json(ca->reason), "detail", reason_json(ca->detail),
	    "open_requests", (json_int_t)behind, "in_doubt", (json_int_t)count_of(s, ca->ca, RQ_IN_DOUBT),
	    "latency_ms", ca->latency_ms > 0 ? json_integer(ca->latency_ms) : json_null(),
	    "last_error_at", json_time(ca->error_at), "last_error", reason_json(ca->error_reason),
	    "last_error_detail", reason_json(ca->error_detail));
}

static json_t *
count_json(const struct ops_count *c)
{
	return json_pack("{s:o, s:s, s:I}", "ca", json_text(c->ca), "state", request_state_name(c->state), "requests",
	    (json_int_t)c->n);
}

static json_t *
daemon_json(const struct ops_daemon *d)
{
	return json_pack("{s:o, s:o, s:s, s:I, s:o, s:o, s:o}", "daemon", json_text(d->daemon), "host",
	    json_text(d->host), "state", daemon_state(d), "pid", (json_int_t)d->pid, "version",
	    json_text(d->version), "started_at", json_time(d->started_at), "seen_at", json_time(d->seen_at));
}

static json_t *
part_json(const struct ops_status *s, const struct ops_part *p)
{
	const struct ops_daemon *d = &s->daemon[p->daemon];

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "part", json_text(p->part), "daemon",
	    json_text(d->daemon), "host", json_text(d->host), "reason", reason_json(p->reason), "detail",
	    reason_json(p->detail), "since", json_time(p->since), "value", (json_int_t)p->value);
}

static json_t *
trouble_json(const struct trouble *t)
{
	const struct reason_info *r = reason_info(t->why.reason);

	return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:s, s:s}", "what", json_text(t->what), "standing",
	    standing_name(t->standing), "reason", r->id, "title", r->sentence, "detail",
	    reason_json(t->why.detail), "since", json_time(t->since), "cause", r->cause, "fix", r->fix);
}

/* o is taken over; -1: no memory. */
static int
append(json_t *list, json_t *o)
{
	return json_array_append_new(list, o);
}

static json_t *
done(json_t *list, int rc)
{
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *
cas_json(const struct ops_status *s)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < s->n_ca && rc == 0; i++)
		rc = append(list, ca_json(s, &s->ca[i]));
	return done(list, rc);
}

static json_t *
counts_json(const struct ops_status *s)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < s->n_counts && rc == 0; i++)
		rc = append(list, count_json(&s->count[i]));
	return done(list, rc);
}

static json_t *
daemons_json(const struct ops_status *s)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < s->n_daemons && rc == 0; i++)
		rc = append(list, daemon_json(&s->daemon[i]));
	return done(list, rc);
}

static json_t *
parts_json(const struct ops_status *s)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < s->n_parts && rc == 0; i++)
		rc = append(list, part_json(s, &s->part[i]));
	return done(list, rc);
}

static json_t *
troubles_json(const struct verdict *v)
{
	json_t *list = json_array();
	int rc = 0;

	for (size_t i = 0; i < v->n && rc == 0; i++)
		rc = append(list, trouble_json(&v->v[i]));
	return done(list, rc);
}

static json_t *
database_json(const struct standing_now *n)
{
	return json_pack("{s:b, s:o, s:o, s:o, s:o}", "reachable", n->reachable, "since", json_time(n->since), "reason",
	    n->reachable ? json_null() : json_string(reason_info(n->why.reason)->id), "detail",
	    n->reachable ? json_null() : json_text(n->why.detail), "bytes",
	    n->reachable ? json_integer(n->s.database_bytes) : json_null());
}

static json_t *
signer_json(const struct err *why)
{
	bool answers = why->reason == R_NONE;

	return json_pack("{s:b, s:o, s:o}", "answers", answers, "reason",
	    answers ? json_null() : json_string(reason_info(why->reason)->id), "detail",
	    answers ? json_null() : json_text(why->detail));
}

/* What nobody could be asked is null, not nought. */
static json_t *
number(const struct standing_now *n, int64_t value)
{
	return n->reachable ? json_integer(value) : json_null();
}

int
api_status(struct api_call *c, struct err *e)
{
	struct standing_now n;
	const struct ops_status *s = &n.s;

	gather(c, &n);
	c->json = json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o, "
	    "s:o}",
	    "version", NEMRA_VERSION, "time", json_time(clock_wall_us()), "host", health_host(), "overall",
	    standing_name(n.v.overall), "stations", number(&n, s->stations), "oldest_queued_at",
	    json_time(s->oldest_queued_at), "oldest_in_doubt_at", json_time(s->oldest_in_doubt_at),
	    "in_doubt_waiting", number(&n, s->in_doubt_waiting), "database", database_json(&n), "signer",
	    signer_json(&n.signer), "problems", troubles_json(&n.v), "audit", "events",
	    number(&n, s->audit_events), "linked",
	    number(&n, s->audit_linked), "daemons", daemons_json(s), "parts", parts_json(s), "cas", cas_json(s),
	    "requests", counts_json(s));
	ops_status_free(&n.s);
	verdict_free(&n.v);
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "status");
}

int
api_ca_list(struct api_call *c, struct err *e)
{
	struct standing_now n = { .reachable = false };

	if (read_status(c, &n) != 0) {
		*e = n.why;
		return -1;
	}
	c->json = json_pack("{s:o, s:n}", "items", cas_json(&n.s), "next");
	ops_status_free(&n.s);
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "CAs");
}

/* The CAs as they are then. */
static int
pause_ca(struct api_call *c, bool pause, struct err *e)
{
	char *why = NULL;
	struct db *db;
	int rc;

	if (api_body_why(c, pause, &why, e) != 0)
		return -1;
	rc = pool_take(c->env->pool, &db, e);
	if (rc == 0) {
		rc = ops_ca_pause(db, c->who, c->arg, pause, why, e);
		pool_give(c->env->pool, db);
	}
	free(why);
	return rc != 0 ? -1 : api_ca_list(c, e);
}

int
api_ca_pause(struct api_call *c, struct err *e)
{
	return pause_ca(c, true, e);
}

int
api_ca_resume(struct api_call *c, struct err *e)
{
	return pause_ca(c, false, e);
}

int
api_healthz(struct api_call *c, struct err *e)
{
	c->json = json_pack("{s:b}", "alive", 1);
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "healthz");
}

int
api_readyz(struct api_call *c, struct err *e)
{
	struct db *db;

	if (pool_take(c->env->pool, &db, e) != 0)
		return -1;
	pool_give(c->env->pool, db);
	c->json = json_pack("{s:b}", "ready", 1);
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "readyz");
}

int
api_problem(struct api_call *c, struct err *e)
{
	enum reason id = reason_by_id(c->arg);
	const struct reason_info *r = reason_info(id);

	if (id == R_NONE)
		return err_set(e, R_NOT_FOUND, "there is no reason %.64s", c->arg);
	c->json = json_pack("{s:s, s:s, s:s, s:i, s:b, s:s, s:s}", "reason", r->id, "class",
	    reason_class_name(r->class), "title", r->sentence, "status", r->http_status, "retryable",
	    r->class == RC_RETRY, "cause", r->cause, "fix", r->fix);
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "a reason");
}
