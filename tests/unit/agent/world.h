/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything around an agent, by hand: a store in memory, a clock that stands still, a gateway that says what the
 * test says.
 */
#ifndef NEMRA_TESTS_AGENT_WORLD_H
#define NEMRA_TESTS_AGENT_WORLD_H

#include "agent/nemra-agent.h"
#include "tests/unit/agent/ca.h"
#include "tests/unit/unit.h"

#define NOW 1893456000LL	/* 2030-01-01 */

struct value {
	char name[32];
	struct blob v;
};

struct memory {
	struct value value[4];
	struct blob key, cert, chain;
	unsigned installs;
	bool full;		/* nothing can be written */
};

struct world {
	struct ca ca, vendor;
	struct blob device_cert;
	char device_key[160];
	struct memory memory;
	struct nemra_template tmpl;
	struct nemra_agent_config conf;
	struct nemra_agent *agent;
	struct nemra_now now;
	struct nemra_step step;
};

void world_start(struct world *w);
void world_end(struct world *w);

/* The agent is gone and comes back, with what the store holds. */
void world_restart(struct world *w);

/* One step without news; with an HTTP answer; with a failure. The outcome is in w->step. */
void world_step(struct world *w);
void world_hear(struct world *w, int status, const char *location, int64_t retry_after, struct mem body);
void world_fail(struct world *w, const char *reason);

/* The step says: send this. */
bool asks(const struct world *w, const char *method, const char *path);

/* A certificate for the pending request, as asked for but for what change does to it; PEM. */
struct blob world_certificate(struct world *w, void (*change)(struct leaf *l));

/* Starts enrolment and goes on until the certificate is asked for. */
void world_until_poll(struct world *w);

/* The value that nemra_agent_status() tells for a key; "" when there is none. */
const char *world_status(struct world *w, const char *key);

/* The SubjectPublicKeyInfo of the pending request; empty: none. */
struct blob world_spki(struct world *w);

#endif
