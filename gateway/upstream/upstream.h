/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes out, bytes in: one message to a CA's endpoint, one answer, or what is known of why there is
 * none. Nothing here knows CMP; the outcome says only what the caller may conclude.
 */
#ifndef NEMRA_UPSTREAM_UPSTREAM_H
#define NEMRA_UPSTREAM_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

enum upstream_outcome {
	UP_ANSWER,		/* a body of type application/pkixcmp; http_status may still be an error's */
	UP_TRANSPORT,		/* HTTP answered for itself: the message may have arrived all the same */
	UP_NEVER_LEFT,		/* not one octet of it was handed to the network */
	UP_LOST			/* cut, timed out, unreadable: it may have arrived */
};

/* One exchange. Zeroed by the caller but for the in part; the caller frees answer. */
struct upstream_call {
	struct mem message;	/* in; lent until turn() gives the call back */
	void *tag;		/* in; the caller's */

	enum upstream_outcome outcome;
	int http_status;	/* 0: none */
	int64_t retry_after;	/* seconds, an hour at most; 0: not said */
	bool gone;		/* the endpoint, not this message, is the trouble */
	struct blob answer;
	struct err err;		/* R_NONE with UP_ANSWER */

	struct upstream_call *next;	/* the module's, as the next */
	int64_t since;
};

/* An endpoint. */
struct upstream {
	void *self;
	void (*start)(void *self, struct upstream_call *c);	/* never fails: it comes back with an outcome */
	struct upstream_call *(*turn)(void *self);		/* a finished call or NULL; never waits */
	size_t (*room)(void *self);				/* how many more start() should be given */
	void (*free)(void *self);				/* calls under way are given up, not given back */
};

/* --- HTTP: all endpoints of a process share one pool, so that one wait covers them --- */

struct upstream_pool;

int upstream_pool_new(size_t connections, struct upstream_pool **out, struct err *e) MUSTUSE;
void upstream_pool_free(struct upstream_pool *p);	/* after its endpoints */

/* Until an exchange has ended, wake_fd (-1: none) is readable, or wait_ms are over. self: the pool. */
void upstream_pool_wait(void *self, int wait_ms, int wake_fd);

struct upstream_http {
	const char *url;
	const char *tls_trust;	/* PEM file for https; "" or NULL: https is refused */
	size_t parallel;	/* exchanges at a time */
	long timeout_ms;	/* of one exchange */
	long line_ms;		/* who stood in line for longer when a place gets free never leaves */
};

/* As many stand in line as the CA answered in the last second, at least parallel and at most LIM_BATCH_ITEMS. */
int upstream_http_new(struct upstream_pool *p, const struct upstream_http *o, struct upstream *out,
    struct err *e) MUSTUSE;

/* --- memory: the shortest endpoint, for tests. answer fills the out part of a call. --- */

int upstream_memory_new(void (*answer)(void *arg, struct upstream_call *c), void *arg,
    struct upstream *out, struct err *e) MUSTUSE;

#endif
