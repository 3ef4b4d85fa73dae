/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ops/store_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/store/health.h"
#include "gateway/store/ops.h"

struct db {
	int unused;
};

struct store_fake fake;

void
fake_reset(void)
{
	fake = (struct store_fake){ .rows = 3 };
}

int
db_open(const struct db_options *o, struct db **out, struct err *e)
{
	(void)o;
	if (fake.away)
		return err_set(e, R_DB_AWAY, "test");
	fake.opened++;
	*out = xcalloc(1, sizeof(**out));
	return 0;
}

int
db_reopen(struct db *db, struct err *e)
{
	(void)db;
	if (fake.away)
		return err_set(e, R_DB_AWAY, "test");
	fake.restarted = false;
	fake.reopened++;
	return 0;
}

int
db_drain(struct db *db, bool *notified, struct err *e)
{
	(void)db;
	*notified = false;
	return fake.restarted ? err_set(e, R_DB_AWAY, "test") : 0;
}

void
db_close(struct db *db)
{
	free(db);
}

bool
db_is_away(const struct db *db)
{
	(void)db;
	return fake.away;
}

static const char *const station_columns[] = { "station", "vendor", "state", NULL };
static const char *const request_columns[] = { "request", "station", "state", "reason", NULL };
static const char *const certificate_columns[] = { "certificate", "request", NULL };
static const char *const audit_columns[] = { "event", "who", NULL };

const char *const *
ops_station_columns(void)
{
	return station_columns;
}

const char *const *
ops_request_columns(void)
{
	return request_columns;
}

const char *const *
ops_certificate_columns(void)
{
	return certificate_columns;
}

const char *const *
ops_audit_columns(void)
{
	return audit_columns;
}

static void
note_where(const struct ops_query *q)
{
	static const char *const op[] = { "=", "!=", "<", "<=", ">", ">=" };
	size_t len = 0;

	fake.where[0] = '\0';
	for (size_t i = 0; i < q->n_cond; i++)
		len += (size_t)snprintf(fake.where + len, sizeof(fake.where) - len, "%s %s %s;", q->cond[i].key,
		    op[q->cond[i].op], q->cond[i].value);
}

int
ops_station_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e)
{
	size_t sent = 0;

	(void)db;
	note_where(q);
	for (size_t i = 0; i < q->n_cond; i++)
		if (strcmp(q->cond[i].key, "station") != 0 && strcmp(q->cond[i].key, "vendor") != 0)
			return err_set(e, R_BAD_PARAMETER, "no key %s", q->cond[i].key);
	for (size_t i = 1; i <= fake.rows && sent < q->limit; i++) {
		char name[32];
		const char *value[] = { name, i == 2 ? "v\xff" : "v", fake.blocked ? "blocked" : "active" };

		snprintf(name, sizeof(name), "gnb-%04zu", i);
		if ((q->after != NULL && strcmp(name, q->after) <= 0) ||
		    (q->n_cond > 0 && strcmp(q->cond[0].key, "station") == 0 &&
		    strcmp(q->cond[0].value, name) != 0))
			continue;
		if (fn(arg, value, 3) != 0)
			return err_set(e, R_NO_MEMORY, "test");
		sent++;
	}
	return 0;
}

static int
no_rows(const struct ops_query *q)
{
	note_where(q);
	return 0;
}

int
ops_request_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e)
{
	(void)db, (void)fn, (void)arg, (void)e;
	return no_rows(q);
}

int
ops_certificate_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e)
{
	(void)db, (void)fn, (void)arg, (void)e;
	return no_rows(q);
}

int
ops_audit_list(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e)
{
	(void)db, (void)fn, (void)arg, (void)e;
	return no_rows(q);
}

int
ops_station_put(struct db *db, const char *who, struct ops_station *s, size_t n, enum ops_put how, struct err *e)
{
	(void)db, (void)e;
	snprintf(fake.who, sizeof(fake.who), "%s", who);
	for (size_t i = 0; i < n; i++)
		s[i].change = CH_ADDED;
	if (how != PUT_TRY)
		fake.put += n;
	return 0;
}

int
ops_station_block(struct db *db, const char *who, const char *name, bool block, const char *why, struct err *e)
{
	(void)db;
	if (strcmp(name, "gnb-0001") != 0)
		return err_set(e, R_NOT_FOUND, "%s", name);
	snprintf(fake.who, sizeof(fake.who), "%s", who);
	snprintf(fake.why, sizeof(fake.why), "%s", why);
	fake.blocked = block;
	return 0;
}

