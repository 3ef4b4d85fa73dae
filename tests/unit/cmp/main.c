/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

extern const struct unit_suite body_suite, foreign_suite, hostile_suite, msg_suite,
    verify_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = {
		&msg_suite, &body_suite, &foreign_suite, &hostile_suite, &verify_suite
	};

	return unit_main(suites, COUNT_OF(suites));
}
