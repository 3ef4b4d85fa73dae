/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/chunk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/unit/unit.h"

static struct err e;

static const char *
file_of(const struct buf *b)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/import", unit_tmp());
	CU_ASSERT_EQUAL_FATAL(file_write(path, buf_mem(b), 0600, &e), 0);
	return path;
}

struct parts {
	struct buf all;		/* the rows, without the repeated headers */
	size_t n, line[64];
	int rc;
};

static struct parts
split(const struct buf *text, bool csv, const char *header)
{
	struct parts p = { .rc = 0 };
	struct chunker k;
	bool more = true;

	buf_init(&p.all, 64u * 1024 * 1024);
	CU_ASSERT_EQUAL_FATAL(chunker_open(&k, file_of(text), csv, &e), 0);
	while (more && p.rc == 0 && p.n < 64) {
		size_t skip = p.n > 0 && csv ? strlen(header) : 0;
		struct buf body;

		buf_init(&body, 2 * CHUNK_MAX);
		p.rc = chunker_next(&k, &body, &p.line[p.n], &more, &e);
		if (p.rc == 0) {
			CU_ASSERT_FATAL(body.len >= skip);
			CU_ASSERT(skip == 0 || memcmp(body.p, header, skip) == 0);
			buf_add(&p.all, body.p + skip, body.len - skip);
			p.n++;
		}
		buf_free(&body);
	}
	chunker_close(&k);
	return p;
}

static void
parts_end_with_a_row_and_begin_with_the_header(void)
{
	struct buf text;
	struct parts p;

	buf_init(&text, 16u * 1024 * 1024);
	buf_add_str(&text, "station,model\r\n");
	for (size_t i = 0; i < 100000; i++)
		buf_printf(&text, "gnb-%zu,\"a \"\"b\"\"\r\n%zu\"\r\n", i, i);
	p = split(&text, true, "station,model\r\n");
	CU_ASSERT_EQUAL(p.rc, 0);
	CU_ASSERT(p.n > 3);
	CU_ASSERT(mem_eq(buf_mem(&p.all), buf_mem(&text)));
	CU_ASSERT_EQUAL(p.line[0], 0);
	for (size_t i = 1; i < p.n; i++)
		CU_ASSERT_EQUAL(p.line[i] % 2, 0);	/* rows of two lines, the first in line 2 */
	buf_free(&p.all);
	buf_free(&text);
}

static void
json_parts_have_no_header(void)
{
	struct buf text;
	struct parts p;

	buf_init(&text, 16u * 1024 * 1024);
	for (size_t i = 0; i < 50000; i++)
		buf_printf(&text, "{\"station\":\"gnb-%zu\",\"model\":\"\\\"\"}\n", i);
	p = split(&text, false, "");
	CU_ASSERT_EQUAL(p.rc, 0);
	CU_ASSERT(p.n > 1);
	CU_ASSERT(mem_eq(buf_mem(&p.all), buf_mem(&text)));
	buf_free(&p.all);
	buf_free(&text);
}

static void
a_small_or_empty_file_is_one_part(void)
{
	static const char *const texts[] = { "", "station\n", "station\na", "station\na\n", "\"sta" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf text;
		struct parts p;

		buf_init(&text, 100);
		buf_add_str(&text, texts[i]);
		p = split(&text, true, "station\n");
		CU_ASSERT_EQUAL(p.rc, 0);
		CU_ASSERT_EQUAL(p.n, 1);
		CU_ASSERT(mem_eq(buf_mem(&p.all), buf_mem(&text)));
		buf_free(&p.all);
		buf_free(&text);
	}
}

static void
a_quote_that_is_never_closed_still_moves_on(void)
{
	struct buf text;
	struct parts p;

	buf_init(&text, 16u * 1024 * 1024);
	buf_add_str(&text, "station\n\"a\n");
	for (size_t i = 0; i < 200000; i++)
		buf_printf(&text, "gnb-%zu\n", i);
	p = split(&text, true, "station\n");
	CU_ASSERT_EQUAL(p.rc, 0);
	CU_ASSERT(p.n > 1);
	CU_ASSERT(mem_eq(buf_mem(&p.all), buf_mem(&text)));
	buf_free(&p.all);
	buf_free(&text);
}

static void
a_line_without_end_is_an_error(void)
{
	struct buf text;
	struct parts p;

	buf_init(&text, 16u * 1024 * 1024);
	buf_add_str(&text, "station\n");
	for (size_t i = 0; i <= CHUNK_MAX; i++)
		buf_add_u8(&text, 'x');
	p = split(&text, true, "station\n");
	CU_ASSERT_EQUAL(p.rc, -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_LONG);
	buf_free(&p.all);
	buf_free(&text);
}

static void
a_file_that_is_not_there_is_an_error(void)
{
	struct chunker k;

	CU_ASSERT_EQUAL(chunker_open(&k, "/nonexistent/stations.csv", true, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
	chunker_close(&k);
}

static const struct unit_test tests[] = {
	UNIT(parts_end_with_a_row_and_begin_with_the_header),
	UNIT(json_parts_have_no_header),
	UNIT(a_small_or_empty_file_is_one_part),
	UNIT(a_quote_that_is_never_closed_still_moves_on),
	UNIT(a_line_without_end_is_an_error),
	UNIT(a_file_that_is_not_there_is_an_error),
};
UNIT_SUITE(chunk_suite, tests);
