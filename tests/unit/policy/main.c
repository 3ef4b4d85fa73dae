/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite names_suite;
extern const struct unit_suite extensions_suite;
extern const struct unit_suite judge_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &names_suite, &extensions_suite, &judge_suite };

	return unit_main(suites, COUNT_OF(suites));
}
