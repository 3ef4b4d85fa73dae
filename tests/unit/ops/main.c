/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"
#include "tests/unit/unit.h"

extern const struct unit_suite where_suite, import_suite, verify_suite, server_suite, verdict_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &where_suite, &import_suite, &verify_suite, &server_suite,
		&verdict_suite };

	log_set_level((enum log_level)0);	/* failures are asked for here */
	return unit_main(suites, sizeof(suites) / sizeof(suites[0]));
}
