/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "tests/unit/unit.h"

extern const struct unit_suite http_suite;
extern const struct unit_suite https_suite;

int
main(void)
{
	const struct unit_suite *const suites[] = { &http_suite, &https_suite };

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return 2;
	return unit_main(suites, sizeof(suites) / sizeof(suites[0]));
}
