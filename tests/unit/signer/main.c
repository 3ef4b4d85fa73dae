/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"
#include "tests/unit/unit.h"

extern const struct unit_suite sign_suite, mac_suite, keys_suite, server_suite, client_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &sign_suite, &mac_suite, &keys_suite, &server_suite,
		&client_suite };

	log_set_level(LOG_ERROR);	/* each refusal that a test wants would be a line */
	return unit_main(suites, 5);
}
