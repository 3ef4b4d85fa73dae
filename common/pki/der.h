/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A look at the shape of DER before anything is allocated for it: one walk over tags and lengths.
 */
#ifndef NEMRA_PKI_DER_H
#define NEMRA_PKI_DER_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * Exactly one element of at most max octets: definite lengths in their shortest form, strings
 * primitive (X.690 section 10), at most LIM_DER_DEPTH deep, at most max_elements in all.
 * R_NOT_DER, R_TRAILING_BYTES, R_TOO_LONG, R_TOO_COMPLEX.
 */
int der_shape(struct mem der, size_t max, size_t max_elements, struct err *e) MUSTUSE;

/* Takes the first element off rest, header included; MEM_NONE when there is none. */
struct mem der_take(struct mem *rest);

/* What stands inside the first element. */
struct mem der_inside(struct mem element);

#endif
