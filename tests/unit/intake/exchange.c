/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole requests against the store in memory: what is answered, with which status and reason.
 */
#include "gateway/intake/exchange.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "gateway/intake/jobs.h"
#include "gateway/intake/routes.h"
#include "tests/unit/intake/scene.h"
#include "tests/unit/intake/store_stub.h"
#include "tests/unit/unit.h"

#define ID "/v1/requests/01890a5d-ac96-774b-bcce-b302099a8057"

struct rig {
	struct scene s;
	struct conns *conns;
	struct conn *conn;
	struct anchors *anchors;
	struct door door;
	struct db *db;
	struct exchange *x;
	int jobs;
};

static void
rig_open(struct rig *r)
{
	static const struct factory_options f = { "acme", "tests/data/intake/factory-root.pem", "",
		"subject.serialNumber", "^(.+)$", true };
	static char operator_root[] = "tests/data/intake/operator-root.pem";
	static char *operators[] = { operator_root };
	const struct anchors_options o = { &f, 1, operators, 1, "" };
	const struct db_options d = { .url = "", .role = "nemra_httpd" };
	const struct conns_limits limits = { 8, 8, 8, 8, 0, 0 };
	struct peer p = { .n = 1 };
	struct err e;

	memset(r, 0, sizeof(*r));
	stub_reset();
	scene_open(&r->s);
	r->conns = conns_new(&limits);
	r->conn = conns_admit(r->conns, 0, NULL, 0, 0);
	CU_ASSERT_EQUAL_FATAL(anchors_new(&o, &r->anchors, &e), 0);
	CU_ASSERT_EQUAL_FATAL(db_open(&d, &r->db, &e), 0);
	p.cert[0] = cert_get0_der(r->s.chain.v[0]);
	p.spki = cert_get0_spki(r->s.chain.v[0]);
	CU_ASSERT_EQUAL(identity_verify(&r->conn->id, r->anchors, &p, clock_wall_s(), 1, &e), 0);
	r->door = (struct door){ &r->s.profiles, quota_new(100), NULL, r->conns, 10 };
}

static void
rig_close(struct rig *r)
{
	exchange_free(r->x);
	conns_lost(r->conns, r->conn);
	conns_free(r->conns);
	anchors_release(r->anchors);
	quota_free(r->door.quota);
	db_close(r->db);
	scene_close(&r->s);
}

static void
came_back(struct job *j)
{
	(void)j;
}

/* Turns and jobs by turns, as the server and its worker would. */
static void
finish(struct rig *r)
{
	struct err away;

	err_set(&away, R_DB_AWAY, "stub");
	while (exchange_turn(r->x, clock_wall_s(), 100) == TURN_STORE) {
		struct job_list l = { 0 };

		r->x->job.done = came_back;
		job_list_add(&l, &r->x->job);
		jobs_run(r->db, &l, &away);
		r->jobs++;
	}
}

struct ask {
	const char *method, *path, *type, *prefer, *profile;
	struct mem body;
};

static int
ask(struct rig *r, const struct ask *a)
{
	struct http_field f[3];
	char length[32];
	size_t n = 0;

	exchange_free(r->x);
	r->jobs = 0;
	r->x = exchange_new(&r->door, r->anchors, r->conn);
	if (a->body.len > 0) {
		snprintf(length, sizeof(length), "%zu", a->body.len);
		f[n++] = (struct http_field){ mem_str("Content-Length"), mem_str(length) };
	}
	if (a->type != NULL)
		f[n++] = (struct http_field){ mem_str("Content-Type"), mem_str(a->type) };
	if (a->prefer != NULL)
		f[n++] = (struct http_field){ mem_str("Prefer"), mem_str(a->prefer) };
	exchange_admit(r->x, a->method, a->path, f, n, a->profile);
	if (r->x->err.reason == R_NONE)
		buf_add_mem(&r->x->body, a->body);
	finish(r);
	return r->x->reply.status;
}

static int
get(struct rig *r, const char *path)
{
	return ask(r, &(struct ask){ .method = "GET", .path = path });
}

static bool
says(const struct rig *r, const char *what)
{
	const char *t = buf_text(&r->x->reply.body);

	return t != NULL && strstr(t, what) != NULL;
}

