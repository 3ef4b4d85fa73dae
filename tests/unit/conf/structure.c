/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "tests/unit/conf/table.h"
#include "tests/unit/unit.h"

#define F "/etc/x/t.yaml:"

static void
lists_and_maps_nest(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(read_text("cas:\n  - name: one\n    trust: [ a, b ]\n"
	    "  - { name: two, batch: { max: 7 } }\nlist: []\n", &a, &e), 0);
	CU_ASSERT_EQUAL_FATAL(a.n_cas, 2);
	CU_ASSERT_STRING_EQUAL(a.cas[0].name, "one");
	CU_ASSERT_EQUAL(a.cas[0].n_trust, 2);
	CU_ASSERT_STRING_EQUAL(a.cas[0].trust[1], "/etc/x/b");
	CU_ASSERT_EQUAL(a.cas[0].batch.max, 50);
	CU_ASSERT_STRING_EQUAL(a.cas[1].name, "two");
	CU_ASSERT_EQUAL(a.cas[1].batch.max, 7);
	CU_ASSERT_EQUAL(a.n_list, 0);
	conf_free(all_keys, &a);
}

static void
an_unknown_key_is_named_with_its_line_and_column(void)
{
	CU_ASSERT_TRUE(refused("count: 2\ncuont: 4\n", F "2:1: unknown key \"cuont\""));
	CU_ASSERT_TRUE(refused("cas:\n  - name: a\n    batch: { mxa: 1 }\n",
	    F "3:14: cas[0].batch: unknown key \"mxa\""));
	CU_ASSERT_TRUE(refused("Count: 2", F "1:1: unknown key \"Count\""));
	CU_ASSERT_TRUE(refused("\"a\\nb\": 2", F "1:1: unknown key \"a\\x0ab\""));
	CU_ASSERT_TRUE(refused("<<: { count: 2 }", F "1:1: unknown key \"<<\""));
}

static void
a_double_key_is_named_with_the_place_of_the_second(void)
{
	CU_ASSERT_TRUE(refused("count: 2\nflag: no\ncount: 2\n", F "3:1: key \"count\" is there twice"));
	CU_ASSERT_TRUE(refused("cas:\n  - name: a\n  - name: b\n    name: c\n",
	    F "4:5: cas[1]: key \"name\" is there twice"));
}

static void
a_missing_key_is_shown_where_it_should_be(void)
{
	CU_ASSERT_TRUE(refused("cas:\n  - name: a\n  - trust: [ x ]\n", F "3:5: cas[1].name: is missing"));
}

static void
a_bad_value_is_named_with_its_own_place(void)
{
	CU_ASSERT_TRUE(refused("cas:\n  - name: a\n    batch:\n      max:   501\n",
	    F "4:14: cas[0].batch.max: bad value; allowed: a whole number, from 1 to 500"));
	CU_ASSERT_TRUE(refused("list: [ a, \"\" ]", F "1:12: list[1]: the entry is empty"));
}

static void
lists_keep_to_their_length(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(read_text("list: [ a, b, c ]", &a, &e), 0);
	CU_ASSERT_EQUAL(a.n_list, 3);
	conf_free(all_keys, &a);
	CU_ASSERT_TRUE(refused("list: [ a, b, c, d ]",
	    F "1:7: list: too long; allowed: at most 3 entries"));
}

static void
kinds_of_nodes_are_not_mixed(void)
{
	CU_ASSERT_TRUE(refused("list: a", F "1:7: list: a list is expected here: [ a, b ]"));
	CU_ASSERT_TRUE(refused("map: a", F "1:6: map: a map is expected here"));
	CU_ASSERT_TRUE(refused("map: [ a ]", F "1:6: map: a map is expected here"));
	CU_ASSERT_TRUE(refused("cas: { name: a }", F "1:6: cas: a list is expected here: [ a, b ]"));
	CU_ASSERT_TRUE(refused("cas: [ a ]", F "1:8: cas[0]: a map is expected here"));
	CU_ASSERT_TRUE(refused("count: [ 2 ]",
	    F "1:8: count: a single value is expected here, not a list or map"));
	CU_ASSERT_TRUE(refused("list: [ [ a ] ]",
	    F "1:9: list[0]: a single value is expected here, not a list or map"));
	CU_ASSERT_TRUE(refused("[ a ]", F "1:1: a map is expected: key: value"));
	CU_ASSERT_TRUE(refused("just text", F "1:1: a map is expected: key: value"));
	CU_ASSERT_TRUE(refused("{ [ a ]: b }", F "1:3: a key is expected here, not a list or map"));
}

static void
nothing_is_not_a_value(void)
{
	CU_ASSERT_TRUE(refused("text:\n", F "1:6: text: there is no value; an empty text is \"\""));
	CU_ASSERT_TRUE(refused("text: ~", F "1:7: text: there is no value; an empty text is \"\""));
	CU_ASSERT_TRUE(refused("text: null", F "1:7: text: there is no value; an empty text is \"\""));
	CU_ASSERT_TRUE(refused("list: [ NULL ]",
	    F "1:9: list[0]: there is no value; an empty text is \"\""));
	CU_ASSERT_TRUE(refused("map:\n", F "1:5: map: a map is expected here"));
	CU_ASSERT_TRUE(refused("list:\n", F "1:6: list: a list is expected here: [ a, b ]"));
}

