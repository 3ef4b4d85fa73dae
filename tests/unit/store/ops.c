/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/store/fix.h"
#include "tests/unit/store/steps.h"

static struct db *
opsd(void)
{
	return fix_db("nemra_opsd");
}

/* --- lists --- */

struct rows {
	size_t n;
	size_t columns;
	char key[8][128];	/* of the first rows */
	char value[1024];	/* of the column asked for, of the last row */
	size_t col;
};

static int
count_row(void *arg, const char *const *value, size_t n)
{
	struct rows *r = arg;

	if (r->n < COUNT_OF(r->key))
		snprintf(r->key[r->n], sizeof(r->key[0]), "%s", value[0]);
	snprintf(r->value, sizeof(r->value), "%s", value[r->col] != NULL ? value[r->col] : "(null)");
	r->columns = n;
	r->n++;
	return 0;
}

typedef int list_fn(struct db *db, const struct ops_query *q, ops_row_fn *fn, void *arg, struct err *e);

static size_t
column(const char *const *names, const char *name)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	CU_FAIL_FATAL("no such column");
	return 0;
}

static struct rows
list_where(list_fn *list, const struct ops_cond *cond, size_t n, const char *after, size_t limit, size_t col)
{
	const struct ops_query q = { cond, n, after, limit };
	struct rows r = { .col = col };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(list(opsd(), &q, count_row, &r, &e), 0);
	return r;
}

static size_t
how_many(list_fn *list, const char *key, enum ops_op op, const char *value, const char *station)
{
	const struct ops_cond cond[] = { { key, op, value }, { "station", OP_EQ, station } };

	return list_where(list, cond, 2, NULL, 100, 0).n;
}

static enum reason
refused(list_fn *list, const char *key, enum ops_op op, const char *value)
{
	const struct ops_cond cond = { key, op, value };
	const struct ops_query q = { &cond, 1, NULL, 10 };
	struct rows r = { .n = 0 };
	struct err e = { R_NONE, "" };

	if (list(opsd(), &q, count_row, &r, &e) == 0)
		return R_NONE;
	return e.reason;
}

static void
stations_are_listed_by_every_key(void)
{
	struct fix_station s = fix_station();
	char serial[48];

	snprintf(serial, sizeof(serial), "serial-%s", s.name);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "vendor", OP_EQ, "acme", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "vendor", OP_NE, "acme", s.name), 0);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "serial", OP_EQ, serial, s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "state", OP_EQ, "active", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "state", OP_EQ, "blocked", s.name), 0);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "san_dns", OP_EQ, "a.example;b.example", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "added_at", OP_GT, "1h", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "added_at", OP_LT, "1h", s.name), 0);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "added_at", OP_GT, "2020-01-01", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "added_at", OP_GT, "2020-01-01T00:00:00.5+01:00", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_station_list, "bound_at", OP_GT, "2020-01-01", s.name), 0);
}

static void
a_stations_columns_begin_with_those_of_the_import(void)
{
	static const char *const want[] = { "station", "vendor", "model", "serial", "region", "profile", "subject",
		"san_dns", "san_ip", "device_key", "ssh_key", "state" };
	const char *const *names = ops_station_columns();

	for (size_t i = 0; i < COUNT_OF(want); i++)
		CU_ASSERT_STRING_EQUAL(names[i], want[i]);
}

static void
pages_continue_at_the_key(void)
{
	static const char *const vendor = "paging";
	const struct ops_cond cond = { "vendor", OP_EQ, vendor };
	struct rows r;

	for (int i = 0; i < 5; i++)
		fix_sql_of("UPDATE nemra.station SET vendor = 'paging' WHERE name = '%s'", fix_station().name);
	r = list_where(ops_station_list, &cond, 1, NULL, 2, 0);
	CU_ASSERT_EQUAL_FATAL(r.n, 2);
	CU_ASSERT_TRUE(strcmp(r.key[0], r.key[1]) < 0);
	r = list_where(ops_station_list, &cond, 1, r.key[1], 2, 0);
	CU_ASSERT_EQUAL_FATAL(r.n, 2);
	r = list_where(ops_station_list, &cond, 1, r.key[1], 2, 0);
	CU_ASSERT_EQUAL(r.n, 1);
	r = list_where(ops_station_list, &cond, 1, r.key[0], 2, 0);
	CU_ASSERT_EQUAL(r.n, 0);
}

