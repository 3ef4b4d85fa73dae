/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite conf_suite, profile_suite, daemon_suite, confine_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &conf_suite, &profile_suite, &daemon_suite, &confine_suite };

	return unit_main(suites, 4);
}
