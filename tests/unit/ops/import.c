/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/ops/import_priv.h"
#include "tests/unit/unit.h"

/* A store in memory: names and vendors. Serial "taken" belongs to another row. */
#define ROWS 4096
static struct {
	char name[65], vendor[65];
	unsigned given;
} row[ROWS];
static size_t n_rows, n_puts, biggest;
static bool away;
static struct ops_station last;	/* a look at the last one put: texts only within a test */
static char last_text[8][512];
static struct err e;

static void
remember(const struct ops_station *s)
{
	const char *text[] = { s->s.name, s->s.subject, s->s.n_san_dns > 0 ? s->s.san_dns[0] : "",
		s->s.n_san_dns > 1 ? s->s.san_dns[1] : "", s->s.n_san_ip > 0 ? s->s.san_ip[0] : "",
		s->ssh_key, s->s.region, s->s.vendor };

	last = *s;
	for (size_t i = 0; i < 8; i++)
		snprintf(last_text[i], sizeof(last_text[i]), "%s", text[i]);
}

static size_t
find(const char *name)
{
	size_t i;

	for (i = 0; i < n_rows && strcmp(row[i].name, name) != 0; i++)
		;
	return i;
}

static int
put(void *arg, struct ops_station *s, size_t n, enum ops_put how, struct err *err)
{
	bool bad = false;

	(void)arg;
	n_puts++;
	biggest = n > biggest ? n : biggest;
	if (away)
		return err_set(err, R_DB_AWAY, "test");
	for (size_t i = 0; i < n; i++) {
		size_t at = find(s[i].s.name);

		s[i].change = at == n_rows ? CH_ADDED :
		    strcmp(row[at].vendor, s[i].s.vendor) == 0 ? CH_SAME : CH_CHANGED;
		if (strcmp(s[i].s.serial, "taken") == 0) {
			s[i].change = CH_ERROR;
			err_set(&s[i].err, R_IMPORT_LINE, "vendor and serial belong to another station");
			bad = true;
		}
	}
	if (how == PUT_TRY || (how == PUT_ALL && bad))
		return 0;
	for (size_t i = 0; i < n; i++) {
		size_t at = find(s[i].s.name);

		if (s[i].change == CH_ERROR)
			continue;
		CU_ASSERT_FATAL(at < ROWS);
		n_rows += at == n_rows;
		snprintf(row[at].name, sizeof(row[at].name), "%s", s[i].s.name);
		snprintf(row[at].vendor, sizeof(row[at].vendor), "%s", s[i].s.vendor);
		row[at].given = s[i].given;
		remember(&s[i]);
	}
	return 0;
}

struct outcome {
	int rc;
	int lines, added, changed, same, failed, stopped, taken_to;
	json_t *report;
};

static void
clear(void)
{
	n_rows = n_puts = biggest = 0;
	away = false;
}

/* Feeds text in pieces of piece octets. */
static struct outcome
run(struct import_options o, const char *text, size_t len, size_t piece)
{
	struct outcome r = { 0 };
	struct import *im;

	o.put = put;
	im = import_new(&o);
	for (size_t i = 0; i < len; i += piece)
		import_feed(im, (struct mem){ (const uint8_t *)text + i, len - i < piece ? len - i : piece });
	err_clear(&e);
	r.rc = import_finish(im, &r.report, &e);
	import_free(im);
	if (r.rc == 0)
		CU_ASSERT_EQUAL(json_unpack(r.report, "{s:i, s:i, s:i, s:i, s:i, s:b, s:i}", "lines",
		    &r.lines, "added", &r.added, "changed", &r.changed, "same", &r.same, "failed", &r.failed,
		    "stopped", &r.stopped, "taken_to", &r.taken_to), 0);
	return r;
}

static struct outcome
csv(const char *text)
{
	clear();
	return run((struct import_options){ 0 }, text, strlen(text), 4096);
}

static struct outcome
ndjson(const char *text)
{
	clear();
	return run((struct import_options){ .ndjson = true }, text, strlen(text), 4096);
}

