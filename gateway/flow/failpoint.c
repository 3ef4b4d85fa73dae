/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow/failpoint.h"

#ifdef NEMRA_FAILPOINTS
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "failpoint"

void
failpoint(const char *name)
{
	static unsigned met;
	char wanted[64] = "";
	unsigned count = 0;
	FILE *f = fopen(FILE_NAME, "r");

	if (f == NULL)
		return;
	if (fscanf(f, "%63s %u", wanted, &count) != 2)
		wanted[0] = '\0';
	(void)fclose(f);
	if (strcmp(wanted, name) != 0 || ++met < count)
		return;
	(void)unlink(FILE_NAME);	/* once */
	(void)raise(SIGKILL);
}
#else
/* ISO C wants something in a file. */
typedef int failpoint_unused;
#endif