static void
requests_are_listed_by_every_key_and_newest_first(void)
{
	const char *ca = fix_ca();
	struct fix_station s = fix_station();
	struct door_upload a = fix_upload(&s), b = fix_upload(&s);
	const struct ops_cond by_ca = { "ca", OP_EQ, ca };
	struct rows r;

	a.ca = b.ca = ca;
	a.id.b[15] = 0;
	b.id = a.id;
	b.id.b[15] = 1;	/* the later one */
	b.verdict = EV_HELD;
	err_set(&b.why, R_NEEDS_APPROVAL, "%s", "");
	fix_submit(&a);
	fix_submit(&b);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "state", OP_EQ, "held", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "state", OP_NE, "held", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "reason", OP_EQ, "NEEDS_APPROVAL", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "reason", OP_NE, "NEEDS_APPROVAL", s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "attempt", OP_GE, "1", s.name), 2);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "request", OP_EQ, fix_text(&a.request), s.name), 1);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "vendor", OP_EQ, "acme", s.name), 2);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "enveloped", OP_EQ, "no", s.name), 2);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "form", OP_EQ, "pkcs10", s.name), 2);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "station", OP_NE, s.name, s.name), 0);
	CU_ASSERT_EQUAL(how_many(ops_request_list, "next_at", OP_LE, "1m", s.name), 1);
	r = list_where(ops_request_list, &by_ca, 1, NULL, 1, 0);
	CU_ASSERT_STRING_EQUAL(r.key[0], fix_text(&b.request));
	r = list_where(ops_request_list, &by_ca, 1, r.key[0], 1, 0);
	CU_ASSERT_STRING_EQUAL(r.key[0], fix_text(&a.request));
}

static void
wrong_keys_and_values_are_named_and_never_run(void)
{
	CU_ASSERT_EQUAL(refused(ops_station_list, "color", OP_EQ, "red"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "name) OR (true", OP_EQ, "x"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "added_at", OP_GT, "yesterday"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "added_at", OP_GT, "2026-02-31"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "added_at", OP_GT, "2026-02-01T00:00:00"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "added_at", OP_GT, "9999999999d"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "device_key", OP_EQ, "xyz"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "device_key", OP_LT, "00"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "vendor", OP_EQ, "\xff"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_request_list, "state", OP_EQ, "happy"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_request_list, "state", OP_LT, "held"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_request_list, "request", OP_EQ, "1"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_request_list, "attempt", OP_EQ, "1x"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_request_list, "enveloped", OP_EQ, "maybe"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_audit_list, "before", OP_EQ, "x"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_certificate_list, "certificate", OP_EQ, "zz:zz"), R_BAD_PARAMETER);
	CU_ASSERT_EQUAL(refused(ops_station_list, "vendor", OP_EQ, "'; DROP TABLE nemra.station; --"), R_NONE);
}

static int
stop_at_once(void *arg, const char *const *value, size_t n)
{
	(void)arg;
	(void)value;
	(void)n;
	return -1;
}

static void
a_callback_can_stop_the_list(void)
{
	const struct ops_query q = { .limit = 10 };
	struct err e;

	fix_station();
	CU_ASSERT_EQUAL(ops_station_list(opsd(), &q, stop_at_once, NULL, &e), -1);
}

/* --- certificates --- */

static struct work *
issued(const char *ca)
{
	struct work *w;

	fix_queued(ca);
	w = claim_one(ca);
	prepare(w, "ir");
	send_it(w);
	answer_with_certificate(w, false);
	done(w, 0);
	return w;
}

