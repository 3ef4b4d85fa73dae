/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite enrol_suite;
extern const struct unit_suite refusal_suite;
extern const struct unit_suite folder_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &enrol_suite, &refusal_suite, &folder_suite };

	return unit_main(suites, sizeof(suites) / sizeof(suites[0]));
}
