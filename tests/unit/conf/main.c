/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite value_suite, structure_suite, print_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &value_suite, &structure_suite, &print_suite };

	return unit_main(suites, 3);
}
