/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/door.h"

#include <string.h>

#include "tests/unit/store/fix.h"

static struct db *
door(void)
{
	return fix_db("nemra_httpd");
}

/* --- identify --- */

static struct door_who
who_is(const uint8_t *key, const char *serial, bool bind)
{
	struct door_who w = { .vendor = "acme", .serial = serial, .bind = bind, .source = "127.0.0.1" };
	struct err e;

	memcpy(w.device_key, key, sizeof(w.device_key));
	CU_ASSERT_EQUAL_FATAL(door_identify(door(), &w, 1, &e), 0);
	return w;
}

static void
a_device_key_finds_its_station(void)
{
	struct fix_station s = fix_station();
	struct door_who w = who_is(s.key, "", false);

	CU_ASSERT_EQUAL(w.err.reason, R_NONE);
	CU_ASSERT_FALSE(w.bound_now);
	CU_ASSERT_STRING_EQUAL(w.station.name, s.name);
	CU_ASSERT_STRING_EQUAL(w.station.vendor, "acme");
	CU_ASSERT_TRUE(w.station.has_device_key);
	CU_ASSERT_EQUAL(w.station.n_san_dns, 2);
	CU_ASSERT_STRING_EQUAL(w.station.san_dns[1], "b.example");
	CU_ASSERT_EQUAL(memcmp(&w.station.id, &s.id, sizeof(s.id)), 0);
	station_free(&w.station);
}

static void
the_first_contact_binds_the_key_and_a_second_device_does_not(void)
{
	struct fix_station s = fix_station();
	struct door_who w;
	char serial[48];
	uint8_t other[32];

	snprintf(serial, sizeof(serial), "serial-%s", s.name);
	fix_sql_of("UPDATE nemra.station SET device_key = NULL WHERE name = '%s'", s.name);
	w = who_is(s.key, serial, false);
	CU_ASSERT_EQUAL(w.err.reason, R_DEVICE_KEY_UNBOUND);
	station_free(&w.station);
	w = who_is(s.key, serial, true);
	CU_ASSERT_EQUAL(w.err.reason, R_NONE);
	CU_ASSERT_TRUE(w.bound_now);
	station_free(&w.station);
	w = who_is(s.key, serial, true);
	CU_ASSERT_FALSE(w.bound_now);
	station_free(&w.station);
	fix_random(other, sizeof(other));
	w = who_is(other, serial, true);
	CU_ASSERT_EQUAL(w.err.reason, R_DEVICE_KEY_DIFFERS);
	station_free(&w.station);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.audit_event WHERE what = 'station.bound' "
	    "AND object = '%s'", s.name), "1");
}

static void
two_devices_that_claim_one_row_in_one_call_get_one_yes(void)
{
	struct fix_station s = fix_station();
	struct door_who w[2] = { { .vendor = "acme", .bind = true }, { .vendor = "acme", .bind = true } };
	char serial[48];
	struct err e;

	snprintf(serial, sizeof(serial), "serial-%s", s.name);
	fix_sql_of("UPDATE nemra.station SET device_key = NULL WHERE name = '%s'", s.name);
	for (size_t i = 0; i < 2; i++) {
		w[i].serial = serial;
		fix_random(w[i].device_key, sizeof(w[i].device_key));
	}
	CU_ASSERT_EQUAL_FATAL(door_identify(door(), w, 2, &e), 0);
	CU_ASSERT_TRUE(w[0].bound_now && w[0].err.reason == R_NONE);
	CU_ASSERT_TRUE(!w[1].bound_now && w[1].err.reason == R_DEVICE_KEY_DIFFERS);
	station_free(&w[0].station);
	station_free(&w[1].station);
}

static void
unknown_and_blocked_stations_are_told_apart(void)
{
	struct fix_station s = fix_station();
	struct door_who w;
	uint8_t key[32];

	fix_random(key, sizeof(key));
	w = who_is(key, "nobody", true);
	CU_ASSERT_EQUAL(w.err.reason, R_STATION_UNKNOWN);
	CU_ASSERT_PTR_NULL(w.station.name);
	w = who_is(key, "", true);
	CU_ASSERT_EQUAL(w.err.reason, R_STATION_UNKNOWN);
	fix_sql_of("UPDATE nemra.station SET blocked = true WHERE name = '%s'", s.name);
	w = who_is(s.key, "", true);
	CU_ASSERT_EQUAL(w.err.reason, R_STATION_BLOCKED);
	station_free(&w.station);
}

