/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names that others are compared with, as RFC 5280 section 7.1 compares: decoded once. A comparison that
 * could not be made is an error, never "not equal": some of these names are there to be refused.
 */
#ifndef NEMRA_SIGNER_NAMES_H
#define NEMRA_SIGNER_NAMES_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct names {
	X509_NAME **v;		/* the longest first */
	size_t n, max;
};

void names_init(struct names *l, size_t max);
void names_free(struct names *l);

/* All names here were decoded before, by who parsed what they stand in: what fails now is memory. R_NO_MEMORY. */
int names_decode(struct mem der, X509_NAME **out, struct err *e) MUSTUSE;
int names_add(struct names *l, struct mem der, struct err *e) MUSTUSE;

int names_equal(const X509_NAME *a, const X509_NAME *b, bool *equal, struct err *e) MUSTUSE;

/* Is name one of them? */
int names_have(const struct names *l, const X509_NAME *name, bool *found, struct err *e) MUSTUSE;

/* Does name consist of one of them and more behind it? It is cut meanwhile, and of no more use. */
int names_have_above(const struct names *l, X509_NAME *name, bool *found, struct err *e) MUSTUSE;

#endif
