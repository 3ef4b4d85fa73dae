/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/uuid.h"
#include "tests/unit/unit.h"

static const char *
printable(const void *p, size_t len, size_t max)
{
	static char text[512];
	struct buf b;

	buf_init(&b, sizeof(text) - 1);
	enc_printable(&b, (struct mem){ p, len }, max);
	snprintf(text, sizeof(text), "%s", buf_text(&b));
	buf_free(&b);
	return text;
}

static void
text_from_outside_cannot_leave_its_line(void)
{
	CU_ASSERT_STRING_EQUAL(printable("a\r\nb", 4, 99), "a\\x0d\\x0ab");
	CU_ASSERT_STRING_EQUAL(printable("\033[31m", 5, 99), "\\x1b[31m");
	CU_ASSERT_STRING_EQUAL(printable("say \"x\\\"", 8, 99), "say \\x22x\\x5c\\x22");
	CU_ASSERT_STRING_EQUAL(printable("\0x", 2, 99), "\\x00x");
}

static void
letters_stay_and_misleading_characters_do_not(void)
{
	CU_ASSERT_STRING_EQUAL(printable("Gr\xc3\xbc\xc3\x9f" "e", 7, 99), "Gr\xc3\xbc\xc3\x9f" "e");
	CU_ASSERT_STRING_EQUAL(printable("\xe2\x80\xae" "abc", 6, 99), "\\xe2\\x80\\xaeabc");	/* RLO */
	CU_ASSERT_STRING_EQUAL(printable("\xc2\x9b", 2, 99), "\\xc2\\x9b");		/* C1 CSI */
}

static void
invalid_utf8_is_shown_octet_by_octet(void)
{
	CU_ASSERT_STRING_EQUAL(printable("\xff", 1, 99), "\\xff");
	CU_ASSERT_STRING_EQUAL(printable("\xc0\xaf", 2, 99), "\\xc0\\xaf");	/* overlong */
	CU_ASSERT_STRING_EQUAL(printable("\xed\xa0\x80", 3, 99), "\\xed\\xa0\\x80"); /* surrogate */
	CU_ASSERT_STRING_EQUAL(printable("\xe2\x82", 2, 99), "\\xe2\\x82");	/* cut */
	CU_ASSERT_FALSE(utf8_ok(mem_str("\xf4\x90\x80\x80")));
	CU_ASSERT_TRUE(utf8_ok(mem_str("\xf0\x9f\x93\xa1")));
	CU_ASSERT_FALSE(utf8_ok((struct mem){ (const uint8_t *)"a\0", 2 }));
}

static void
long_text_is_cut_and_says_so(void)
{
	CU_ASSERT_STRING_EQUAL(printable("abcdef", 6, 3), "abc...");
	CU_ASSERT_STRING_EQUAL(printable("abc", 3, 3), "abc");
}

static void
hex_reads_what_it_writes_and_nothing_else(void)
{
	uint8_t out[2];
	char text[5];

	hex_print((struct mem){ (const uint8_t *)"\x0a\xff", 2 }, text);
	CU_ASSERT_STRING_EQUAL(text, "0aff");
	CU_ASSERT_EQUAL(hex_parse("0AfF", out, 2, NULL), 0);
	CU_ASSERT_EQUAL(memcmp(out, "\x0a\xff", 2), 0);
	CU_ASSERT_EQUAL(hex_parse("0af", out, 2, NULL), -1);
	CU_ASSERT_EQUAL(hex_parse("0aff0", out, 2, NULL), -1);
	CU_ASSERT_EQUAL(hex_parse("0afg", out, 2, NULL), -1);
}

static void
uuids_are_version_7_and_sort_by_time(void)
{
	struct uuid a = uuid_new(), b;
	char text[UUID_TEXT];

	CU_ASSERT_EQUAL(a.b[6] >> 4, 7);
	CU_ASSERT_EQUAL(a.b[8] >> 6, 2);
	uuid_print(&a, text);
	CU_ASSERT_EQUAL(strlen(text), UUID_TEXT - 1);
	CU_ASSERT_EQUAL(uuid_parse(text, &b, NULL), 0);
	CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof(a)), 0);
	CU_ASSERT_EQUAL(uuid_parse("00000000-0000-7000-8000-00000000000", &b, NULL), -1);
	CU_ASSERT_EQUAL(uuid_parse("00000000x0000-7000-8000-000000000000", &b, NULL), -1);
	CU_ASSERT_EQUAL(uuid_parse("0000000A-0000-7000-8000-000000000000", &b, NULL), -1);
}

