/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the table says, for people and for the shell.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/ctl/cmd.h"

static void
print_options(unsigned long mask)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option_info *o = option_info((enum ctl_opt)i);
		char left[48];

		if ((mask & (1ul << i)) == 0)
			continue;
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", o->letter == 0 ? ' ' : '-',
		    o->letter == 0 ? ' ' : o->letter, o->letter == 0 ? "  " : ", ", o->name,
		    o->arg == NULL ? "" : " ", o->arg == NULL ? "" : o->arg);
		printf("  %-24s %s\n", left, o->text);
	}
}

void
help_print_command(const struct command *cmd)
{
	printf("usage: nemractl %s%s%s [OPTION...] %s\n\n%s\n", cmd->noun, cmd->verb == NULL ? "" : " ",
	    cmd->verb == NULL ? "" : cmd->verb, cmd->args, cmd->summary);
	if (cmd->options != 0) {
		printf("\noptions of this command:\n");
		print_options(cmd->options);
	}
	printf("\noptions of every command:\n");
	print_options(OPTS_ALWAYS);
}

void
help_print(const char *noun)
{
	size_t n;
	const struct command *cmd = commands(&n);

	printf("usage: nemractl NOUN VERB [OPTION...] [ARGUMENT...]\n\n"
	    "The operator's terminal of a Nemra gateway; it talks to nemra-opsd.\n\n");
	for (size_t i = 0; i < n; i++) {
		char left[64];

		if (noun != NULL && noun_known(noun) && strcmp(cmd[i].noun, noun) != 0)
			continue;
		snprintf(left, sizeof(left), "%s%s%s %s", cmd[i].noun, cmd[i].verb == NULL ? "" : " ",
		    cmd[i].verb == NULL ? "" : cmd[i].verb, cmd[i].args);
		printf("  %-24s %s\n", left, cmd[i].summary);
	}
	printf("\noptions of every command (nemractl NOUN VERB --help shows the others):\n");
	print_options(OPTS_ALWAYS);
	printf("\nexit status: 0 done, 1 usage, 2 refused, 3 unreachable, 4 configuration, 5 pending, "
	    "6 local failure, 7 peer not trusted\n");
}

static void
print_words(unsigned long mask)
{
	for (int i = 0; i < OPT_COUNT; i++)
		if ((mask & (1ul << i)) != 0)
			printf(" --%s", option_info((enum ctl_opt)i)->name);
}

static void
print_nouns(const struct command *cmd, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(cmd[i].noun, cmd[i - 1].noun) != 0)
			printf(" %s", cmd[i].noun);
}

/* One case a noun and verb; the words before the cursor that are no options say which. */
void
completion_print(void)
{
	size_t n;
	const struct command *cmd = commands(&n);

	printf("_nemractl() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n"
	    "\tcase \"$COMP_CWORD ${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n"
	    "\t\"1 \"*) words=\"");
	print_nouns(cmd, n);
	printf("\" ;;\n");
	for (size_t i = 0; i < n; i++) {
		if (cmd[i].verb != NULL && (i == 0 || strcmp(cmd[i].noun, cmd[i - 1].noun) != 0)) {
			printf("\t\"2 %s \"*) words=\"", cmd[i].noun);
			for (size_t k = i; k < n && strcmp(cmd[k].noun, cmd[i].noun) == 0; k++)
				printf(" %s", cmd[k].verb);
			printf("\" ;;\n");
		}
	}
	for (size_t i = 0; i < n; i++) {
		printf("\t*\" %s %s\"*) words=\"", cmd[i].noun, cmd[i].verb == NULL ? "" : cmd[i].verb);
		print_words(cmd[i].options | OPTS_ALWAYS);
		printf("\" ;;\n");
	}
	printf("\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
	    "complete -o default -F _nemractl nemractl\n");
}

enum ctl_exit
cmd_completion(struct ctl *c)
{
	(void)c;
	completion_print();
	return CTL_OK;
}
