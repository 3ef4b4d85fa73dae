/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * PKCS#10: what is taken can be looked at, proved, and taken again from the bytes that it kept.
 */
#include "common/pki/csr.h"
#include "tests/fuzz/mutator.h"
#include "tests/fuzz/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csr *c = NULL, *again = NULL;
	struct err e;

	if (csr_parse((struct mem){ data, size }, &c, &e) != 0) {
		must(c == NULL && e.reason != R_NONE && e.reason != R_INTERNAL);
		return 0;
	}
	must(mem_eq(csr_get0_der(c), (struct mem){ data, size }));
	look_at_wanted(csr_get0_wanted(c));
	if (csr_check_pop(c, &e) != 0)
		must(e.reason == R_BAD_SIGNATURE || e.reason == R_WEAK_ALGORITHM || e.reason == R_NOT_DER);
	must(csr_parse(csr_get0_der(c), &again, &e) == 0);
	must(wanted_agree(csr_get0_wanted(c), csr_get0_wanted(again), &e) == 0);
	csr_free(again);
	csr_free(c);
	return 0;
}