static void
a_blocked_row_is_not_bound(void)
{
	struct fix_station s = fix_station();
	struct door_who w;
	char serial[48];

	snprintf(serial, sizeof(serial), "serial-%s", s.name);
	fix_sql_of("UPDATE nemra.station SET device_key = NULL, blocked = true WHERE name = '%s'", s.name);
	w = who_is(s.key, serial, true);
	CU_ASSERT_EQUAL(w.err.reason, R_STATION_BLOCKED);
	CU_ASSERT_FALSE(w.bound_now || w.station.has_device_key);
	station_free(&w.station);
}

/* --- submit --- */

static void
an_upload_is_received_admitted_and_audited_in_one_commit(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);

	fix_submit(&up);
	CU_ASSERT_EQUAL(up.err.reason, R_NONE);
	CU_ASSERT_FALSE(up.existed);
	CU_ASSERT_EQUAL(up.state, RQ_QUEUED);
	CU_ASSERT_EQUAL(memcmp(&up.request, &up.id, sizeof(up.id)), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(event || '>' || state, ' ' ORDER BY id) "
	    "FROM nemra.request_step WHERE request = '%s'", fix_text(&up.request)),
	    "uploaded>received admitted>queued");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT who || ' ' || what || ' ' || outcome || ' ' || (after->>'state') "
	    "FROM nemra.audit_event WHERE object = '%s'", fix_text(&up.request)) + strlen("station:") +
	    strlen(s.name), " request.uploaded success queued");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT convert_from(pkcs10, 'UTF8') FROM nemra.request WHERE id = '%s'",
	    fix_text(&up.request)), "a request");
}

static void
the_same_upload_again_finds_the_same_request(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s), again = up;

	fix_submit(&up);
	again.id = uuid_new();
	fix_submit(&again);
	CU_ASSERT_TRUE(again.existed);
	CU_ASSERT_EQUAL(memcmp(&again.request, &up.request, sizeof(up.request)), 0);
	CU_ASSERT_EQUAL(again.state, RQ_QUEUED);
	again.operation = "renew";
	again.id = uuid_new();
	fix_submit(&again);
	CU_ASSERT_FALSE(again.existed);
}

static void
the_same_upload_twice_in_one_call_is_one_request(void)
{
	struct fix_station s = fix_station();
	struct door_upload up[3] = { fix_upload(&s), fix_upload(&s), fix_upload(&s) };
	struct err e;

	up[2] = up[0];
	up[2].id = uuid_new();
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up, 3, &e), 0);
	CU_ASSERT_FALSE(up[0].existed || up[1].existed);
	CU_ASSERT_TRUE(up[2].existed);
	CU_ASSERT_EQUAL(memcmp(&up[2].request, &up[0].request, sizeof(struct uuid)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(&up[1].request, &up[0].request, sizeof(struct uuid)), 0);
}

static void
held_and_refused_uploads_are_stored_with_their_reason(void)
{
	struct fix_station s = fix_station();
	struct door_upload up[2] = { fix_upload(&s), fix_upload(&s) };
	struct err e;

	up[0].verdict = EV_HELD;
	err_set(&up[0].why, R_NEEDS_APPROVAL, "profile gnb");
	up[1].verdict = EV_REFUSED;
	err_set(&up[1].why, R_SUBJECT_MISMATCH, "CN=y\xff");
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up, 2, &e), 0);
	CU_ASSERT_EQUAL(up[0].state, RQ_HELD);
	CU_ASSERT_EQUAL(up[0].err.reason, R_NEEDS_APPROVAL);
	CU_ASSERT_STRING_EQUAL(up[0].err.detail, "profile gnb");
	CU_ASSERT_EQUAL(up[1].state, RQ_REFUSED);
	CU_ASSERT_EQUAL(up[1].err.reason, R_SUBJECT_MISMATCH);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT outcome || ' ' || reason FROM nemra.audit_event "
	    "WHERE object = '%s'", fix_text(&up[1].request)), "failure SUBJECT_MISMATCH");
}

