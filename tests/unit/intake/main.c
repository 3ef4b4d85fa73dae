/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"
#include "tests/unit/unit.h"

extern const struct unit_suite headers_suite;
extern const struct unit_suite routes_suite;
extern const struct unit_suite quota_suite;
extern const struct unit_suite reply_suite;
extern const struct unit_suite conns_suite;
extern const struct unit_suite gate_suite;
extern const struct unit_suite worker_suite;
extern const struct unit_suite identity_suite;
extern const struct unit_suite judge_suite;
extern const struct unit_suite exchange_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &headers_suite, &routes_suite, &quota_suite,
		&reply_suite, &conns_suite, &gate_suite, &worker_suite, &identity_suite, &judge_suite,
		&exchange_suite };

	log_set_level(LOG_ERROR);
	return unit_main(suites, COUNT_OF(suites));
}
