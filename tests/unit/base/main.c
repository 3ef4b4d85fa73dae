/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite buf_suite, file_suite, text_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &buf_suite, &file_suite, &text_suite };

	return unit_main(suites, sizeof(suites) / sizeof(suites[0]));
}
