/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/conf/table.h"
#include "tests/unit/unit.h"

static void
collect(void *arg, const char *line)
{
	buf_printf(arg, "%s\n", line);
}

static void
the_configuration_in_effect_is_printed_a_line_a_key(void)
{
	struct all a;
	struct err e;
	struct buf b;

	buf_init(&b, 4096);
	CU_ASSERT_EQUAL_FATAL(read_text("text: abcd\nflag: no\ncount: 18446744073709551614\nsize: 512KiB\n"
	    "time: 90s\nrate: 10/m\nfraction: 0.25\npath: k\nlist: [ x, y z ]\n"
	    "cas: [ { name: one, trust: [ r.pem ] } ]\n", &a, &e), 0);
	conf_print(all_keys, &a, collect, &b);
	CU_ASSERT_STRING_EQUAL(buf_text(&b),
	    "text = abcd\nflag = no\ncount = 18446744073709551614\nsize = 512KiB\ntime = 90s\n"
	    "rate = 10/m\nfraction = 0.25\nchoice = green\npath = /etc/x/k\n"
	    "list[0] = x\nlist[1] = y z\npaths = []\n"
	    "cas[0].name = one\ncas[0].trust[0] = /etc/x/r.pem\ncas[0].batch.max = 50\n"
	    "map.inner = \nmap.wait = 500ms\n");
	conf_free(all_keys, &a);
	buf_free(&b);
}

/* What is printed for a number is what the file may say for it. */
static void
printed_numbers_read_back_the_same(void)
{
	static const char *const texts[] = {
		"time: 0s", "time: 1ms", "time: 1000ms", "time: 36h", "time: 9223372036854775807ms",
		"rate: 100/s", "rate: 1/m", "rate: 7/m", "rate: 1/h", "rate: 59/h", "rate: 3600/h",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct all a, again;
		struct err e;
		struct buf b;
		char line[64], *eq, *end;

		buf_init(&b, 4096);
		CU_ASSERT_EQUAL_FATAL(read_text(texts[i], &a, &e), 0);
		conf_print(all_keys, &a, collect, &b);
		snprintf(line, sizeof(line), "\n%.4s = ", texts[i]);
		eq = strstr((char *)(uintptr_t)buf_text(&b), line);
		CU_ASSERT_PTR_NOT_NULL_FATAL(eq);
		end = strchr(eq + 1, '\n');
		snprintf(line, sizeof(line), "%.4s: %.*s", texts[i], (int)(end - eq - 8), eq + 8);
		CU_ASSERT_EQUAL_FATAL(read_text(line, &again, &e), 0);
		CU_ASSERT_EQUAL(a.time, again.time);
		CU_ASSERT_TRUE(a.rate == again.rate);
		conf_free(all_keys, &a);
		conf_free(all_keys, &again);
		buf_free(&b);
	}
}

static const struct unit_test tests[] = {
	UNIT(the_configuration_in_effect_is_printed_a_line_a_key),
	UNIT(printed_numbers_read_back_the_same),
};
extern const struct unit_suite print_suite;
UNIT_SUITE(print_suite, tests);
