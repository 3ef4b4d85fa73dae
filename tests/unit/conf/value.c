/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/conf/table.h"
#include "tests/unit/unit.h"

#define AT "/etc/x/t.yaml:1:"

/* Reads "key: value"; *out is valid only when that is taken. */
static bool
takes(const char *key, const char *value, struct all *out)
{
	char text[256];
	struct err e;

	snprintf(text, sizeof(text), "%s: %s\n", key, value);
	return read_text(text, out, &e) == 0;
}

static bool
takes_not(const char *key, const char *value)
{
	struct all a;

	if (!takes(key, value, &a))
		return true;
	conf_free(all_keys, &a);
	fprintf(stderr, "taken: %s: %s\n", key, value);
	return false;
}

static bool
uint_is(const char *value, uint64_t want)
{
	struct all a;
	bool ok = takes("count", value, &a) && a.count == want;

	if (ok)
		conf_free(all_keys, &a);
	return ok;
}

static void
whole_numbers_are_decimal_and_end_where_they_end(void)
{
	static const char *const bad[] = {
		"20x", "010", "1e2", "0x10", "-2", "+2", "2.0", "\" 2\"", "\"2 \"", "1_000", "\"\"",
		"18446744073709551616", "99999999999999999999999", "two", "٢", "00",
	};

	CU_ASSERT_TRUE(uint_is("0", 0));
	CU_ASSERT_TRUE(uint_is("20", 20));
	CU_ASSERT_TRUE(uint_is("\"20\"", 20));
	CU_ASSERT_TRUE(uint_is("18446744073709551614", UINT64_MAX - 1));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_TRUE(takes_not("count", bad[i]));
}

static void
a_check_of_the_table_speaks_after_the_conversion(void)
{
	CU_ASSERT_TRUE(refused("count: 3\n", AT "8: count: odd; allowed: even numbers"));
}

static bool
size_is(const char *value, uint64_t want)
{
	struct all a;
	bool ok = takes("size", value, &a) && a.size == want;

	if (ok)
		conf_free(all_keys, &a);
	return ok;
}

static void
sizes_have_binary_units_and_bounds(void)
{
	CU_ASSERT_TRUE(size_is("1024", 1024));
	CU_ASSERT_TRUE(size_is("1KiB", 1024));
	CU_ASSERT_TRUE(size_is("1MiB", 1048576));
	CU_ASSERT_TRUE(takes_not("size", "1023"));
	CU_ASSERT_TRUE(takes_not("size", "1048577"));
	CU_ASSERT_TRUE(takes_not("size", "2MiB"));
	CU_ASSERT_TRUE(takes_not("size", "1kB"));
	CU_ASSERT_TRUE(takes_not("size", "64 KiB"));
	CU_ASSERT_TRUE(takes_not("size", "64kib"));
	CU_ASSERT_TRUE(takes_not("size", "18014398509481985KiB"));	/* 2^64 + 1024 */
	CU_ASSERT_TRUE(refused("size: 1",
	    AT "7: size: bad value; allowed: octets, or with KiB, MiB, GiB, from 1KiB to 1MiB"));
}

static bool
time_is(const char *value, int64_t want)
{
	struct all a;
	bool ok = takes("time", value, &a) && a.time == want;

	if (ok)
		conf_free(all_keys, &a);
	return ok;
}

static void
times_need_a_unit(void)
{
	CU_ASSERT_TRUE(time_is("500ms", 500));
	CU_ASSERT_TRUE(time_is("30s", 30000));
	CU_ASSERT_TRUE(time_is("5m", 300000));
	CU_ASSERT_TRUE(time_is("12h", 43200000));
	CU_ASSERT_TRUE(time_is("30d", INT64_C(2592000000)));
	CU_ASSERT_TRUE(time_is("0s", 0));
	CU_ASSERT_TRUE(time_is("9223372036854775807ms", INT64_MAX));
	CU_ASSERT_TRUE(takes_not("time", "9223372036854775808ms"));
	CU_ASSERT_TRUE(takes_not("time", "9223372036854776s"));
	CU_ASSERT_TRUE(takes_not("time", "213503982335d"));		/* beyond 2^64 ms */
	CU_ASSERT_TRUE(takes_not("time", "30"));
	CU_ASSERT_TRUE(takes_not("time", "30 s"));
	CU_ASSERT_TRUE(takes_not("time", "30S"));
	CU_ASSERT_TRUE(takes_not("time", "1h30m"));
	CU_ASSERT_TRUE(takes_not("time", "1.5h"));
	CU_ASSERT_TRUE(takes_not("time", "s"));
}

