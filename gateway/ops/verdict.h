/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Is it well, and if not, what is the matter? From what the store knows; pure.
 */
#ifndef NEMRA_OPS_VERDICT_H
#define NEMRA_OPS_VERDICT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "gateway/store/ops.h"

#define VERDICT_SILENT_MS 30000		/* a process that was not heard of for so long is away */

enum standing {
	STAND_WELL,
	STAND_DEGRADED,		/* stations are served, but something needs a look */
	STAND_DOWN		/* stations are turned away, or nothing moves */
};

struct trouble {
	enum standing standing;
	char what[400];		/* "ca core", "nemra-httpd on host", "database" */
	struct err why;
	int64_t since;		/* wall clock, microseconds; 0: not known */
};

struct verdict {
	struct trouble *v;
	size_t n;
	enum standing overall;
};

const char *standing_name(enum standing s);		/* "well", "degraded", "down" */
const char *daemon_state(const struct ops_daemon *d);	/* "running", "silent", "stopped" */

void verdict_add(struct verdict *v, enum standing s, const char *what, const struct err *why, int64_t since);

/* Adds all that is the matter. */
void verdict_judge(struct verdict *v, const struct ops_status *s);

void verdict_free(struct verdict *v);

#endif
