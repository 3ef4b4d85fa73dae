/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite upstream_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &upstream_suite };

	return unit_main(suites, 1);
}
