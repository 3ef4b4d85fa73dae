/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A circuit breaker for one CA. When the endpoint is away, one message in an interval finds out whether it is
 * back, all others stay where they are; and when it is back it is not flooded. Pure: time is an argument.
 */
#ifndef NEMRA_FLOW_CIRCUIT_H
#define NEMRA_FLOW_CIRCUIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/core/backend.h"
#include "gateway/store/work.h"

#define BREAKER_LOST 10			/* silences in a row that open it */
#define BREAKER_WAIT_MS 1000		/* before the first probe; doubles */
#define BREAKER_WAIT_MAX_MS 60000

struct breaker {
	enum circuit state;
	uint32_t lost;			/* in a row */
	uint32_t opened;		/* probes that failed in a row, and the failure that opened it */
	int64_t probe_at;		/* CIRCUIT_OPEN: monotonic ms */
	size_t window;			/* messages that may be under way; SIZE_MAX: as many as there is room */
};

void breaker_init(struct breaker *b);

/* No answer, or none that can be believed, which is the same: the CA may be another, or out of its mind. */
bool breaker_is_silence(const struct ca_item *it);

/* What an exchange says about the endpoint. */
void breaker_outcome(struct breaker *b, const struct ca_item *it, int64_t now);

/* How many more messages may go now; may turn an open circuit into a trial. */
size_t breaker_allows(struct breaker *b, size_t in_flight, int64_t now);

/* When breaker_allows() will change by itself; INT64_MAX: not. */
int64_t breaker_next(const struct breaker *b);

#endif
