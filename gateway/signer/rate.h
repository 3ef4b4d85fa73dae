/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bucket of tokens: one second's worth, and one token at least.
 */
#ifndef NEMRA_SIGNER_RATE_H
#define NEMRA_SIGNER_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
	double per_second;	/* 0: no limit */
	double tokens;
	int64_t at;		/* ms of the monotonic clock */
};

void rate_init(struct rate *r, double per_second, int64_t now_ms);

/* Takes one token if there is one. */
bool rate_take(struct rate *r, int64_t now_ms);

#endif
