/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * How it stands: kept counters and circuits, and whether this process can work.
 */
#include "common/base/clock.h"
#include "gateway/ops/api.h"
#include "gateway/ops/json.h"

static int
read_status(struct api_call *c, struct ops_status *s, struct err *e)
{
	struct db *db;
	int rc;

	if (pool_take(c->env->pool, &db, e) != 0)
		return -1;
	rc = ops_status(db, s, e);
	pool_give(c->env->pool, db);
	return rc;
}

static json_t *
ca_json(const struct ops_ca *ca)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "ca", json_text(ca->ca), "circuit",
	    json_text(ca->circuit), "since", json_time(ca->since), "last_success", json_time(ca->last_success),
	    "reason", ca->reason[0] != '\0' ? json_text(ca->reason) : json_null(), "detail",
	    ca->detail[0] != '\0' ? json_text(ca->detail) : json_null());
}

static json_t *
cas_json(const struct ops_status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_ca; i++)
		if (json_array_append_new(list, ca_json(&s->ca[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
counts_json(const struct ops_status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_counts; i++)
		if (json_array_append_new(list, json_pack("{s:o, s:s, s:I}", "ca", json_text(s->count[i].ca),
		    "state", request_state_name(s->count[i].state), "requests",
		    (json_int_t)s->count[i].n)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

int
api_status(struct api_call *c, struct err *e)
{
	struct ops_status s;

	if (read_status(c, &s, e) != 0)
		return -1;
	c->json = json_pack("{s:s, s:o, s:I, s:o, s:{s:I, s:I}, s:o, s:o}", "version", NEMRA_VERSION, "time",
	    json_time(clock_wall_us()), "stations", (json_int_t)s.stations, "oldest_queued_at",
	    json_time(s.oldest_queued_at), "audit", "events", (json_int_t)s.audit_events, "linked",
	    (json_int_t)s.audit_linked, "cas", cas_json(&s), "requests", counts_json(&s));
	ops_status_free(&s);
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "status");
}

int
api_ca_list(struct api_call *c, struct err *e)
{
	struct ops_status s;

	if (read_status(c, &s, e) != 0)
		return -1;
	c->json = json_pack("{s:o, s:n}", "items", cas_json(&s), "next");
	ops_status_free(&s);
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "CAs");
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
