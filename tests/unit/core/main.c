/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/core/states.h"
#include "tests/unit/unit.h"

extern const struct unit_suite identity_suite, profile_suite, request_suite, station_suite;

/* "core --draw > docs/states.md" makes the drawing that request_suite compares. */
static int
draw(void)
{
	struct buf b;
	int rc;

	buf_init(&b, STATES_MAX);
	states_draw(&b);
	rc = buf_ok(&b) && fwrite(b.p, 1, b.len, stdout) == b.len && fflush(stdout) == 0 ? 0 : 1;
	buf_free(&b);
	return rc;
}

int
main(int argc, char **argv)
{
	const struct unit_suite *const suites[] = {
		&request_suite, &station_suite, &profile_suite, &identity_suite
	};

	if (argc == 2 && strcmp(argv[1], "--draw") == 0)
		return draw();
	return unit_main(suites, COUNT_OF(suites));
}
