/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * When a row is due again after what happened to it, by the class of the outcome. Every retry has a
 * bound and jitter; what reaches the bound waits for an operator and says so. Pure.
 */
#ifndef NEMRA_FLOW_RETRY_H
#define NEMRA_FLOW_RETRY_H

#include <stdint.h>

#include "gateway/core/backend.h"

#define RETRY_RESENDS 5			/* of an enrolment message whose answer was lost: 2, 4, 8, 16, 32 s */
#define RETRY_FOLLOW_UPS 100		/* of a pollReq or certConf: the transaction is known to be ours */
#define RETRY_ATTEMPTS 20		/* new transactions after the CA's "not now" */

#define RETRY_OPERATOR INT64_C(-1)	/* not before somebody has looked */

/*
 * it has its outcome; sends counts those of its message that may have left, the last included; busy_ms is how
 * long the endpoint will not be asked. May turn the outcome into its final form (err, and CV_AGAIN into
 * CV_REFUSED) when a bound is reached.
 */
int64_t retry_delay_ms(struct ca_item *it, uint32_t sends, int64_t busy_ms);

/* No more sending of a message that went out too often without an outcome: it, as after a last lost answer. */
bool retry_is_spent(const struct ca_item *it, uint32_t sends);

/* Between half and all of base * 2^(n-1), at most max: for endpoints, not rows. n counts from 1. */
int64_t retry_backoff_ms(int64_t base, int64_t max, uint32_t n);

/* Full jitter: anything up to that. */
int64_t retry_jitter_ms(int64_t base, int64_t max, uint32_t n);

#endif
