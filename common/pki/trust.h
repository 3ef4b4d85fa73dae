/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Trust: anchors, revocation lists, path validation (RFC 5280 section 6). Immutable once
 * built and then safe to share between threads.
 */
#ifndef NEMRA_PKI_TRUST_H
#define NEMRA_PKI_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/cert.h"

struct trust;

int trust_new(struct trust **out, struct err *e) MUSTUSE;

/* All certificates of the file become anchors; each must be a CA. Non-self-signed ones count too. */
int trust_add_file(struct trust *t, const char *path, struct err *e) MUSTUSE;
int trust_add(struct trust *t, const struct certs *anchors, struct err *e) MUSTUSE;

/*
 * A CRL (PEM or DER, one or several). From then on every certificate of a path is looked up, and a
 * missing, foreign or out-of-date list refuses: R_CRL_UNUSABLE.
 */
int trust_add_crl_file(struct trust *t, const char *path, struct err *e) MUSTUSE;

/* The anchors, lent. */
const struct certs *trust_get0_anchors(const struct trust *t);

enum trust_purpose {
	TRUST_ANY,		/* signer of CMP messages, envelopes */
	TRUST_TLS_CLIENT,	/* EKU, if present, has clientAuth */
	TRUST_TLS_SERVER
};

/*
 * Is there a path from leaf over some of others to an anchor, valid at time now (seconds), for
 * the purpose? chain (may be NULL) receives it, leaf first, anchor last. R_CERT_NOT_TRUSTED,
 * R_CERT_EXPIRED, R_CERT_REVOKED, R_CRL_UNUSABLE. Without revocation lists, paths that were found are
 * remembered: the same answer, sooner.
 */
int trust_verify(const struct trust *t, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *chain, struct err *e) MUSTUSE;

void trust_free(struct trust *t);

#endif
