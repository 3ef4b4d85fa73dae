/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The command line by getopt_long(3), from the table.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "gateway/ctl/cmd.h"

#define LONG_BASE 256	/* beyond any letter */

static struct option long_options[OPT_COUNT + 1];
static char letters[2 * OPT_COUNT + 3];

static void
make_tables(void)
{
	char *l = letters;

	*l++ = ':';		/* getopt(3): tell a missing argument from an unknown option */
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option_info *o = option_info((enum ctl_opt)i);

		long_options[i] = (struct option){ o->name, o->arg != NULL, NULL, LONG_BASE + i };
		if (o->letter == 0)
			continue;
		*l++ = o->letter;
		if (o->arg != NULL)
			*l++ = ':';
	}
	*l = '\0';
}

static int
opt_by_letter(int letter)
{
	for (int i = 0; i < OPT_COUNT; i++)
		if (option_info((enum ctl_opt)i)->letter == letter)
			return i;
	return -1;
}

static enum ctl_exit
bad_option(int how, char **argv)
{
	if (how == ':')
		fprintf(stderr, "nemractl: %s needs a value; see --help\n", argv[optind - 1]);
	else
		fprintf(stderr, "nemractl: unknown option %s; see --help\n", argv[optind - 1]);
	return CTL_USAGE;
}

static enum ctl_exit
read_options(struct ctl *c, int argc, char **argv)
{
	int got;

	make_tables();
	optind = 0;		/* GNU: start anew, also in a second call */
	opterr = 0;
	while ((got = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		int i = got >= LONG_BASE ? got - LONG_BASE : opt_by_letter(got);

		if (got == ':' || got == '?' || i < 0)
			return bad_option(got, argv);
		if (c->opt[i] != NULL) {
			fprintf(stderr, "nemractl: --%s stands twice\n", option_info((enum ctl_opt)i)->name);
			return CTL_USAGE;
		}
		c->opt[i] = optarg != NULL ? optarg : "";
	}
	return CTL_OK;
}

static enum ctl_exit
read_format(struct ctl *c)
{
	static const char *const names[] = { "table", "json", "csv" };

	for (size_t i = 0; c->opt[OPT_OUTPUT] != NULL && i < COUNT_OF(names); i++)
		if (strcmp(c->opt[OPT_OUTPUT], names[i]) == 0) {
			c->format = (enum ctl_format)i;
			return CTL_OK;
		}
	if (c->opt[OPT_OUTPUT] == NULL)
		return CTL_OK;
	fprintf(stderr, "nemractl: -o takes table, json or csv\n");
	return CTL_USAGE;
}

static enum ctl_exit
find_command(struct ctl *c, char **words, int n)
{
	const struct command *cmd = n > 0 ? command_find(words[0], n > 1 ? words[1] : NULL) : NULL;
	int used = cmd == NULL ? 0 : cmd->verb == NULL ? 1 : 2;

	if (n == 0)
		fprintf(stderr, "nemractl: a noun and a verb are wanted; see nemractl --help\n");
	else if (cmd == NULL && !noun_known(words[0]))
		fprintf(stderr, "nemractl: there is no \"%s\"; see nemractl --help\n", words[0]);
	else if (cmd == NULL && n == 1)
		fprintf(stderr, "nemractl: what about %s? See nemractl %s --help\n", words[0], words[0]);
	else if (cmd == NULL)
		fprintf(stderr, "nemractl: there is no \"%s %s\"; see nemractl %s --help\n", words[0], words[1],
		    words[0]);
	if (cmd == NULL)
		return CTL_USAGE;
	c->cmd = cmd;
	c->args = words + used;
	c->n_args = n - used;
	return CTL_OK;
}

static enum ctl_exit
check_command(const struct ctl *c)
{
	const char *verb = c->cmd->verb == NULL ? "" : c->cmd->verb;

	for (int i = 0; i < OPT_COUNT; i++)
		if (c->opt[i] != NULL && ((c->cmd->options | OPTS_ALWAYS) & (1ul << i)) == 0) {
			fprintf(stderr, "nemractl: %s %s has no option --%s\n", c->cmd->noun, verb,
			    option_info((enum ctl_opt)i)->name);
			return CTL_USAGE;
		}
	if (c->n_args < c->cmd->min_args || c->n_args > c->cmd->max_args) {
		fprintf(stderr, "nemractl: usage: nemractl %s%s%s%s%s\n", c->cmd->noun, *verb != '\0' ? " " : "", verb,
		    *c->cmd->args != '\0' ? " " : "", c->cmd->args);
		return CTL_USAGE;
	}
	return CTL_OK;
}

enum ctl_exit
ctl_parse(struct ctl *c, int argc, char **argv)
{
	enum ctl_exit rc = read_options(c, argc, argv);

	if (rc != CTL_OK)
		return rc;
	if (c->opt[OPT_VERSION] != NULL) {
		printf("nemractl %s\n", NEMRA_VERSION);
		return CTL_OK;
	}
	if (c->opt[OPT_HELP] != NULL && argc - optind < 2) {
		help_print(argc > optind ? argv[optind] : NULL);
		return CTL_OK;
	}
	rc = find_command(c, argv + optind, argc - optind);
	if (rc == CTL_OK && c->opt[OPT_HELP] != NULL) {
		help_print_command(c->cmd);
		c->cmd = NULL;
		return CTL_OK;
	}
	if (rc == CTL_OK)
		rc = read_format(c);
	return rc == CTL_OK ? check_command(c) : rc;
}
