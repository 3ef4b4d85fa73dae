/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"
#include "tests/unit/unit.h"

extern const struct unit_suite flow_suite, retry_suite, circuit_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &flow_suite, &retry_suite, &circuit_suite };

	log_set_level((enum log_level)0);
	return unit_main(suites, COUNT_OF(suites));
}
