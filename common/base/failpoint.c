/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/failpoint.h"

#ifdef NEMRA_FAILPOINTS
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "failpoint"

struct order {
	char name[64];
	unsigned count;
	char how[8];
};

static bool
read_order(struct order *o)
{
	FILE *f = fopen(FILE_NAME, "re");
	int n;

	if (f == NULL)
		return false;
	n = fscanf(f, "%63s %u %7s", o->name, &o->count, o->how);
	(void)fclose(f);
	return n >= 2;
}

void
failpoint(const char *what, const char *phase)
{
	static atomic_uint met;
	struct order o = { "", 0, "" };
	char name[sizeof(o.name)];

	(void)snprintf(name, sizeof(name), "%s%s", what, phase);
	if (!read_order(&o) || strcmp(o.name, name) != 0 || atomic_fetch_add(&met, 1) + 1 < o.count)
		return;
	/* once: whoever takes the file away is the one */
	if (unlink(FILE_NAME) == 0)
		(void)raise(strcmp(o.how, "stop") == 0 ? SIGSTOP : SIGKILL);
}
#else
/* ISO C wants something in a file. */
typedef int failpoint_unused;
#endif