int
ops_request_decide(struct db *db, const char *who, const struct uuid *id, bool approve, const char *why,
    struct err *e)
{
	(void)db, (void)id, (void)e;
	snprintf(fake.who, sizeof(fake.who), "%s", who);
	snprintf(fake.why, sizeof(fake.why), "%s", why);
	fake.approved = approve;
	fake.denied = !approve;
	return 0;
}

int
ops_request_show(struct db *db, const struct uuid *id, struct ops_request *out, struct err *e)
{
	char text[UUID_TEXT];
	const char *value[] = { text, "gnb-0001", fake.denied ? "refused" : "held",
		fake.denied ? "DENIED" : "NEEDS_APPROVAL" };

	(void)db, (void)e;
	uuid_print(id, text);
	out->n = 4;
	for (size_t i = 0; i < out->n; i++)
		out->column[i] = xstrdup(value[i]);
	out->step = xcalloc(1, sizeof(*out->step));
	out->step[0].state = xstrdup("held");
	out->step[0].at = xstrdup("2024-05-06T07:08:09.000Z");
	out->n_steps = 1;
	out->message = xcalloc(1, sizeof(*out->message));
	out->message[0].kind = xstrdup("answer");
	out->message[0].at = xstrdup("2024-05-06T07:08:10.000Z");
	out->n_messages = 1;
	return blob_set1(&out->message[0].der, mem_str("no CMP at all"), e);
}

void
ops_request_free(struct ops_request *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->column[i]);
	for (size_t i = 0; i < r->n_steps; i++) {
		free(r->step[i].state);
		free(r->step[i].at);
		free(r->step[i].why);
	}
	for (size_t i = 0; i < r->n_messages; i++) {
		free(r->message[i].kind);
		free(r->message[i].at);
		blob_free(&r->message[i].der);
	}
	free(r->step);
	free(r->message);
	memset(r, 0, sizeof(*r));
}

int
ops_certificate_chain(struct db *db, const char *key, struct blob *pem, struct err *e)
{
	(void)db;
	if (strcmp(key, "known:01") != 0)
		return err_set(e, R_NOT_FOUND, "%s", key);
	return blob_set1(pem, mem_str("-----BEGIN CERTIFICATE-----\n"), e);
}

int
ops_status(struct db *db, struct ops_status *out, struct err *e)
{
	(void)db, (void)e;
	memset(out, 0, sizeof(*out));
	out->count = xcalloc(1, sizeof(*out->count));
	out->n_counts = 1;
	out->count[0] = (struct ops_count){ "core", RQ_HELD, 7 };
	out->ca = xcalloc(1, sizeof(*out->ca));
	out->n_ca = 1;
	out->ca[0] = (struct ops_ca){ .ca = "core", .circuit = "open", .reason = "CA_UNREACHABLE",
		.detail = "refused", .since = 1715000000000000 };
	out->stations = (int64_t)fake.rows;
	out->audit_events = 5;
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
db_space(const char *url, int64_t *size, int64_t *left)
{
	(void)url;
	*size = *left = 1;
	return 0;
}

void
health_space(const char *part, int64_t size, int64_t left)
{
	(void)part, (void)size, (void)left;
}

int
health_turn(struct db *db, struct err *e)
{
	(void)db, (void)e;
	return 0;
}

int64_t
health_next_ms(void)
{
	return 0;
}

void
health_goodbye(struct db *db)
{
	(void)db;
}

const char *
health_host(void)
{
	return "here";
}

size_t
health_parts(struct health_part *out, size_t max)
{
	if (max == 0)
		return 0;
	out[0] = (struct health_part){ .part = "log", .why = { .reason = R_LOG_LOST }, .value = 3 };
	return 1;
}

int
ops_audit_links(struct db *db, int64_t from_seq, size_t max, ops_link_fn *fn, void *arg, struct err *e)
{
	(void)db, (void)from_seq, (void)max, (void)fn, (void)arg, (void)e;
	return 0;
}

int
ops_request_repair(struct db *db, const char *who, const struct uuid *id, bool retry, const char *why, struct err *e)
{
	return ops_request_decide(db, who, id, retry, why, e);
}

int
ops_ca_pause(struct db *db, const char *who, const char *ca, bool pause, const char *why, struct err *e)
{
	(void)db, (void)who, (void)pause, (void)why;
	return strcmp(ca, "core") == 0 ? 0 : err_set(e, R_NOT_FOUND, "no CA %.64s", ca);
}
