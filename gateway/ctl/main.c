/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemractl: the operator's terminal. docs/nemractl.1.scd
 */
#include <locale.h>
#include <signal.h>

#include "gateway/ctl/api.h"
#include "gateway/ctl/cmd.h"

int
main(int argc, char **argv)
{
	struct ctl c = { .cmd = NULL };
	enum ctl_exit rc;

	(void)setlocale(LC_CTYPE, "");		/* the width of characters in tables */
	(void)signal(SIGPIPE, SIG_IGN);
	rc = ctl_parse(&c, argc, argv);
	if (rc != CTL_OK || c.cmd == NULL)
		return (int)rc;
	rc = api_open(&c);
	if (rc == CTL_OK)
		rc = c.cmd->run(&c);
	api_close(&c);
	return (int)rc;
}
