/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/enc.h"

#include <string.h>

void
hex_print(struct mem m, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < m.len; i++) {
		*out++ = digit[m.p[i] >> 4];
		*out++ = digit[m.p[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_parse(const char *s, uint8_t *out, size_t len, struct err *e)
{
	if (strlen(s) != 2 * len)
		return err_set(e, R_BAD_PARAMETER, "not %zu hexadecimal digits", 2 * len);
	for (size_t i = 0; i < len; i++) {
		int hi = hex_value(s[2 * i]), lo = hex_value(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return err_set(e, R_BAD_PARAMETER, "not a hexadecimal digit");
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

/* Length of the UTF-8 sequence at p, its code point in *cp; 0 when it is not valid (RFC 3629). */
static size_t
utf8_next(const uint8_t *p, size_t left, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n;
	uint32_t c;

	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
		c = p[0] & 0x1f;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		n = 3;
		c = p[0] & 0x0f;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		c = p[0] & 0x07;
	} else
		return 0;
	if (left < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*cp = c;
	return n;
}

/* Characters that show nothing, or change the order in which others are shown. */
static bool
misleading(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x61c ||
	    (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

void
enc_printable(struct buf *b, struct mem text, size_t max)
{
	size_t end = text.len < max ? text.len : max, n;

	for (size_t i = 0; i < end; i += n) {
		uint32_t c = 0;

		n = utf8_next(text.p + i, text.len - i, &c);
		if (n == 0 || misleading(c) || c == '"' || c == '\\') {
			n = n == 0 ? 1 : n;
			for (size_t k = 0; k < n; k++)
				buf_printf(b, "\\x%02x", text.p[i + k]);
		} else
			buf_add(b, text.p + i, n);
	}
	if (end < text.len)
		buf_add_str(b, "...");
}

bool
utf8_ok(struct mem text)
{
	size_t n;

	for (size_t i = 0; i < text.len; i += n) {
		uint32_t c = 0;

		n = utf8_next(text.p + i, text.len - i, &c);
		if (n == 0 || c == 0)
			return false;
	}
	return true;
}