static void
a_certificate_is_found_by_key_by_request_and_by_time(void)
{
	struct work *w = issued(fix_ca());
	const char *const *names = ops_certificate_columns();
	const struct ops_cond by_request = { "request", OP_EQ, fix_text(&w->request) };
	struct ops_cond by_key = { "certificate", OP_EQ, NULL };
	struct blob pem = { NULL, 0 };
	struct rows r;
	struct err e;
	char key[128];

	r = list_where(ops_certificate_list, &by_request, 1, NULL, 10, column(names, "accepted"));
	CU_ASSERT_EQUAL_FATAL(r.n, 1);
	CU_ASSERT_STRING_EQUAL(r.value, "yes");
	snprintf(key, sizeof(key), "%s", r.key[0]);
	by_key.value = key;
	r = list_where(ops_certificate_list, &by_key, 1, NULL, 10, column(names, "station"));
	CU_ASSERT_EQUAL(r.n, 1);
	CU_ASSERT_STRING_EQUAL(r.value, w->station);
	CU_ASSERT_EQUAL(how_many(ops_certificate_list, "not_after", OP_LT, "30d", w->station), 0);
	CU_ASSERT_EQUAL(how_many(ops_certificate_list, "not_after", OP_GT, "30d", w->station), 1);
	CU_ASSERT_EQUAL(how_many(ops_certificate_list, "subject", OP_EQ, "CN=x", w->station), 1);
	CU_ASSERT_EQUAL_FATAL(ops_certificate_chain(opsd(), key, &pem, &e), 0);
	CU_ASSERT_TRUE(mem_eq(mem_of(&pem), mem_str("a chain")));
	blob_free(&pem);
	CU_ASSERT_EQUAL_FATAL(ops_certificate_chain(opsd(), fix_text(&w->request), &pem, &e), 0);
	blob_free(&pem);
	CU_ASSERT_EQUAL(ops_certificate_chain(opsd(), "nonsense", &pem, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_BAD_PARAMETER);
	key[10] = key[10] == '0' ? '1' : '0';
	CU_ASSERT_EQUAL(ops_certificate_chain(opsd(), key, &pem, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_FOUND);
	work_free(w, 1);
}

static void
certificates_are_paged_from_the_newest_to_the_oldest(void)
{
	const struct ops_cond by_issuer = { "issuer", OP_EQ, "CN=CA" };
	size_t request = column(ops_certificate_columns(), "request");
	char requests[3][40], after[128] = "";
	struct rows r;

	for (int i = 0; i < 3; i++) {
		struct work *w = issued(fix_ca());

		snprintf(requests[i], sizeof(requests[i]), "%s", fix_text(&w->request));
		work_free(w, 1);
	}
	for (int i = 2; i >= 0; i--) {
		r = list_where(ops_certificate_list, &by_issuer, 1, after, 1, request);
		CU_ASSERT_EQUAL_FATAL(r.n, 1);
		CU_ASSERT_STRING_EQUAL(r.value, requests[i]);
		snprintf(after, sizeof(after), "%s", r.key[0]);
	}
}

/* The answer may be stored before anybody said anything of the CA. */
static void
an_answer_is_a_success_of_the_ca(void)
{
	const char *ca = fix_ca();
	struct ops_status s;
	struct err e;
	size_t seen = 0;

	work_free(issued(ca), 1);
	CU_ASSERT_EQUAL_FATAL(ops_status(opsd(), &s, &e), 0);
	for (size_t i = 0; i < s.n_ca; i++)
		if (strcmp(s.ca[i].ca, ca) == 0) {
			seen++;
			CU_ASSERT_STRING_EQUAL(s.ca[i].circuit, "closed");
			CU_ASSERT_TRUE(s.ca[i].last_success > INT64_C(1700000000000000));
		}
	CU_ASSERT_EQUAL(seen, 1);
	ops_status_free(&s);
}

/* --- stations: import --- */

static enum ops_change
put_one(const char *name, unsigned given, const char *vendor, const char *serial, const uint8_t *key, enum ops_put how,
    struct err *why)
{
	char san[] = "own.example", other[] = "second.example";
	char *names[] = { san, other };
	struct ops_station o = { .given = given };
	struct err e;

	o.s = (struct station){ .name = (char *)(uintptr_t)name, .vendor = (char *)(uintptr_t)vendor,
		.serial = (char *)(uintptr_t)serial, .san_dns = names, .n_san_dns = 2 };
	if (key != NULL) {
		o.s.has_device_key = true;
		memcpy(o.s.device_key, key, 32);
	}
	CU_ASSERT_EQUAL_FATAL(ops_station_put(opsd(), "alice", &o, 1, how, &e), 0);
	if (why != NULL)
		*why = o.err;
	return o.change;
}

static void
a_station_is_added_changed_and_left_alone(void)
{
	struct fix_station s = fix_station();
	char name[48];

	snprintf(name, sizeof(name), "new-%s", s.name);
	CU_ASSERT_EQUAL(put_one(name, OSF_VENDOR | OSF_SAN_DNS, "acme", NULL, NULL, PUT_GOOD, NULL), CH_ADDED);
	CU_ASSERT_EQUAL(put_one(name, OSF_VENDOR | OSF_SAN_DNS, "acme", NULL, NULL, PUT_GOOD, NULL), CH_SAME);
	CU_ASSERT_EQUAL(put_one(name, OSF_VENDOR, "other", NULL, NULL, PUT_GOOD, NULL), CH_CHANGED);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT vendor || ' ' || san_dns::text FROM nemra.station "
	    "WHERE name = '%s'", name), "other {own.example,second.example}");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(concat_ws(' ', who, what, before, after), '|' "
	    "ORDER BY id) FROM nemra.audit_event WHERE object = '%s'", name),
	    "operator:alice station.added {\"vendor\": \"acme\", \"san_dns\": [\"own.example\", \"second.example\"]}|"
	    "operator:alice station.changed {\"vendor\": \"acme\"} {\"vendor\": \"other\"}");
}