/* The line and text of error i. */
static int
error_line(const struct outcome *r, size_t i, const char *part)
{
	const json_t *o = json_array_get(json_object_get(r->report, "errors"), i);
	const char *message = json_string_value(json_object_get(o, "message"));

	if (message == NULL || strstr(message, part) == NULL) {
		fprintf(stderr, "no \"%s\" in \"%s\"\n", part, message == NULL ? "(none)" : message);
		CU_FAIL("message");
	}
	return (int)json_integer_value(json_object_get(o, "line"));
}

#define KEY64 "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define SSH "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGWm7EJ+WLnNBGJTmcNtvsWd7m4Q7oGPnA3FbCK7hH6E me@site"

static void
columns_stand_in_any_order(void)
{
	struct outcome r = csv(
	    "state,ssh_key,device_key,san_ip,san_dns,subject,profile,region,serial,model,vendor,station\r\n"
	    "blocked," SSH "," KEY64 ",192.0.2.1;2001:db8::1,a.example;b.example,\"CN=gnb-1,O=Op\",gnb,"
	    "north,s1,m,v,gnb-1\r\n");

	CU_ASSERT_EQUAL(r.rc, 0);
	CU_ASSERT_EQUAL(r.added, 1);
	CU_ASSERT_EQUAL(r.failed, 0);
	CU_ASSERT_EQUAL(r.taken_to, 2);
	CU_ASSERT_STRING_EQUAL(last_text[0], "gnb-1");
	CU_ASSERT_STRING_EQUAL(last_text[1], "CN=gnb-1,O=Op");
	CU_ASSERT_STRING_EQUAL(last_text[2], "a.example");
	CU_ASSERT_STRING_EQUAL(last_text[3], "b.example");
	CU_ASSERT_STRING_EQUAL(last_text[4], "192.0.2.1");
	CU_ASSERT_STRING_EQUAL(last_text[5], SSH);
	CU_ASSERT_TRUE(last.s.has_device_key);
	CU_ASSERT_EQUAL(last.s.device_key[31], 0xff);
	CU_ASSERT_TRUE(last.s.blocked);
	CU_ASSERT_EQUAL(last.given, (OSF_STATE << 1) - 1);
	json_decref(r.report);
}

static void
columns_that_are_not_named_are_not_given(void)
{
	struct outcome r = csv("station,vendor,device_key,state\ngnb-1,v,,\n");

	CU_ASSERT_EQUAL(r.added, 1);
	CU_ASSERT_EQUAL(last.given, OSF_VENDOR);
	CU_ASSERT_STRING_EQUAL(last.s.region == NULL ? "" : last_text[6], "");
	json_decref(r.report);
}

static void
the_header_must_be_right(void)
{
	static const char *const bad[] = { "", "\n\n", "station,colour\na,b\n", "station,station\n", "vendor\nx\n",
		"sta\"tion\n", "\xff\xfe\n", "\"station\n", "station ,Vendor\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct outcome r = csv(bad[i]);

		CU_ASSERT_EQUAL(r.rc, -1);
		CU_ASSERT_EQUAL(e.reason, R_IMPORT_LINE);
		CU_ASSERT_EQUAL(n_puts, 0);
	}
}

static void
a_byte_order_mark_is_no_part_of_the_header(void)
{
	const char *text = "\xef\xbb\xbf\"station\",\"vendor\"\r\n\"a\",\"v\"\r\n";
	struct outcome r;

	for (size_t piece = 1; piece < 12; piece++) {
		clear();
		r = run((struct import_options){ 0 }, text, strlen(text), piece);
		CU_ASSERT_EQUAL(r.rc, 0);
		CU_ASSERT_EQUAL(r.added, 1);
		json_decref(r.report);
	}
}

