/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the lab's processes have used so far. CPU time is the scheduler's, in nanoseconds, of all threads, those
 * that ended included.
 */
#ifndef NEMRA_BENCH_COST_H
#define NEMRA_BENCH_COST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/attr.h"
#include "common/base/err.h"

#define COST_MAX 32

struct cost {
	char name[32];		/* "nemra-httpd"; "postgres nemra_httpd", "postgres walwriter" … */
	bool gateway;		/* counts as the gateway's; the test CA does not */
	pid_t pid;		/* of a daemon; 0: did not run */
	int64_t ns;
	int64_t rss_kb;		/* of daemons; 0 for PostgreSQL */
};

struct costs {
	struct cost v[COST_MAX];
	size_t n;
};

int costs_read(const char *lab, struct costs *out, struct err *e) MUSTUSE;

/* What was used between two readings; names of after. -1: a daemon was restarted, so that nobody knows. */
int costs_between(const struct costs *before, const struct costs *after, struct costs *out, struct err *e) MUSTUSE;
int64_t costs_gateway(const struct costs *c);

#endif