static void
an_empty_device_key_does_not_unbind(void)
{
	struct fix_station s = fix_station();

	CU_ASSERT_EQUAL(put_one(s.name, OSF_DEVICE_KEY, NULL, NULL, NULL, PUT_GOOD, NULL), CH_SAME);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT device_key IS NOT NULL FROM nemra.station "
	    "WHERE name = '%s'", s.name), "t");
}

static void
what_belongs_to_another_row_is_an_error_of_the_line(void)
{
	struct fix_station s = fix_station();
	char name[48], serial[48];
	struct err why;

	snprintf(name, sizeof(name), "thief-of-%s", s.name);
	snprintf(serial, sizeof(serial), "serial-%s", s.name);
	CU_ASSERT_EQUAL(put_one(name, OSF_DEVICE_KEY, NULL, NULL, s.key, PUT_GOOD, &why), CH_ERROR);
	CU_ASSERT_EQUAL(why.reason, R_IMPORT_LINE);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.detail, s.name));
	CU_ASSERT_EQUAL(put_one(name, OSF_VENDOR | OSF_SERIAL, "acme", serial, NULL, PUT_GOOD, &why), CH_ERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(why.detail, s.name));
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.station WHERE name = '%s'", name), "0");
}

static void
a_try_changes_nothing(void)
{
	struct fix_station s = fix_station();
	char name[48];

	snprintf(name, sizeof(name), "tried-%s", s.name);
	CU_ASSERT_EQUAL(put_one(name, OSF_VENDOR, "acme", NULL, NULL, PUT_TRY, NULL), CH_ADDED);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.station WHERE name = '%s'", name), "0");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.audit_event WHERE object = '%s'", name), "0");
}

