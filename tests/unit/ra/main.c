/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite prepare_suite, judge_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &prepare_suite, &judge_suite };

	return unit_main(suites, COUNT_OF(suites));
}