static void
time_is_printed_in_utc_with_milliseconds(void)
{
	char text[CLOCK_TEXT];

	clock_print(0, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "1970-01-01T00:00:00.000Z");
	clock_print(1700000000123456, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "2023-11-14T22:13:20.123Z");
	clock_print(-1000, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "1969-12-31T23:59:59.999Z");
}

/* What log_… writes to stderr. */
static void
log_to(char *out, size_t size, void (*f)(void))
{
	int fd[2], keep = dup(STDERR_FILENO);
	ssize_t n;

	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	CU_ASSERT_EQUAL_FATAL(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	f();
	CU_ASSERT_EQUAL_FATAL(dup2(keep, STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	close(keep);
	n = read(fd[0], out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	close(fd[0]);
}

static void
log_an_injection(void)
{
	struct log_line l;

	log_begin(&l, LOG_NOTICE, "request.refused");
	log_str(&l, "subject", "CN=x\n<3>fake: event");
	log_u64(&l, "n", 7);
	log_end(&l);
}

static void
log_a_trace(void)
{
	struct log_line l;

	log_begin(&l, LOG_TRACE, "quiet");
	log_str(&l, "a", "b");
	log_end(&l);
}

static void
log_too_much(void)
{
	static char big[200];
	struct log_line l;

	memset(big, 'a', sizeof(big) - 1);
	log_begin(&l, LOG_INFO, "long");
	for (int i = 0; i < 20; i++)
		log_str(&l, "k", big);
	log_end(&l);
}

static void
one_event_is_one_line(void)
{
	char text[4096];

	log_open("test");
	log_to(text, sizeof(text), log_an_injection);
	CU_ASSERT_STRING_EQUAL(text,
	    "<5>test: request.refused subject=\"CN=x\\x0a<3>fake: event\" n=7\n");
	log_to(text, sizeof(text), log_a_trace);
	CU_ASSERT_STRING_EQUAL(text, "");
	log_to(text, sizeof(text), log_too_much);
	CU_ASSERT_TRUE(strlen(text) < LOG_LINE);
	CU_ASSERT_PTR_EQUAL(strchr(text, '\n'), text + strlen(text) - 1);
}

static void
a_full_log_blocks_nobody_and_says_what_was_lost(void)
{
	static char text[1024 * 1024];
	int fd[2], keep = dup(STDERR_FILENO);
	size_t got = 0, lines = 0, lost;
	ssize_t n;

	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	CU_ASSERT_EQUAL_FATAL(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	for (int i = 0; i < 3000; i++)	/* more than any pipe holds, and nobody reads */
		log_an_injection();
	lost = log_lost();
	CU_ASSERT(lost > 0 && lost < 3000);
	CU_ASSERT_EQUAL(log_lost(), lost);
	CU_ASSERT(read(fd[0], text, 8192) == 8192);
	CU_ASSERT_EQUAL(log_lost(), 0);
	log_an_injection();
	CU_ASSERT_EQUAL_FATAL(dup2(keep, STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	close(keep);
	for (got = 8192; (n = read(fd[0], text + got, sizeof(text) - 1 - got)) > 0; got += (size_t)n)
		;
	text[got] = '\0';
	close(fd[0]);
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	CU_ASSERT_EQUAL(lines, 3000 - lost + 2);
	snprintf(text + got + 1, 64, "<3>test: log.lost lines=%zu\n<5>test", lost);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, text + got + 1));
}

/* What a file takes ends in the middle of a line: the next one begins a line of its own. */
static void
a_line_that_was_cut_does_not_swallow_the_next(void)
{
	const struct rlimit little = { 80, RLIM_INFINITY }, all = { RLIM_INFINITY, RLIM_INFINITY };
	int keep = dup(STDERR_FILENO), fd;
	char path[256], text[512];
	struct blob b = { NULL, 0 };

	(void)signal(SIGXFSZ, SIG_IGN);
	snprintf(path, sizeof(path), "%s/log", unit_tmp());
	fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
	CU_ASSERT_EQUAL_FATAL(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &little), 0);
	log_an_injection();
	log_an_injection();
	CU_ASSERT_EQUAL(log_lost(), 1);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &all), 0);
	CU_ASSERT_EQUAL(log_lost(), 0);
	CU_ASSERT_EQUAL_FATAL(dup2(keep, STDERR_FILENO), STDERR_FILENO);
	close(keep);
	close(fd);
	CU_ASSERT_EQUAL_FATAL(file_read(path, sizeof(text) - 1, &b, NULL), 0);
	memcpy(text, b.p, b.len);
	text[b.len] = '\0';
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n<3>test: log.lost lines=1\n"));
	CU_ASSERT_EQUAL(text[80], '\n');
	blob_free(&b);
}

static void
the_journal_gets_each_value_as_a_field(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char got[2048], text[256];
	ssize_t n;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/journal", unit_tmp());
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	CU_ASSERT_EQUAL(log_to_journal(at.sun_path, NULL), 0);
	log_to(text, sizeof(text), log_an_injection);
	CU_ASSERT_STRING_EQUAL(text, "");
	n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	got[n > 0 ? n : 0] = '\0';
	CU_ASSERT_STRING_EQUAL(got, "PRIORITY=5\nSYSLOG_IDENTIFIER=test\nNEMRA_EVENT=request.refused\n"
	    "NEMRA_SUBJECT=CN=x\\x0a<3>fake: event\nNEMRA_N=7\n"
	    "MESSAGE=request.refused subject=\"CN=x\\x0a<3>fake: event\" n=7\n");
	close(fd);	/* the journal is gone: the line goes to stderr */
	log_to(text, sizeof(text), log_an_injection);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "<5>test: request.refused"));
	CU_ASSERT_EQUAL(log_to_journal("/nonexistent/journal", NULL), -1);
}

