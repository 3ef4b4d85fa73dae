/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inside the library only. record.c keeps what must outlive a restart, request.c makes, verify.c judges,
 * places.c knows the ways through an enrolment, step.c walks them and says when to come back.
 */
#ifndef NEMRA_AGENT_PRIV_H
#define NEMRA_AGENT_PRIV_H

#include "agent/nemra-agent.h"
#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "common/pki/trust.h"

/* A clock that shows less was never set: this program is younger (2025-01-01). */
#define AGENT_EPOCH	1735689600LL

/* A certificate may begin that much later than our clock: clocks differ a little. Seconds. */
#define AGENT_SKEW	300

#define AGENT_HOLD_S	20u		/* how long the gateway may keep an upload's answer */
#define AGENT_RETRY_MAX	3600		/* a longer Retry-After is cut */

/* --- errors: error.c --- */

void error_from(struct nemra_error *to, const struct err *e);
int error_take(struct err *to, const struct nemra_error *e);	/* -1; no reason counts as INTERNAL */

/* --- what outlives a restart: record.c --- */

enum phase {
	PH_NONE,
	PH_MADE,		/* key and request are there, nothing was sent */
	PH_TRIED,		/* perhaps the gateway has it: only these bytes may be sent */
	PH_SENT,		/* the gateway has it, as id */
	PH_INSTALLED,		/* the pair is in use; hooks are owed */
	PH_HOOKED,		/* the report is owed */
	PH_DONE
};

enum body_kind {
	BODY_CMS,
	BODY_PKCS10,
	BODY_CRMF
};

struct record {
	enum phase phase;
	enum body_kind kind;
	char id[64];
	char profile[LIM_PROFILE_NAME + 1];
	uint8_t wants[SHA256_LEN];	/* hash of all that went into the request: has it changed? */
	unsigned renew_num, renew_den;
	struct blob key;		/* PEM, secret; empty from PH_INSTALLED on */
	struct blob body;		/* as it is uploaded */
	struct blob form;		/* the request proper: PKCS#10, or CRMF when there is none */
	bool crmf;			/* form is CRMF */
};

/* A value of the store. *out empty: there is none; the caller wipes it. */
int value_get(const struct nemra_agent *a, const char *name, struct buf *out, struct err *e) MUSTUSE;
int value_put(const struct nemra_agent *a, const char *name, struct mem value, struct err *e) MUSTUSE;

int record_load(struct nemra_agent *a, struct err *e) MUSTUSE;	/* none: PH_NONE */
int record_save(struct nemra_agent *a, struct err *e) MUSTUSE;
int record_drop(struct nemra_agent *a, struct err *e) MUSTUSE;
void record_free(struct record *r);

/* The certificate in use; *out NULL: there is none. */
int installed_load(struct nemra_agent *a, struct cert **out, struct err *e) MUSTUSE;
int64_t renew_time(const struct record *r, const struct cert *c);

/* --- the agent --- */

enum at {
	AT_START,
	AT_TEMPLATE,
	AT_MAKE,
	AT_TRUST,
	AT_SUBMIT,
	AT_POLL,
	AT_OFFERED,
	AT_HOOKS,
	AT_REPORT,
	AT_END
};

struct nemra_agent {
	struct nemra_agent_config set;	/* defaults filled in */
	struct key *device;
	struct certs device_chain;
	struct trust *trust;		/* operator anchors; NULL: not known yet */
	struct nemra_template tmpl;	/* all empty until heard */

	struct record rec;
	struct blob offered;
	enum nemra_goal goal;
	enum at at;
	const struct nemra_now *now;	/* during a step */
	bool asked;			/* an answer is awaited: to last */
	bool resent;			/* the gateway had forgotten the request once already */
	char path[192];

	bool timed;			/* until_ms is set */
	int64_t until_ms;
	bool waiting;
	int64_t wake_ms;
	unsigned tries;			/* without progress */
	struct nemra_step last;
};

/* --- making: request.c --- */

/* Makes the pending key and request, or keeps those that still fit, and stores them. */
int request_make(struct nemra_agent *a, struct err *e) MUSTUSE;

/* --- judging: verify.c --- */

/* Anchors for the new certificate, from PEM. */
int trust_take(struct nemra_agent *a, struct mem pem, struct err *e) MUSTUSE;

int clock_check(const struct nemra_now *now, struct err *e) MUSTUSE;

/* Is there a certificate in text that answers the pending request? chain: leaf first, anchor last. */
int verify_issued(const struct nemra_agent *a, struct mem text, struct certs *chain, struct err *e) MUSTUSE;

/* --- the ways: places.c --- */

enum turn {
	TURN_ON,		/* at has changed: go there */
	TURN_ASK,		/* v->ask goes out */
	TURN_HOOKS,
	TURN_AGAIN,		/* the same later: v->e, v->after_s */
	TURN_FAIL,		/* v->e */
	TURN_END
};

struct verdict {
	struct nemra_ask ask;
	struct err e;
	int status;		/* exit status other than the reason's; 0: the reason's */
	int64_t after_s;
};

struct place {
	enum turn (*enter)(struct nemra_agent *a, struct verdict *v);
	enum turn (*hear)(struct nemra_agent *a, const struct nemra_answer *in, struct verdict *v);
};

extern const struct place places[AT_END + 1];

/* --- the folder store, for those who must stop it in the middle: tests --- */

/* on_step is called before each step that changes the disk, with its name. */
void store_folder_on_step(struct nemra_store *s, void (*on_step)(void *arg, const char *step),
    void *arg);

#endif
