/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share and nobody else sees.
 */
#ifndef NEMRA_FLOW_INTERNAL_H
#define NEMRA_FLOW_INTERNAL_H

#include "gateway/flow/circuit.h"
#include "gateway/flow/flow.h"
#include "gateway/flow/pace.h"
#include "gateway/store/work.h"

#define NEVER INT64_MAX

/* Rows of one claim; freed when the last of them has been stored or dropped. */
struct batch {
	struct ca_flow *ca;
	struct work *w;
	size_t n;
	size_t open;			/* rows that somebody still needs */
	struct slot *slot;		/* one a row; item.tag points here */
	struct batch *prev, *next;	/* ca_flow.batches */
};

struct slot {
	struct batch *batch;
	struct work *work;
	uint32_t sends;			/* of the present message, this one included */
	bool resent;			/* an earlier copy may have left, counted or not */
	int64_t delay_ms;		/* when it is due again, once the outcome is known */
	int64_t sent_at;		/* monotonic ms */
};

struct ca_flow {
	struct flow *flow;
	struct flow_ca o;
	struct breaker breaker;
	struct pace pace;
	struct batch *batches;
	size_t in_flight;		/* given to the back-end and not yet back */
	struct slot **unstored;		/* came back; the database does not know it yet */
	size_t n_unstored, cap_unstored;
	int64_t unstored_since;		/* the first of them */
	bool look;			/* the queue may hold something due */
	bool hurry;			/* rows of ours are due at once: no waiting for company */
	int64_t look_at;		/* monotonic ms: when to look without being told; NEVER: not at all */
	int64_t company_until;		/* rows that are due wait for company; not looked at until then */
	int64_t signer_at;		/* not before: the signer was away */
	uint32_t signer_away;		/* times in a row */
	bool heard;			/* an exchange has ended: the breaker knows something */
	int told;			/* enum circuit that operators see; -1: not known */
	struct err why;			/* the circuit is open */
	struct err last_error;		/* since the last note; R_NONE: none */
	int64_t latency_ms;		/* of answers, smoothed; negative: none came since the last note */
	int64_t noted_at;
};

struct audit {
	bool look;
	int64_t at;			/* not before */
	uint32_t failed;		/* in a row */
};

struct flow {
	struct flow_options o;
	struct ca_flow *ca;
	struct db *db;			/* NULL: never opened yet */
	bool db_ok;
	int64_t db_at;			/* when to try again */
	uint32_t db_tries;
	struct err db_err;
	struct audit audit;
	int epoll;			/* o.wake_fd and the database's socket */
	int db_fd;			/* the one that is in epoll; -1: none */
	bool stopping;
	int64_t now;			/* monotonic ms, at the turn's start */
};

/* --- flow.c --- */

/* A database call failed: decides whether the connection is to be opened anew. what is for the log. */
void flow_db_failed(struct flow *f, const char *what, const struct err *e);

/* --- claim.c --- */

/* Claims and dispatches what is due and may go. */
void claim_turn(struct ca_flow *c);

/* --- dispatch.c --- */

/* Takes over the rows of one claim: prepares, writes ahead, marks sent, sends. */
void dispatch(struct ca_flow *c, struct work *w, size_t n);

/* The row is no longer needed here. */
void slot_close(struct slot *s);

void batches_drop(struct ca_flow *c);

/* --- settle.c --- */

/* Fetches outcomes from the back-end and stores them. */
void settle_turn(struct ca_flow *c);

/* Puts a row with an outcome in line to be stored. */
void settle_add(struct slot *s);

/* When what stands in line must be stored, if no more comes before; NEVER: there is none. */
int64_t settle_at(const struct ca_flow *c);

/* --- audit.c --- */

void audit_turn(struct flow *f);

#endif
