/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The CA's rate. One bucket for all dispatchers stands in the database; here is a small stock out of it, taken
 * a batch at a time so that a message costs no statement of its own.
 */
#ifndef NEMRA_FLOW_PACE_H
#define NEMRA_FLOW_PACE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/store/db.h"

struct pace {
	const char *ca;
	double rate;		/* 0: no limit */
	size_t stock;
	int64_t at;		/* monotonic ms: before that the bucket is known to be empty */
};

/* How many of want messages may go now. *allowed 0: look again at p->at. */
int pace_take(struct pace *p, struct db *db, size_t want, int64_t now, size_t *allowed,
    struct err *e) MUSTUSE;

/* They have gone. */
void pace_used(struct pace *p, size_t n);

#endif