static bool
reason_is(const struct rig *r, enum reason reason)
{
	json_t *j = json_loads(buf_text(&r->x->reply.body), 0, NULL);
	const char *s = json_string_value(json_object_get(j, "reason"));
	bool is = s != NULL && strcmp(s, reason_info(reason)->id) == 0;

	if (!is)
		printf("reason %s, expected %s\n", s != NULL ? s : "?", reason_info(reason)->id);
	json_decref(j);
	return is;
}

static int
upload(struct rig *r, struct mem body, const char *type, const char *prefer)
{
	return ask(r, &(struct ask){ "POST", "/v1/requests", type, prefer, NULL, body });
}

static int
enroll(struct rig *r, struct mem body)
{
	return ask(r, &(struct ask){ "POST", "/.well-known/est/simpleenroll", "application/pkcs10", NULL, NULL, body });
}

/* --- /v1 --- */

static void
an_upload_is_created_and_can_be_found(void)
{
	struct rig r;
	struct blob csr;

	rig_open(&r);
	csr = scene_pkcs10(&r.s);
	CU_ASSERT_EQUAL(upload(&r, mem_of(&csr), "application/pkcs10", NULL), 201);
	CU_ASSERT_EQUAL(strncmp(r.x->reply.location, "/v1/requests/", 13), 0);
	CU_ASSERT_TRUE(says(&r, "\"state\":\"queued\""));
	CU_ASSERT_TRUE(says(&r, "\"timeline\":[{"));
	CU_ASSERT_TRUE(says(&r, "\"reason\":null"));
	CU_ASSERT_TRUE(r.x->reply.retry_after > 0);
	CU_ASSERT_EQUAL(r.jobs, 2);	/* who, store: what was taken just now need not be read */
	blob_free(&csr);
	rig_close(&r);
}

static void
an_upload_waits_when_its_client_prefers_so(void)
{
	struct rig r;
	struct blob csr;

	rig_open(&r);
	csr = scene_pkcs10(&r.s);
	CU_ASSERT_EQUAL(upload(&r, mem_of(&csr), "application/pkcs10", "wait=5"), 201);
	CU_ASSERT_EQUAL(r.jobs, 4);
	CU_ASSERT_TRUE(r.x->reply.wait_applied);
	stub.state = RQ_CONFIRMED;
	CU_ASSERT_EQUAL(upload(&r, mem_of(&csr), "application/pkcs10", "wait=5"), 201);
	CU_ASSERT_EQUAL(r.jobs, 2);	/* the station is known, and there is nothing to wait for */
	CU_ASSERT_TRUE(says(&r, "\"retry_after\":null"));
	blob_free(&csr);
	rig_close(&r);
}

static void
a_refused_upload_is_a_problem_with_its_place(void)
{
	struct rig r;
	struct blob csr;

	rig_open(&r);
	r.s.profile.envelope_required = true;
	csr = scene_pkcs10(&r.s);
	CU_ASSERT_EQUAL(upload(&r, mem_of(&csr), "application/pkcs10", NULL), 400);
	CU_ASSERT_TRUE(reason_is(&r, R_ENVELOPE_REQUIRED));
	CU_ASSERT_TRUE(says(&r, r.x->reply.location));
	CU_ASSERT_EQUAL(strncmp(r.x->reply.location, "/v1/requests/", 13), 0);
	blob_free(&csr);
	rig_close(&r);
}

static void
a_held_upload_is_created(void)
{
	struct rig r;
	struct blob csr;

	rig_open(&r);
	r.s.profile.hold = true;
	csr = scene_pkcs10(&r.s);
	stub.state = RQ_HELD;
	CU_ASSERT_EQUAL(upload(&r, mem_of(&csr), "application/pkcs10", "wait=5"), 201);
	CU_ASSERT_EQUAL(r.jobs, 3);	/* nobody waits for a person */
	CU_ASSERT_TRUE(says(&r, "\"state\":\"held\""));
	blob_free(&csr);
	rig_close(&r);
}

static void
what_cannot_be_read_never_gets_to_the_store(void)
{
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(upload(&r, mem_str("hello"), "application/pkcs10", NULL), 400);
	CU_ASSERT_TRUE(reason_is(&r, R_NOT_DER));
	CU_ASSERT_EQUAL(r.jobs, 1);	/* who */
	CU_ASSERT_STRING_EQUAL(r.x->reply.location, "");
	CU_ASSERT_EQUAL(upload(&r, MEM_NONE, "application/pkcs10", NULL), 400);
	CU_ASSERT_TRUE(reason_is(&r, R_EMPTY));
	rig_close(&r);
}

