/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * For targets whose input is DER: three changes in four are made to the tree, the rest, and what is no tree, is
 * libFuzzer's own work on octets. Included by the one file of a target.
 */
#ifndef NEMRA_FUZZ_MUTATOR_H
#define NEMRA_FUZZ_MUTATOR_H

#include <string.h>

#include "tests/fuzz/der.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);	/* libFuzzer's */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out, size_t max,
    unsigned seed);

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct der_how how = { .seed = seed };
	size_t n = seed % 4 == 0 ? 0 : der_mutate(data, size, max, &how);

	return n > 0 ? n : LLVMFuzzerMutate(data, size, max);
}

/* One input with pieces of another. */
size_t
LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out, size_t max,
    unsigned seed)
{
	struct der_how how = { .seed = seed, .donor = b, .n_donor = nb };

	if (na > max)
		return 0;
	memcpy(out, a, na);
	return der_mutate(out, na, max, &how);
}

#endif