static void
a_bound_of_a_time_is_met_exactly(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(read_text("map: { wait: 100ms }", &a, &e), 0);
	CU_ASSERT_EQUAL(a.map.wait, 100);
	conf_free(all_keys, &a);
	CU_ASSERT_EQUAL_FATAL(read_text("map: { wait: 1m }", &a, &e), 0);
	CU_ASSERT_EQUAL(a.map.wait, 60000);
	conf_free(all_keys, &a);
	CU_ASSERT_TRUE(refused("map: { wait: 99ms }", AT "14: map.wait: bad value; "
	    "allowed: a time in ms, s, m, h or d, from 100ms to 1m"));
	CU_ASSERT_TRUE(refused("map: { wait: 60001ms }", AT "14: map.wait: bad value; "
	    "allowed: a time in ms, s, m, h or d, from 100ms to 1m"));
}

static bool
double_is(const char *key, const char *value, double want)
{
	struct all a;
	bool ok = takes(key, value, &a) &&
	    fabs((strcmp(key, "rate") == 0 ? a.rate : a.fraction) - want) < 1e-12;

	if (ok)
		conf_free(all_keys, &a);
	return ok;
}

static void
rates_are_counts_per_second_minute_or_hour(void)
{
	CU_ASSERT_TRUE(double_is("rate", "50/s", 50));
	CU_ASSERT_TRUE(double_is("rate", "100/s", 100));
	CU_ASSERT_TRUE(double_is("rate", "10/m", 10.0 / 60));
	CU_ASSERT_TRUE(double_is("rate", "3/h", 3.0 / 3600));
	CU_ASSERT_TRUE(double_is("rate", "0/s", 0));
	CU_ASSERT_TRUE(double_is("rate", "6000/m", 100));
	CU_ASSERT_TRUE(takes_not("rate", "101/s"));
	CU_ASSERT_TRUE(takes_not("rate", "6001/m"));
	CU_ASSERT_TRUE(takes_not("rate", "50"));
	CU_ASSERT_TRUE(takes_not("rate", "50/d"));
	CU_ASSERT_TRUE(takes_not("rate", "5.5/s"));
	CU_ASSERT_TRUE(takes_not("rate", "-1/s"));
	CU_ASSERT_TRUE(takes_not("rate", "50/s "  "x"));
}

static void
fractions_lie_between_0_and_1(void)
{
	CU_ASSERT_TRUE(double_is("fraction", "2/3", 2.0 / 3));
	CU_ASSERT_TRUE(double_is("fraction", "0.5", 0.5));
	CU_ASSERT_TRUE(double_is("fraction", "0", 0));
	CU_ASSERT_TRUE(double_is("fraction", "1", 1));
	CU_ASSERT_TRUE(double_is("fraction", "1.0", 1));
	CU_ASSERT_TRUE(double_is("fraction", "3/3", 1));
	CU_ASSERT_TRUE(double_is("fraction", "0.123456789", 0.123456789));
	CU_ASSERT_TRUE(takes_not("fraction", "0.1234567890"));
	CU_ASSERT_TRUE(takes_not("fraction", "1.1"));
	CU_ASSERT_TRUE(takes_not("fraction", "4/3"));
	CU_ASSERT_TRUE(takes_not("fraction", "1/0"));
	CU_ASSERT_TRUE(takes_not("fraction", "0/0"));
	CU_ASSERT_TRUE(takes_not("fraction", "1/1000001"));
	CU_ASSERT_TRUE(takes_not("fraction", "0."));
	CU_ASSERT_TRUE(takes_not("fraction", ".5"));
	CU_ASSERT_TRUE(takes_not("fraction", "0.5x"));
	CU_ASSERT_TRUE(takes_not("fraction", "2/3/4"));
	CU_ASSERT_TRUE(takes_not("fraction", "50%"));
	CU_ASSERT_TRUE(takes_not("fraction", "nan"));
	CU_ASSERT_TRUE(takes_not("fraction", "2"));
}

static void
yes_and_no_have_no_other_names(void)
{
	static const char *const bad[] = { "true", "on", "Yes", "y", "1", "\"\"", "yes." };
	struct all a;

	CU_ASSERT_TRUE_FATAL(takes("flag", "no", &a));
	CU_ASSERT_FALSE(a.flag);
	conf_free(all_keys, &a);
	CU_ASSERT_TRUE_FATAL(takes("flag", "yes", &a));
	CU_ASSERT_TRUE(a.flag);
	conf_free(all_keys, &a);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_TRUE(takes_not("flag", bad[i]));
}

static void
a_choice_is_one_of_its_words(void)
{
	struct all a;

	CU_ASSERT_TRUE_FATAL(takes("choice", "red", &a));
	CU_ASSERT_EQUAL(a.choice, 0);
	conf_free(all_keys, &a);
	CU_ASSERT_TRUE(refused("choice: blue", AT "9: choice: bad value; allowed: red, green"));
	CU_ASSERT_TRUE(takes_not("choice", "Red"));
}