static void
the_content_type_and_the_length_are_judged_from_the_header(void)
{
	static uint8_t big[2 * LIM_ENVELOPE + 1];
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(upload(&r, mem_str("x"), "text/plain", NULL), 415);
	CU_ASSERT_TRUE(reason_is(&r, R_WRONG_CONTENT_TYPE));
	CU_ASSERT_FALSE(r.x->reply.close);
	CU_ASSERT_EQUAL(upload(&r, mem_str("x"), NULL, NULL), 415);
	CU_ASSERT_EQUAL(upload(&r, (struct mem){ big, LIM_REQUEST }, "application/pkcs10", NULL), 400);
	CU_ASSERT_EQUAL(upload(&r, (struct mem){ big, LIM_REQUEST + 1 }, "application/pkcs10", NULL), 413);
	CU_ASSERT_TRUE(reason_is(&r, R_TOO_LONG));
	CU_ASSERT_FALSE(r.x->reply.close);	/* it is read to its end, so that the client sees the answer */
	CU_ASSERT_EQUAL(upload(&r, (struct mem){ big, sizeof(big) }, "application/pkcs10", NULL), 413);
	CU_ASSERT_TRUE(r.x->reply.close);
	CU_ASSERT_EQUAL(r.jobs, 0);
	CU_ASSERT_EQUAL(upload(&r, (struct mem){ big, LIM_ENVELOPE }, "application/cms", NULL), 400);
	CU_ASSERT_EQUAL(upload(&r, (struct mem){ big, LIM_ENVELOPE + 1 }, "application/cms", NULL), 413);
	rig_close(&r);
}

static void
parameters_are_taken_where_they_mean_something(void)
{
	struct rig r;
	struct blob csr;

	rig_open(&r);
	csr = scene_pkcs10(&r.s);
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ "POST", "/v1/requests", "application/pkcs10", NULL, "gnb",
	    mem_of(&csr) }), 201);
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ "POST", "/v1/requests", "application/pkcs10", NULL, "enb",
	    mem_of(&csr) }), 404);
	CU_ASSERT_TRUE(reason_is(&r, R_PROFILE_UNKNOWN));
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ .method = "GET", .path = "/v1/template", .profile = "gnb" }), 400);
	CU_ASSERT_TRUE(reason_is(&r, R_BAD_PARAMETER));
	blob_free(&csr);
	rig_close(&r);
}

static void
a_request_is_shown_to_its_owner_only(void)
{
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(get(&r, ID), 200);
	CU_ASSERT_TRUE(says(&r, "\"state\":\"queued\""));
	CU_ASSERT_EQUAL(get(&r, "/v1/requests/not-a-uuid"), 404);
	CU_ASSERT_EQUAL(get(&r, "/v1/requests/01890A5D-AC96-774B-BCCE-B302099A8057"), 404);
	r.conn->id.asked_at = 100;	/* known already; now nothing is found */
	stub.found = false;
	CU_ASSERT_EQUAL(get(&r, ID), 404);
	CU_ASSERT_TRUE(reason_is(&r, R_NOT_FOUND));
	CU_ASSERT_EQUAL(get(&r, ID "/certificate"), 404);
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ .method = "POST", .path = ID "/installed" }), 404);
	rig_close(&r);
}

static void
a_certificate_is_pending_or_gone(void)
{
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(get(&r, ID "/certificate"), 202);
	CU_ASSERT_TRUE(r.x->reply.retry_after > 0);
	stub.state = RQ_REFUSED;
	CU_ASSERT_EQUAL(get(&r, ID "/certificate"), 410);
	CU_ASSERT_TRUE(reason_is(&r, R_CA_REFUSED));
	stub.state = RQ_EXPIRED;
	CU_ASSERT_EQUAL(get(&r, ID "/certificate"), 410);
	CU_ASSERT_TRUE(reason_is(&r, R_EXPIRED));
	rig_close(&r);
}

static void
installed_is_noted(void)
{
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ .method = "POST", .path = ID "/installed" }), 204);
	CU_ASSERT_EQUAL(r.x->reply.body.len, 0);
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ .method = "POST", .path = ID "/installed", .body = mem_str("x") }), 413);
	rig_close(&r);
}