static void
what_our_policy_refused_is_judged_anew_in_the_same_row(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct uuid first;

	up.verdict = EV_REFUSED;
	err_set(&up.why, R_SUBJECT_MISMATCH, "%s", "");
	fix_submit(&up);
	first = up.request;
	up.id = uuid_new();
	fix_submit(&up);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.request_step WHERE request = '%s'",
	    fix_text(&first)), "2");	/* the same no again is no step */
	up.id = uuid_new();
	up.verdict = EV_ADMITTED;
	up.profile = "mended";
	up.ca = "other";
	fix_submit(&up);
	CU_ASSERT_TRUE(up.existed);
	CU_ASSERT_EQUAL(up.state, RQ_QUEUED);
	CU_ASSERT_EQUAL(up.err.reason, R_NONE);
	CU_ASSERT_EQUAL(memcmp(&up.request, &first, sizeof(first)), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT string_agg(event::text, ' ' ORDER BY id) FROM nemra.request_step "
	    "WHERE request = '%s'", fix_text(&first)), "uploaded refused judged_anew admitted");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT q.ca || ' ' || r.profile FROM nemra.queue q JOIN nemra.request r "
	    "ON r.id = q.request WHERE q.request = '%s'", fix_text(&first)), "other mended");
}

static void
what_the_ca_refused_is_not_judged_anew(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);

	fix_submit(&up);
	fix_sql_of("UPDATE nemra.queue SET state = 'refused', path = '{refused}', "
	    "went = went || '{refused}', went_at = went_at || nemra.went_now('{refused}'), "
	    "next_at = NULL, policy_no = false, "
	    "reason = 'CA_REFUSED' WHERE request = '%s'", fix_text(&up.request));
	up.id = uuid_new();
	fix_submit(&up);
	CU_ASSERT_EQUAL(up.state, RQ_REFUSED);
	CU_ASSERT_EQUAL(up.err.reason, R_CA_REFUSED);
}

static void
a_key_of_another_station_is_refused(void)
{
	struct fix_station a = fix_station(), b = fix_station();
	struct door_upload first = fix_upload(&a), second = fix_upload(&b), own = fix_upload(&a);

	memcpy(second.spki_sha256, first.spki_sha256, 32);
	memcpy(own.spki_sha256, first.spki_sha256, 32);
	fix_submit(&first);
	fix_submit(&second);
	CU_ASSERT_EQUAL(second.state, RQ_REFUSED);
	CU_ASSERT_EQUAL(second.err.reason, R_KEY_SHARED);
	fix_submit(&own);
	CU_ASSERT_EQUAL(own.state, RQ_QUEUED);
}

static void
the_device_key_of_another_station_is_refused(void)
{
	struct fix_station a = fix_station(), b = fix_station();
	struct door_upload up = fix_upload(&a);

	memcpy(up.spki_sha256, b.key, 32);
	fix_submit(&up);
	CU_ASSERT_EQUAL(up.err.reason, R_KEY_SHARED);
}

static void
two_stations_with_one_key_in_one_call_get_one_yes(void)
{
	struct fix_station a = fix_station(), b = fix_station();
	struct door_upload up[2] = { fix_upload(&a), fix_upload(&b) };
	struct err e;

	memcpy(up[1].spki_sha256, up[0].spki_sha256, 32);
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up, 2, &e), 0);
	CU_ASSERT_EQUAL(up[0].state, RQ_QUEUED);
	CU_ASSERT_EQUAL(up[1].err.reason, R_KEY_SHARED);
}

static void
a_refused_upload_claims_no_key(void)
{
	struct fix_station thief = fix_station(), owner = fix_station();
	struct door_upload bad = fix_upload(&thief), good = fix_upload(&owner);

	memcpy(good.spki_sha256, bad.spki_sha256, 32);
	bad.verdict = EV_REFUSED;
	err_set(&bad.why, R_BAD_SIGNATURE, "%s", "");
	fix_submit(&bad);
	fix_submit(&good);
	CU_ASSERT_EQUAL(good.state, RQ_QUEUED);
}

