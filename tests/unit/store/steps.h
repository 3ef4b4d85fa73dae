/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A dispatcher's steps, each expected to succeed.
 */
#ifndef NEMRA_TESTS_UNIT_STORE_STEPS_H
#define NEMRA_TESTS_UNIT_STORE_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/store/work.h"

struct work *claim_for(const char *ca, int lease_s);	/* exactly one */
struct work *claim_one(const char *ca);
void end_lease(const struct work *w);			/* makes it due now */

void prepare(struct work *w, const char *message);	/* with a transactionID and nonces of its own */
void prepare_same(struct work *w, const char *message);	/* with those that the item has */
void send_it(struct work *w);

void set_answer(struct work *w, const char *der);
void answer_with_certificate(struct work *w, bool confirm);	/* a serial of its own, the right key */
void done(struct work *w, int64_t delay_ms);
void done_lost(struct work *w);				/* expects that somebody else has it */

#endif
