/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * PKIMessage (RFC 4210 section 5.1, RFC 9810): reading and building. Parsed messages keep the bytes as
 * they came; protection is checked over those, and foreign requests are spliced, never re-encoded.
 * All struct mem of a parsed message are lent by it.
 */
#ifndef NEMRA_CMP_MSG_H
#define NEMRA_CMP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/cert.h"

/* PKIBody, RFC 4210 section 5.1.2: the value is the tag. */
enum cmp_body {
	CMP_IR, CMP_IP, CMP_CR, CMP_CP, CMP_P10CR, CMP_POPDECC, CMP_POPDECR, CMP_KUR, CMP_KUP,
	CMP_KRR, CMP_KRP, CMP_RR, CMP_RP, CMP_CCR, CMP_CCP, CMP_CKUANN, CMP_CANN, CMP_RANN,
	CMP_CRLANN, CMP_PKICONF, CMP_NESTED, CMP_GENM, CMP_GENP, CMP_ERROR, CMP_CERTCONF,
	CMP_POLLREQ, CMP_POLLREP, CMP_BODIES
};

/* Bodies as a set. */
#define CMP_BIT(body) (UINT32_C(1) << (body))

/* "p10cr"; "?" beyond the list. */
const char *cmp_body_name(int body);

#define CMP_NONCE_LEN 16	/* octets of our senderNonce and transactionID, RFC 9483 section 3.1 */

/* PKIHeader. Empty fields are absent. */
struct cmp_header {
	int pvno;
	struct mem sender;		/* DER Name of a directoryName; empty: another GeneralName, or NULL-DN */
	struct mem recipient;
	int64_t message_time;		/* seconds since 1970; 0: absent */
	struct mem protection_alg;	/* DER AlgorithmIdentifier */
	struct mem sender_kid;
	struct mem transaction_id;
	struct mem sender_nonce;
	struct mem recip_nonce;
	bool implicit_confirm;		/* generalInfo, RFC 4210 section 5.1.1.1 */
	int64_t confirm_wait_until;	/* generalInfo confirmWaitTime, seconds since 1970; 0: absent */
	struct mem cert_profile;	/* generalInfo certProfile, UTF-8 of its one element */
	struct mem orig_message;	/* generalInfo origPKIMessage: DER PKIMessages */
};

struct cmp_msg;

/*
 * One DER PKIMessage of at most LIM_CMP_MSG (LIM_CMP_NEST when its body is nested), nothing behind
 * it. Syntax only (RFC 9483 section 3.5 point 1): R_NOT_DER, R_TRAILING_BYTES, R_TOO_LONG.
 */
int cmp_msg_parse(struct mem der, struct cmp_msg **out, struct err *e) MUSTUSE;
void cmp_msg_free(struct cmp_msg *m);

struct mem cmp_msg_get0_der(const struct cmp_msg *m);
const struct cmp_header *cmp_msg_get0_header(const struct cmp_msg *m);
enum cmp_body cmp_msg_body(const struct cmp_msg *m);
struct mem cmp_msg_get0_body(const struct cmp_msg *m);		/* the content inside the body's tag */
struct mem cmp_msg_get0_protection(const struct cmp_msg *m);	/* the bits; empty: unprotected */
const struct certs *cmp_msg_get0_extra_certs(const struct cmp_msg *m);

/* DER ProtectedPart { header, body } from the bytes as received: what the protection covers. */
int cmp_msg_protected_part(const struct cmp_msg *m, struct blob *out, struct err *e) MUSTUSE;

/*
 * Builds the ProtectedPart of a message of ours: body_content is the DER that stands inside the body's
 * tag, made by the builders of body.h, spliced as it is. Only directoryName sender and recipient.
 */
int cmp_part_build(const struct cmp_header *h, enum cmp_body body, struct mem body_content,
    struct blob *part, struct err *e) MUSTUSE;

/* Reads a ProtectedPart back (the signer does, before it signs). Gives a message without protection. */
int cmp_part_parse(struct mem part, struct cmp_msg **out, struct err *e) MUSTUSE;

/* ProtectedPart + signature + certificates (may be NULL) = PKIMessage. protection empty: none. */
int cmp_msg_assemble(struct mem part, struct mem protection, const struct certs *extra,
    struct blob *der, struct err *e) MUSTUSE;

#endif
