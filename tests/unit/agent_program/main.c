/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite json_suite;
extern const struct unit_suite hooks_suite;
extern const struct unit_suite config_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &json_suite, &hooks_suite, &config_suite };

	return unit_main(suites, sizeof(suites) / sizeof(suites[0]));
}
