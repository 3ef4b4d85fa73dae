/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/failpoint.h"

#ifdef NEMRA_FAILPOINTS
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME "failpoint"

struct order {
	char name[64];
	unsigned count;
	char how[8];
};

static struct timespec started;

__attribute__((constructor)) static void
remember_start(void)
{
	(void)clock_gettime(CLOCK_REALTIME, &started);
}

static bool
is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static bool
read_order(struct order *o)
{
	FILE *f = fopen(FILE_NAME, "re");
	struct stat st;
	int n = 0;

	if (f == NULL)
		return false;
	if (fstat(fileno(f), &st) == 0 && is_later(&st.st_mtim, &started))
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
	(void)dprintf(STDERR_FILENO, "failpoint %s\n", name);	/* for who wonders why it ended */
	(void)raise(strcmp(o.how, "stop") == 0 ? SIGSTOP : SIGKILL);
}
#else
/* ISO C wants something in a file. */
typedef int failpoint_unused;
#endif