static void
the_template_says_what_to_ask_for(void)
{
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(get(&r, "/v1/template"), 200);
	CU_ASSERT_STRING_EQUAL(buf_text(&r.x->reply.body),
	    "{\"station\":\"gnb-1\",\"profiles\":[{\"name\":\"gnb\",\"subject\":\"CN=gnb-1,O=Example Operator\","
	    "\"san\":{\"dns\":[\"gnb-1.ran.example\"],\"ip\":[]},\"key_types\":[\"ec-p256\"],\"eku\":[\"clientAuth\"],"
	    "\"envelope\":\"optional\",\"renew_from\":\"2/3\"}]}\n");
	rig_close(&r);
}

/* --- who --- */

static void
every_address_of_stations_wants_a_station(void)
{
	static const char *const gets[] = { "/v1/template", ID, ID "/certificate" };
	struct rig r;

	rig_open(&r);
	identity_forget_station(&r.conn->id);
	err_set(&r.conn->id.err, R_NO_CLIENT_CERT, "%s", "");
	for (size_t i = 0; i < COUNT_OF(gets); i++) {
		CU_ASSERT_EQUAL(get(&r, gets[i]), 401);
		CU_ASSERT_TRUE(r.x->reply.challenge);
		CU_ASSERT_EQUAL(r.jobs, 0);
	}
	CU_ASSERT_EQUAL(upload(&r, mem_str("x"), "application/pkcs10", NULL), 401);
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ .method = "POST", .path = ID "/installed" }), 401);
	CU_ASSERT_EQUAL(enroll(&r, mem_str("x")), 401);
	CU_ASSERT_TRUE(says(&r, "NO_CLIENT_CERT"));
	err_set(&r.conn->id.err, R_CERT_REVOKED, "%s", "");
	CU_ASSERT_EQUAL(get(&r, "/v1/template"), 403);
	rig_close(&r);
}

static void
some_addresses_are_for_everybody(void)
{
	static const char *const gets[] = { "/v1/trust", "/healthz", "/.well-known/est/cacerts",
		"/.well-known/est/gnb/cacerts", "/.well-known/est/csrattrs", "/problems/NOT_DER" };
	struct rig r;

	rig_open(&r);
	err_set(&r.conn->id.err, R_NO_CLIENT_CERT, "%s", "");
	for (size_t i = 0; i < COUNT_OF(gets); i++)
		CU_ASSERT_EQUAL(get(&r, gets[i]), 200);
	CU_ASSERT_EQUAL(get(&r, "/problems/NOTHING"), 404);
	CU_ASSERT_EQUAL(get(&r, "/.well-known/est/enb/cacerts"), 404);
	rig_close(&r);
}

static void
a_station_that_is_not_in_the_inventory_is_told_so(void)
{
	struct rig r;

	rig_open(&r);
	stub.found = false;
	CU_ASSERT_EQUAL(get(&r, "/v1/template"), 403);
	CU_ASSERT_TRUE(reason_is(&r, R_STATION_UNKNOWN));
	rig_close(&r);
}

static void
a_certificate_that_ran_out_on_a_kept_connection_is_refused(void)
{
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(get(&r, "/v1/template"), 200);
	r.conn->id.not_after = clock_wall_s() - 1;
	CU_ASSERT_EQUAL(get(&r, "/v1/template"), 403);
	CU_ASSERT_TRUE(reason_is(&r, R_CERT_EXPIRED));
	rig_close(&r);
}

static void
a_station_has_a_quota(void)
{
	struct rig r;

	rig_open(&r);
	quota_free(r.door.quota);
	r.door.quota = quota_new(2);
	CU_ASSERT_EQUAL(get(&r, "/v1/template"), 200);
	CU_ASSERT_EQUAL(get(&r, "/v1/template"), 200);
	CU_ASSERT_EQUAL(get(&r, "/v1/template"), 429);
	CU_ASSERT_TRUE(reason_is(&r, R_RATE_LIMITED));
	CU_ASSERT_TRUE(r.x->reply.retry_after > 0);
	rig_close(&r);
}