static void
stderr_is_the_journal_only_when_the_same_file_is_named(void)
{
	char name[64];
	struct stat st;

	CU_ASSERT_EQUAL(fstat(STDERR_FILENO, &st), 0);
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	CU_ASSERT_TRUE(log_is_journal(STDERR_FILENO, name));
	CU_ASSERT_FALSE(log_is_journal(STDERR_FILENO, "1:2"));
	CU_ASSERT_FALSE(log_is_journal(STDERR_FILENO, ""));
	CU_ASSERT_FALSE(log_is_journal(STDERR_FILENO, NULL));
}

static void
every_reason_has_its_words(void)
{
	for (int r = 1; r < (int)R_COUNT; r++) {
		const struct reason_info *i = reason_info((enum reason)r);

		CU_ASSERT_EQUAL(i->reason, (enum reason)r);
		CU_ASSERT_EQUAL(reason_by_id(i->id), (enum reason)r);
		CU_ASSERT(i->sentence[0] != '\0' && i->cause[0] != '\0' && i->fix[0] != '\0');
		CU_ASSERT(i->http_status >= 200 && i->http_status < 600);
	}
	CU_ASSERT_EQUAL(reason_by_id("NO_SUCH_THING"), R_NONE);
	CU_ASSERT_EQUAL(reason_info((enum reason)9999)->reason, R_INTERNAL);
	CU_ASSERT_STRING_EQUAL(fail_info_name(FI_badPOP), "badPOP");
	CU_ASSERT_STRING_EQUAL(fail_info_name(FI_duplicateCertReq), "duplicateCertReq");
	CU_ASSERT_PTR_NULL(fail_info_name(27));
}

static const struct unit_test tests[] = {
	UNIT(text_from_outside_cannot_leave_its_line),
	UNIT(letters_stay_and_misleading_characters_do_not),
	UNIT(invalid_utf8_is_shown_octet_by_octet),
	UNIT(long_text_is_cut_and_says_so),
	UNIT(hex_reads_what_it_writes_and_nothing_else),
	UNIT(uuids_are_version_7_and_sort_by_time),
	UNIT(time_is_printed_in_utc_with_milliseconds),
	UNIT(one_event_is_one_line),
	UNIT(a_full_log_blocks_nobody_and_says_what_was_lost),
	UNIT(a_line_that_was_cut_does_not_swallow_the_next),
	UNIT(the_journal_gets_each_value_as_a_field),
	UNIT(stderr_is_the_journal_only_when_the_same_file_is_named),
	UNIT(every_reason_has_its_words),
};
extern const struct unit_suite text_suite;
UNIT_SUITE(text_suite, tests);