static void
what_was_refused_comes_back_only_within_the_quota(void)
{
	struct fix_station s = fix_station();
	struct door_upload up[4];
	struct err e;

	for (size_t i = 0; i < 4; i++) {
		up[i] = fix_upload(&s);
		up[i].max_open = 2;
		up[i].verdict = EV_REFUSED;
		err_set(&up[i].why, R_SUBJECT_MISMATCH, "%s", "");
	}
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up, 2, &e), 0);
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up + 2, 2, &e), 0);
	for (size_t i = 0; i < 4; i++) {
		up[i].id = uuid_new();
		up[i].verdict = EV_ADMITTED;
	}
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up, 3, &e), 0);
	CU_ASSERT_EQUAL(up[1].state, RQ_QUEUED);
	CU_ASSERT_EQUAL(up[2].err.reason, R_TOO_MANY_OPEN);
	fix_submit(&up[3]);
	CU_ASSERT_EQUAL(up[3].err.reason, R_TOO_MANY_OPEN);
	up[3].verdict = EV_REFUSED;	/* a no is no more work, and says why */
	fix_submit(&up[3]);
	CU_ASSERT_EQUAL(up[3].err.reason, R_SUBJECT_MISMATCH);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.queue q JOIN nemra.request r "
	    "ON r.id = q.request WHERE q.state = 'queued' AND r.station = '%s'", fix_text(&s.id)), "2");
}

/* Of what policy refuses, a station's first 32 are kept; then it is told why, and no more. */
static void
what_a_station_can_leave_behind_refused_is_bounded(void)
{
	struct fix_station s = fix_station();
	struct door_upload up[40], good;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(up); i++) {
		up[i] = fix_upload(&s);
		up[i].verdict = EV_REFUSED;
		err_set(&up[i].why, R_SUBJECT_MISMATCH, "upload %zu", i);
	}
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up, 30, &e), 0);
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up + 30, 10, &e), 0);
	CU_ASSERT_EQUAL(up[31].state, RQ_REFUSED);
	CU_ASSERT_EQUAL(up[32].state, RQ_NONE);
	CU_ASSERT_EQUAL(up[32].err.reason, R_SUBJECT_MISMATCH);
	CU_ASSERT_STRING_EQUAL(up[32].err.detail, "upload 32");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.request WHERE station = '%s'",
	    fix_text(&s.id)), "32");
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.request_key WHERE station = '%s'",
	    fix_text(&s.id)), "32");
	fix_submit(&up[3]);	/* one that is there is found, whatever its number */
	CU_ASSERT_TRUE(up[3].existed);
	CU_ASSERT_EQUAL(up[3].state, RQ_REFUSED);
	good = fix_upload(&s);
	fix_submit(&good);
	CU_ASSERT_EQUAL(good.state, RQ_QUEUED);
}

static void
a_station_has_at_most_its_quota_of_open_requests(void)
{
	struct fix_station s = fix_station();
	struct door_upload up[4];
	struct err e;

	for (size_t i = 0; i < 4; i++) {
		up[i] = fix_upload(&s);
		up[i].max_open = 2;
	}
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up, 3, &e), 0);
	CU_ASSERT_EQUAL(up[1].state, RQ_QUEUED);
	CU_ASSERT_EQUAL(up[2].state, RQ_NONE);
	CU_ASSERT_EQUAL(up[2].err.reason, R_TOO_MANY_OPEN);
	fix_submit(&up[3]);
	CU_ASSERT_EQUAL(up[3].err.reason, R_TOO_MANY_OPEN);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT count(*) FROM nemra.request WHERE id = '%s'",
	    fix_text(&up[3].id)), "0");
	up[0].id = uuid_new();
	fix_submit(&up[0]);	/* what is there already does not count against it */
	CU_ASSERT_EQUAL(up[0].state, RQ_QUEUED);
	fix_sql_of("UPDATE nemra.queue SET state = 'cancelled', path = '{cancelled}', "
	    "went = went || '{cancelled}', went_at = went_at || nemra.went_now('{cancelled}'), "
	    "next_at = NULL "
	    "WHERE request = '%s'", fix_text(&up[0].request));
	fix_submit(&up[3]);
	CU_ASSERT_EQUAL(up[3].state, RQ_QUEUED);
}

static void
a_station_blocked_meanwhile_is_refused(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);

	fix_sql_of("UPDATE nemra.station SET blocked = true WHERE name = '%s'", s.name);
	fix_submit(&up);
	CU_ASSERT_EQUAL(up.state, RQ_REFUSED);
	CU_ASSERT_EQUAL(up.err.reason, R_STATION_BLOCKED);
	fix_sql_of("UPDATE nemra.station SET blocked = false WHERE name = '%s'", s.name);
	up.id = uuid_new();
	fix_submit(&up);
	CU_ASSERT_EQUAL(up.state, RQ_QUEUED);
}

