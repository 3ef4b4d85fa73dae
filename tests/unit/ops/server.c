/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The server on a real unix socket, as a client sees it; the store behind it is the stand-in.
 */
#include "gateway/ops/server.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/ops/peer.h"
#include "tests/unit/ops/store_fake.h"
#include "tests/unit/unit.h"

static struct err e;
static struct ops_server *server;
static char path[100];

static int
no_check(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *err)
{
	(void)arg, (void)seq, (void)prev, (void)content, (void)mac, (void)n, (void)bad;
	return err_set(err, R_SIGNER_AWAY, "test");
}

static void
start_at(const char *socket_path)
{
	static char *admins[] = { "nobody-of-that-name" };
	struct ops_options o = { .socket = path, .admins = admins, .n_admins = 1, .audit_check = no_check };

	fake_reset();
	snprintf(path, sizeof(path), "%s", socket_path);
	CU_ASSERT_EQUAL_FATAL(ops_server_start(&o, &server, &e), 0);
}

static void
start(void)
{
	char in_tmp[100];

	snprintf(in_tmp, sizeof(in_tmp), "%s/ops.sock", unit_tmp());
	start_at(in_tmp);
}

static void
stop(void)
{
	ops_server_stop(server);
	server = NULL;
}

static int
dial(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

struct answer {
	int status;
	char text[256 * 1024];	/* header and body */
	const char *body;
	json_t *json;
};
static struct answer a;

/* Sends the octets, reads to the end of the connection. */
static int
raw(const char *text, size_t len)
{
	int fd = dial();
	size_t got = 0;
	ssize_t n;

	json_decref(a.json);
	memset(&a, 0, sizeof(a));
	CU_ASSERT_EQUAL(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
	(void)shutdown(fd, SHUT_WR);
	while (got < sizeof(a.text) - 1 && (n = read(fd, a.text + got, sizeof(a.text) - 1 - got)) > 0)
		got += (size_t)n;
	(void)close(fd);
	a.body = strstr(a.text, "\r\n\r\n");
	if (a.body == NULL || sscanf(a.text, "HTTP/1.1 %d", &a.status) != 1)
		return 0;
	a.body += 4;
	a.json = json_loads(a.body, 0, NULL);
	return a.status;
}

static int
call(const char *method, const char *target, const char *headers, const char *body)
{
	static char text[64 * 1024];
	int n = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s", method, target,
	    headers);

	if (body != NULL)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	else
		n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
	return raw(text, (size_t)n);
}

static int
get(const char *target)
{
	return call("GET", target, "", NULL);
}

static const char *
text(const char *key)
{
	const char *s = json_string_value(json_object_get(a.json, key));

	return s == NULL ? "" : s;
}

static void
a_page_says_where_the_next_begins(void)
{
	const json_t *items;

	start();
	CU_ASSERT_EQUAL(get("/api/v1/stations?limit=2"), 200);
	items = json_object_get(a.json, "items");
	CU_ASSERT_EQUAL(json_array_size(items), 2);
	CU_ASSERT_STRING_EQUAL(text("next"), "gnb-0002");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(items, 1), "vendor")), "v\\xff");
	CU_ASSERT_EQUAL(get("/api/v1/stations?limit=2&after=gnb-0002"), 200);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(a.json, "items")), 1);
	CU_ASSERT(json_is_null(json_object_get(a.json, "next")));
	stop();
}

static void
a_filter_reaches_the_store(void)
{
	start();
	CU_ASSERT_EQUAL(get("/api/v1/requests?where=state%3Dheld,ca%21%3D%22a%2Cb%22"), 200);
	CU_ASSERT_STRING_EQUAL(fake.where, "state = held;ca != a,b;");
	CU_ASSERT_EQUAL(get("/api/v1/stations?where=color%3Dred"), 400);
	CU_ASSERT_STRING_EQUAL(text("reason"), "BAD_PARAMETER");
	CU_ASSERT_EQUAL(get("/api/v1/stations?where=color"), 400);
	stop();
}

static void
a_problem_has_all_its_members(void)
{
	start();
	CU_ASSERT_EQUAL(get("/api/v1/stations/gnb-9999"), 404);
	CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "Content-Type: application/problem+json\r\n"));
	CU_ASSERT_STRING_EQUAL(text("type"), "/problems/NOT_FOUND");
	CU_ASSERT_STRING_EQUAL(text("instance"), "/api/v1/stations/gnb-9999");
	CU_ASSERT_STRING_EQUAL(text("reason"), "NOT_FOUND");
	CU_ASSERT_STRING_EQUAL(text("title"), reason_info(R_NOT_FOUND)->sentence);
	CU_ASSERT_STRING_EQUAL(text("cause"), reason_info(R_NOT_FOUND)->cause);
	CU_ASSERT_STRING_EQUAL(text("fix"), reason_info(R_NOT_FOUND)->fix);
	CU_ASSERT(json_is_false(json_object_get(a.json, "retryable")));
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(a.json, "status")), 404);
	CU_ASSERT_EQUAL(get("/problems/NOT_FOUND"), 200);
	CU_ASSERT_STRING_EQUAL(text("cause"), reason_info(R_NOT_FOUND)->cause);
	stop();
}

