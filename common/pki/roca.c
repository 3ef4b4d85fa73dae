/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys that a widespread library in chips and TPMs made badly (CVE-2017-15361, "The Return of
 * Coppersmith's Attack", Nemec et al., 2017, section 2.2): their primes are k * M + (65537^a mod M),
 * so that modulo each small prime the modulus is a power of 65537. That it is one modulo all of these
 * by chance happens once in 2^27 for an honest key.
 */
#include "common/pki/key_int.h"

static const unsigned primes[] = {
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
	101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167
};

/* Is r one of 65537^0, 65537^1 … modulo p? */
static bool
is_power(unsigned r, unsigned p)
{
	unsigned g = 65537u % p, v = 1;

	do {
		if (v == r)
			return true;
		v = v * g % p;
	} while (v != 1);
	return false;
}

bool
rsa_is_roca(const BIGNUM *n)
{
	for (size_t i = 0; i < COUNT_OF(primes); i++) {
		BN_ULONG r = BN_mod_word(n, primes[i]);

		if (r >= primes[i] || !is_power((unsigned)r, primes[i]))
			return false;
	}
	return true;
}
