/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The thread that accepts. A connection that says nothing costs no more than its socket: only when its
 * first TLS message is here, and only as fast as handshakes are done, is it handed to the HTTP library.
 */
#ifndef NEMRA_INTAKE_GATE_H
#define NEMRA_INTAKE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/intake/conns.h"

struct gate_options {
	int fd;				/* listens; stays the caller's */
	struct conns *conns;
	int64_t handshake_ms;		/* from the connection to its first request's header */
	bool (*take)(void *arg, int fd);	/* false: it could not be taken, and is closed */
	void *arg;
};

struct gate;

int gate_start(const struct gate_options *o, struct gate **out, struct err *e) MUSTUSE;

/* When its loop last went round, monotonic ms. */
int64_t gate_pulse(struct gate *g);

/* Accepts no more, and ends those that were not handed over. */
void gate_stop(struct gate *g);

#endif