static void
parameters_are_checked(void)
{
	static const char *const bad[] = { "limit=0", "limit=1001", "limit=x", "limit=", "limit=1&limit=2", "colour=1",
		"limit=01", "limit=99999999999999999999" };

	start();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char target[128];

		snprintf(target, sizeof(target), "/api/v1/stations?%s", bad[i]);
		CU_ASSERT_EQUAL(get(target), 400);
		CU_ASSERT_STRING_EQUAL(text("reason"), "BAD_PARAMETER");
	}
	CU_ASSERT_EQUAL(get("/api/v1/stations?limit=1000"), 200);
	stop();
}

static void
what_is_not_served_is_said(void)
{
	start();
	CU_ASSERT_EQUAL(get("/api/v1/nothing"), 404);
	CU_ASSERT_EQUAL(get("/api/v1/stations/"), 404);
	CU_ASSERT_EQUAL(get("/api/v1/stations/a%2Fb"), 404);
	CU_ASSERT_EQUAL(call("DELETE", "/api/v1/stations", "", NULL), 405);
	CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "Allow: GET, POST\r\n"));
	CU_ASSERT_EQUAL(call("POST", "/api/v1/status", "", ""), 405);
	CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "Allow: GET\r\n"));
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations", "Content-Type: text/html\r\n", "x"), 415);
	CU_ASSERT_STRING_EQUAL(text("reason"), "WRONG_CONTENT_TYPE");
	stop();
}

static void
contradicting_lengths_are_refused(void)
{
	start();
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations", "Content-Length: 1\r\n", "abc"), 400);
	CU_ASSERT_STRING_EQUAL(text("reason"), "HTTP_AMBIGUOUS");
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400);
	stop();
}

static void
an_import_streams_and_names_the_operator(void)
{
	char want[32];

	start();
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations?keep_going=1&line=100",
	    "Content-Type: text/csv; charset=utf-8\r\n", "station\na\n-\nb\n"), 200);
	CU_ASSERT_EQUAL(fake.put, 2);
	snprintf(want, sizeof(want), "%lu:", (unsigned long)getuid());
	CU_ASSERT_EQUAL(strncmp(fake.who, want, strlen(want)), 0);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(a.json, "added")), 2);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_array_get(json_object_get(a.json, "errors"), 0),
	    "line")), 101);
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations?dry_run=1", "Content-Type: application/x-ndjson\r\n",
	    "{\"station\":\"c\"}\n"), 200);
	CU_ASSERT_EQUAL(fake.put, 2);
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations", "Content-Type: text/csv\r\n", "colour\nred\n"), 422);
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations?dry_run=yes", "Content-Type: text/csv\r\n", "station\n"), 400);
	stop();
}

static void
an_import_that_is_cut_off_puts_no_half_batch(void)
{
	static const char half[] = "POST /api/v1/stations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
	    "Content-Length: 1000\r\n\r\nstation\na\nb\n";

	start();
	CU_ASSERT_EQUAL(raw(half, sizeof(half) - 1), 0);
	stop();
	CU_ASSERT_EQUAL(fake.put, 0);
}

static void
a_decision_carries_its_words(void)
{
	static const char id[] = "/api/v1/requests/0190f3a1-0000-7000-8000-000000000001";
	char target[128];

	start();
	CU_ASSERT_EQUAL(get(id), 200);
	CU_ASSERT_STRING_EQUAL(text("state"), "held");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_object_get(a.json, "problem"), "fix")),
	    reason_info(R_NEEDS_APPROVAL)->fix);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(a.json, "timeline")), 1);
	snprintf(target, sizeof(target), "%s/deny", id);
	CU_ASSERT_EQUAL(call("POST", target, "", "{}"), 400);
	CU_ASSERT_EQUAL(call("POST", target, "", "{\"why\":\"a\\nb\"}"), 400);
	CU_ASSERT_EQUAL(call("POST", target, "", "{\"why\":\"no\",\"x\":1}"), 400);
	CU_ASSERT_EQUAL(call("POST", target, "", "no json"), 400);
	CU_ASSERT_FALSE(fake.denied);
	CU_ASSERT_EQUAL(call("POST", target, "", "{\"why\":\"wrong site\"}"), 200);
	CU_ASSERT_TRUE(fake.denied);
	CU_ASSERT_STRING_EQUAL(fake.why, "wrong site");
	snprintf(target, sizeof(target), "%s/approve", id);
	CU_ASSERT_EQUAL(call("POST", target, "", ""), 200);
	CU_ASSERT_TRUE(fake.approved);
	CU_ASSERT_EQUAL(get("/api/v1/requests/17"), 404);
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations/gnb-0001/block", "", "{\"why\":\"stolen\"}"), 200);
	CU_ASSERT_STRING_EQUAL(text("state"), "blocked");
	stop();
}

