/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Filters: what parses, printed in its quoted form, parses to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "gateway/ops/where.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
print(const struct where *w, struct buf *b)
{
	static const char *const op[] = { "=", "!=", "<", "<=", ">", ">=" };

	for (size_t i = 0; i < w->n; i++) {
		buf_printf(b, "%s%s%s\"", i == 0 ? "" : ",", w->cond[i].key, op[w->cond[i].op]);
		for (const char *c = w->cond[i].value; *c != '\0'; c++)
			buf_add_str(b, *c == '"' ? "\"\"" : (const char[]){ *c, '\0' });
		buf_add_str(b, "\"");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct where first, second;
	char text[WHERE_TEXT + 2];
	struct err e;
	struct buf b;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (where_parse(text, &first, &e) != 0)
		return 0;
	buf_init(&b, 3 * WHERE_TEXT);
	print(&first, &b);
	if (buf_text(&b) != NULL && b.len <= WHERE_TEXT) {
		if (where_parse((const char *)b.p, &second, &e) != 0 || second.n != first.n)
			abort();
		for (size_t i = 0; i < first.n; i++)
			if (first.cond[i].op != second.cond[i].op ||
			    strcmp(first.cond[i].key, second.cond[i].key) != 0 ||
			    strcmp(first.cond[i].value, second.cond[i].value) != 0)
				abort();
	}
	buf_free(&b);
	return 0;
}
