/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What users see: tables, JSON, CSV, the report of an import, and text from outside on a terminal.
 */
#include "gateway/ctl/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/ctl/api.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/report.h"
#include "tests/unit/ctl/capture.h"
#include "tests/unit/unit.h"

static const char *const columns[] = { "station", "state", NULL };

/* n rows in that form. */
static const char *
rows(enum out_kind kind, size_t n)
{
	struct out *o;

	capture_begin();
	o = out_new(kind, columns, columns, false);
	for (size_t i = 0; i < n; i++) {
		json_t *row = json_pack("{s:s, s:n, s:i}", "station", i == 0 ? "=gnb" : "b\x1b[31m", "state", "x",
		    (int)i);

		out_row(o, row);
		json_decref(row);
	}
	CU_ASSERT_EQUAL(out_end(o), CTL_OK);
	return capture_end();
}

static void
json_is_an_array_whatever_its_length(void)
{
	for (size_t n = 0; n < 4; n++) {
		json_t *list = json_loads(rows(OUT_JSON, n), 0, NULL);

		CU_ASSERT_EQUAL(json_is_array(list), 1);
		CU_ASSERT_EQUAL(json_array_size(list), n);
		json_decref(list);
	}
}

static void
csv_has_a_header_and_guards(void)
{
	CU_ASSERT_STRING_EQUAL(rows(OUT_CSV, 1), "\"station\",\"state\"\r\n\"'=gnb\",\"\"\r\n");
	CU_ASSERT_STRING_EQUAL(rows(OUT_CSV, 0), "\"station\",\"state\"\r\n");
}

static void
ndjson_has_only_what_an_import_takes(void)
{
	CU_ASSERT_STRING_EQUAL(rows(OUT_NDJSON, 1), "{\"station\":\"=gnb\",\"state\":null}\n");
}

static void
a_table_shows_no_control_characters(void)
{
	const char *text = rows(OUT_TABLE, 2);

	CU_ASSERT_PTR_NOT_NULL(strstr(text, "station"));
	CU_ASSERT_PTR_NULL(strchr(text, '\x1b'));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "=gnb"));
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
a_long_table_has_one_heading(void)
{
	CU_ASSERT_EQUAL(count(rows(OUT_TABLE, 1200), "station"), 1);
}

static void
an_object_shows_its_arrays_below(void)
{
	struct ctl c = { .format = FORMAT_TABLE };
	json_t *o = json_pack("{s:s, s:i, s:b, s:[s,s], s:[{s:s},{s:s}], s:{s:s}}", "request", "r1", "octets", 7,
	    "whole", 1, "eku", "a", "b", "timeline", "state", "held", "state", "queued", "problem", "cause", "c");
	const char *text;

	capture_begin();
	CU_ASSERT_EQUAL(out_object(&c, o), CTL_OK);
	text = capture_end();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "a, b"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\ntimeline\nstate"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "problem.cause"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "queued"));
	json_decref(o);
}

static void
text_from_outside_cannot_steer_the_terminal(void)
{
	capture_begin();
	say_text(stdout, "a \"b\" \\ \x1b[2J \xe2\x80\xae \xff ü");
	CU_ASSERT_STRING_EQUAL(capture_end(), "a \"b\" \\ \\x1b[2J \\xe2\\x80\\xae \\xff ü");
}

static void
paths_are_escaped(void)
{
	struct buf b;

	buf_init(&b, 100);
	path_add(&b, "gnb-1_x.y~z a/b?c=%\xc3\xbc");
	CU_ASSERT_STRING_EQUAL(buf_text(&b), "gnb-1_x.y~z%20a%2Fb%3Fc%3D%25%C3%BC");
	buf_free(&b);
}

static void
reasons_have_their_exit_status(void)
{
	static const struct {
		enum reason r;
		enum ctl_exit want;
	} table[] = {
		{ R_USAGE, CTL_USAGE }, { R_BAD_PARAMETER, CTL_USAGE }, { R_NOT_FOUND, CTL_REFUSED },
		{ R_OPERATOR_UNKNOWN, CTL_REFUSED }, { R_DB_AWAY, CTL_AWAY }, { R_UNREACHABLE, CTL_AWAY },
		{ R_CONFIG, CTL_CONFIG }, { R_STILL_PENDING, CTL_PENDING }, { R_FILE_IO, CTL_LOCAL },
		{ R_AUDIT_BROKEN, CTL_LOCAL }, { R_PEER_NOT_TRUSTED, CTL_NOT_TRUSTED },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err e;
		const char *text;

		err_set(&e, table[i].r, "the detail");
		capture_begin();
		CU_ASSERT_EQUAL(say_err(&e), table[i].want);
		text = capture_end();
		CU_ASSERT_PTR_NOT_NULL(strstr(text, reason_info(table[i].r)->sentence));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, reason_info(table[i].r)->cause));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, reason_info(table[i].r)->fix));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "the detail"));
	}
}

