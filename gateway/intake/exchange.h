/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP request on its way to an answer, free of any HTTP library. It is moved by turns: a turn
 * ends with an answer, or with a job for the store, after which the next turn comes.
 */
#ifndef NEMRA_INTAKE_EXCHANGE_H
#define NEMRA_INTAKE_EXCHANGE_H

#include "common/base/limits.h"
#include "common/base/log.h"
#include "gateway/core/profile.h"
#include "gateway/intake/anchors.h"
#include "gateway/intake/conns.h"
#include "gateway/intake/headers.h"
#include "gateway/intake/intake.h"
#include "gateway/intake/quota.h"
#include "gateway/intake/reply.h"
#include "gateway/intake/worker.h"

#define EST_WAIT_S 10		/* how long an EST answer is held for the certificate */
#define EXCHANGE_PATH 256

enum http_method {
	HTTP_GET,
	HTTP_POST,
	HTTP_OTHER
};

/* What all exchanges of a door share; outlives them. */
struct door {
	const struct profiles *profiles;
	struct quota *quota;
	struct worker *worker;
	struct conns *conns;
	uint32_t max_open;
};

enum turn {
	TURN_REPLY,		/* x->reply is to be sent */
	TURN_STORE		/* x->job is to be done, then the next turn */
};

struct route;

struct exchange {
	/* what came */
	const struct door *door;
	struct anchors *anchors;	/* held */
	struct conn *conn;
	enum http_method method;
	char path[EXCHANGE_PATH];
	char part[LIM_PROFILE_NAME + 1];	/* what stood for * in the route's pattern */
	char profile[LIM_PROFILE_NAME + 1];	/* ?profile=, or the EST label; "" = none */
	struct http_head head;
	struct buf body;
	size_t body_max;
	uint64_t received;		/* octets of the body, kept or dropped */
	const struct route *route;	/* NULL: none */

	/* where it is */
	struct err err;			/* a refusal before the route was asked; R_NONE: none */
	bool identified;
	bool counted;			/* its quota was taken */
	int step;			/* the route's own */
	bool asked;			/* job is, or was, at the store */
	struct job job;
	struct intake *intake;
	struct uuid request;
	bool existed;
	enum request_state state;	/* as the submission left it */

	/* what goes */
	struct reply reply;
	bool replied;
	int64_t mono;			/* of this turn, ms */
	void *under;			/* the HTTP library's connection */
};

struct exchange *exchange_new(const struct door *d, struct anchors *a, struct conn *c);
void exchange_free(struct exchange *x);

/*
 * Everything that can be judged from the header: size, form, path, method, type and length of the
 * body, and whether the peer's chain is good. A refusal is kept in x->err; x->reply.close is set when
 * the rest of the message cannot be trusted or is too long to be read.
 */
void exchange_admit(struct exchange *x, const char *method, const char *path,
    const struct http_field *f, size_t n, const char *profile);

/* The next turn; now is wall clock seconds, mono monotonic ms. */
enum turn exchange_turn(struct exchange *x, int64_t now, int64_t mono);

/* For routes: prepares x->job as a job of that kind, and says so. */
enum turn exchange_ask(struct exchange *x, enum job_kind kind);

/* For routes: the answer to e, in the form that the route's clients expect; status 0: the reason's own.
 * exchange_fail() also writes the line about it. */
enum turn exchange_refuse(struct exchange *x, const struct err *e, int status);
enum turn exchange_fail(struct exchange *x, const struct err *e);

/* Who is here; NULL when nobody was asked for, or nobody is known. */
const struct station *exchange_station(const struct exchange *x);

/* One line for a decision: station, request, source, reason. */
void exchange_log(const struct exchange *x, enum log_level level, const char *event,
    const struct err *e);

#endif
