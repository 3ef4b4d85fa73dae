/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A small PKI from tests/data/cmp/pki, and messages that are wrong in one place.
 */
#ifndef NEMRA_TESTS_CMP_FIXTURE_H
#define NEMRA_TESTS_CMP_FIXTURE_H

#include <stdint.h>

#include "common/cmp/body.h"
#include "common/cmp/msg.h"
#include "common/cmp/protect.h"
#include "common/cmp/verify.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "common/pki/trust.h"

#define MEM(a) ((struct mem){ (a), sizeof(a) })

extern const uint8_t tid[CMP_NONCE_LEN], nonce_a[CMP_NONCE_LEN], nonce_b[CMP_NONCE_LEN];

struct cert *pki_cert(const char *name);		/* pki/NAME.crt */
struct key *pki_key(const char *name);			/* pki/NAME.key */
struct trust *pki_trust(void);				/* the root */
int64_t pki_now(void);					/* a time at which all are valid */

/* NAME's key and certificate, the sub CA behind it. */
struct signer {
	struct key *key;
	struct certs chain;
	struct cmp_protector protector;
};
void signer_init(struct signer *s, const char *name);
void signer_clear(struct signer *s);

/* An answer to a request with tid and nonce_a: header and "pkiconf" content. */
struct cmp_header answer_header(void);

/* What the sender of that request expects: any answer body, from the root's people. */
struct cmp_expect answer_expect(const struct trust *t);

/* Builds and protects h exactly as it is, but for what the signer determines when fill. */
struct cmp_msg *make_message(struct signer *s, struct cmp_header h, bool fill, enum cmp_body body,
    struct mem content);

/* pkiconf by make_message. */
struct cmp_msg *make_answer(struct signer *s, struct cmp_header h, bool fill);

#endif