static void
texts_keep_to_their_length(void)
{
	struct all a;

	CU_ASSERT_TRUE_FATAL(takes("text", "ab", &a));
	CU_ASSERT_STRING_EQUAL(a.text, "ab");
	conf_free(all_keys, &a);
	CU_ASSERT_TRUE_FATAL(takes("text", "\"a: b\"", &a));
	CU_ASSERT_STRING_EQUAL(a.text, "a: b");
	conf_free(all_keys, &a);
	CU_ASSERT_TRUE(takes_not("text", "a"));
	CU_ASSERT_TRUE(takes_not("text", "abcde"));
	CU_ASSERT_TRUE(refused("text: abcde",
	    AT "7: text: bad value; allowed: a text, its length in octets, from 2 to 4"));
}

/* map.inner has no bounds of its own: the general one stands at 4096. */
static void
no_text_is_longer_than_4096_octets(void)
{
	static char text[5000];
	struct all a;
	struct err e;

	for (size_t n = 4095; n <= 4097; n++) {
		snprintf(text, sizeof(text), "map: { inner: %0*d }", (int)n, 0);
		CU_ASSERT_EQUAL(read_text(text, &a, &e), n <= 4096 ? 0 : -1);
		if (n <= 4096)
			conf_free(all_keys, &a);
	}
}

static void
relative_paths_start_at_the_folder_of_the_file(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(read_text("path: keys/a.pem\npaths: [ b.pem, /c/d ]", &a, &e), 0);
	CU_ASSERT_STRING_EQUAL(a.path, "/etc/x/keys/a.pem");
	CU_ASSERT_EQUAL_FATAL(a.n_paths, 2);
	CU_ASSERT_STRING_EQUAL(a.paths[0], "/etc/x/b.pem");
	CU_ASSERT_STRING_EQUAL(a.paths[1], "/c/d");
	conf_free(all_keys, &a);
	CU_ASSERT_EQUAL_FATAL(read_text("path: \"\"", &a, &e), 0);
	CU_ASSERT_STRING_EQUAL(a.path, "");
	conf_free(all_keys, &a);
	memset(&a, 0, sizeof(a));
	CU_ASSERT_EQUAL_FATAL(conf_parse("t.yaml", "path: a", 7, all_keys, &a, &e), 0);
	CU_ASSERT_STRING_EQUAL(a.path, "a");
	conf_free(all_keys, &a);
	memset(&a, 0, sizeof(a));
	CU_ASSERT_EQUAL_FATAL(conf_parse("/t.yaml", "path: a", 7, all_keys, &a, &e), 0);
	CU_ASSERT_STRING_EQUAL(a.path, "//a");
	conf_free(all_keys, &a);
}

static void
a_uri_is_not_a_relative_path(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(read_text("path: \"pkcs11:token=ra;object=k\"\npaths: [ ./a:b ]", &a, &e), 0);
	CU_ASSERT_STRING_EQUAL(a.path, "pkcs11:token=ra;object=k");
	CU_ASSERT_STRING_EQUAL(a.paths[0], "/etc/x/./a:b");
	conf_free(all_keys, &a);
}

static void
what_is_absent_gets_its_default(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(read_text("count: 2", &a, &e), 0);
	CU_ASSERT_STRING_EQUAL(a.text, "");
	CU_ASSERT_STRING_EQUAL(a.path, "");
	CU_ASSERT_STRING_EQUAL(a.map.inner, "");
	CU_ASSERT_TRUE(a.flag);
	CU_ASSERT_EQUAL(a.size, 65536);
	CU_ASSERT_EQUAL(a.choice, 1);
	CU_ASSERT_EQUAL(a.map.wait, 500);
	CU_ASSERT_EQUAL(a.n_list, 0);
	CU_ASSERT_PTR_NULL(a.list);
	CU_ASSERT_EQUAL(a.n_cas, 0);
	conf_free(all_keys, &a);
	CU_ASSERT_PTR_NULL(a.text);
}

static const struct unit_test tests[] = {
	UNIT(whole_numbers_are_decimal_and_end_where_they_end),
	UNIT(a_check_of_the_table_speaks_after_the_conversion),
	UNIT(sizes_have_binary_units_and_bounds),
	UNIT(times_need_a_unit),
	UNIT(a_bound_of_a_time_is_met_exactly),
	UNIT(rates_are_counts_per_second_minute_or_hour),
	UNIT(fractions_lie_between_0_and_1),
	UNIT(yes_and_no_have_no_other_names),
	UNIT(a_choice_is_one_of_its_words),
	UNIT(texts_keep_to_their_length),
	UNIT(no_text_is_longer_than_4096_octets),
	UNIT(relative_paths_start_at_the_folder_of_the_file),
	UNIT(a_uri_is_not_a_relative_path),
	UNIT(what_is_absent_gets_its_default),
};
extern const struct unit_suite value_suite;
UNIT_SUITE(value_suite, tests);
