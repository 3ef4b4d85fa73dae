/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One question and its answer in the making. The work is cut into items, so that a long question of one
 * peer does not keep the others waiting.
 */
#ifndef NEMRA_SIGNER_JOB_H
#define NEMRA_SIGNER_JOB_H

#include "common/base/buf.h"
#include "gateway/signer/keys.h"
#include "gateway/signer/policy.h"
#include "gateway/signer/rate.h"
#include "gateway/signer/signer.h"
#include "gateway/signer/wire.h"

/* The token with the RA key, when it does not sign. */
struct token_watch {
	bool away;
	int64_t again_at;		/* ms of the monotonic clock; 0: not by itself */
	struct err why;
};

/* What all questions are answered from. */
struct sign_state {
	struct signer_keys *keys;
	struct sign_policy *policy;
	struct rate rate;
	struct token_watch token;
};

struct sign_rule;

struct job {
	struct sign_state *state;
	const struct sign_rule *rule;
	struct rd in;			/* the body */
	struct buf *out;		/* the body of the answer */
	size_t n, done;			/* items */
	uint64_t seq;			/* audit: of the link before this item's */
	uint8_t mac[MAC_LEN];		/* audit: of the link before */
	size_t bad;			/* audit_check */
};

/* A handler returns -1 when the question does not have its form: then the connection is closed. */
struct sign_rule {
	enum sign_type type;
	const char *name;
	unsigned roles;			/* bit n: enum signer_role n may ask */
	size_t max;			/* octets of type and body */
	int (*begin)(struct job *j, struct err *e);	/* sets n; may write */
	int (*item)(struct job *j, struct err *e);	/* reads one, writes its answer */
	int (*end)(struct job *j, struct err *e);	/* may be NULL */
};

/* The rule by which this role may ask this, or NULL. */
const struct sign_rule *sign_rule_find(unsigned type, enum signer_role role);

int job_begin(struct job *j, struct sign_state *state, const struct sign_rule *rule, struct mem body,
    struct buf *out, struct err *e) MUSTUSE;

/* At most max items. *finished: the answer is complete, and the question was read to its end. */
int job_work(struct job *j, size_t max, bool *finished, struct err *e) MUSTUSE;

/* Reads n:u16, from 1 to max. */
int job_count(struct job *j, size_t max, struct err *e) MUSTUSE;

/* --- the RA key, where it is in a token --- */

/* The RA's signature. R_TOKEN_AWAY, R_TOKEN_PIN: at once, while the token is known to be away. */
int ra_sign(struct sign_state *s, struct mem part, struct buf *sig, struct err *e) MUSTUSE;

/* Looks for a token that is away when it is time to; how long to wait for that, at most wait_ms. */
void ra_token_turn(struct sign_state *s);
int ra_token_wait(const struct sign_state *s, int wait_ms);

/* Closes a key whose token is away, so that the next opening finds the token as it is. */
void ra_token_let_go(struct sign_state *s);

/* --- handlers, one file a subject --- */
int credential_begin(struct job *j, struct err *e);
int sign_cmp_begin(struct job *j, struct err *e);
int sign_cmp_item(struct job *j, struct err *e);
int txid_begin(struct job *j, struct err *e);
int txid_item(struct job *j, struct err *e);
int audit_begin(struct job *j, struct err *e);
int audit_item(struct job *j, struct err *e);
int audit_check_begin(struct job *j, struct err *e);
int audit_check_item(struct job *j, struct err *e);
int audit_check_end(struct job *j, struct err *e);

#endif
