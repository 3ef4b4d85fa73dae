/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * DER as a tree that can be changed: what a mutator needs so that its work gets past the outermost length. An OCTET
 * STRING or BIT STRING that holds DER is a node with children like any other.
 */
#ifndef NEMRA_FUZZ_DER_H
#define NEMRA_FUZZ_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What der_mutate() does to one node; a run does one to four of them. */
enum der_change {
	DER_TAG, DER_VALUE, DER_TYPED, DER_DUPLICATE, DER_DELETE, DER_SWAP, DER_GRAFT, DER_WRAP, DER_UNWRAP,
	DER_CHANGES
};

struct der_how {
	unsigned seed;			/* the same seed, the same change */
	bool honest;			/* lengths stay shortest and true; else one run in eight has one that is not */
	const uint8_t *donor;		/* where grafts come from, too; may be NULL */
	size_t n_donor;
	unsigned done[DER_CHANGES];	/* out: counted up */
};

/*
 * Changes the elements at data and writes them back with all lengths anew: the new size, at most max. 0, and data is as
 * it was: it is not of elements alone, has too many, or would not fit.
 */
size_t der_mutate(uint8_t *data, size_t size, size_t max, struct der_how *how);

/* The same elements with another value in the primitive one that begins at that offset; as above. */
size_t der_set_value(uint8_t *data, size_t size, size_t max, size_t offset, const uint8_t *value, size_t n);

#endif
