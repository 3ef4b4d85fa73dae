/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What nemra-dispatch does with the queue: claim, write ahead, mark sent, store answers. Each call is one
 * commit for many rows. A row changes only when (state, epoch) is still what the caller saw: else the
 * row's lost flag is set and the caller drops it.
 */
#ifndef NEMRA_STORE_WORK_H
#define NEMRA_STORE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/uuid.h"
#include "gateway/core/backend.h"
#include "gateway/core/request.h"
#include "gateway/core/station.h"
#include "gateway/store/db.h"

/* A claimed request with all that ca_item needs. Owned by the caller: work_free(). */
struct work {
	struct uuid request;
	char *station;
	char *profile;
	struct blob envelope, pkcs10, crmf;
	uint8_t device_key[32];		/* of the station's row; zero: none */
	uint8_t sha256[32];
	uint8_t spki_sha256[32];
	enum request_state state;
	int64_t epoch;			/* rises with each claim */
	uint32_t tries;			/* sends of the present message that may have left */
	int64_t queued_at;		/* wall clock, microseconds */
	struct station row;		/* inventory row, for checking the certificate's names */
	struct ca_item item;		/* points into the fields above; item.row at row. item.cert is filled for
					 * CA_CONFIRM, item.message when one is stored for item.step */
	bool lost;			/* somebody else has it now */
};

/*
 * Claims at most max requests of ca that are due: SKIP LOCKED, a lease of lease_s seconds on the
 * database's clock, epoch + 1. What is waiting to be polled, to be confirmed or sent again comes along, its
 * item's step, transaction and stored message filled: state tells what is to be done.
 */
int work_claim(struct db *db, const char *ca, size_t max, int lease_s, struct work **out, size_t *n,
    struct err *e) MUSTUSE;

/* Is there anything due now, and if not, in how many milliseconds is the next (-1: nothing at all)? Also how many
 * are due (capped at max) and how old the oldest is, for batches by size or age. */
struct work_due {
	size_t due;
	int64_t oldest_ms;
	int64_t next_ms;
};
int work_due(struct db *db, const char *ca, size_t max, struct work_due *out, struct err *e) MUSTUSE;

/* queued -> prepared, or the stored certConf/pollReq of a transaction under way: message, transactionID and nonces
 * of each item are written ahead. R_CMP_TRANSACTION_ID at an item: the CA has that id from another request. */
int work_prepared(struct db *db, struct work **w, size_t n, struct err *e) MUSTUSE;

/* prepared -> sent (and tries + 1): from now on it may have left. */
int work_sent(struct db *db, struct work **w, size_t n, struct err *e) MUSTUSE;

/*
 * Stores what item->verdict says: answers, certificates, the new state, item->err as the reason that operators see,
 * and when the row is due again: after delay_ms, or (negative) not before an operator acts. The claim ends.
 *
 *	CV_ISSUED	issued, due at once when item->confirm; else confirmed in the same commit
 *	CV_WAITING	waiting; the next claim asks for a new CA_POLL (no stored message)
 *	CV_CONFIRMED	confirmed; after a rejection of ours (item->reject) in_doubt, not due
 *	CV_REFUSED	refused; at CA_CONFIRM in_doubt: the CA would not have it confirmed
 *	CV_AGAIN	queued again with attempt + 1 and no message: the CA has said that nothing was issued
 *	CV_BAD_CERT	in_doubt with the certificate stored; when item->confirm the next claim asks for CA_CONFIRM
 *			with item->reject
 *	CV_NEVER_LEFT	prepared (waiting and issued stay); the message stays, the try is not counted in tries
 *	CV_NO_ANSWER	in_doubt (waiting and issued stay unless item->no_resend); the message stays;
 *			item->uncounted: the try is not counted in tries
 */
int work_done(struct db *db, struct work **w, const int64_t *delay_ms, size_t n, struct err *e) MUSTUSE;

/* Gives back unworked: due again after delay_ms; why is shown to operators. */
int work_release(struct db *db, struct work **w, const int64_t *delay_ms, size_t n,
    const struct err *why, struct err *e) MUSTUSE;

/* refused by our own second check (envelope, signer policy). */
int work_refuse(struct db *db, struct work **w, size_t n, struct err *e) MUSTUSE;

void work_free(struct work *w, size_t n);

/* --- pacing and circuit of a CA, shared by all dispatchers --- */

/* Takes up to want tokens from the CA's bucket in one row update; *got may be 0, then *wait_ms says when. */
int work_tokens(struct db *db, const char *ca, double rate, double burst, uint32_t want, uint32_t *got,
    int64_t *wait_ms, struct err *e) MUSTUSE;

enum circuit { CIRCUIT_CLOSED, CIRCUIT_OPEN, CIRCUIT_TRIAL };

/* What operators see of the CA; audited when the state changes. */
int work_circuit(struct db *db, const char *ca, enum circuit c, const struct err *why, struct err *e) MUSTUSE;

/* What went wrong last (R_NONE: nothing since the last note), and how long answers take (negative: none came). */
int work_ca_note(struct db *db, const char *ca, const struct err *why, int64_t latency_ms, struct err *e) MUSTUSE;

/* Has an operator paused this CA? */
int work_ca_paused(struct db *db, const char *ca, bool *paused, struct err *e) MUSTUSE;

/* --- audit links: one dispatch at a time holds the lock --- */

struct audit_row {
	int64_t event;
	struct blob content;	/* canonical text of the event, as the MAC covers it */
};

/* *mine: this connection holds (or now got) the advisory lock. */
int work_audit_lock(struct db *db, bool *mine, struct err *e) MUSTUSE;
/* Unlinked events in order, and the head of the chain (seq 0 and 32 zero octets at the start). */
int work_audit_unlinked(struct db *db, size_t max, struct audit_row **rows, size_t *n, int64_t *seq,
    uint8_t head[32], struct err *e) MUSTUSE;
int work_audit_link(struct db *db, const struct audit_row *rows, const uint8_t (*mac)[32], size_t n,
    int64_t seq, const uint8_t prev[32], struct err *e) MUSTUSE;
void work_audit_free(struct audit_row *rows, size_t n);

#endif
