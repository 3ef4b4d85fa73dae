/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP answer before it is sent, free of any HTTP library.
 */
#ifndef NEMRA_INTAKE_REPLY_H
#define NEMRA_INTAKE_REPLY_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/uuid.h"

#define REPLY_MAX (256u * 1024)		/* the longest body we ever build */
#define REPLY_LOCATION 64

struct reply {
	int status;
	const char *type;		/* constant; NULL: no body */
	struct buf body;
	char location[REPLY_LOCATION];	/* "" = none */
	int retry_after;		/* seconds; 0: none */
	const char *allow;		/* 405; NULL: none */
	bool wait_applied;		/* Preference-Applied: wait (RFC 7240 section 3) */
	bool challenge;			/* WWW-Authenticate, which a 401 must carry (RFC 9110 15.5.2) */
	bool base64;			/* Content-Transfer-Encoding, for clients older than RFC 8951 */
	bool close;			/* the connection cannot be used again */
};

void reply_init(struct reply *r);
void reply_free(struct reply *r);

/* "/v1/requests/ID" into r->location. */
void reply_locate(struct reply *r, const struct uuid *request);

/*
 * Whether stations are told a reason's detail. What failed inside the gateway is told by its reason alone: sockets
 * and statements are for the log and the operator.
 */
bool reply_has_detail(enum reason r);

/* RFC 9457 application/problem+json; instance (may be NULL) is a path. status 0: the reason's own. */
void reply_problem(struct reply *r, const struct err *e, int status, const char *instance);

/* EST: the reason as text/plain (RFC 8951 section 5.1). */
void reply_text(struct reply *r, const struct err *e, int status);

/* The page that a problem's type leads to: what the reason means. False: there is no such one. */
bool reply_reason_page(struct reply *r, const char *id);

/* Constant or owned text as body; status is set. */
void reply_body(struct reply *r, int status, const char *type, struct mem body);

#endif
