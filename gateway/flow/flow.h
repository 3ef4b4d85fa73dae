/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What nemra-dispatch does all day: claim what is due, write ahead, send, store what came back. The only
 * place that knows both the store and the back-ends. One thread, one database connection; all that is
 * remembered is in the database, so that the process may be killed between any two instructions.
 */
#ifndef NEMRA_FLOW_FLOW_H
#define NEMRA_FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "gateway/core/backend.h"
#include "gateway/store/db.h"

/* How long a back-end may let a message stand in line before a place must be free: leases count on it. */
#define FLOW_LINE_MS 5000

/* A CA as configured. All lent. */
struct flow_ca {
	const char *name;
	const struct ca_backend *backend;
	size_t batch_max;		/* requests that are claimed together, at most */
	int64_t batch_wait_ms;		/* and how long the first of them waits for company under load */
	double rate;			/* exchanges per second of all dispatchers together; 0: no limit */
	int64_t timeout_ms;		/* of one exchange: leases outlive two */
};

struct flow_options {
	struct db_options db;
	const struct flow_ca *cas;
	size_t n_cas;

	/* Waits for answers of all CAs, at most wait_ms, or until wake_fd is readable. */
	void (*wait)(void *self, int wait_ms, int wake_fd);
	void *wait_self;

	/* MACs of audit links, as in gateway/signer/client.h. */
	int (*audit)(void *self, int64_t seq, const uint8_t prev[32], const struct mem *content,
	    uint8_t (*mac)[32], size_t n, struct err *e);
	void *audit_self;

	int wake_fd;			/* the caller's: ends a wait when readable; -1: none */
};

struct flow;

/* The database may still be away: turns try to reach it. */
int flow_new(const struct flow_options *o, struct flow **out, struct err *e) MUSTUSE;
void flow_free(struct flow *f);

/* Does what can be done now without waiting; how many ms flow_wait() may then take. */
int flow_turn(struct flow *f);
void flow_wait(struct flow *f, int ms);

/* Claims nothing more; what is under way is finished by further turns. */
void flow_stop(struct flow *f);

/* Nothing under way and nothing left to store. */
bool flow_is_idle(const struct flow *f);

/* The database is connected and fit; else why not. */
bool flow_is_ready(const struct flow *f, struct err *why);

#endif
