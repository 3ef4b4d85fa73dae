/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/headers.h"

#include <string.h>
#include <strings.h>

#include "common/base/limits.h"

#define FIELD_EXTRA 4	/* colon, space, CR, LF */

static bool
is(struct mem m, const char *s)
{
	return m.len == strlen(s) && strncasecmp((const char *)m.p, s, m.len) == 0;
}

/* tchar of RFC 9110 section 5.6.2 */
static bool
is_token(struct mem m)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < m.len; i++) {
		uint8_t c = m.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c != '\0' && strchr(marks, c) != NULL)))
			return false;
	}
	return m.len > 0;
}

static struct mem
trim(struct mem m)
{
	while (m.len > 0 && (m.p[0] == ' ' || m.p[0] == '\t')) {
		m.p++;
		m.len--;
	}
	while (m.len > 0 && (m.p[m.len - 1] == ' ' || m.p[m.len - 1] == '\t'))
		m.len--;
	return m;
}

/* Cuts m at the first c; the part before it is returned, the rest stays in m. */
static struct mem
cut(struct mem *m, char c)
{
	const uint8_t *at = m->len > 0 ? memchr(m->p, c, m->len) : NULL;
	size_t len = at != NULL ? (size_t)(at - m->p) : m->len;
	struct mem part = { m->p, len };

	m->p = at != NULL ? at + 1 : m->p + len;
	m->len -= at != NULL ? len + 1 : len;
	return trim(part);
}

static int
digits(struct mem m, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (m.len == 0 || m.len > 18)
		return -1;
	for (size_t i = 0; i < m.len; i++) {
		if (m.p[i] < '0' || m.p[i] > '9')
			return -1;
		v = v * 10 + (uint64_t)(m.p[i] - '0');
	}
	*out = v < max ? v : max;
	return 0;
}

static int
check_size(const struct http_field *f, size_t n, struct err *e)
{
	size_t sum = 0;

	if (n > LIM_HTTP_HEADERS)
		return err_set(e, R_HTTP_HEADERS, "%zu fields", n);
	for (size_t i = 0; i < n; i++)
		sum += f[i].name.len + f[i].value.len + FIELD_EXTRA;
	if (sum > LIM_HTTP_HEADER)
		return err_set(e, R_HTTP_HEADERS, "%zu octets", sum);
	return 0;
}

static int
check_form(const struct http_field *f, struct err *e)
{
	if (!is_token(f->name))
		return err_set(e, R_HTTP_AMBIGUOUS, "a field's name has a character that is not allowed");
	if (f->value.len > 0 && memchr(f->value.p, '\0', f->value.len) != NULL)
		return err_set(e, R_HTTP_AMBIGUOUS, "a field's value has a NUL");
	return 0;
}

static int
check_once(const struct http_field *f, size_t n, struct err *e)
{
	static const char *const once[] = { "Content-Length", "Transfer-Encoding", "Host", "Content-Type" };
	bool seen[COUNT_OF(once)] = { false };

	for (size_t i = 0; i < n; i++) {
		if (check_form(&f[i], e) != 0)
			return -1;
		for (size_t k = 0; k < COUNT_OF(once); k++) {
			if (!is(f[i].name, once[k]))
				continue;
			if (seen[k])
				return err_set(e, R_HTTP_AMBIGUOUS, "%s is there twice", once[k]);
			seen[k] = true;
		}
	}
	if (seen[0] && seen[1])
		return err_set(e, R_HTTP_AMBIGUOUS, "Content-Length together with Transfer-Encoding");
	if (seen[1])
		return err_set(e, R_HTTP_CHUNKED, "Transfer-Encoding");
	return 0;
}

static void
read_type(struct mem value, struct http_head *out)
{
	struct mem t = cut(&value, ';');

	for (size_t i = 0; i < t.len && i + 1 < sizeof(out->type); i++)
		out->type[i] = (char)(t.p[i] >= 'A' && t.p[i] <= 'Z' ? t.p[i] + 32 : t.p[i]);
}

/* Preferences that we do not know, or cannot read, are passed over: RFC 7240 section 2. */
static void
read_prefer(struct mem value, struct http_head *out)
{
	uint64_t n;

	while (value.len > 0) {
		struct mem one = cut(&value, ',');
		struct mem word = cut(&one, ';');
		struct mem name = cut(&word, '=');

		if (is(name, "wait") && digits(trim(word), HEAD_WAIT_MAX, &n) == 0 && out->wait == 0)
			out->wait = (int)n;
	}
}

int
http_head_read(const struct http_field *f, size_t n, struct http_head *out, struct err *e)
{
	struct http_head h = { 0 };

	if (check_size(f, n, e) != 0 || check_once(f, n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct mem v = trim(f[i].value);

		if (is(f[i].name, "Content-Length")) {
			h.has_length = true;
			if (digits(v, UINT64_MAX, &h.length) != 0)
				return err_set(e, R_HTTP_AMBIGUOUS, "Content-Length is not a number");
		} else if (is(f[i].name, "Content-Type")) {
			read_type(v, &h);
		} else if (is(f[i].name, "Prefer")) {
			read_prefer(v, &h);
		}
	}
	*out = h;
	return 0;
}
