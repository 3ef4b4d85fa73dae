/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The states of a request and what can happen to it: the heart. One table is the source of the C
 * check, the SQL check, the graph in docs/ and the timeline that operators see.
 */
#ifndef NEMRA_CORE_REQUEST_H
#define NEMRA_CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"

enum request_state {
	RQ_NONE,		/* before it exists */
	RQ_RECEIVED,
	RQ_HELD,
	RQ_QUEUED,
	RQ_PREPARED,
	RQ_SENT,
	RQ_WAITING,
	RQ_ISSUED,
	RQ_CONFIRMED,
	RQ_DELIVERED,
	RQ_INSTALLED,
	RQ_IN_DOUBT,
	RQ_EXPORTED,
	RQ_REFUSED,
	RQ_EXPIRED,
	RQ_SUPERSEDED,
	RQ_CANCELLED,
	RQ_STATES
};

enum request_event {
	EV_UPLOADED,		/* committed: may be acknowledged */
	EV_ADMITTED,		/* policy: free to go */
	EV_HELD,		/* policy: an operator must say yes */
	EV_REFUSED,		/* policy, operator or CA: no */
	EV_APPROVED,
	EV_JUDGED_ANEW,		/* the same upload again after a refusal of ours */
	EV_PREPARED,		/* the protected message is stored */
	EV_SENT,		/* claimed for sending: it may have left */
	EV_NEVER_LEFT,		/* proof that no octet left: back to prepared */
	EV_WAITING,		/* CA: waiting, checkAfter */
	EV_ISSUED,		/* certificate checked and stored */
	EV_CONFIRMED,		/* pkiConf, implicitConfirm, or confirmation owed */
	EV_DELIVERED,
	EV_INSTALLED,
	EV_ANSWER_LOST,
	EV_RETRIED,		/* a new attempt with a new transactionID */
	EV_EXPORTED,
	EV_UNEXPORTED,
	EV_EXPIRED,
	EV_SUPERSEDED,
	EV_CANCELLED,
	EV_EVENTS
};

const char *request_state_name(enum request_state s);	/* "in_doubt" */
const char *request_event_name(enum request_event ev);
enum request_state request_state_parse(const char *name);	/* RQ_NONE when unknown */
bool request_state_is_final(enum request_state s);

/* Counts against a station's quota: the gateway still owes it something. Delivered does not: an EST client never
 * says installed. */
bool request_state_is_open(enum request_state s);

/* The state after ev, or R_WRONG_STATE: what is not in the table cannot happen. */
int request_apply(enum request_state *state, enum request_event ev, struct err *e) MUSTUSE;

struct request_trans {
	enum request_state from;
	enum request_event ev;
	enum request_state to;
};

/* The table, for SQL, drawing and tests. */
const struct request_trans *request_transitions(size_t *n);

enum request_form {
	FORM_PKCS10 = 1,
	FORM_CRMF = 2,
	FORM_BOTH = 3
};

#endif
