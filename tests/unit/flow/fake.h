/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What flow stands between, for tests: a store in memory that obeys the contract of gateway/store/work.h and
 * the state table, a back-end that does as it is told, and a clock that stands still.
 */
#ifndef NEMRA_TESTS_FLOW_FAKE_H
#define NEMRA_TESTS_FLOW_FAKE_H

#include "gateway/flow/flow.h"
#include "gateway/store/work.h"

#define FAKE_ROWS 64

struct fake_row {
	struct uuid id;
	const char *ca;
	enum request_state state;
	enum ca_step step;
	int64_t epoch;
	int64_t due;		/* monotonic ms; -1: not before an operator acts */
	int64_t lease;		/* the claim ends then; 0: not claimed */
	uint32_t tries, attempt;
	bool reject;
	char message[64];	/* "" none */
	enum reason reason;
};

/* Calls of the store in their order; each may be told to fail once. */
enum fake_call {
	FAKE_OPEN, FAKE_REOPEN, FAKE_DRAIN, FAKE_DUE, FAKE_CLAIM, FAKE_PREPARED, FAKE_SENT, FAKE_DONE,
	FAKE_RELEASE, FAKE_REFUSE, FAKE_TOKENS, FAKE_CIRCUIT, FAKE_LINK, FAKE_CALLS
};

struct fake {
	/* clock */
	int64_t now;

	/* store */
	struct fake_row row[FAKE_ROWS];
	size_t n_rows;
	bool away, notified, in_transaction, paused;
	enum reason fail[FAKE_CALLS];	/* the next such call fails with it */
	bool fail_after[FAKE_CALLS];	/* but does its work first: an outcome nobody knows */
	unsigned calls[FAKE_CALLS];
	double tokens;
	int circuit;			/* last told; -1: never */
	size_t unlinked;
	bool lock_elsewhere;
	enum reason noted, signer;	/* last said of the CA, and of the signer */
	unsigned notes, goodbyes;

	/* back-end: what is under way, and what send() and turn() do */
	struct ca_item *flying[FAKE_ROWS];
	size_t n_flying, room;
	bool signer_away;
	enum reason refuse;		/* prepare() sets it on every item */
	bool hold;			/* turn() gives nothing back */
	size_t held;			/* nor does it give back the last so many */
	void (*answer)(struct ca_item *it);
	struct ca_item *edge[FAKE_ROWS];	/* under way to the second CA, "edge", which never answers */
	size_t n_edge;
	unsigned prepared, sends;
	char sent[256][64];		/* messages as they left */
};

extern struct fake fake;

void fake_reset(void);
struct fake_row *fake_add(enum request_state state);	/* due now */
extern const struct ca_backend fake_backend;
struct flow *fake_flow(void);		/* one CA "core", batches of 8, 100 ms, no rate limit */
struct flow *fake_flow_rate(double rate);
struct flow *fake_flow_two(void);	/* and a second one, "edge" */

/* Turns until nothing happens any more without time passing. */
void fake_settle(struct flow *f);

/* Time passes to each moment flow asks for, for at most ms; turns at each. */
void fake_run(struct flow *f, int64_t ms);

/* Answers. */
void fake_issue(struct ca_item *it);	/* certificates to enrolments, pkiConf to certConf */
void fake_issue_implicit(struct ca_item *it);
void fake_lose(struct ca_item *it);
void fake_gone(struct ca_item *it);
void fake_busy_http(struct ca_item *it);
void fake_refuse(struct ca_item *it);
void fake_wait_once(struct ca_item *it);	/* waiting to enrolments, a certificate to polls */
void fake_later(struct ca_item *it);	/* CV_AGAIN */
void fake_bad_cert(struct ca_item *it);

#endif
