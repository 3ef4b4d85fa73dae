/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * HTTP header fields, a line each, name and value parted by the first colon: what is accepted has one length,
 * no encoding, and values within their bounds.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/limits.h"
#include "gateway/intake/headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELDS (LIM_HTTP_HEADERS + 2)

static size_t
split(const uint8_t *p, size_t size, struct http_field *f)
{
	const uint8_t *end = p + size;
	size_t n = 0;

	while (p < end && n < FIELDS) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = eol != NULL ? eol : end;
		const uint8_t *colon = memchr(p, ':', (size_t)(stop - p));
		const uint8_t *cut = colon != NULL ? colon : stop;

		f[n].name = (struct mem){ p, (size_t)(cut - p) };
		f[n++].value = (struct mem){ cut + (colon != NULL), (size_t)(stop - cut) - (colon != NULL) };
		p = stop + 1;
	}
	return n;
}

static size_t
count(const struct http_field *f, size_t n, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (f[i].name.len == strlen(name) && strncasecmp((const char *)f[i].name.p, name, f[i].name.len) == 0)
			found++;
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_field f[FIELDS];
	struct http_head h;
	struct err e;
	size_t n;

	if (size == 0 || size > 2 * LIM_HTTP_HEADER)
		return 0;
	n = split(data, size, f);
	if (http_head_read(f, n, &h, &e) != 0)
		return 0;
	if (n > LIM_HTTP_HEADERS || count(f, n, "transfer-encoding") != 0 ||
	    count(f, n, "content-length") != (h.has_length ? 1 : 0) || count(f, n, "host") > 1 ||
	    h.wait < 0 || h.wait > HEAD_WAIT_MAX || memchr(h.type, '\0', sizeof(h.type)) == NULL)
		abort();
	return 0;
}