static void
lines_are_counted_as_an_editor_counts_them(void)
{
	const char *text = "station,model\r\n\r\na,\"two\r\nlines\"\r\nb,fine\r\nc d,x\r\n\r\ne,1,2\r\nf,g\r\n-,x";
	struct outcome r;

	for (size_t piece = 1; piece < 60; piece++) {
		clear();
		r = run((struct import_options){ .keep_going = true }, text, strlen(text), piece);
		CU_ASSERT_EQUAL(r.rc, 0);
		CU_ASSERT_EQUAL(r.lines, 6);
		CU_ASSERT_EQUAL(r.added, 2);
		CU_ASSERT_EQUAL(r.failed, 4);
		CU_ASSERT_EQUAL(error_line(&r, 0, "control character"), 3);
		CU_ASSERT_EQUAL(error_line(&r, 1, "station:"), 6);
		CU_ASSERT_EQUAL(error_line(&r, 2, "3 fields where the header has 2"), 8);
		CU_ASSERT_EQUAL(error_line(&r, 3, "station:"), 10);
		json_decref(r.report);
	}
}

static void
a_part_knows_the_number_of_its_first_line(void)
{
	const char *text = "station\nok\n-\n";
	struct outcome r;

	clear();
	r = run((struct import_options){ .first_line = 5000 }, text, strlen(text), 3);
	CU_ASSERT_EQUAL(error_line(&r, 0, "station:"), 5001);
	json_decref(r.report);
	clear();
	r = run((struct import_options){ .first_line = 7, .ndjson = true }, "{}\n", 3, 3);
	CU_ASSERT_EQUAL(error_line(&r, 0, "station is missing"), 7);
	json_decref(r.report);
}

static void
a_line_that_cannot_be_read_costs_only_itself(void)
{
	const char *text = "station,vendor\na,v\nb,x\"y\nc,v\n\"d\"e,v\nf,v\n\"never closed\ng,v\n";
	struct outcome r;

	for (size_t piece = 1; piece < 40; piece++) {
		clear();
		r = run((struct import_options){ .keep_going = true }, text, strlen(text), piece);
		CU_ASSERT_EQUAL(r.rc, 0);
		CU_ASSERT_EQUAL(r.added, 3);
		CU_ASSERT_EQUAL(r.failed, 3);
		CU_ASSERT_EQUAL(error_line(&r, 0, "quote"), 3);
		CU_ASSERT_EQUAL(error_line(&r, 1, "quote"), 5);
		CU_ASSERT_EQUAL(error_line(&r, 2, "closing quote"), 7);
		json_decref(r.report);
	}
}

static void
a_row_without_end_is_given_up_in_time(void)
{
	struct buf b;
	struct outcome r;

	buf_init(&b, 16u * 1024 * 1024);
	buf_add_str(&b, "station,vendor\na,v\nb,\"");
	for (size_t i = 0; i < 200000; i++)
		buf_add_str(&b, "xxxxxxxxxxxxxxx\n");
	clear();
	r = run((struct import_options){ .dry_run = true }, (const char *)b.p, b.len, 32768);
	CU_ASSERT_EQUAL(r.rc, 0);
	CU_ASSERT_EQUAL(r.added, 1);
	CU_ASSERT_EQUAL(error_line(&r, 0, "too long"), 3);
	CU_ASSERT_TRUE(r.stopped);	/* too many errors */
	CU_ASSERT_EQUAL(r.failed, (int)IMPORT_ERRORS);
	json_decref(r.report);
	buf_free(&b);
}

/* Row of exactly n octets with its newline. */
static struct outcome
long_row(size_t n)
{
	struct outcome r;
	struct buf b;

	buf_init(&b, 2 * IMPORT_ROW);
	buf_add_str(&b, "station,vendor\n");
	buf_add_str(&b, "a,");
	for (size_t i = 3; i < n; i++)
		buf_add_u8(&b, 'x');
	buf_add_str(&b, "\n");
	clear();
	r = run((struct import_options){ 0 }, (const char *)b.p, b.len, 1000);
	buf_free(&b);
	return r;
}

static void
the_limit_of_a_row_holds_at_its_edge(void)
{
	struct outcome r = long_row(IMPORT_ROW);

	CU_ASSERT_EQUAL(error_line(&r, 0, "vendor: longer than"), 2);
	json_decref(r.report);
	r = long_row(IMPORT_ROW + 1);
	CU_ASSERT_EQUAL(error_line(&r, 0, "the row is too long"), 2);
	json_decref(r.report);
}

