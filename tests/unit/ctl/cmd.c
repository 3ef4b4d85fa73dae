/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The command line, and the manual that must say the same as the table.
 */
#include "gateway/ctl/cmd.h"

#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/unit/ctl/capture.h"
#include "tests/unit/unit.h"

#define ARGV_MAX 12

/* Splits line at blanks. */
static enum ctl_exit
parse(struct ctl *c, const char *line)
{
	static char text[512], *argv[ARGV_MAX + 1];
	char *next = text, *word;
	enum ctl_exit rc;
	int argc = 0;

	snprintf(text, sizeof(text), "nemractl %s", line);
	memset(argv, 0, sizeof(argv));
	while (argc < ARGV_MAX && (word = strsep(&next, " ")) != NULL)
		argv[argc++] = word;
	memset(c, 0, sizeof(*c));
	capture_begin();
	rc = ctl_parse(c, argc, argv);
	(void)capture_end();
	return rc;
}

static void
options_and_arguments_stand_in_any_order(void)
{
	struct ctl c;

	CU_ASSERT_EQUAL(parse(&c, "-o json station --dry-run import --errors=e.csv file.csv"), CTL_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c.cmd);
	CU_ASSERT_STRING_EQUAL(c.cmd->verb, "import");
	CU_ASSERT_EQUAL(c.n_args, 1);
	CU_ASSERT_STRING_EQUAL(c.args[0], "file.csv");
	CU_ASSERT_EQUAL(c.format, FORMAT_JSON);
	CU_ASSERT_STRING_EQUAL(c.opt[OPT_ERRORS], "e.csv");
	CU_ASSERT_PTR_NOT_NULL(c.opt[OPT_DRY_RUN]);
	CU_ASSERT_PTR_NULL(c.opt[OPT_CONTINUE]);
	CU_ASSERT_EQUAL(parse(&c, "status"), CTL_OK);
	CU_ASSERT_STRING_EQUAL(c.cmd->noun, "status");
	CU_ASSERT_EQUAL(parse(&c, "station import -- -"), CTL_OK);
	CU_ASSERT_STRING_EQUAL(c.args[0], "-");
}

static void
what_is_not_in_the_table_is_usage(void)
{
	static const char *const bad[] = {
		"", "station", "station fly", "nothing", "station list extra", "station show", "station import a b",
		"status extra", "station list --why x", "station list --nope", "station list --where",
		"station list -x", "-o xml station list", "-o json -o csv station list",
		"station list --limit 1 --limit 2",
		"station list --where=a=1 --yes",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ctl c;

		CU_ASSERT_EQUAL(parse(&c, bad[i]), CTL_USAGE);
	}
}

static void
help_is_no_command(void)
{
	static const char *const good[] = { "--help", "-h", "station --help", "station import --help", "--version",
		"status --help" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ctl c;

		CU_ASSERT_EQUAL(parse(&c, good[i]), CTL_OK);
		CU_ASSERT_PTR_NULL(c.cmd);
	}
}

static void
help_names_every_verb_and_option(void)
{
	size_t n;
	const struct command *cmd = commands(&n);
	char want[64];
	const char *text;

	capture_begin();
	help_print(NULL);
	text = capture_end();
	for (size_t i = 0; i < n; i++) {
		snprintf(want, sizeof(want), "  %s%s%s ", cmd[i].noun, cmd[i].verb == NULL ? "" : " ",
		    cmd[i].verb == NULL ? "" : cmd[i].verb);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, want));
	}
	for (size_t i = 0; i < n; i++) {
		capture_begin();
		help_print_command(&cmd[i]);
		text = capture_end();
		for (int o = 0; o < OPT_COUNT; o++) {
			bool has = ((cmd[i].options | OPTS_ALWAYS) & (1ul << o)) != 0;
			const struct option_info *info = option_info((enum ctl_opt)o);

			snprintf(want, sizeof(want), "%s--%s ", info->letter != 0 ? ", " : "      ", info->name);
			CU_ASSERT_EQUAL(strstr(text, want) != NULL, has);
		}
	}
}

static struct blob
manual(void)
{
	struct blob b = { NULL, 0 };
	struct err e;
	struct buf t;

	CU_ASSERT_EQUAL_FATAL(file_read("docs/nemractl.1.scd", 1024 * 1024, &b, &e), 0);
	buf_init(&t, b.len + 1);
	buf_add_mem(&t, mem_of(&b));
	blob_free(&b);
	CU_ASSERT_PTR_NOT_NULL_FATAL(buf_text(&t));
	CU_ASSERT_EQUAL_FATAL(buf_take(&t, &b, &e), 0);
	return b;
}

static bool
says(const struct blob *man, const char *want)
{
	bool found = strstr((const char *)man->p, want) != NULL;

	if (!found)
		fprintf(stderr, "docs/nemractl.1.scd does not say: %s\n", want);
	return found;
}

static void
the_manual_has_every_verb_with_its_options(void)
{
	struct blob man = manual();
	size_t n;
	const struct command *cmd = commands(&n);

	for (size_t i = 0; i < n; i++) {
		char want[256];
		size_t len;

		len = (size_t)snprintf(want, sizeof(want), "\n*%s%s%s*", cmd[i].noun, cmd[i].verb == NULL ? "" : " ",
		    cmd[i].verb == NULL ? "" : cmd[i].verb);
		for (int o = 0; o < OPT_COUNT; o++) {
			const struct option_info *info = option_info((enum ctl_opt)o);

			if ((cmd[i].options & (1ul << o)) == 0 || (cmd[i].options & OPTS_STATION) == OPTS_STATION)
				continue;
			len += (size_t)snprintf(want + len, sizeof(want) - len, " [*--%s*%s%s%s]", info->name,
			    info->arg == NULL ? "" : " _", info->arg == NULL ? "" : info->arg,
			    info->arg == NULL ? "" : "_");
		}
		CU_ASSERT_TRUE(says(&man, want));
		CU_ASSERT_TRUE(says(&man, cmd[i].summary));
	}
	blob_free(&man);
}

static void
the_manual_has_every_option_and_exit_status(void)
{
	struct blob man = manual();
	char want[256];

	for (int o = 0; o < OPT_COUNT; o++) {
		const struct option_info *info = option_info((enum ctl_opt)o);

		snprintf(want, sizeof(want), "*--%s*%s%s%s\n\t", info->name, info->arg == NULL ? "" : " _",
		    info->arg == NULL ? "" : info->arg, info->arg == NULL ? "" : "_");
		CU_ASSERT_TRUE(says(&man, want));
	}
	for (int i = CTL_OK; i <= CTL_NOT_TRUSTED; i++) {
		snprintf(want, sizeof(want), "\n*%d*\n\t", i);
		CU_ASSERT_TRUE(says(&man, want));
	}
	blob_free(&man);
}

static const struct unit_test tests[] = {
	UNIT(options_and_arguments_stand_in_any_order),
	UNIT(what_is_not_in_the_table_is_usage),
	UNIT(help_is_no_command),
	UNIT(help_names_every_verb_and_option),
	UNIT(the_manual_has_every_verb_with_its_options),
	UNIT(the_manual_has_every_option_and_exit_status),
};
UNIT_SUITE(cmd_suite, tests);