static void
without_a_store_everything_is_for_later(void)
{
	struct rig r;
	struct blob csr;

	rig_open(&r);
	csr = scene_pkcs10(&r.s);
	stub.away = true;
	CU_ASSERT_EQUAL(upload(&r, mem_of(&csr), "application/pkcs10", NULL), 503);
	CU_ASSERT_TRUE(reason_is(&r, R_DB_AWAY));
	CU_ASSERT_TRUE(r.x->reply.retry_after > 0);
	CU_ASSERT_STRING_EQUAL(r.x->reply.location, "");
	CU_ASSERT_EQUAL(get(&r, ID), 503);
	CU_ASSERT_EQUAL(get(&r, ID "/certificate"), 503);
	CU_ASSERT_EQUAL(enroll(&r, mem_of(&csr)), 503);
	CU_ASSERT_TRUE(r.x->reply.retry_after > 0);
	blob_free(&csr);
	rig_close(&r);
}

/* --- HTTP itself --- */

static void
a_path_that_is_no_utf8_is_not_found_and_not_our_fault(void)
{
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(get(&r, "/v1/\xff\xfe"), 404);
	CU_ASSERT_STRING_EQUAL(r.x->reply.type, "application/problem+json");
	CU_ASSERT_TRUE(says(&r, "NOT_FOUND"));
	rig_close(&r);
}

static void
other_methods_are_told_which_one_is_meant(void)
{
	static const char *const methods[] = { "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "" };
	struct rig r;

	rig_open(&r);
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		CU_ASSERT_EQUAL(ask(&r, &(struct ask){ .method = methods[i], .path = "/v1/template" }), 405);
		CU_ASSERT_STRING_EQUAL(r.x->reply.allow, "GET");
	}
	CU_ASSERT_EQUAL(get(&r, "/v1/requests"), 405);
	CU_ASSERT_STRING_EQUAL(r.x->reply.allow, "POST");
	CU_ASSERT_EQUAL(get(&r, "/nothing"), 404);
	rig_close(&r);
}

static void
a_path_has_a_limit(void)
{
	char path[EXCHANGE_PATH + 1];
	struct rig r;

	rig_open(&r);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[EXCHANGE_PATH - 1] = '\0';
	CU_ASSERT_EQUAL(get(&r, path), 404);
	CU_ASSERT_FALSE(r.x->reply.close);
	path[EXCHANGE_PATH - 1] = 'a';
	path[EXCHANGE_PATH] = '\0';
	CU_ASSERT_EQUAL(get(&r, path), 404);
	CU_ASSERT_TRUE(r.x->reply.close);
	rig_close(&r);
}

/* --- EST --- */

static void
est_says_wait_and_come_again(void)
{
	struct rig r;
	struct blob csr, pem = { NULL, 0 }, b64 = { NULL, 0 };

	rig_open(&r);
	csr = scene_pkcs10(&r.s);
	scene_armour(mem_of(&csr), &pem, &b64);
	CU_ASSERT_EQUAL(enroll(&r, mem_of(&b64)), 202);
	CU_ASSERT_TRUE(r.x->reply.retry_after > 0);
	CU_ASSERT_TRUE(says(&r, "STILL_PENDING"));
	CU_ASSERT_EQUAL(r.jobs, 4);	/* who, store, wait, read */
	r.s.profile.hold = true;
	stub.state = RQ_HELD;
	CU_ASSERT_EQUAL(enroll(&r, mem_of(&b64)), 202);
	CU_ASSERT_TRUE(says(&r, "NEEDS_APPROVAL"));
	blob_free(&csr);
	blob_free(&pem);
	blob_free(&b64);
	rig_close(&r);
}

static void
est_errors_are_text(void)
{
	struct rig r;
	struct blob csr, pem = { NULL, 0 }, b64 = { NULL, 0 };

	rig_open(&r);
	csr = scene_pkcs10(&r.s);
	scene_armour(mem_of(&csr), &pem, &b64);
	CU_ASSERT_EQUAL(enroll(&r, mem_str("!!!")), 400);
	CU_ASSERT_EQUAL(strncmp(r.x->reply.type, "text/plain", 10), 0);
	CU_ASSERT_TRUE(says(&r, "BAD_BASE64"));
	r.s.profile.envelope_required = true;
	CU_ASSERT_EQUAL(enroll(&r, mem_of(&b64)), 400);
	CU_ASSERT_TRUE(says(&r, "ENVELOPE_REQUIRED"));
	r.s.profile.envelope_required = false;
	stub.state = RQ_REFUSED;
	CU_ASSERT_EQUAL(enroll(&r, mem_of(&b64)), 410);
	CU_ASSERT_TRUE(says(&r, "CA_REFUSED"));
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ "POST", "/.well-known/est/enb/simpleenroll", "application/pkcs10",
	    NULL, NULL, mem_of(&b64) }), 404);
	CU_ASSERT_TRUE(says(&r, "PROFILE_UNKNOWN"));
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ "POST", "/.well-known/est/simpleenroll", "text/plain", NULL, NULL,
	    mem_of(&b64) }), 415);
	CU_ASSERT_EQUAL(ask(&r, &(struct ask){ "POST", "/.well-known/est/simplereenroll", "application/pkcs10",
	    NULL, NULL, mem_of(&b64) }), 501);
	CU_ASSERT_TRUE(says(&r, "NOT_OFFERED"));
	blob_free(&csr);
	blob_free(&pem);
	blob_free(&b64);
	rig_close(&r);
}

