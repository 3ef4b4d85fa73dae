/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Transactions that the lab CA knows, by transactionID. They survive a restart.
 */
#ifndef NEMRA_LABCA_TXN_H
#define NEMRA_LABCA_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/cmp/msg.h"
#include "common/pki/hash.h"
#include "tests/labca/journal.h"

enum txn_state {
	TXN_WAITING,		/* answered "waiting"; the certificate comes by polling */
	TXN_ISSUED,		/* certificate given, certConf expected */
	TXN_DONE,		/* confirmed, or implicitly so */
	TXN_REJECTED,		/* the RA did not want the certificate */
	TXN_REFUSED		/* we did not issue */
};

/* A message we answered, so that its repeat gets the same answer. */
struct txn_seen {
	uint8_t sha256[SHA256_LEN];
	uint64_t answer;		/* number of the exchange; 0: none */
};

struct txn {
	struct txn *next;
	uint8_t id[LIM_TRANSACTION_ID];
	size_t id_len;
	enum txn_state state;
	struct txn_seen first;
	struct txn_seen last;
	unsigned polls;
	int64_t cert_req_id;
	enum cmp_body answer_body;	/* ip, cp or kup */
	bool implicit;			/* implicitConfirm is granted */
	uint8_t nonce[CMP_NONCE_LEN];	/* our last senderNonce */
	struct blob signer;		/* DER certificate of who began it */
	struct blob cert;		/* DER of what we issued */
};

const char *txn_state_name(enum txn_state s);

struct txns;

/* Empty, then filled from the journal. */
int txns_load(struct journal *j, struct txns **out, struct err *e) MUSTUSE;
void txns_free(struct txns *t);

struct txn *txns_find(struct txns *t, struct mem id);	/* NULL: unknown */

/* A new one, or the one there is emptied. */
struct txn *txns_begin(struct txns *t, struct mem id, struct err *e);

/* Writes its state to the journal. */
int txns_save(struct txns *t, const struct txn *x, struct err *e) MUSTUSE;

#endif
