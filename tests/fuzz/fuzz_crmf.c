/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CertReqMessages: what is taken can be looked at, proved, and taken again from the bytes that it kept.
 */
#include "common/pki/crmf.h"
#include "tests/fuzz/mutator.h"
#include "tests/fuzz/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crmf *c = NULL, *again = NULL;
	struct err e;

	if (crmf_parse((struct mem){ data, size }, &c, &e) != 0) {
		must(c == NULL && e.reason != R_NONE && e.reason != R_INTERNAL);
		return 0;
	}
	must(mem_eq(crmf_get0_der(c), (struct mem){ data, size }));
	look_at_wanted(crmf_get0_wanted(c));
	if (crmf_check_pop(c, &e) != 0)
		must(e.reason == R_BAD_SIGNATURE || e.reason == R_WEAK_ALGORITHM || e.reason == R_NO_POP ||
		    e.reason == R_NOT_DER);
	must(crmf_parse(crmf_get0_der(c), &again, &e) == 0);
	must(wanted_agree(crmf_get0_wanted(c), crmf_get0_wanted(again), &e) == 0);
	crmf_free(again);
	crmf_free(c);
	return 0;
}
