/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/http/client.h"
#include "tests/unit/net_http/peer.h"
#include "tests/unit/unit.h"

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static const struct http_options plain = {
	.connections = 4, .connect_ms = 2000, .total_ms = 5000, .max_answer = 64,
};

/* One exchange with a fresh client. */
static int
ask(const struct http_options *o, struct http_exchange *x)
{
	struct http *h = NULL;
	struct err e;
	int rc;

	if (http_new(o, &h, &e) != 0)
		return -1;
	rc = http_do(h, x, &e);
	if (rc != 0)
		x->err = e;
	http_free(h);
	return rc;
}

/* One exchange with a peer that gives that answer, then closes. */
static void
hear(const char *answer, struct http_exchange *x)
{
	const char *answers[] = { answer, NULL };
	struct peer p = { .answer = answers, .close_after = true };

	peer_start(&p);
	x->method = x->method == NULL ? "GET" : x->method;
	x->url = p.url;
	CU_ASSERT_EQUAL(ask(&plain, x), 0);
	peer_stop(&p);
	x->url = NULL;
}

static void
an_answer_comes_with_status_type_and_body(void)
{
	struct http_exchange x = { 0 };

	hear("HTTP/1.1 201 Created\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 5\r\n"
	    "Location: /v1/requests/7\r\n\r\nhello", &x);
	CU_ASSERT_EQUAL(x.err.reason, R_NONE);
	CU_ASSERT_EQUAL(x.status, 201);
	CU_ASSERT_STRING_EQUAL(x.answer_type, "application/json");
	CU_ASSERT_STRING_EQUAL(x.location, "/v1/requests/7");
	CU_ASSERT_TRUE(mem_eq(mem_of(&x.answer), mem_str("hello")));
	CU_ASSERT_EQUAL(x.retry_after, -1);
	CU_ASSERT_FALSE(x.never_left);
	http_exchange_free(&x);
}

static void
retry_after_is_read_as_seconds_or_date(void)
{
	static const struct {
		const char *value;
		int64_t least, most;
	} t[] = {
		{ "0", 0, 0 }, { "17", 17, 17 }, { "99999999999999999999", 366LL * 86400, 366LL * 86400 },
		{ "soon", -1, -1 }, { "-5", -1, -1 }, { "", -1, -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 0, 0 },
		{ "Fri, 31 Dec 2049 23:59:59 GMT", 366LL * 86400, 366LL * 86400 },
	};
	char answer[256];

	for (size_t i = 0; i < COUNT_OF(t); i++) {
		struct http_exchange x = { 0 };

		snprintf(answer, sizeof(answer), "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
		    t[i].value);
		hear(answer, &x);
		CU_ASSERT_EQUAL(x.status, 503);
		CU_ASSERT_TRUE(x.retry_after >= t[i].least && x.retry_after <= t[i].most);
		http_exchange_free(&x);
	}
}

static void
a_body_at_the_limit_is_taken_and_one_more_octet_is_refused(void)
{
	char answer[256];

	for (int chunked = 0; chunked < 2; chunked++)
		for (int len = 63; len <= 65; len++) {
			struct http_exchange x = { 0 };

			snprintf(answer, sizeof(answer), chunked ?
			    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%0*d\r\n0\r\n\r\n" :
			    "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%0*d", (unsigned)len, len, 0);
			hear(answer, &x);
			CU_ASSERT_EQUAL(x.err.reason, len <= 64 ? R_NONE : R_PEER_ANSWER);
			CU_ASSERT_EQUAL(x.answer.len, len <= 64 ? (size_t)len : 0);
			http_exchange_free(&x);
		}
}

static void
an_answer_that_is_cut_or_not_http_is_refused(void)
{
	static const char *const bad[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"just words\r\n",
		"HTTP/1.1 200 OK\r\nContent-Len",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n",
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct http_exchange x = { .method = "POST", .body = mem_str("b") };

		hear(bad[i], &x);
		CU_ASSERT_EQUAL(x.err.reason, R_PEER_ANSWER);
		CU_ASSERT_EQUAL(x.status, 0);
		CU_ASSERT_FALSE(x.never_left);
		http_exchange_free(&x);
	}
}

static void
a_redirect_is_an_answer_and_not_followed(void)
{
	const char *answers[] = { "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
		OK_EMPTY, NULL };
	struct peer p = { .answer = answers };
	struct http_exchange x = { .method = "GET" };

	peer_start(&p);
	x.url = p.url;
	CU_ASSERT_EQUAL(ask(&plain, &x), 0);
	CU_ASSERT_EQUAL(x.status, 302);
	CU_ASSERT_STRING_EQUAL(x.location, "/other");
	peer_stop(&p);
	CU_ASSERT_EQUAL(atomic_load(&p.requests), 1);
	http_exchange_free(&x);
}

