/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a verdict makes of a claimed request. Pure, so that every verdict can be tested in every state.
 */
#ifndef NEMRA_STORE_WORK_DONE_H
#define NEMRA_STORE_WORK_DONE_H

#include "gateway/store/work.h"

struct work_outcome {
	enum request_event path[2];
	size_t n_path;			/* 0: the state stays */
	enum request_state state;
	enum ca_step step;		/* which message is next */
	bool forget;			/* the stored message has done its work */
	bool again;			/* a new attempt */
	bool answered;			/* a verified answer to be stored */
	bool certificate;		/* one came */
	bool accepted;			/* and passed the checks */
	uint32_t tries;
	int64_t delay_ms;		/* negative: not due before an operator acts */
	bool bad;			/* not possible in this state */
};

void work_outcome(const struct work *w, int64_t delay_ms, struct work_outcome *o);

#endif
