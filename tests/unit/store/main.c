/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fix.h"

extern const struct unit_suite args_suite, db_suite, door_suite, outcome_suite, work_suite, shared_suite,
    ops_suite, health_suite, schema_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = {
		&args_suite, &db_suite, &door_suite, &outcome_suite, &work_suite, &shared_suite, &ops_suite,
		&health_suite, &schema_suite
	};

	fix_start();
	return unit_main(suites, COUNT_OF(suites));
}
