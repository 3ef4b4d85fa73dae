/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One lab CA, and one message that it is looking at.
 */
#ifndef NEMRA_LABCA_LABCA_H
#define NEMRA_LABCA_LABCA_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/cmp/body.h"
#include "common/cmp/msg.h"
#include "tests/labca/ca.h"
#include "tests/labca/journal.h"
#include "tests/labca/mode.h"
#include "tests/labca/txn.h"

struct labca {
	const char *dir;
	int days;			/* validity of what is issued */
	bool no_implicit;		/* implicitConfirm is never granted */
	int64_t delay_ms;		/* until a message is looked at */
	int64_t p10cr_id;		/* certReqId of the answer to p10cr */
	struct ca ca;
	struct journal *journal;
	struct txns *txns;
	pthread_mutex_t lock;		/* of txns */
};

/* What the HTTP side does with a message. */
enum outcome {
	OUTCOME_ANSWER,		/* 200 with the answer */
	OUTCOME_CLOSE,		/* close the connection */
	OUTCOME_BUSY,		/* 503 */
	OUTCOME_BAD		/* 400: no PKIMessage, so that nobody can be answered */
};

/* What we are going to say. */
struct reply {
	enum cmp_body body;
	struct blob content;
	bool implicit;			/* generalInfo: implicitConfirm */
	int64_t confirm_wait_until;	/* generalInfo: confirmWaitTime */
	bool ready;			/* out holds the whole answer already: a replay */
};

struct exchange {
	struct labca *ca;
	uint64_t n;
	enum mode mode;
	struct mem in;
	uint8_t sha256[SHA256_LEN];	/* of in */
	struct cmp_msg *msg;
	const struct cmp_header *h;
	uint8_t nonce[CMP_NONCE_LEN];	/* senderNonce of our answer */
	struct reply reply;
	struct blob out;
	json_t *note;			/* what the log shall say beside the answer */
};

/* --- exchange.c --- */

/* One message from the network. out is for OUTCOME_ANSWER. */
enum outcome labca_exchange(struct labca *l, enum mode mode, struct mem in, struct blob *out);

/* --- enrol.c, follow.c: each fills x->reply, -1 when the reply could not even be made --- */

int enrol(struct exchange *x, struct err *e) MUSTUSE;		/* ir, cr, kur, p10cr */
int confirm(struct exchange *x, struct err *e) MUSTUSE;		/* certConf */
int poll_again(struct exchange *x, struct err *e) MUSTUSE;	/* pollReq */
int general(struct exchange *x, struct err *e) MUSTUSE;		/* genm */

/* --- answer.c --- */

/* reply: an error message with this failInfo; or with the reason's own. */
int reply_error(struct exchange *x, enum fail_info bit, const char *text, struct err *e) MUSTUSE;
int reply_reason(struct exchange *x, const struct err *why, struct err *e) MUSTUSE;

/* reply: the transaction's ip, cp or kup, as its state says. */
int reply_cert(struct exchange *x, struct txn *t, struct err *e) MUSTUSE;

/* reply: ip, cp or kup that refuses the request. */
int reply_refusal(struct exchange *x, const struct txn *t, enum fail_info bit, const char *text,
    struct err *e) MUSTUSE;

/* reply: what was said when the same message came before; made anew when a kill came between state and answer. */
int reply_again(struct exchange *x, struct txn *t, uint64_t answer, struct err *e) MUSTUSE;

/* The log shall say that this certificate was issued. */
void note_issued(struct exchange *x, struct mem der);

/* Makes x->out of x->reply, as the mode has it. */
int answer_build(struct exchange *x, struct err *e) MUSTUSE;

#endif
