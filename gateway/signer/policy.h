/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the signer puts the RA's signature under: its own opinion, whatever those who ask have checked before.
 */
#ifndef NEMRA_SIGNER_POLICY_H
#define NEMRA_SIGNER_POLICY_H

#include "common/base/buf.h"
#include "common/base/limits.h"
#include "gateway/signer/keys.h"
#include "gateway/signer/signer.h"

struct sign_policy;

int sign_policy_new(const struct signer_conf *c, struct sign_policy **out, struct err *e) MUSTUSE;
void sign_policy_free(struct sign_policy *p);

/* What a decision was about, for the log. */
#define SUBJECT_SHOWN 256
struct sign_seen {
	const char *body;		/* "p10cr" */
	uint8_t transaction_id[LIM_TRANSACTION_ID];
	size_t transaction_id_len;
	char subject[SUBJECT_SHOWN];	/* "" when there is none */
};

/*
 * May this DER ProtectedPart be signed by the RA? -1 with the reason; seen is filled as far as it was
 * understood, in both cases.
 */
int sign_policy_check(const struct sign_policy *p, const struct signer_keys *k, struct mem part,
    struct sign_seen *seen, struct err *e) MUSTUSE;

#endif
