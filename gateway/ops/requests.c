/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "gateway/ops/json.h"
#include "gateway/ops/list.h"
#include "gateway/ops/message.h"

int
api_request_list(struct api_call *c, struct err *e)
{
	return list_page(c, ops_request_list, ops_request_columns(), e);
}

static json_t *
timeline(const struct ops_request *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_steps; i++) {
		json_t *o = json_pack("{s:o, s:o, s:o}", "state", json_text(r->step[i].state), "at",
		    json_text(r->step[i].at), "why", json_text(r->step[i].why));

		if (o == NULL || json_array_append_new(list, o) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
messages(const struct ops_request *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_messages; i++)
		if (json_array_append_new(list, message_json(&r->message[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
forms(const struct ops_request *r)
{
	return json_pack("{s:I, s:I, s:I}", "envelope", (json_int_t)r->envelope.len, "pkcs10",
	    (json_int_t)r->pkcs10.len, "crmf", (json_int_t)r->crmf.len);
}

/* What the reason means, beside its id. */
static int
explain(json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "reason"));
	enum reason reason = id == NULL ? R_NONE : reason_by_id(id);
	const struct reason_info *r = reason_info(reason);

	if (reason == R_NONE)
		return 0;
	return json_object_set_new(o, "problem", json_pack("{s:s, s:b, s:s, s:s}", "title", r->sentence,
	    "retryable", r->class == RC_RETRY, "cause", r->cause, "fix", r->fix));
}

static int
describe(const struct ops_request *r, json_t **out, struct err *e)
{
	json_t *o = list_object(ops_request_columns(), (const char *const *)r->column, r->n);

	if (o == NULL || explain(o) != 0 || json_object_set_new(o, "octets", forms(r)) != 0 ||
	    json_object_set_new(o, "timeline", timeline(r)) != 0 ||
	    json_object_set_new(o, "messages", messages(r)) != 0) {
		json_decref(o);
		return err_set(e, R_NO_MEMORY, "a request");
	}
	*out = o;
	return 0;
}

static int
show(struct db *db, const struct uuid *id, struct api_call *c, struct err *e)
{
	struct ops_request r;
	int rc;

	memset(&r, 0, sizeof(r));
	if (ops_request_show(db, id, &r, e) != 0)
		return -1;
	rc = describe(&r, &c->json, e);
	ops_request_free(&r);
	return rc;
}

static int
request_id(const struct api_call *c, struct uuid *id, struct err *e)
{
	if (uuid_parse(c->arg, id, e) != 0)
		return err_set(e, R_NOT_FOUND, "%.64s is not the id of a request", c->arg);
	return 0;
}

int
api_request_show(struct api_call *c, struct err *e)
{
	struct uuid id;
	struct db *db;
	int rc;

	if (request_id(c, &id, e) != 0 || pool_take(c->env->pool, &db, e) != 0)
		return -1;
	rc = show(db, &id, c, e);
	pool_give(c->env->pool, db);
	return rc;
}

typedef int change_fn(struct db *db, const char *who, const struct uuid *id, bool on, const char *why, struct err *e);

static int
change(struct api_call *c, change_fn *fn, bool on, bool must_say_why, struct err *e)
{
	char *why = NULL;
	struct uuid id;
	struct db *db;
	int rc;

	if (request_id(c, &id, e) != 0 || api_body_why(c, must_say_why, &why, e) != 0)
		return -1;
	rc = pool_take(c->env->pool, &db, e);
	if (rc == 0) {
		rc = fn(db, c->who, &id, on, why, e);
		if (rc == 0)
			rc = show(db, &id, c, e);
		pool_give(c->env->pool, db);
	}
	free(why);
	return rc;
}

int
api_request_approve(struct api_call *c, struct err *e)
{
	return change(c, ops_request_decide, true, false, e);
}

int
api_request_deny(struct api_call *c, struct err *e)
{
	return change(c, ops_request_decide, false, true, e);
}

int
api_request_retry(struct api_call *c, struct err *e)
{
	return change(c, ops_request_repair, true, true, e);
}

int
api_request_cancel(struct api_call *c, struct err *e)
{
	return change(c, ops_request_repair, false, true, e);
}
