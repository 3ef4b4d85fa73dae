/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The envelope: CMS SignedData by the device key around a request, evidence that outlives the
 * channel. eContentType is NEMRA_OID_REQUEST, content
 *
 *	SEQUENCE {
 *		version INTEGER (1),
 *		station UTF8String,
 *		profile [0] UTF8String OPTIONAL,
 *		pkcs10  [1] CertificationRequest OPTIONAL,
 *		crmf    [2] CertReqMessages OPTIONAL }
 *
 * with EXPLICIT tags, so that each request stands in it as it is, and at least one of them.
 */
#ifndef NEMRA_PKI_ENVELOPE_H
#define NEMRA_PKI_ENVELOPE_H

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"

/* From a UUID (X.667), so that nobody had to register it. */
#define NEMRA_OID_REQUEST "2.25.34240621980104225669764036092178027821"

struct envelope;

struct envelope_content {
	const char *station;
	const char *profile;	/* NULL: none */
	struct mem pkcs10;	/* DER; empty: none */
	struct mem crmf;	/* DER CertReqMessages; empty: none */
};

/*
 * chain: the device certificate first, then what leads to its root. The device key is of any allowed
 * type but Ed448 (R_KEY_TYPE).
 */
int envelope_build(const struct envelope_content *in, const struct key *device,
    const struct certs *chain, struct blob *der, struct err *e) MUSTUSE;

/*
 * Reads and checks everything but whether the signer is trusted: exactly one SignerInfo, allowed
 * algorithms, signed attributes with the right content type and digest, DER, nothing behind it, and
 * the signature by the certificate inside. R_ENVELOPE_BAD, R_ENVELOPE_SIGNATURE.
 */
int envelope_parse(struct mem der, struct envelope **out, struct err *e) MUSTUSE;

const struct envelope_content *envelope_get0_content(const struct envelope *v);
const struct cert *envelope_get0_signer(const struct envelope *v);
const struct certs *envelope_get0_others(const struct envelope *v);	/* the rest of the certificates */

void envelope_free(struct envelope *v);

#endif
