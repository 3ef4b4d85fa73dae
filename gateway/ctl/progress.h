/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * How far an import is: a bar when standard error is a terminal, else a line now and then, or a line of JSON a second.
 */
#ifndef NEMRA_CTL_PROGRESS_H
#define NEMRA_CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"

struct progress {
	enum { PROGRESS_NONE, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_JSON } how;
	uint64_t size;		/* octets in all; 0: not known */
	int64_t began, shown;	/* monotonic, ms */
	bool drawn;
};

/* how: "auto", "json", "none", or NULL. -1: something else. */
int progress_open(struct progress *p, const char *how, uint64_t size) MUSTUSE;
void progress_show(struct progress *p, uint64_t done, uint64_t lines, uint64_t failed);
void progress_end(struct progress *p);		/* leaves a clean line */

#endif
