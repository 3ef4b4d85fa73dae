/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/csv.h"

#include <csv.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/buf.h"

/* Also a value that already has guards before such a character, so that taking one off is exact. */
static bool
needs_guard(const char *value)
{
	value += strspn(value, "'");
	return *value != '\0' && strchr("=+-@\t\r", *value) != NULL;
}

void
csv_put(FILE *to, const char *value, int first)
{
	struct buf b;

	if (!first)
		(void)fputc(',', to);
	if (value == NULL)
		value = "";
	if (!needs_guard(value)) {
		(void)csv_fwrite(to, value, strlen(value));
		return;
	}
	buf_init(&b, strlen(value) + 1);
	buf_add_str(&b, "'");
	buf_add_str(&b, value);
	if (buf_ok(&b))
		(void)csv_fwrite(to, b.p, b.len);
	buf_free(&b);
}

void
csv_end(FILE *to)
{
	(void)fputs("\r\n", to);
}