static void
values_that_are_not_allowed_are_named(void)
{
	static const char *const bad[][2] = {
		{ "subject", "CN" }, { "subject", "\"CN=a,CN=b\"" }, { "san_dns", "*.example" }, { "san_dns", "a;;b" },
		{ "san_dns", "a;" }, { "san_ip", "192.0.2" }, { "san_ip", "192.0.2.1;x" }, { "device_key", "00" },
		{ "device_key", "zz112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF" },
		{ "ssh_key", "ssh-dss AAAA" }, { "ssh_key", "ssh-ed25519 AAAA" }, { "ssh_key", "ssh-ed25519" },
		{ "ssh_key", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIGWm7EJ+WLnNBGJTmcNtvsWd7m4Q7oGPnA3FbCK7hH6E" },
		{ "state", "gone" }, { "vendor", "\x01" }, { "vendor", "\xc3\x28" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct outcome r;
		char text[256];

		snprintf(text, sizeof(text), "station,%s\na,%s\n", bad[i][0], bad[i][1]);
		r = csv(text);
		CU_ASSERT_EQUAL(r.rc, 0);
		CU_ASSERT_EQUAL(r.failed, 1);
		CU_ASSERT_EQUAL(error_line(&r, 0, bad[i][0]), 2);
		CU_ASSERT_EQUAL(n_puts, 0);
		json_decref(r.report);
	}
}

static void
the_guard_against_formulas_comes_off_again(void)
{
	struct outcome r = csv("station,region,vendor\na,'=x,'plain\n");

	CU_ASSERT_EQUAL(r.added, 1);
	CU_ASSERT_STRING_EQUAL(last_text[6], "=x");
	CU_ASSERT_STRING_EQUAL(last_text[7], "'plain");
	json_decref(r.report);
	r = csv("station,region,vendor\nb,''=x,'\n");
	CU_ASSERT_STRING_EQUAL(last_text[6], "'=x");
	CU_ASSERT_STRING_EQUAL(last_text[7], "'");
	json_decref(r.report);
}

static struct buf
many(size_t n, size_t bad)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	buf_add_str(&b, "station,vendor\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%sgnb-%zu,v\n", i == bad ? "-" : "", i);
	return b;
}

static void
without_keep_going_nothing_of_the_failing_batch_is_taken(void)
{
	struct buf b = many(3 * IMPORT_BATCH, IMPORT_BATCH + 7);
	struct outcome r;

	clear();
	r = run((struct import_options){ 0 }, (const char *)b.p, b.len, 999);
	CU_ASSERT_EQUAL(r.rc, 0);
	CU_ASSERT_TRUE(r.stopped);
	CU_ASSERT_EQUAL(r.failed, 1);
	CU_ASSERT_EQUAL(r.added, (int)IMPORT_BATCH);
	CU_ASSERT_EQUAL(r.taken_to, (int)IMPORT_BATCH + 1);
	CU_ASSERT_EQUAL(n_rows, IMPORT_BATCH);
	CU_ASSERT_EQUAL(error_line(&r, 0, "station"), (int)IMPORT_BATCH + 9);
	json_decref(r.report);

	clear();
	r = run((struct import_options){ .keep_going = true }, (const char *)b.p, b.len, 999);
	CU_ASSERT_FALSE(r.stopped);
	CU_ASSERT_EQUAL(r.added, 3 * (int)IMPORT_BATCH - 1);
	CU_ASSERT_EQUAL(n_rows, 3 * IMPORT_BATCH - 1);
	CU_ASSERT_EQUAL(biggest, IMPORT_BATCH);
	json_decref(r.report);
	buf_free(&b);
}

static void
a_row_that_the_store_refuses_is_an_error_of_its_line(void)
{
	const char *text = "station,serial\na,1\nb,taken\nc,3\n";
	struct outcome r;

	clear();
	r = run((struct import_options){ .keep_going = true }, text, strlen(text), 99);
	CU_ASSERT_EQUAL(r.added, 2);
	CU_ASSERT_EQUAL(error_line(&r, 0, "another station"), 3);
	json_decref(r.report);
	r = csv(text);
	CU_ASSERT_TRUE(r.stopped);
	CU_ASSERT_EQUAL(r.added, 0);
	CU_ASSERT_EQUAL(n_rows, 0);
	json_decref(r.report);
}

static void
a_second_import_changes_nothing(void)
{
	struct buf b = many(20, 99);
	struct outcome r;

	clear();
	r = run((struct import_options){ 0 }, (const char *)b.p, b.len, 99);
	CU_ASSERT_EQUAL(r.added, 20);
	json_decref(r.report);
	r = run((struct import_options){ 0 }, (const char *)b.p, b.len, 99);
	CU_ASSERT_EQUAL(r.same, 20);
	CU_ASSERT_EQUAL(r.added + r.changed, 0);
	json_decref(r.report);
	buf_free(&b);
}

static void
the_last_of_two_lines_for_a_station_counts(void)
{
	struct outcome r = csv("station,vendor\na,1\na,2\n");

	CU_ASSERT_EQUAL(r.added, 1);
	CU_ASSERT_EQUAL(r.changed, 1);
	CU_ASSERT_EQUAL(n_rows, 1);
	CU_ASSERT_STRING_EQUAL(row[0].vendor, "2");
	json_decref(r.report);
}

static void
a_try_shows_every_error_and_takes_nothing(void)
{
	struct outcome r;
	const char *text = "station,serial\na,1\n-,2\nb,taken\n_,4\nc,5\n";

	clear();
	r = run((struct import_options){ .dry_run = true }, text, strlen(text), 99);
	CU_ASSERT_EQUAL(r.failed, 3);
	CU_ASSERT_EQUAL(error_line(&r, 0, "station"), 3);
	CU_ASSERT_EQUAL(error_line(&r, 1, "another station"), 4);
	CU_ASSERT_EQUAL(error_line(&r, 2, "station"), 5);
	CU_ASSERT_EQUAL(r.added, 2);
	CU_ASSERT_FALSE(r.stopped);
	CU_ASSERT_EQUAL(r.taken_to, 0);
	CU_ASSERT_EQUAL(n_rows, 0);
	json_decref(r.report);
}

static void
a_store_that_goes_away_says_what_was_taken(void)
{
	struct buf b = many(2 * IMPORT_BATCH, 9999);
	struct import_options o = { .put = put };
	struct import *im;
	json_t *report = NULL;

	clear();
	im = import_new(&o);
	import_feed(im, (struct mem){ b.p, b.len / 2 + 2000 });
	CU_ASSERT_EQUAL(n_puts, 1);
	away = true;
	import_feed(im, (struct mem){ b.p + b.len / 2 + 2000, b.len - b.len / 2 - 2000 });
	CU_ASSERT_EQUAL(import_finish(im, &report, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_DB_AWAY);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "up to line 501"));
	import_free(im);
	buf_free(&b);
}