static void
a_report_lists_the_lines_that_were_not_taken(void)
{
	struct ctl c = { .format = FORMAT_TABLE };
	struct report r = { 0 };
	json_t *answer = json_pack("{s:i, s:i, s:i, s:b, s:[{s:i, s:s, s:s, s:s, s:s}]}", "lines", 2, "added", 1,
	    "taken_to", 2, "stopped", 0, "errors", "line", 3, "station", "=x", "action", "check", "reason",
	    "IMPORT_LINE", "message", "station: bad");
	char path[128], text[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/e.csv", unit_tmp());
	r.path = path;
	capture_begin();
	CU_ASSERT_EQUAL(report_add(&r, answer), CTL_OK);
	CU_ASSERT_EQUAL(report_end(&r, &c), CTL_REFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(capture_end(), "1 added, 0 changed, 0 the same, 1 failed"));
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fread(text, 1, sizeof(text) - 1, f) > 0);
	(void)fclose(f);
	CU_ASSERT_STRING_EQUAL(text, "\"line\",\"station\",\"action\",\"reason\",\"message\"\r\n"
	    "\"3\",\"'=x\",\"check\",\"IMPORT_LINE\",\"station: bad\"\r\n");
	json_decref(answer);
}

static void
a_report_without_errors_writes_no_file(void)
{
	struct ctl c = { .format = FORMAT_JSON };
	struct report r = { .path = "/nonexistent/errors.csv" };
	json_t *answer = json_pack("{s:i, s:b, s:[]}", "added", 4, "stopped", 0, "errors"), *said;

	capture_begin();
	CU_ASSERT_EQUAL(report_add(&r, answer), CTL_OK);
	CU_ASSERT_EQUAL(report_end(&r, &c), CTL_OK);
	said = json_loads(capture_end(), 0, NULL);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(said, "added")), 4);
	CU_ASSERT(json_is_null(json_object_get(said, "errors_file")));
	json_decref(said);
	json_decref(answer);
}

static void
progress_is_silent_where_nobody_watches(void)
{
	struct progress p;
	const char *text;

	capture_begin();
	CU_ASSERT_EQUAL(progress_open(&p, NULL, 100), 0);
	progress_show(&p, 50, 5, 0);
	progress_end(&p);
	CU_ASSERT_STRING_EQUAL(capture_end(), "");
	capture_begin();
	CU_ASSERT_EQUAL(progress_open(&p, "json", 100), 0);
	progress_show(&p, 50, 5, 1);
	progress_show(&p, 60, 6, 1);
	progress_end(&p);
	text = capture_end();
	CU_ASSERT_EQUAL(count(text, "\"lines\":5,\"failed\":1"), 1);
	CU_ASSERT_EQUAL(count(text, "\"lines\":6"), 0);	/* one line a second */
	CU_ASSERT_EQUAL(progress_open(&p, "loud", 100), -1);
}

static void
a_long_import_says_how_far_it_is_where_there_is_no_terminal(void)
{
	struct progress p;

	capture_begin();
	CU_ASSERT_EQUAL(progress_open(&p, "auto", 200), 0);
	p.shown -= 6000;	/* six seconds ago */
	progress_show(&p, 50, 1234, 2);
	progress_show(&p, 60, 1235, 2);
	progress_end(&p);
	CU_ASSERT_PTR_NOT_NULL(strstr(capture_end(), "nemractl: 1234 lines, 2 failed, "));
}

static const struct unit_test tests[] = {
	UNIT(json_is_an_array_whatever_its_length),
	UNIT(csv_has_a_header_and_guards),
	UNIT(ndjson_has_only_what_an_import_takes),
	UNIT(a_table_shows_no_control_characters),
	UNIT(a_long_table_has_one_heading),
	UNIT(an_object_shows_its_arrays_below),
	UNIT(text_from_outside_cannot_steer_the_terminal),
	UNIT(paths_are_escaped),
	UNIT(reasons_have_their_exit_status),
	UNIT(a_report_lists_the_lines_that_were_not_taken),
	UNIT(a_report_without_errors_writes_no_file),
	UNIT(progress_is_silent_where_nobody_watches),
	UNIT(a_long_import_says_how_far_it_is_where_there_is_no_terminal),
};
UNIT_SUITE(output_suite, tests);
