/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the signer holds: the RA's key and chain, and the two keys of its MACs. They are loaded together and
 * replaced together.
 */
#ifndef NEMRA_SIGNER_KEYS_H
#define NEMRA_SIGNER_KEYS_H

#include "common/base/buf.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "gateway/signer/names.h"
#include "gateway/signer/signer.h"

#define MAC_KEY_LEN 32u

/* What is no error and yet looks like one. */
enum doubt {
	DOUBT_EKU = 1 << 0,		/* no id-kp-cmcRA: a CA may not take it for an RA */
	DOUBT_TIME = 1 << 1,		/* not valid now */
	DOUBT_CHAIN = 1 << 2		/* what follows the certificate did not issue it */
};

struct signer_keys {
	struct key *ra;			/* NULL: its token is away */
	const char *ra_uri;		/* lent by the configuration */
	struct certs chain;		/* the RA's certificate first */
	struct names authorities;	/* who stands in the chain, as subject or as issuer */
	struct blob sig_alg;		/* of the RA's signatures */
	unsigned doubts;
	uint8_t *txid;			/* MAC_KEY_LEN octets each, in locked memory */
	uint8_t *audit;
};

/*
 * Each file is 0600 and ours (R_KEY_FILE_OPEN); the certificate fits the key and may sign; the two MAC keys
 * differ (R_KEY_UNUSABLE). At the start (old is NULL) what is only doubtful is logged. Later it is refused unless
 * the old certificate was as doubtful, and the MAC keys must be the old ones: they belong to the installation, and
 * requests that are open depend on them. R_TOKEN_PIN: see key_load().
 */
int signer_keys_load(const struct signer_conf *c, const struct signer_keys *old, struct signer_keys **out,
    struct err *e) MUSTUSE;
void signer_keys_free(struct signer_keys *k);

/* Seconds until the first certificate of the chain expires; negative: it has. */
int64_t signer_keys_left(const struct signer_keys *k, int64_t now);

#endif
