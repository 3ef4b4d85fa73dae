/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A token bucket for each station, in memory of a fixed size. When there are more stations than
 * places, the one with the fullest bucket is forgotten: it loses nothing by it.
 */
#ifndef NEMRA_INTAKE_QUOTA_H
#define NEMRA_INTAKE_QUOTA_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/base/uuid.h"

struct quota;

/* per_minute requests, all of which may come at once; 0: no limit. */
struct quota *quota_new(uint64_t per_minute);
void quota_free(struct quota *q);

/* Takes one token. R_RATE_LIMITED; then *wait_s says in how many seconds there is one. Thread-safe. */
int quota_take(struct quota *q, const struct uuid *station, int64_t now_ms, int *wait_s,
    struct err *e) MUSTUSE;

#endif