static void
a_quoted_null_is_a_text(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(read_text("text: \"null\"", &a, &e), 0);
	CU_ASSERT_STRING_EQUAL(a.text, "null");
	conf_free(all_keys, &a);
}

static void
empty_files_and_second_documents_are_refused(void)
{
	CU_ASSERT_TRUE(refused("", F "1:1: the file is empty"));
	CU_ASSERT_TRUE(refused("# nothing\n", F "2:1: the file is empty"));
	CU_ASSERT_TRUE(refused("---\n", F "2:1: a map is expected: key: value"));
	CU_ASSERT_TRUE(refused("count: 2\n---\ncount: 4\n", F "2:1: a second document is not allowed"));
	CU_ASSERT_TRUE(refused("count: 2\n...\n---\n", F "3:1: a second document is not allowed"));
}

static void
an_empty_map_is_a_file_of_defaults(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(read_text("{}", &a, &e), 0);
	CU_ASSERT_EQUAL(a.size, 65536);
	conf_free(all_keys, &a);
	CU_ASSERT_EQUAL_FATAL(read_text("--- { map: {}, cas: [] }\n...\n", &a, &e), 0);
	CU_ASSERT_EQUAL(a.map.wait, 500);
	conf_free(all_keys, &a);
}

static void
anchors_aliases_tags_and_directives_are_refused(void)
{
	CU_ASSERT_TRUE(refused("text: &a ab", F "1:7: text: anchors are not allowed"));
	CU_ASSERT_TRUE(refused("map: &a { inner: x }", F "1:6: map: anchors are not allowed"));
	CU_ASSERT_TRUE(refused("list: &a [ x ]", F "1:7: list: anchors are not allowed"));
	CU_ASSERT_TRUE(refused("text: *a", F "1:7: text: aliases are not allowed; write it out"));
	CU_ASSERT_TRUE(refused("*a : 1", F "1:1: aliases are not allowed; write it out"));
	CU_ASSERT_TRUE(refused("count: !!int 2",
	    F "1:8: count: tags are not allowed; every value is a text"));
	CU_ASSERT_TRUE(refused("count: ! 2",
	    F "1:8: count: tags are not allowed; every value is a text"));
	CU_ASSERT_TRUE(refused("!!map { count: 2 }",
	    F "1:1: tags are not allowed; every value is a text"));
	CU_ASSERT_TRUE(refused("%YAML 1.1\n---\ncount: 2\n", F "1:1: directives are not allowed"));
	CU_ASSERT_TRUE(refused("%TAG ! tag:x,2000:\n---\ncount: 2\n", F "1:1: directives are not allowed"));
}

static void
control_characters_are_refused(void)
{
	struct all a;
	struct err e;
	static const char raw_nul[] = "text: ab\0\n";

	CU_ASSERT_TRUE(refused("text: \"a\\0b\"",
	    F "1:7: text: control characters are not allowed in a value"));
	CU_ASSERT_TRUE(refused("text: \"a\\nb\"",
	    F "1:7: text: control characters are not allowed in a value"));
	CU_ASSERT_TRUE(refused("text: |\n  ab\n",
	    F "1:7: text: control characters are not allowed in a value"));
	CU_ASSERT_TRUE(refused("text: \"a\\x7f\"",
	    F "1:7: text: control characters are not allowed in a value"));
	memset(&a, 0, sizeof(a));
	CU_ASSERT_EQUAL(conf_parse("n", raw_nul, sizeof(raw_nul) - 1, all_keys, &a, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CONFIG);
	CU_ASSERT_STRING_EQUAL(e.detail, "n:1:9: not YAML: control characters are not allowed");
}

static void
damaged_text_is_refused_where_it_is_damaged(void)
{
	CU_ASSERT_TRUE(refused("count: 2\ntext: \"ab\n", F "3:1: text: not YAML: found unexpected end of stream"));
	CU_ASSERT_TRUE(refused("count: 2\ntext: \xc3\x28\n",
	    F "2:8: not YAML: invalid trailing UTF-8 octet"));
	CU_ASSERT_TRUE(refused("\tcount: 2",
	    F "1:1: not YAML: found character that cannot start any token"));
}

static void
deep_nesting_is_refused_at_once(void)
{
	size_t n = 100000;
	char *text = calloc(n + 1, 1);
	struct all a;
	struct err e;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, '[', n);
	CU_ASSERT_EQUAL(read_text(text, &a, &e), -1);
	CU_ASSERT_STRING_EQUAL(e.detail, F "1:1: a map is expected: key: value");
	free(text);
}

/* name of length n with a file of exactly LIM_CONF + extra octets of comment behind one key */
static int
read_long(size_t len)
{
	char *text = malloc(len);
	struct all a;
	struct err e;
	int rc;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, '#', len);
	memcpy(text, "count: 2\n", 9);
	memset(&a, 0, sizeof(a));
	rc = conf_parse("n", text, len, all_keys, &a, &e);
	if (rc == 0)
		conf_free(all_keys, &a);
	else
		CU_ASSERT_EQUAL(e.reason, R_TOO_LONG);
	free(text);
	return rc;
}

