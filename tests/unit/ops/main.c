/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite where_suite, import_suite, verify_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &where_suite, &import_suite, &verify_suite };

	return unit_main(suites, sizeof(suites) / sizeof(suites[0]));
}