static void
json_lines_have_the_same_columns(void)
{
	struct outcome r = ndjson("{\"station\":\"a\",\"vendor\":\"v\",\"san_dns\":[\"x.example\",\"y.example\"],"
	    "\"san_ip\":\"192.0.2.7\",\"region\":null}\r\n\n  \n{\"station\":\"b\"}");

	CU_ASSERT_EQUAL(r.rc, 0);
	CU_ASSERT_EQUAL(r.added, 2);
	CU_ASSERT_EQUAL(row[0].given, OSF_VENDOR | OSF_SAN_DNS | OSF_SAN_IP);
	json_decref(r.report);
}

static void
bad_json_lines_are_errors_of_their_line(void)
{
	static const char *const bad[][2] = {
		{ "{", "not JSON" }, { "[]", "not a JSON object" },
		{ "{\"station\":\"a\",\"station\":\"b\"}", "not JSON" },
		{ "{\"station\":1}", "not a text" }, { "{\"station\":\"a\",\"x\":\"y\"}", "no column \"x\"" },
		{ "{\"station\":\"a\",\"vendor\":[\"b\"]}", "not a text" }, { "{}", "station is missing" },
		{ "{\"station\":\"a\",\"san_dns\":[1]}", "array of texts" }, { "{\"station\":\"a\"} x", "not JSON" },
		{ "{\"station\":\"a\",\"san_dns\":[\"a;b\"]}", "array of texts" },
		{ "{\"station\":\"a\\u0000b\"}", "not JSON" }, { "{\"station\":\"\xff\"}", "not JSON" },
		{ "{\"station\":\"a\",\"vendor\":\"\\n\"}", "control character" }, { "\xef\xbb\xbf{}", "not JSON" },
	};
	char text[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct outcome r;

		snprintf(text, sizeof(text), "{\"station\":\"ok\"}\n%s\n", bad[i][0]);
		clear();
		r = run((struct import_options){ .ndjson = true, .keep_going = true }, text, strlen(text), 5);
		CU_ASSERT_EQUAL(r.rc, 0);
		CU_ASSERT_EQUAL(r.added, 1);
		CU_ASSERT_EQUAL(r.failed, 1);
		CU_ASSERT_EQUAL(error_line(&r, 0, bad[i][1]), 2);
		json_decref(r.report);
	}
}

