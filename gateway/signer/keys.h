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
#include "gateway/signer/signer.h"

#define MAC_KEY_LEN 32u

struct signer_keys {
	struct key *ra;
	struct certs chain;		/* the RA's certificate first */
	uint8_t *txid;			/* MAC_KEY_LEN octets each, in locked memory */
	uint8_t *audit;
};

/*
 * Each file is 0600 and ours (R_KEY_FILE_OPEN); the certificate fits the key and may sign; the two MAC keys
 * differ (R_KEY_UNUSABLE). What is only doubtful is logged: no id-kp-cmcRA, not valid now, memory not locked.
 */
int signer_keys_load(const struct signer_conf *c, struct signer_keys **out, struct err *e) MUSTUSE;
void signer_keys_free(struct signer_keys *k);

#endif
