/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The CMP back-end: requests become protected messages under the RA's credential (RFC 9483 section
 * 5.3.1), answers become outcomes. Structs in, outcomes out; it sees no database and no key.
 */
#ifndef NEMRA_RA_RA_H
#define NEMRA_RA_RA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/cmp/protect.h"
#include "common/pki/trust.h"
#include "gateway/core/backend.h"
#include "gateway/core/profile.h"
#include "gateway/upstream/upstream.h"

/* transactionID of (station, SHA-256 of the upload, attempt). */
struct ra_txid {
	const char *station;
	struct mem upload_sha256;
	uint32_t attempt;
	uint8_t id[16];		/* out */
};

/* Whoever holds the RA key and the key of transactionIDs: a process of its own. */
struct ra_signer {
	void *self;

	/* The chain (lent until the next call) and signature algorithm now in use; asked once a batch. */
	int (*credential)(void *self, const struct certs **chain, struct mem *sig_alg, struct err *e);

	/* All of a batch in one question. */
	int (*txids)(void *self, struct ra_txid *t, size_t n, struct err *e);

	/* As struct cmp_protector. R_SIGNER_REFUSED for a request without a good proof of possession: nobody else
	 * on the way from the queue to the CA looks at that. */
	int (*sign)(void *self, struct cmp_sign_item *items, size_t n, struct err *e);
};

struct ra_options {
	const char *recipient;		/* DN of the CA: whom messages are for and who must sign answers */
	bool implicit_confirm;		/* ask for it */
	const struct trust *trust;	/* lent: whom answers and certificates must lead to */
	const struct profiles *profiles; /* lent */
	struct ra_signer signer;
	struct upstream upstream;	/* taken over on success */
};

int ra_new(const struct ra_options *o, struct ca_backend *out, struct err *e) MUSTUSE;

/* Other anchors from now on, also for answers to what was sent before. Lent, as in the options. */
void ra_set_trust(struct ca_backend *b, const struct trust *trust);

#endif