static void
a_body_beyond_its_limit_is_refused(void)
{
	static char body[API_BODY - 1000];

	start();
	memset(body, ' ', sizeof(body) - 1);
	CU_ASSERT_EQUAL(call("POST", "/api/v1/stations/gnb-0001/block", "", body), 400);	/* no JSON */
	CU_ASSERT_EQUAL(call("GET", "/api/v1/status", "", "unasked"), 413);
	stop();
}

static void
the_database_away_is_a_503_that_says_when_to_ask_again(void)
{
	start();
	CU_ASSERT_EQUAL(get("/readyz"), 200);
	fake.away = true;
	CU_ASSERT_EQUAL(get("/api/v1/stations"), 503);
	CU_ASSERT_STRING_EQUAL(text("reason"), "DB_AWAY");
	CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "Retry-After: "));
	CU_ASSERT_EQUAL(get("/readyz"), 503);
	CU_ASSERT_EQUAL(get("/healthz"), 200);
	stop();
}

static void
status_answers_without_a_database_and_says_so(void)
{
	const json_t *problem;

	start();
	fake.away = true;
	CU_ASSERT_EQUAL(get("/api/v1/status"), 200);
	CU_ASSERT_STRING_EQUAL(text("overall"), "down");
	CU_ASSERT(json_is_null(json_object_get(a.json, "stations")));
	CU_ASSERT(json_is_false(json_object_get(json_object_get(a.json, "database"), "reachable")));
	CU_ASSERT(json_is_string(json_object_get(json_object_get(a.json, "database"), "since")));
	problem = json_array_get(json_object_get(a.json, "problems"), 0);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(problem, "reason")), "DB_AWAY");
	CU_ASSERT_PTR_NOT_NULL(json_object_get(problem, "fix"));
	problem = json_array_get(json_object_get(a.json, "problems"), 1);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(problem, "reason")), "LOG_LOST");
	stop();
}

static void
a_database_that_was_restarted_costs_nobody_a_question(void)
{
	start();
	CU_ASSERT_EQUAL(get("/api/v1/stations"), 200);
	fake.restarted = true;
	CU_ASSERT_EQUAL(get("/api/v1/stations"), 200);
	CU_ASSERT_EQUAL(fake.reopened, 1);
	stop();
}

static void
status_and_certificates_are_shown(void)
{
	start();
	CU_ASSERT_EQUAL(get("/api/v1/status"), 200);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(a.json, "stations")), 3);
	CU_ASSERT_STRING_EQUAL(text("overall"), "down");	/* no daemon is seen */
	CU_ASSERT_EQUAL(get("/api/v1/cas"), 200);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(a.json, "items")), 1);
	CU_ASSERT_EQUAL(call("POST", "/api/v1/cas/core/pause", "", "{\"why\":\"maintenance\"}"), 200);
	CU_ASSERT_EQUAL(call("POST", "/api/v1/cas/core/pause", "", ""), 400);	/* why? */
	CU_ASSERT_EQUAL(call("POST", "/api/v1/cas/core/resume", "", ""), 200);
	CU_ASSERT_EQUAL(call("POST", "/api/v1/cas/nowhere/resume", "", ""), 404);
	CU_ASSERT_EQUAL(get("/api/v1/certificates/known:01/chain"), 200);
	CU_ASSERT_EQUAL(strncmp(a.body, "-----BEGIN", 10), 0);
	CU_ASSERT_EQUAL(get("/api/v1/certificates/other:01/chain"), 404);
	CU_ASSERT_EQUAL(get("/api/v1/certificates/other:01"), 404);
	CU_ASSERT_EQUAL(get("/api/v1/audit/verify"), 200);
	CU_ASSERT(json_is_true(json_object_get(a.json, "whole")));
	CU_ASSERT_EQUAL(get("/api/v1/audit/verify?expect=x"), 400);
	CU_ASSERT_EQUAL(get("/api/v1/audit"), 200);
	stop();
}

