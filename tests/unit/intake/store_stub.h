/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A store in memory, linked in the place of gateway/store: one station, one request, and switches for
 * what can go wrong.
 */
#ifndef NEMRA_TESTS_INTAKE_STORE_STUB_H
#define NEMRA_TESTS_INTAKE_STORE_STUB_H

#include <stdatomic.h>
#include <stddef.h>

#include "gateway/store/door.h"

struct stub {
	atomic_bool away;		/* every connect and call fails */
	atomic_bool slow;		/* a call takes until it is cleared */
	atomic_int calls;
	atomic_int opened;
	atomic_int largest;		/* most items in a call */
	atomic_int lost_at;		/* the call of this number loses the connection */
	atomic_int stored;		/* uploads that were */
	atomic_int poison;		/* groups fail by DB_ERROR; alone, only the one with this tag */
	atomic_int state;		/* enum request_state that reads show */
	atomic_bool found;
	atomic_bool settles;		/* confirmed behind the next read, whose answer brings the NOTIFY */
	atomic_bool came_along;		/* a NOTIFY that was read with an answer: the socket is silent */
	int notify[2];			/* what db_fd() gives; a byte is a NOTIFY */
};

extern struct stub stub;

void stub_reset(void);
void stub_notify(void);

#endif
