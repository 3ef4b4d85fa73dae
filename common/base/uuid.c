/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/uuid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/clock.h"
#include "common/base/enc.h"

void
random_fill(void *p, size_t len)
{
	uint8_t *to = p;
	ssize_t n;

	while (len > 0) {
		n = getrandom(to, len, 0);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			abort();
		}
		to += n;
		len -= (size_t)n;
	}
}

uint32_t
random_below(uint32_t n)
{
	uint32_t limit = UINT32_MAX - UINT32_MAX % n, v;

	do
		random_fill(&v, sizeof(v));
	while (v >= limit);
	return v % n;
}

struct uuid
uuid_new(void)
{
	uint64_t ms = (uint64_t)(clock_wall_us() / 1000);
	struct uuid u;

	random_fill(u.b, sizeof(u.b));
	for (size_t i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(ms >> (8 * (5 - i)));
	u.b[6] = (uint8_t)(0x70 | (u.b[6] & 0x0f));	/* version 7 */
	u.b[8] = (uint8_t)(0x80 | (u.b[8] & 0x3f));	/* variant 10 */
	return u;
}

void
uuid_print(const struct uuid *u, char out[UUID_TEXT])
{
	static const size_t group[] = { 4, 2, 2, 2, 6 };
	const uint8_t *p = u->b;

	for (size_t i = 0; i < COUNT_OF(group); i++) {
		hex_print((struct mem){ p, group[i] }, out);
		p += group[i];
		out += 2 * group[i];
		*out++ = i + 1 < COUNT_OF(group) ? '-' : '\0';
	}
}

int
uuid_parse(const char *s, struct uuid *out, struct err *e)
{
	static const size_t hyphen[] = { 8, 13, 18, 23 };
	char digits[33];
	size_t n = 0, h = 0;
	struct uuid u;

	if (strlen(s) != UUID_TEXT - 1)
		goto bad;
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		if (h < COUNT_OF(hyphen) && i == hyphen[h]) {
			if (s[i] != '-')
				goto bad;
			h++;
		} else if (s[i] >= 'A' && s[i] <= 'F')
			goto bad;
		else
			digits[n++] = s[i];
	}
	digits[n] = '\0';
	if (hex_parse(digits, u.b, sizeof(u.b), NULL) != 0)
		goto bad;
	*out = u;
	return 0;
bad:
	return err_set(e, R_BAD_PARAMETER, "not a UUID");
}
