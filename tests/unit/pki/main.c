/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite der_suite, alg_suite, hash_suite, text_suite, name_suite, san_suite,
    key_suite, csr_suite, crmf_suite, cert_suite, trust_suite, plain_suite, pubkey_suite, envelope_suite, hostile_suite,
    interop_suite, flip_suite, threads_suite, openssl_suite, regression_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &der_suite, &alg_suite, &hash_suite, &text_suite,
	    &name_suite, &san_suite, &key_suite, &csr_suite, &crmf_suite, &cert_suite, &trust_suite,
	    &plain_suite, &pubkey_suite, &envelope_suite, &hostile_suite, &interop_suite, &flip_suite, &threads_suite,
	    &openssl_suite, &regression_suite };

	return unit_main(suites, COUNT_OF(suites));
}
