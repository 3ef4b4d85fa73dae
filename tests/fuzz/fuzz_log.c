/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Log lines: whatever the values, an event is one line of printable text, with the keys that were given and no other.
 * The input is cut at zero octets into the values.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/enc.h"
#include "common/base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* Behind one value: a quoted one ends at its quote, another at the next space. NULL: at the end of the line. */
static const char *
skip_value(const char *p, const char *end)
{
	bool quoted = p < end && *p == '"';

	for (p += quoted; p < end; p++) {
		if (*p == '\\') {
			must(p + 1 < end);
			p++;
		} else if (*p == (quoted ? '"' : ' ')) {
			return quoted ? p + 1 : p;
		} else {
			must(quoted || (*p != '=' && *p != '"'));
		}
	}
	must(!quoted);
	return p;
}

/* " k=VALUE k=VALUE …" */
static void
look_at_pairs(const char *p, const char *end, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		must(end - p >= 3 && memcmp(p, " k=", 3) == 0);
		p = skip_value(p + 3, end);
	}
	must(p == end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_line l;
	size_t n = 0, head;

	log_begin(&l, LOG_INFO, "event.seen");
	head = l.b.len;
	for (size_t from = 0; from <= size && n < 4; n++) {
		const uint8_t *stop = from < size ? memchr(data + from, 0, size - from) : NULL;
		size_t len = stop != NULL ? (size_t)(stop - (data + from)) : size - from;

		/* the last value has the zero octets, too */
		log_mem(&l, "k", (struct mem){ data + from, n == 3 ? size - from : len });
		from += len + 1;
	}
	must(head > 0 && l.b.len < LOG_LINE);
	must(utf8_ok(buf_mem(&l.b)));
	for (size_t i = 0; i < l.b.len; i++)
		must(l.space[i] >= 0x20 && l.space[i] != 0x7f);
	if (!l.b.failed)
		look_at_pairs((const char *)l.space + head, (const char *)l.space + l.b.len, n);
	return 0;
}
