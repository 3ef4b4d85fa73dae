/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A look at DER before it is decoded: where its elements are, and that they are not too many or
 * too deep. Private to this folder.
 */
#ifndef NEMRA_CMP_DER_H
#define NEMRA_CMP_DER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct der {
	int tag;
	int class;			/* V_ASN1_UNIVERSAL, V_ASN1_CONTEXT_SPECIFIC … */
	bool constructed;
	struct mem all;			/* with tag and length */
	struct mem content;
};

/* Takes the first element off in. -1: none, cut, or of indefinite length. */
int der_next(struct mem *in, struct der *d) MUSTUSE;

/* The same, and it is a SEQUENCE. */
int der_next_sequence(struct mem *in, struct der *d) MUSTUSE;

/*
 * Exactly one element, well formed all the way down: definite lengths (they need not be the shortest: a
 * foreign request is left as it is), no constructed strings, at most LIM_CMP_DEPTH levels and LIM_CMP_ELEMENTS
 * elements. R_NOT_DER, R_TRAILING_BYTES, R_TOO_COMPLEX.
 */
int der_check(struct mem m, struct err *e) MUSTUSE;

#endif
