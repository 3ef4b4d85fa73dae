/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Apart from clock.c, so that a test can link another clock and keep the text.
 */
#include <stdio.h>
#include <time.h>

#include "common/base/clock.h"

void
clock_print(int64_t wall_us, char *out, size_t size)
{
	int64_t ms = wall_us / 1000;
	time_t s = (time_t)(ms / 1000);
	int rest = (int)(ms % 1000);
	char text[CLOCK_TEXT];
	struct tm tm;

	if (rest < 0) {
		rest += 1000;
		s--;
	}
	if (gmtime_r(&s, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		snprintf(out, size, "%lld us", (long long)wall_us);
	else
		snprintf(out, size, "%s.%03dZ", text, rest);
}
