/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The checks of RFC 9483 section 3.5, each with its number and failInfo, for the two sides of a transaction.
 */
#ifndef NEMRA_CMP_VERIFY_H
#define NEMRA_CMP_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/cmp/msg.h"
#include "common/pki/trust.h"

struct cmp_expect {
	uint32_t bodies;		/* allowed: CMP_BIT() of each */
	bool answer;			/* transaction_id and one of recip_nonce must match */
	struct mem transaction_id;
	struct mem recip_nonce[2];	/* ours; the second may be empty (delayed delivery) */
	struct mem sender;		/* DER Name that the signer must have; empty: any trusted */
	const struct trust *trust;	/* for the protecting certificate */
	const struct cert *known_signer; /* validated earlier in this transaction; when extraCerts lack it */
	int64_t now;			/* seconds since 1970 */
};

/*
 * pvno, transactionID, body, nonces, protection present and a signature by an allowed algorithm, senderKID,
 * protecting certificate (path, keyUsage digitalSignature), sender. signer (may be NULL) receives a copy
 * of the protecting certificate. An unprotected error message gives R_CMP_UNPROTECTED: the caller may show it,
 * never believe it.
 */
int cmp_verify(const struct cmp_msg *m, const struct cmp_expect *x, struct cert **signer,
    struct err *e) MUSTUSE;

/* The part without protection: points 2 to 6. For looking at messages that fail. */
int cmp_verify_header(const struct cmp_msg *m, const struct cmp_expect *x, struct err *e) MUSTUSE;

#endif
