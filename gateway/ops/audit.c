/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "common/base/log.h"
#include "gateway/ops/audit_verify.h"
#include "gateway/ops/json.h"
#include "gateway/ops/list.h"

int
api_audit_list(struct api_call *c, struct err *e)
{
	return list_page(c, ops_audit_list, ops_audit_columns(), e);
}

static int
read_links(void *arg, int64_t from_seq, size_t max, ops_link_fn *fn, void *fn_arg, struct err *e)
{
	return ops_audit_links(arg, from_seq, max, fn, fn_arg, e);
}

/* The signer's connection takes one question at a time; two runs may ask in turns. */
static int
check_macs(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *e)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	const struct api_env *env = arg;
	int rc;

	(void)pthread_mutex_lock(&lock);
	rc = env->audit_check(env->audit_arg, seq, prev, content, mac, n, bad, e);
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

static json_t *
report_json(const struct audit_report *r)
{
	return json_pack("{s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "whole", r->whole, "links",
	    (json_int_t)r->links, "unlinked", (json_int_t)r->unlinked, "head_seq", (json_int_t)r->links,
	    "head_mac", json_hex((struct mem){ r->head, sizeof(r->head) }), "bad_seq",
	    r->whole ? json_null() : json_integer(r->bad_seq), "bad_event",
	    r->whole || r->bad_event == 0 ? json_null() : json_integer(r->bad_event), "what",
	    r->whole ? json_null() : json_text(r->what));
}

static void
log_report(const struct audit_report *r, const char *who)
{
	struct log_line l;

	log_begin(&l, r->whole ? LOG_NOTICE : LOG_ERROR, r->whole ? "audit.verified" : "audit.broken");
	log_str(&l, "who", who);
	log_i64(&l, "links", r->links);
	log_i64(&l, "unlinked", r->unlinked);
	if (!r->whole) {
		log_i64(&l, "bad_seq", r->bad_seq);
		log_i64(&l, "bad_event", r->bad_event);
		log_str(&l, "what", r->what);
	}
	log_end(&l);
}

/* The counters are read before the links: what is linked meanwhile can only make more of them. */
static int
verify(struct db *db, struct audit_verify *v, struct audit_report *r, struct err *e)
{
	struct ops_status status;

	if (ops_status(db, &status, e) != 0)
		return -1;
	v->counted_events = status.audit_events;
	v->counted_links = status.audit_linked;
	ops_status_free(&status);
	v->links_arg = db;
	return audit_verify(v, r, e);
}

int
api_audit_verify(struct api_call *c, struct err *e)
{
	struct api_env *env = c->env;
	struct audit_verify v = { .links = read_links, .check = check_macs, .check_arg = c->env,
		.stop = env->stopping, .stop_arg = env->stopping_arg };
	const char *expect = api_param(c, "expect");
	struct audit_report r;
	struct db *db;
	int rc;

	if ((expect != NULL && audit_head_parse(expect, &v.expect_seq, v.expect_mac, e) != 0) ||
	    pool_take(env->pool, &db, e) != 0)
		return -1;
	rc = verify(db, &v, &r, e);
	pool_give(env->pool, db);
	if (rc != 0)
		return -1;
	log_report(&r, c->who);
	c->json = report_json(&r);
	return c->json != NULL ? 0 : err_set(e, R_NO_MEMORY, "a report");
}