static void
a_json_line_without_end_does_not_grow(void)
{
	struct import_options o = { .put = put, .ndjson = true, .keep_going = true };
	struct import *im = import_new(&o);
	json_t *report = NULL;
	uint8_t block[4096];

	clear();
	memset(block, ' ', sizeof(block));
	for (size_t i = 0; i < 1000; i++)
		import_feed(im, (struct mem){ block, sizeof(block) });
	CU_ASSERT(im->json_line.cap <= 2 * IMPORT_ROW);
	import_feed(im, mem_str("\n{\"station\":\"a\"}\n"));
	CU_ASSERT_EQUAL(import_finish(im, &report, &e), 0);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(report, "added")), 1);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(report, "failed")), 1);
	json_decref(report);
	import_free(im);
}

/* Whatever the octets, it ends, and what it reports adds up. */
static void
random_damage_is_survived(void)
{
	static const char good[] = "station,vendor,san_dns,state\na,v,\"x.example;y\",active\n"
	    "b,\"v,w\",,blocked\nc,v,,\n";
	static const char spice[] = "\",\n\r;'\0\xff=";
	uint64_t seed = 7;

	for (int i = 0; i < 3000; i++) {
		struct outcome r;
		char text[sizeof(good)];

		memcpy(text, good, sizeof(good));
		for (int k = 0; k < 1 + i % 5; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[(seed >> 33) % (sizeof(good) - 1)] = spice[(seed >> 50) % (sizeof(spice) - 1)];
		}
		clear();
		r = run((struct import_options){ .keep_going = true, .ndjson = i % 7 == 0 }, text, sizeof(good) - 1,
		    1 + (size_t)i % 50);
		if (r.rc == 0) {
			CU_ASSERT_EQUAL(r.lines, r.added + r.changed + r.same + r.failed);
			json_decref(r.report);
		}
	}
}

static const struct unit_test tests[] = {
	UNIT(columns_stand_in_any_order),
	UNIT(columns_that_are_not_named_are_not_given),
	UNIT(the_header_must_be_right),
	UNIT(a_byte_order_mark_is_no_part_of_the_header),
	UNIT(lines_are_counted_as_an_editor_counts_them),
	UNIT(a_part_knows_the_number_of_its_first_line),
	UNIT(a_line_that_cannot_be_read_costs_only_itself),
	UNIT(a_row_without_end_is_given_up_in_time),
	UNIT(the_limit_of_a_row_holds_at_its_edge),
	UNIT(values_that_are_not_allowed_are_named),
	UNIT(the_guard_against_formulas_comes_off_again),
	UNIT(without_keep_going_nothing_of_the_failing_batch_is_taken),
	UNIT(a_row_that_the_store_refuses_is_an_error_of_its_line),
	UNIT(a_second_import_changes_nothing),
	UNIT(the_last_of_two_lines_for_a_station_counts),
	UNIT(a_try_shows_every_error_and_takes_nothing),
	UNIT(a_store_that_goes_away_says_what_was_taken),
	UNIT(json_lines_have_the_same_columns),
	UNIT(bad_json_lines_are_errors_of_their_line),
	UNIT(a_json_line_without_end_does_not_grow),
	UNIT(random_damage_is_survived),
};
UNIT_SUITE(import_suite, tests);
