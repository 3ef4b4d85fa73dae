/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Paths that were found, so that the signer of every message is not followed to its root each time. A path
 * that was valid once is valid at any time at which all of its certificates are, as long as anchors do
 * not change and no revocation list is asked; so that is all that has to be looked at. The same holds for the path of
 * an issuer, whatever it issues.
 */
#ifndef NEMRA_PKI_TRUST_MEMO_H
#define NEMRA_PKI_TRUST_MEMO_H

#include <pthread.h>

#include "common/pki/trust.h"

#define MEMO_PATHS 16

struct memo_path {
	struct certs chain;		/* to the anchor; empty: not used */
	enum trust_purpose purpose;
	int64_t from, to;		/* both inclusive */
	bool used;			/* since it was last passed over for replacement */
};

struct memo_list {
	struct memo_path path[MEMO_PATHS];
	size_t next;			/* to be replaced */
};

struct trust_memo {
	pthread_mutex_t lock;
	struct memo_list leaves;	/* whole paths */
	struct memo_list issuers;	/* paths without their leaf, where that is all a plain leaf needs */
};

int memo_init(struct trust_memo *m, struct err *e) MUSTUSE;
void memo_clear(struct trust_memo *m);		/* forgets all */
void memo_destroy(struct trust_memo *m);

/*
 * 1 when a path from this very leaf, over certificates that are all in others, is known for the purpose
 * at that time; chain (may be NULL) receives it. 0: none is. -1: error.
 */
int memo_find(struct trust_memo *m, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *chain, struct err *e) MUSTUSE;

/* As memo_find(), for the path of an issuer that leaf names, issuer first. */
int memo_find_issuer(struct trust_memo *m, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *path, struct err *e) MUSTUSE;

/* Takes note of a path, and of that of its issuer. Without memory it does not. */
void memo_add(struct trust_memo *m, const struct certs *chain, enum trust_purpose purpose);

#endif