static void
a_file_has_at_most_its_limit(void)
{
	CU_ASSERT_EQUAL(read_long(LIM_CONF - 1), 0);
	CU_ASSERT_EQUAL(read_long(LIM_CONF), 0);
	CU_ASSERT_EQUAL(read_long(LIM_CONF + 1), -1);
}

static void
a_list_has_at_most_4096_entries(void)
{
	struct all a;
	struct err e;

	for (size_t n = 4095; n <= 4097; n++) {
		struct buf b;

		buf_init(&b, 65536);
		buf_add_str(&b, "paths: [");
		for (size_t i = 0; i < n; i++)
			buf_add_str(&b, " a,");
		buf_add_str(&b, " ]");
		CU_ASSERT_EQUAL(read_text(buf_text(&b), &a, &e), n <= 4096 ? 0 : -1);
		if (n <= 4096)
			conf_free(all_keys, &a);
		else
			CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "the list is too long"));
		buf_free(&b);
	}
}

static void
long_names_are_cut_in_front_so_that_the_message_stays_whole(void)
{
	struct all a;
	struct err e;
	char name[400];

	memset(name, 'f', sizeof(name) - 1);
	memcpy(name + sizeof(name) - 8, "/t.yaml", 8);
	memset(&a, 0, sizeof(a));
	CU_ASSERT_EQUAL(conf_parse(name, "size: 1", 7, all_keys, &a, &e), -1);
	CU_ASSERT_EQUAL(strncmp(e.detail, "...fff", 6), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "/t.yaml:1:7: size: bad value; allowed: octets, or "
	    "with KiB, MiB, GiB, from 1KiB to 1MiB"));
}

static void
a_failure_leaves_nothing_behind(void)
{
	struct all a;
	struct err e;

	CU_ASSERT_EQUAL(read_text("text: abc\nlist: [ x ]\ncas: [ { name: a, batch: { max: 0 } } ]", &a, &e),
	    -1);
	CU_ASSERT_PTR_NULL(a.text);
	CU_ASSERT_PTR_NULL(a.list);
	CU_ASSERT_PTR_NULL(a.cas);
	CU_ASSERT_EQUAL(a.n_cas, 0);
}

static void
a_check_between_keys_finds_their_place(void)
{
	char path[128];
	struct all a;
	struct err e;
	static const char text[] = "cas:\n  - name: a\n    trust: [ q ]\n";

	snprintf(path, sizeof(path), "%s/t.yaml", unit_tmp());
	CU_ASSERT_EQUAL_FATAL(file_write(path, mem_str(text), 0600, &e), 0);
	memset(&a, 0, sizeof(a));
	CU_ASSERT_EQUAL_FATAL(conf_load(path, all_keys, &a, &e), 0);
	CU_ASSERT_EQUAL(conf_refuse(path, all_keys, "cas[0].trust[0]", &e, "no %s", "good"), -1);
	CU_ASSERT_EQUAL(e.reason, R_CONFIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "/t.yaml:3:14: cas[0].trust[0]: no good"));
	CU_ASSERT_EQUAL(conf_refuse(path, all_keys, "cas[0].batch.max", &e, "no"), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "/t.yaml:2:5: cas[0].batch.max: no"));
	conf_free(all_keys, &a);
}

static void
a_file_that_is_not_there_is_named(void)
{
	struct all a;
	struct err e;

	memset(&a, 0, sizeof(a));
	CU_ASSERT_EQUAL(conf_load("/nonexistent/t.yaml", all_keys, &a, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "/nonexistent/t.yaml"));
}

static const struct unit_test tests[] = {
	UNIT(lists_and_maps_nest),
	UNIT(an_unknown_key_is_named_with_its_line_and_column),
	UNIT(a_double_key_is_named_with_the_place_of_the_second),
	UNIT(a_missing_key_is_shown_where_it_should_be),
	UNIT(a_bad_value_is_named_with_its_own_place),
	UNIT(lists_keep_to_their_length),
	UNIT(kinds_of_nodes_are_not_mixed),
	UNIT(nothing_is_not_a_value),
	UNIT(a_quoted_null_is_a_text),
	UNIT(empty_files_and_second_documents_are_refused),
	UNIT(an_empty_map_is_a_file_of_defaults),
	UNIT(anchors_aliases_tags_and_directives_are_refused),
	UNIT(control_characters_are_refused),
	UNIT(damaged_text_is_refused_where_it_is_damaged),
	UNIT(deep_nesting_is_refused_at_once),
	UNIT(a_file_has_at_most_its_limit),
	UNIT(a_list_has_at_most_4096_entries),
	UNIT(long_names_are_cut_in_front_so_that_the_message_stays_whole),
	UNIT(a_failure_leaves_nothing_behind),
	UNIT(a_check_between_keys_finds_their_place),
	UNIT(a_file_that_is_not_there_is_named),
};
extern const struct unit_suite structure_suite;
UNIT_SUITE(structure_suite, tests);
