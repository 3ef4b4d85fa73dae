/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The client half of the signer: what the other daemons may ask for. One connection, one question
 * at a time, many items a question; reconnects by itself once per call.
 */
#ifndef NEMRA_SIGNER_CLIENT_H
#define NEMRA_SIGNER_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/cmp/protect.h"

struct signer;

/* Remembers the path; connects at the first question. */
int signer_new(const char *socket, struct signer **out, struct err *e) MUSTUSE;
void signer_free(struct signer *s);

/* How long an answer may take; else as much is asked: 10 s, and up to a minute for hundreds of signatures. */
void signer_set_patience(struct signer *s, int64_t ms);

/* The RA's certificate chain and signature algorithm (PEM is public; asked for at start and after a change). */
int signer_credential(struct signer *s, struct certs *chain, struct blob *sig_alg, struct err *e) MUSTUSE;

/*
 * For struct cmp_protector: self is the struct signer. R_SIGNER_AWAY, R_TOKEN_AWAY, R_TOKEN_PIN;
 * R_CREDENTIAL_CHANGED: ask signer_credential() again and make the messages anew. Per item R_SIGNER_REFUSED.
 */
int signer_sign_cmp(void *self, struct cmp_sign_item *items, size_t n, struct err *e);

/* transactionID of each (station, SHA-256 of the upload, attempt): see docs/decisions. */
struct signer_txid {
	const char *station;
	struct mem upload_sha256;
	uint32_t attempt;
	uint8_t id[16];			/* out */
};
int signer_txids(struct signer *s, struct signer_txid *t, size_t n, struct err *e) MUSTUSE;

/* MACs of a run of audit links: mac[i] = HMAC(K_audit, seq+1+i || mac[i-1] (prev at first) || SHA-256(content[i])). */
int signer_audit(struct signer *s, int64_t seq, const uint8_t prev[32], const struct mem *content,
    uint8_t (*mac)[32], size_t n, struct err *e) MUSTUSE;

/* Checks such a run (signer-ops.sock): *bad receives the index of the first that does not fit, or n. */
int signer_audit_check(struct signer *s, int64_t seq, const uint8_t prev[32], const struct mem *content,
    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *e) MUSTUSE;

#endif