static void
all_or_nothing_takes_nothing_with_one_bad_row(void)
{
	struct fix_station s = fix_station();
	struct ops_station o[2] = { { .given = OSF_VENDOR }, { .given = OSF_DEVICE_KEY } };
	char good[48], bad[48];
	struct err e;

	snprintf(good, sizeof(good), "good-%s", s.name);
	snprintf(bad, sizeof(bad), "bad-%s", s.name);
	o[0].s.name = good;
	o[1].s.name = bad;
	o[1].s.has_device_key = true;
	memcpy(o[1].s.device_key, s.key, 32);
	CU_ASSERT_EQUAL_FATAL(ops_station_put(opsd(), "alice", o, 2, PUT_ALL, &e), 0);
	CU_ASSERT_EQUAL(o[1].change, CH_ERROR);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.station WHERE name = '%s'", good), "0");
	CU_ASSERT_EQUAL_FATAL(ops_station_put(opsd(), "alice", o, 2, PUT_GOOD, &e), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.station WHERE name = '%s'", good), "1");
}

static void
blocking_is_audited_once(void)
{
	struct fix_station s = fix_station();
	struct err e;

	CU_ASSERT_EQUAL(ops_station_block(opsd(), "bob", s.name, true, "stolen", &e), 0);
	CU_ASSERT_EQUAL(ops_station_block(opsd(), "bob", s.name, true, "stolen", &e), 0);
	CU_ASSERT_EQUAL(ops_station_block(opsd(), "bob", s.name, false, NULL, &e), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(concat_ws(' ', who, what, after->>'why'), '|' "
	    "ORDER BY id) FROM nemra.audit_event WHERE object = '%s'", s.name),
	    "operator:bob station.blocked stolen|operator:bob station.unblocked");
	CU_ASSERT_EQUAL(ops_station_block(opsd(), "bob", "nobody", true, NULL, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_FOUND);
}

/* --- requests --- */

static struct uuid
held(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);

	up.verdict = EV_HELD;
	err_set(&up.why, R_NEEDS_APPROVAL, "%s", "");
	fix_submit(&up);
	return up.request;
}

static void
a_held_request_is_approved_or_denied_once(void)
{
	struct uuid yes = held(), no = held(), nobody = uuid_new();
	struct err e;

	CU_ASSERT_EQUAL(ops_request_decide(opsd(), "carol", &yes, true, NULL, &e), 0);
	CU_ASSERT_EQUAL(fix_state(&yes), RQ_QUEUED);
	CU_ASSERT_EQUAL(ops_request_decide(opsd(), "carol", &yes, true, NULL, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_WRONG_STATE);
	CU_ASSERT_EQUAL(ops_request_decide(opsd(), "carol", &no, false, "not ours", &e), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT concat_ws(' ', state, reason, detail, policy_no) FROM nemra.queue "
	    "WHERE request = '%s'", fix_text(&no)), "refused DENIED not ours f");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT concat_ws(' ', who, what, after->>'why') FROM nemra.audit_event "
	    "WHERE object = '%s' ORDER BY id DESC LIMIT 1", fix_text(&no)), "operator:carol request.denied not ours");
	CU_ASSERT_EQUAL(ops_request_decide(opsd(), "carol", &nobody, true, NULL, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_FOUND);
}

