/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite cmd_suite, csv_suite, chunk_suite, output_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &cmd_suite, &csv_suite, &chunk_suite, &output_suite };

	return unit_main(suites, sizeof(suites) / sizeof(suites[0]));
}
