/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signature protection by whoever holds the key: a process of its own, mostly. Many at a time.
 */
#ifndef NEMRA_CMP_PROTECT_H
#define NEMRA_CMP_PROTECT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/cmp/msg.h"
#include "common/pki/cert.h"

/* One ProtectedPart to be signed; the callback sets signature, or err when it refuses this one. */
struct cmp_sign_item {
	struct mem part;
	struct blob signature;
	struct err err;
};

struct cmp_protector {
	const struct certs *chain;	/* protecting certificate first; goes into extraCerts */
	struct mem sig_alg;		/* DER AlgorithmIdentifier of its signatures */
	void *self;
	/* -1: nobody could be asked, no item is signed. 0: look at each item. */
	int (*sign)(void *self, struct cmp_sign_item *items, size_t n, struct err *e);
};

/*
 * Fills what the protector determines of a header: sender (its subject, RFC 9483 section 3.1), senderKID,
 * protectionAlg; pvno 2.
 */
void cmp_protector_header(const struct cmp_protector *p, struct cmp_header *h);

/* One message to build and protect; all else is zero. */
struct cmp_out {
	struct cmp_header header;
	enum cmp_body body;
	struct mem content;
	bool with_chain;		/* extraCerts; RFC 9483 section 3.3 says where they may be left out */
	struct blob der;		/* result */
	struct err err;			/* or why not */
};

/*
 * Fills the headers as cmp_protector_header() does, builds all, asks for all signatures at once, assembles.
 * -1: none is done. 0: each has der, or err and no der.
 */
int cmp_protect(const struct cmp_protector *p, struct cmp_out *out, size_t n, struct err *e) MUSTUSE;

/* A protector that holds the key itself: lab CA, tests, agents. self is the struct key. */
int cmp_sign_with_key(void *self, struct cmp_sign_item *items, size_t n, struct err *e);

#endif
