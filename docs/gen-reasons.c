/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Prints nemra-reasons(7) in scdoc from the list that the programs use, so that the page cannot
 * differ from it.
 */
#include <stdio.h>

#include "common/base/err.h"

/* scdoc reads these characters as marks. */
static void
text(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '_' || *s == '*' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
}

static void
entry(const struct reason_info *r)
{
	const char *fail = fail_info_name(r->fail_info);

	printf("*");
	text(r->id);
	printf("*\n\t");
	text(r->sentence);
	printf(" Cause: ");
	text(r->cause);
	printf(" To do: ");
	text(r->fix);
	printf("++\nClass %s, HTTP status %d%s%s.\n\n", reason_class_name(r->class), r->http_status,
	    fail != NULL ? ", PKIFailureInfo " : "", fail != NULL ? fail : "");
}

int
main(void)
{
	printf("nemra-reasons(7)\n\n# NAME\n\n"
	    "nemra-reasons - why Nemra refuses, holds or retries\n\n# DESCRIPTION\n\n"
	    "Each refusal, alarm, HTTP problem and log line of Nemra carries one of these reasons. "
	    "Its class says what happens next: _retry_ is tried again by itself, _refuse_ needs "
	    "another input, _hold_ waits for an operator, _internal_ is a broken installation or a "
	    "bug.\n\n# REASONS\n\n");
	for (int r = 1; r < (int)R_COUNT; r++)
		entry(reason_info((enum reason)r));
	printf("# SEE ALSO\n\n*nemractl*(1), *nemra-httpd*(8), *nemra-agent*(8)\n");
	return 0;
}