static void
csr_attributes_have_the_names_of_a_station_that_is_known(void)
{
	size_t without;
	struct rig r;

	rig_open(&r);
	CU_ASSERT_EQUAL(get(&r, "/.well-known/est/csrattrs"), 200);
	CU_ASSERT_STRING_EQUAL(r.x->reply.type, "application/csrattrs");
	CU_ASSERT_TRUE(r.x->reply.base64);
	without = r.x->reply.body.len;
	identity_forget_station(&r.conn->id);
	err_set(&r.conn->id.err, R_NO_CLIENT_CERT, "%s", "");
	CU_ASSERT_EQUAL(get(&r, "/.well-known/est/csrattrs"), 200);
	CU_ASSERT_TRUE(r.x->reply.body.len < without);
	rig_close(&r);
}

/* Without its names it would ask for a certificate that is then refused. */
static void
a_station_whose_names_cannot_be_had_now_comes_again(void)
{
	struct rig r;

	rig_open(&r);
	identity_forget_station(&r.conn->id);
	stub.away = true;
	CU_ASSERT_EQUAL(get(&r, "/.well-known/est/csrattrs"), 503);
	CU_ASSERT_TRUE(r.x->reply.retry_after > 0);
	rig_close(&r);
}

static void
without_a_profile_there_are_no_csr_attributes(void)
{
	struct profile two[2];
	struct rig r;

	rig_open(&r);
	two[0] = two[1] = r.s.profile;
	two[1].name = (char *)"enb";
	r.s.profiles = (struct profiles){ two, 2 };
	CU_ASSERT_EQUAL(get(&r, "/.well-known/est/csrattrs"), 204);
	CU_ASSERT_EQUAL(get(&r, "/.well-known/est/enb/csrattrs"), 200);
	CU_ASSERT_EQUAL(get(&r, "/.well-known/est/xnb/csrattrs"), 404);
	rig_close(&r);
}

static const struct unit_test tests[] = {
	UNIT(an_upload_is_created_and_can_be_found),
	UNIT(an_upload_waits_when_its_client_prefers_so),
	UNIT(a_refused_upload_is_a_problem_with_its_place),
	UNIT(a_held_upload_is_created),
	UNIT(what_cannot_be_read_never_gets_to_the_store),
	UNIT(the_content_type_and_the_length_are_judged_from_the_header),
	UNIT(parameters_are_taken_where_they_mean_something),
	UNIT_AS(reg_cve_2021_40088_action_on_anothers_certificate, a_request_is_shown_to_its_owner_only),
	UNIT(a_certificate_is_pending_or_gone),
	UNIT(installed_is_noted),
	UNIT(the_template_says_what_to_ask_for),
	UNIT_AS(reg_cve_2020_28942_forgotten_sibling, every_address_of_stations_wants_a_station),
	UNIT(some_addresses_are_for_everybody),
	UNIT(a_station_that_is_not_in_the_inventory_is_told_so),
	UNIT(a_certificate_that_ran_out_on_a_kept_connection_is_refused),
	UNIT(a_station_has_a_quota),
	UNIT(without_a_store_everything_is_for_later),
	UNIT(a_path_that_is_no_utf8_is_not_found_and_not_our_fault),
	UNIT(other_methods_are_told_which_one_is_meant),
	UNIT(a_path_has_a_limit),
	UNIT(est_says_wait_and_come_again),
	UNIT(est_errors_are_text),
	UNIT(csr_attributes_have_the_names_of_a_station_that_is_known),
	UNIT(a_station_whose_names_cannot_be_had_now_comes_again),
	UNIT(without_a_profile_there_are_no_csr_attributes),
};
extern const struct unit_suite exchange_suite;
UNIT_SUITE(exchange_suite, tests);