static void
a_request_is_shown_with_its_way_and_messages(void)
{
	struct work *w = issued(fix_ca());
	struct ops_request r;
	struct uuid nobody = uuid_new();
	struct err e;

	CU_ASSERT_EQUAL_FATAL(ops_request_show(opsd(), &w->request, &r, &e), 0);
	CU_ASSERT_STRING_EQUAL(r.column[column(ops_request_columns(), "state")], "confirmed");
	CU_ASSERT_STRING_EQUAL(r.column[column(ops_request_columns(), "station")], w->station);
	CU_ASSERT_PTR_NULL(r.column[column(ops_request_columns(), "next_at")]);
	CU_ASSERT_TRUE(mem_eq(mem_of(&r.pkcs10), mem_str("a request")));
	CU_ASSERT_EQUAL(r.envelope.len, 0);
	CU_ASSERT_EQUAL_FATAL(r.n_steps, 6);
	CU_ASSERT_STRING_EQUAL(r.step[5].state, "confirmed");
	CU_ASSERT_EQUAL(strlen(r.step[0].at), strlen("2026-11-20T19:30:00.123Z"));
	CU_ASSERT_EQUAL_FATAL(r.n_messages, 2);
	CU_ASSERT_STRING_EQUAL(r.message[0].kind, "enrol");
	CU_ASSERT_TRUE(mem_eq(mem_of(&r.message[1].der), mem_str("ip")));
	ops_request_free(&r);
	CU_ASSERT_EQUAL(ops_request_show(opsd(), &nobody, &r, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_FOUND);
	work_free(w, 1);
}

/* --- status, audit --- */

static int64_t
counted(const struct ops_status *s, const char *ca, enum request_state state)
{
	for (size_t i = 0; i < s->n_counts; i++)
		if (strcmp(s->count[i].ca, ca) == 0 && s->count[i].state == state)
			return s->count[i].n;
	return 0;
}

static void
the_status_counts_without_scanning(void)
{
	const char *ca = fix_ca();
	struct ops_status s;
	struct err e, why;

	fix_queued(ca);
	fix_queued(ca);
	err_set(&why, R_CA_UNREACHABLE, "refused");
	CU_ASSERT_EQUAL(work_circuit(fix_db("nemra_dispatch"), ca, CIRCUIT_OPEN, &why, &e), 0);
	CU_ASSERT_EQUAL_FATAL(ops_status(opsd(), &s, &e), 0);
	CU_ASSERT_EQUAL(counted(&s, ca, RQ_QUEUED), 2);
	CU_ASSERT_EQUAL(counted(&s, ca, RQ_SENT), 0);
	CU_ASSERT_TRUE(s.stations > 0);
	CU_ASSERT_TRUE(s.oldest_queued_at > INT64_C(1700000000000000));
	CU_ASSERT_TRUE(s.audit_events > s.audit_linked);
	for (size_t i = 0; i < s.n_ca; i++)
		if (strcmp(s.ca[i].ca, ca) == 0) {
			CU_ASSERT_STRING_EQUAL(s.ca[i].circuit, "open");
			CU_ASSERT_STRING_EQUAL(s.ca[i].reason, "CA_UNREACHABLE");
			CU_ASSERT_TRUE(s.ca[i].since > INT64_C(1700000000000000));
			CU_ASSERT_EQUAL(s.ca[i].last_success, 0);
		}
	ops_status_free(&s);
}

struct links {
	int64_t seq;
	size_t n, missing;
};

static int
take_link(void *arg, const struct ops_link *l)
{
	struct links *k = arg;

	CU_ASSERT_TRUE(l->seq > k->seq);
	k->seq = l->seq;
	k->n++;
	if (l->content.len == 0)
		k->missing++;
	return 0;
}

static void
links_come_in_order_with_the_text_of_their_events(void)
{
	struct links k = { .n = 0 };
	struct err e;

	CU_ASSERT_EQUAL(ops_audit_links(opsd(), 1, 5, take_link, &k, &e), 0);
	CU_ASSERT_EQUAL(k.n, 5);
	CU_ASSERT_EQUAL(k.missing, 0);
	CU_ASSERT_EQUAL(ops_audit_links(opsd(), k.seq + 1, 100000, take_link, &k, &e), 0);
	CU_ASSERT_EQUAL(k.missing, 0);
	CU_ASSERT_EQUAL((int64_t)k.n, k.seq);
}

static void
the_audit_is_listed_newest_first(void)
{
	struct fix_station s = fix_station();
	const struct ops_cond cond = { "object", OP_EQ, s.name };
	const char *const *names = ops_audit_columns();
	struct rows r;
	struct err e;

	CU_ASSERT_EQUAL(ops_station_block(opsd(), "bob", s.name, true, NULL, &e), 0);
	CU_ASSERT_EQUAL(ops_station_block(opsd(), "bob", s.name, false, NULL, &e), 0);
	r = list_where(ops_audit_list, &cond, 1, NULL, 10, column(names, "what"));
	CU_ASSERT_EQUAL(r.n, 2);
	CU_ASSERT_STRING_EQUAL(r.value, "station.blocked");
	r = list_where(ops_audit_list, &cond, 1, r.key[0], 10, column(names, "after"));
	CU_ASSERT_EQUAL(r.n, 1);
	CU_ASSERT_STRING_EQUAL(r.value, "{\"blocked\": true}");
}

static const struct unit_test tests[] = {
	UNIT(stations_are_listed_by_every_key),
	UNIT(a_stations_columns_begin_with_those_of_the_import),
	UNIT(pages_continue_at_the_key),
	UNIT(requests_are_listed_by_every_key_and_newest_first),
	UNIT(wrong_keys_and_values_are_named_and_never_run),
	UNIT(a_callback_can_stop_the_list),
	UNIT(a_certificate_is_found_by_key_by_request_and_by_time),
	UNIT(certificates_are_paged_from_the_newest_to_the_oldest),
	UNIT(an_answer_is_a_success_of_the_ca),
	UNIT(a_station_is_added_changed_and_left_alone),
	UNIT(an_empty_device_key_does_not_unbind),
	UNIT(what_belongs_to_another_row_is_an_error_of_the_line),
	UNIT(a_try_changes_nothing),
	UNIT(all_or_nothing_takes_nothing_with_one_bad_row),
	UNIT(blocking_is_audited_once),
	UNIT(a_held_request_is_approved_or_denied_once),
	UNIT(a_request_is_shown_with_its_way_and_messages),
	UNIT(the_status_counts_without_scanning),
	UNIT(links_come_in_order_with_the_text_of_their_events),
	UNIT(the_audit_is_listed_newest_first),
};

UNIT_SUITE(ops_suite, tests);
