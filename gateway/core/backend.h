/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * How a batch reaches an issuer. flow/ owns the items and stores what a back-end makes; a
 * back-end sees no database: structs in, outcomes out. Every message is made by prepare(), stored
 * by the caller, and only then sent by send(), as stored.
 */
#ifndef NEMRA_CORE_BACKEND_H
#define NEMRA_CORE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/uuid.h"
#include "gateway/core/request.h"
#include "gateway/core/station.h"

/* Which message of the transaction is to be made. */
enum ca_step {
	CA_ENROL,		/* p10cr, ir */
	CA_POLL,		/* pollReq */
	CA_CONFIRM		/* certConf */
};

enum ca_verdict {
	CV_NONE,
	CV_ISSUED,		/* cert is checked; confirm says whether a certConf is owed */
	CV_WAITING,		/* poll after check_after seconds */
	CV_CONFIRMED,		/* pkiConf, or certConfirmed */
	CV_REFUSED,		/* the CA's verified no; err says why */
	CV_AGAIN,		/* verified "not now": nothing was issued; a new attempt, later */
	CV_BAD_CERT,		/* verified answer, but the certificate fails a check; confirm with rejection */
	CV_NEVER_LEFT,		/* proof that no octet of the message left */
	CV_NO_ANSWER		/* lost, unverifiable or transport error: it may have arrived */
};

/* What lists and keys show of a certificate: the store reads no DER. */
struct ca_cert {
	uint8_t issuer_sha256[32];	/* of the DER Name */
	uint8_t spki_sha256[32];
	struct blob serial;		/* big endian, no sign octet */
	char *subject;			/* RFC 2253 text, safe to show */
	char *issuer;
	int64_t not_before, not_after;	/* seconds since 1970 */
};

/* One request on its way: the transaction's state as stored, the message, and the outcome. */
struct ca_item {
	/* the request; lent by the caller */
	struct uuid request;
	const char *station;
	const char *profile;
	const struct station *row;	/* inventory row: the names that the certificate may have */
	struct mem envelope;		/* empty: uploaded plain */
	struct mem device_key;		/* SHA-256 of the SPKI that must have signed the envelope */
	struct mem pkcs10;
	struct mem crmf;
	struct mem upload_sha256;	/* enters the transactionID (32 octets) */
	struct mem spki_sha256;		/* the key that the certificate must have (32 octets) */
	uint32_t attempt;
	bool resent;			/* an earlier copy of the message may have left: a no proves little */

	/* the transaction; made by prepare(), stored, and given back for the later steps */
	enum ca_step step;
	uint8_t transaction_id[16];
	uint8_t sender_nonce[16];	/* of the message under way */
	uint8_t first_nonce[16];	/* of the enrolment message (delayed delivery, RFC 9483 4.4) */
	struct blob peer_nonce;		/* senderNonce of the CA's last message */
	struct blob peer_signer;	/* DER certificate that protected the CA's first answer */
	int64_t cert_req_id;		/* as the CA answered; 0 until then */
	bool reject;			/* CA_CONFIRM: say rejection */
	struct blob message;		/* the complete protected DER of step */

	/* outcome of send() */
	enum ca_verdict verdict;
	struct blob answer;		/* DER as received; empty when none */
	struct blob cert;		/* DER, when CV_ISSUED or CV_BAD_CERT; kept for CA_CONFIRM */
	struct ca_cert info;		/* of it */
	struct blob chain;		/* PEM: certificate first, up to the anchor */
	bool confirm;			/* a certConf is owed */
	int64_t check_after;		/* CV_WAITING: seconds */
	int64_t retry_after;		/* CV_NEVER_LEFT, CV_NO_ANSWER: seconds the peer asked for; 0: not said */
	bool ca_gone;			/* the endpoint itself, not this message, is the trouble */
	bool uncounted;			/* CV_NO_ANSWER: HTTP spoke for the CA; not a try of the in_doubt ladder */
	bool no_resend;			/* CV_NO_ANSWER: the CA acted on an earlier copy, or may have; sending
					 * again proves nothing, an operator must look */
	struct err err;
	void *tag;			/* the caller's */
};

struct ca_backend {
	const char *name;
	void *self;

	/* Makes item->message for item->step, many signatures at a time. -1: none (say the signer is
	 * away); 0: look at item->err of each. */
	int (*prepare)(void *self, struct ca_item **items, size_t n, struct err *e);

	/* Starts sending the stored messages. Never blocks. Items stay the caller's and must live until
	 * turn() gives them back. */
	void (*send)(void *self, struct ca_item **items, size_t n);

	/* How many more items send() takes now. */
	size_t (*room)(void *self);

	/* Gives back finished items, at most max, with verdict and err. Never waits: one wait of the
	 * caller covers the connections of all its back-ends. */
	size_t (*turn)(void *self, struct ca_item **done, size_t max);

	void (*free)(void *self);
};

void ca_item_free(struct ca_item *it);	/* the owned fields, not it */

#endif