static void
the_description_has_every_route(void)
{
	const struct route *r;
	size_t n, found = 0;

	start();
	CU_ASSERT_EQUAL_FATAL(get("/openapi.json"), 200);
	CU_ASSERT_STRING_EQUAL(text("openapi"), "3.1.0");
	r = api_routes(&n);
	for (size_t i = 0; i < n; i++) {
		const json_t *path_o = json_object_get(json_object_get(a.json, "paths"), r[i].path);
		const json_t *op = json_object_get(path_o, strcmp(r[i].method, "GET") == 0 ? "get" : "post");
		const char *id = json_string_value(json_object_get(op, "operationId"));
		size_t params = strchr(r[i].path, '{') != NULL;

		for (size_t k = 0; r[i].params != NULL && r[i].params[k] != NULL; k++)
			params++;
		CU_ASSERT_PTR_NOT_NULL_FATAL(id);
		CU_ASSERT_STRING_EQUAL(id, r[i].id);
		CU_ASSERT_EQUAL(json_array_size(json_object_get(op, "parameters")), params);
		CU_ASSERT_EQUAL(json_object_get(op, "requestBody") != NULL, r[i].takes != NULL);
		found++;
	}
	CU_ASSERT_EQUAL(found, n);
	stop();
}

static void
a_dead_socket_is_replaced_and_a_living_one_is_not(void)
{
	struct ops_options o = { .socket = path, .audit_check = no_check };
	struct ops_server *second = NULL;
	struct stat st;

	start();
	CU_ASSERT_EQUAL(ops_server_start(&o, &second, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
	CU_ASSERT_EQUAL(get("/healthz"), 200);
	stop();
	CU_ASSERT_NOT_EQUAL(lstat(path, &st), 0);	/* gone with the server */

	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un dead = { .sun_family = AF_UNIX };

	snprintf(dead.sun_path, sizeof(dead.sun_path), "%s", path);
	CU_ASSERT_EQUAL(bind(fd, (const struct sockaddr *)&dead, sizeof(dead)), 0);
	(void)close(fd);
	CU_ASSERT_EQUAL_FATAL(ops_server_start(&o, &server, &e), 0);
	CU_ASSERT_EQUAL(get("/healthz"), 200);
	stop();
}

static void
a_file_that_is_no_socket_is_left_alone(void)
{
	struct ops_options o = { .socket = path, .audit_check = no_check };
	FILE *f;

	snprintf(path, sizeof(path), "%s/ops.sock", unit_tmp());
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	(void)fclose(f);
	CU_ASSERT_EQUAL(ops_server_start(&o, &server, &e), -1);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
}

/* Only root can become somebody else. SO_PEERCRED holds the effective uid at connect(2). */
static void
who_is_no_administrator_may_ask_for_nothing(void)
{
	char open_to_all[64];
	int api, health;

	if (getuid() != 0)
		return;
	snprintf(open_to_all, sizeof(open_to_all), "/tmp/nemra-unit-ops-%ld.sock", (long)getpid());
	start_at(open_to_all);
	CU_ASSERT_EQUAL_FATAL(seteuid(65534), 0);
	api = call("POST", "/api/v1/stations", "Content-Type: text/csv\r\n", "station\na\n");
	health = get("/healthz");
	CU_ASSERT_EQUAL_FATAL(seteuid(0), 0);
	CU_ASSERT_EQUAL(api, 403);
	CU_ASSERT_EQUAL(health, 200);
	CU_ASSERT_EQUAL(fake.put, 0);
	stop();
}

static void
an_administrator_by_name_is_one(void)
{
	char root[] = "root", nobody[] = "no-such-user-here", *names[] = { nobody, root };
	struct admins list;

	admins_resolve(names, 2, &list);
	CU_ASSERT_EQUAL(list.n, 1);
	CU_ASSERT_EQUAL(list.uid[0], 0);
	admins_free(&list);
}

static const struct unit_test tests[] = {
	UNIT(a_page_says_where_the_next_begins),
	UNIT(a_filter_reaches_the_store),
	UNIT(a_problem_has_all_its_members),
	UNIT(parameters_are_checked),
	UNIT(what_is_not_served_is_said),
	UNIT(contradicting_lengths_are_refused),
	UNIT(an_import_streams_and_names_the_operator),
	UNIT(an_import_that_is_cut_off_puts_no_half_batch),
	UNIT(a_decision_carries_its_words),
	UNIT(a_body_beyond_its_limit_is_refused),
	UNIT(the_database_away_is_a_503_that_says_when_to_ask_again),
	UNIT(status_answers_without_a_database_and_says_so),
	UNIT(a_database_that_was_restarted_costs_nobody_a_question),
	UNIT(status_and_certificates_are_shown),
	UNIT(the_description_has_every_route),
	UNIT(a_dead_socket_is_replaced_and_a_living_one_is_not),
	UNIT(a_file_that_is_no_socket_is_left_alone),
	UNIT(who_is_no_administrator_may_ask_for_nothing),
	UNIT(an_administrator_by_name_is_one),
};
UNIT_SUITE(server_suite, tests);