static void
a_station_that_does_not_exist_stores_nothing(void)
{
	struct fix_station s = { .id = uuid_new() };
	struct door_upload up = fix_upload(&s);

	fix_submit(&up);
	CU_ASSERT_EQUAL(up.err.reason, R_STATION_UNKNOWN);
	CU_ASSERT_EQUAL(up.state, RQ_NONE);
}

static void
a_hundred_uploads_travel_in_one_call(void)
{
	struct fix_station s[10];
	struct door_upload up[100];
	uint8_t body[2000];
	struct err e;

	fix_random(body, sizeof(body));
	for (size_t i = 0; i < 10; i++)
		s[i] = fix_station();
	for (size_t i = 0; i < 100; i++) {
		up[i] = fix_upload(&s[i % 10]);
		up[i].form = FORM_BOTH;
		up[i].crmf = up[i].envelope = (struct mem){ body, sizeof(body) };
	}
	CU_ASSERT_EQUAL_FATAL(door_submit(door(), up, 100, &e), 0);
	for (size_t i = 0; i < 100; i++)
		CU_ASSERT_TRUE(up[i].state == RQ_QUEUED && !up[i].existed);
}

static void
no_uploads_are_no_error(void)
{
	struct err e;

	CU_ASSERT_EQUAL(door_submit(door(), NULL, 0, &e), 0);
	CU_ASSERT_EQUAL(door_read(door(), NULL, 0, &e), 0);
	CU_ASSERT_EQUAL(door_mark(door(), NULL, 0, &e), 0);
	CU_ASSERT_EQUAL(door_identify(door(), NULL, 0, &e), 0);
}

/* --- read and mark --- */

static struct door_read
read_one(const struct uuid *station, const struct uuid *request)
{
	struct door_read d = { .station = *station, .request = *request, .want_timeline = true,
		.want_certificate = true };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(door_read(door(), &d, 1, &e), 0);
	return d;
}

static void
a_station_reads_its_own_request_and_no_other(void)
{
	struct fix_station s = fix_station(), other = fix_station();
	struct door_upload up = fix_upload(&s);
	struct door_read d;
	struct uuid nobody = uuid_new();

	fix_submit(&up);
	d = read_one(&s.id, &up.request);
	CU_ASSERT_TRUE(d.found);
	CU_ASSERT_EQUAL(d.state, RQ_QUEUED);
	CU_ASSERT_STRING_EQUAL(d.profile, "gnb");
	CU_ASSERT_EQUAL(d.chain.len, 0);
	CU_ASSERT_EQUAL_FATAL(d.n_steps, 2);
	CU_ASSERT_EQUAL(d.step[0].state, RQ_RECEIVED);
	CU_ASSERT_EQUAL(d.step[1].state, RQ_QUEUED);
	CU_ASSERT_TRUE(d.step[1].at > INT64_C(1700000000000000));
	door_read_free(&d);
	d = read_one(&other.id, &up.request);
	CU_ASSERT_FALSE(d.found);
	d = read_one(&s.id, &nobody);
	CU_ASSERT_FALSE(d.found);
}

static bool
only_these_wait(enum request_state s)
{
	return s == RQ_QUEUED || s == RQ_PREPARED;
}

static void
who_waits_hears_of_another_state_and_of_nobody_elses_request(void)
{
	struct fix_station s = fix_station(), other = fix_station();
	struct door_upload a = fix_upload(&s), b = fix_upload(&s);
	struct err e;

	b.verdict = EV_HELD;
	err_set(&b.why, R_NEEDS_APPROVAL, "%s", "");
	fix_submit(&a);
	fix_submit(&b);

	struct door_watch w[] = { { .station = s.id, .request = a.request }, { .station = s.id, .request = b.request },
		{ .station = other.id, .request = a.request }, { .station = s.id, .request = uuid_new() },
		{ .station = s.id, .request = a.request, .over = true } };

	CU_ASSERT_EQUAL_FATAL(door_watch(door(), w, COUNT_OF(w), only_these_wait, &e), 0);
	CU_ASSERT_FALSE(w[0].over);
	CU_ASSERT_TRUE(w[1].over);
	CU_ASSERT_TRUE(w[2].over);
	CU_ASSERT_TRUE(w[3].over);
	CU_ASSERT_FALSE(w[4].over);
	CU_ASSERT_EQUAL(door_watch(door(), NULL, 0, only_these_wait, &e), 0);
}