static void
the_environments_proxy_is_ignored(void)
{
	struct http_exchange x = { 0 };

	CU_ASSERT_EQUAL(setenv("http_proxy", "http://127.0.0.1:9", 1), 0);
	CU_ASSERT_EQUAL(setenv("ALL_PROXY", "http://127.0.0.1:9", 1), 0);
	hear(OK_EMPTY, &x);
	CU_ASSERT_EQUAL(x.status, 200);
	http_exchange_free(&x);
	(void)unsetenv("http_proxy");
	(void)unsetenv("ALL_PROXY");
}

static void
the_request_goes_out_as_asked_without_expect(void)
{
	const char *answers[] = { OK_EMPTY, NULL };
	struct peer p = { .answer = answers };
	struct http_exchange x = { .method = "POST", .content_type = "application/pkixcmp", .accept = "text/plain",
		.header = "Prefer: wait=5", .body = mem_str("some body") };

	peer_start(&p);
	x.url = p.url;
	CU_ASSERT_EQUAL(ask(&plain, &x), 0);
	peer_stop(&p);
	CU_ASSERT_EQUAL(strncmp(p.last, "POST /x HTTP/1.1\r\n", 18), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(p.last, "\r\nContent-Type: application/pkixcmp\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(p.last, "\r\nAccept: text/plain\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(p.last, "\r\nPrefer: wait=5\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(p.last, "\r\nContent-Length: 9\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(p.last, "\r\n\r\nsome body"));
	CU_ASSERT_PTR_NULL(strcasestr(p.last, "Expect:"));
	http_exchange_free(&x);
}

static void
a_line_break_in_a_header_is_refused(void)
{
	struct http_exchange x = { .method = "GET", .url = "http://127.0.0.1:9/", .header = "A: b\r\nC: d" };

	CU_ASSERT_EQUAL(ask(&plain, &x), -1);
	CU_ASSERT_EQUAL(x.err.reason, R_USAGE);
	http_exchange_free(&x);
}

/* Two exchanges over one kept connection; the peer closes it instead of giving the second answer. */
static void
second_meets_closed_connection(const char *method, const char *body, int requests, enum reason expect)
{
	const char *answers[] = { OK_EMPTY, PEER_CLOSE, OK_EMPTY, NULL };
	struct peer p = { .answer = answers };
	struct http_exchange x = { .method = "GET" }, y = { .method = method, .body = mem_str(body) };
	struct http *h = NULL;
	struct err e;

	peer_start(&p);
	x.url = y.url = p.url;
	CU_ASSERT_EQUAL_FATAL(http_new(&plain, &h, &e), 0);
	CU_ASSERT_EQUAL(http_do(h, &x, &e), 0);
	CU_ASSERT_EQUAL(x.status, 200);
	CU_ASSERT_EQUAL(http_do(h, &y, &e), 0);
	CU_ASSERT_EQUAL(y.err.reason, expect);
	CU_ASSERT_FALSE(y.never_left);
	http_exchange_free(&x);
	http_exchange_free(&y);
	http_free(h);
	peer_stop(&p);
	CU_ASSERT_EQUAL(atomic_load(&p.requests), requests);
}

static void
a_post_is_never_sent_again_when_a_kept_connection_closes(void)
{
	second_meets_closed_connection("POST", "a body", 2, R_UNREACHABLE);
	second_meets_closed_connection("POST", NULL, 2, R_UNREACHABLE);
	second_meets_closed_connection("DELETE", NULL, 2, R_UNREACHABLE);
}

static void
a_get_may_be_sent_again_when_a_kept_connection_closes(void)
{
	second_meets_closed_connection("GET", NULL, 3, R_NONE);
}

static void
nothing_left_when_nobody_listens(void)
{
	struct peer p = { .answer = (const char *[]){ NULL } };
	struct http_exchange x = { .method = "POST", .body = mem_str("b") };

	peer_start(&p);
	peer_stop(&p);		/* now the port is closed */
	x.url = p.url;
	CU_ASSERT_EQUAL(ask(&plain, &x), 0);
	CU_ASSERT_EQUAL(x.err.reason, R_UNREACHABLE);
	CU_ASSERT_TRUE(x.never_left);
	http_exchange_free(&x);
}

static void
a_silent_peer_meets_the_time_limit(void)
{
	const char *answers[] = { PEER_SILENT, NULL };
	struct peer p = { .answer = answers };
	struct http_options o = plain;
	struct http_exchange x = { .method = "POST", .body = mem_str("b") };
	int64_t start = clock_mono_ms();

	o.total_ms = 200;
	peer_start(&p);
	x.url = p.url;
	CU_ASSERT_EQUAL(ask(&o, &x), 0);
	CU_ASSERT_EQUAL(x.err.reason, R_TIMED_OUT);
	CU_ASSERT_FALSE(x.never_left);
	CU_ASSERT_TRUE(clock_mono_ms() - start < 3000);
	http_exchange_free(&x);
	peer_stop(&p);
}

static void
a_turn_ends_when_the_wake_descriptor_is_readable(void)
{
	const char *answers[] = { PEER_SILENT, NULL };
	struct peer p = { .answer = answers };
	struct http_exchange x = { .method = "GET" };
	struct http *h = NULL;
	int64_t start = clock_mono_ms();
	int wake[2];
	struct err e;

	CU_ASSERT_EQUAL_FATAL(pipe(wake), 0);
	CU_ASSERT_EQUAL_FATAL(write(wake[1], "!", 1), 1);
	peer_start(&p);
	x.url = p.url;
	CU_ASSERT_EQUAL_FATAL(http_new(&plain, &h, &e), 0);
	CU_ASSERT_EQUAL(http_start(h, &x, &e), 0);
	CU_ASSERT_PTR_NULL(http_turn(h, 4000, wake[0]));
	CU_ASSERT_TRUE(clock_mono_ms() - start < 2000);
	http_exchange_free(&x);		/* under way: this ends it */
	CU_ASSERT_PTR_NULL(http_turn(h, 0, -1));
	http_free(h);
	peer_stop(&p);
	(void)close(wake[0]);
	(void)close(wake[1]);
}

static void
many_exchanges_share_few_connections(void)
{
	const char *answers[41] = { NULL };
	struct peer p = { .answer = answers };
	struct http_options o = plain;
	struct http_exchange x[40] = { 0 };
	struct http *h = NULL;
	int done = 0, own = -1;
	struct err e;

	for (int i = 0; i < 40; i++)
		answers[i] = OK_EMPTY;
	o.connections = 1;
	peer_start(&p);
	CU_ASSERT_EQUAL_FATAL(http_new(&o, &h, &e), 0);
	for (int i = 0; i < 40; i++) {
		x[i] = (struct http_exchange){ .method = "POST", .url = p.url, .body = mem_str("b"), .tag = &x[i] };
		CU_ASSERT_EQUAL(http_start(h, &x[i], &e), 0);
	}
	while (done < 40) {
		struct http_exchange *y = http_turn(h, 5000, -1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(y);
		own = y->tag == y && y->status == 200 ? 0 : -1;
		CU_ASSERT_EQUAL(own, 0);
		done++;
	}
	CU_ASSERT_EQUAL(atomic_load(&p.connections), 1);
	http_free(h);
	peer_stop(&p);
	for (int i = 0; i < 40; i++)
		http_exchange_free(&x[i]);
}

static void
a_unix_socket_is_spoken_to(void)
{
	const char *answers[] = { OK_EMPTY, NULL };
	char path[128];
	struct peer p = { .answer = answers, .path = path };
	struct http_options o = plain;
	struct http_exchange x = { .method = "GET", .url = "http://localhost/api/v1/status" };

	snprintf(path, sizeof(path), "%s/s", unit_tmp());
	peer_start(&p);
	o.unix_socket = path;
	CU_ASSERT_EQUAL(ask(&o, &x), 0);
	CU_ASSERT_EQUAL(x.status, 200);
	http_exchange_free(&x);
	peer_stop(&p);
}

static void
other_schemes_are_refused_before_anything_leaves(void)
{
	static const char *const url[] = { "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "" };

	for (size_t i = 0; i < COUNT_OF(url); i++) {
		struct http_exchange x = { .method = "GET", .url = url[i] };

		CU_ASSERT_EQUAL(ask(&plain, &x), 0);
		CU_ASSERT_EQUAL(x.err.reason, R_CONFIG);
		CU_ASSERT_TRUE(x.never_left);
		http_exchange_free(&x);
	}
}

static const struct unit_test tests[] = {
	UNIT(an_answer_comes_with_status_type_and_body),
	UNIT(retry_after_is_read_as_seconds_or_date),
	UNIT(a_body_at_the_limit_is_taken_and_one_more_octet_is_refused),
	UNIT(an_answer_that_is_cut_or_not_http_is_refused),
	UNIT(a_redirect_is_an_answer_and_not_followed),
	UNIT(the_environments_proxy_is_ignored),
	UNIT(the_request_goes_out_as_asked_without_expect),
	UNIT(a_line_break_in_a_header_is_refused),
	UNIT(a_post_is_never_sent_again_when_a_kept_connection_closes),
	UNIT(a_get_may_be_sent_again_when_a_kept_connection_closes),
	UNIT(nothing_left_when_nobody_listens),
	UNIT(a_silent_peer_meets_the_time_limit),
	UNIT(a_turn_ends_when_the_wake_descriptor_is_readable),
	UNIT(many_exchanges_share_few_connections),
	UNIT(a_unix_socket_is_spoken_to),
	UNIT(other_schemes_are_refused_before_anything_leaves),
};
extern const struct unit_suite http_suite;
UNIT_SUITE(http_suite, tests);