static struct door_mark
mark_one(const struct uuid *station, const struct uuid *request)
{
	struct door_mark m = { .station = *station, .request = *request, .event = EV_INSTALLED };
	struct err e;

	CU_ASSERT_EQUAL_FATAL(door_mark(door(), &m, 1, &e), 0);
	return m;
}

static void
installed_can_be_said_after_delivery_and_twice(void)
{
	struct fix_station s = fix_station(), other = fix_station();
	struct door_upload up = fix_upload(&s);
	struct door_mark m;

	fix_submit(&up);
	m = mark_one(&s.id, &up.request);
	CU_ASSERT_TRUE(m.found);
	CU_ASSERT_EQUAL(m.err.reason, R_WRONG_STATE);
	fix_sql_of("UPDATE nemra.queue SET state = 'prepared', path = '{prepared}', "
	    "went = went || '{prepared}', went_at = went_at || nemra.went_now('{prepared}') "
	    "WHERE request = '%s'",
	    fix_text(&up.request));
	fix_sql_of("UPDATE nemra.queue SET state = 'issued', path = '{sent,issued}', "
	    "went = went || '{sent,issued}', went_at = went_at || nemra.went_now('{sent,issued}') "
	    "WHERE request = '%s'",
	    fix_text(&up.request));
	fix_sql_of("UPDATE nemra.queue SET state = 'delivered', path = '{confirmed,delivered}', "
	    "went = went || '{confirmed,delivered}', went_at = went_at || nemra.went_now('{confirmed,delivered}'), "
	    "next_at = NULL "
	    "WHERE request = '%s'", fix_text(&up.request));
	m = mark_one(&other.id, &up.request);
	CU_ASSERT_FALSE(m.found);
	for (int i = 0; i < 2; i++) {
		m = mark_one(&s.id, &up.request);
		CU_ASSERT_TRUE(m.found);
		CU_ASSERT_EQUAL(m.err.reason, R_NONE);
	}
	CU_ASSERT_EQUAL(fix_state(&up.request), RQ_INSTALLED);
}

static void
a_door_can_say_nothing_but_installed(void)
{
	struct fix_station s = fix_station();
	struct door_upload up = fix_upload(&s);
	struct door_mark m;
	struct err e;

	fix_submit(&up);
	m = (struct door_mark){ .station = s.id, .request = up.request, .event = EV_ISSUED };
	CU_ASSERT_EQUAL(door_mark(door(), &m, 1, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_ERROR);
	up = fix_upload(&s);
	up.verdict = EV_ISSUED;
	CU_ASSERT_EQUAL(door_submit(door(), &up, 1, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_ERROR);
}

static const struct unit_test tests[] = {
	UNIT(a_device_key_finds_its_station),
	UNIT(the_first_contact_binds_the_key_and_a_second_device_does_not),
	UNIT(two_devices_that_claim_one_row_in_one_call_get_one_yes),
	UNIT(unknown_and_blocked_stations_are_told_apart),
	UNIT(a_blocked_row_is_not_bound),
	UNIT(an_upload_is_received_admitted_and_audited_in_one_commit),
	UNIT(the_same_upload_again_finds_the_same_request),
	UNIT(the_same_upload_twice_in_one_call_is_one_request),
	UNIT(held_and_refused_uploads_are_stored_with_their_reason),
	UNIT(what_our_policy_refused_is_judged_anew_in_the_same_row),
	UNIT(what_the_ca_refused_is_not_judged_anew),
	UNIT(a_key_of_another_station_is_refused),
	UNIT(the_device_key_of_another_station_is_refused),
	UNIT(two_stations_with_one_key_in_one_call_get_one_yes),
	UNIT(a_refused_upload_claims_no_key),
	UNIT(what_a_station_can_leave_behind_refused_is_bounded),
	UNIT(a_station_has_at_most_its_quota_of_open_requests),
	UNIT(what_was_refused_comes_back_only_within_the_quota),
	UNIT(a_station_blocked_meanwhile_is_refused),
	UNIT(a_station_that_does_not_exist_stores_nothing),
	UNIT(a_hundred_uploads_travel_in_one_call),
	UNIT(no_uploads_are_no_error),
	UNIT(a_station_reads_its_own_request_and_no_other),
	UNIT(who_waits_hears_of_another_state_and_of_nobody_elses_request),
	UNIT(installed_can_be_said_after_delivery_and_twice),
	UNIT(a_door_can_say_nothing_but_installed),
};

UNIT_SUITE(door_suite, tests);
