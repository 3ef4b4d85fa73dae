/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/text.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "common/pki/pem.h"

#define LINE_OCTETS 48		/* give 64 characters */
#define LABEL_MAX 64

static const char PEM_BEGIN[] = "-----BEGIN ";
static const char PEM_END[] = "-----END ";
static const char PEM_DASHES[] = "-----";

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void
base64_add(struct buf *b, struct mem der, bool wrap)
{
	for (size_t at = 0; at < der.len; at += LINE_OCTETS) {
		size_t n = der.len - at < LINE_OCTETS ? der.len - at : LINE_OCTETS;
		uint8_t line[LINE_OCTETS / 3 * 4 + 1];

		buf_add(b, line, (size_t)EVP_EncodeBlock(line, der.p + at, (int)n));
		if (wrap)
			buf_add_str(b, "\n");
	}
}

static bool
is_base64(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '+' || c == '/';
}

/* Copies text without white space; padding only where it may stand. */
static int
squeeze(struct mem text, struct buf *b, size_t *pad, struct err *e)
{
	*pad = 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (is_space(c))
			continue;
		if (c == '=')
			++*pad;
		else if (*pad > 0 || !is_base64(c))
			return err_set(e, R_BAD_BASE64, "octet 0x%02x at %zu", c, i);
		buf_add_u8(b, c);
	}
	if (buf_ok(b) && (b->len == 0 || b->len % 4 != 0 || *pad > 2))
		return err_set(e, R_BAD_BASE64, "cut, or wrong padding");
	return 0;
}

/* RFC 4648 section 3.5: the bits that padding leaves over are zero. */
static bool
last_is_canonical(const struct blob *out, const uint8_t *quad)
{
	uint8_t again[5];
	size_t n = out->len % 3;

	if (n == 0)
		return true;
	(void)EVP_EncodeBlock(again, out->p + out->len - n, (int)n);
	return memcmp(again, quad, 4) == 0;
}

int
base64_parse(struct mem text, size_t max, struct blob *out, struct err *e)
{
	struct blob raw = { NULL, 0 };
	struct buf b, dec;
	size_t pad;
	uint8_t *to;
	int rc = -1;

	/* Room for max octets and what padding hides. */
	buf_init(&b, max / 3 * 4 + 4);
	buf_init(&dec, max + 3);
	if (squeeze(text, &b, &pad, e) != 0)
		goto out;
	if (!buf_ok(&b) || b.len > INT_MAX || b.len / 4 * 3 - pad > max) {
		err_set(e, b.failed && !b.over ? R_NO_MEMORY : R_TOO_LONG, "limit of %zu octets", max);
		goto out;
	}
	to = buf_room(&dec, b.len / 4 * 3);
	if (to != NULL && EVP_DecodeBlock(to, b.p, (int)b.len) != (int)dec.len) {
		err_set(e, R_BAD_BASE64, "damaged");
		goto out;
	}
	if (buf_take(&dec, &raw, e) != 0)
		goto out;
	raw.len -= pad;
	if (!last_is_canonical(&raw, b.p + b.len - 4)) {
		err_set(e, R_BAD_BASE64, "bits behind the end are not zero");
		goto out;
	}
	*out = raw;
	raw.p = NULL;
	rc = 0;
out:
	blob_cleanse(&raw);
	buf_cleanse(&dec);
	buf_cleanse(&b);
	return rc;
}

void
pem_add(struct buf *b, const char *label, struct mem der)
{
	buf_printf(b, "%s%s%s\n", PEM_BEGIN, label, PEM_DASHES);
	base64_add(b, der, true);
	buf_printf(b, "%s%s%s\n", PEM_END, label, PEM_DASHES);
}

static struct mem
skip_space(struct mem m)
{
	while (m.len > 0 && is_space(*m.p)) {
		m.p++;
		m.len--;
	}
	return m;
}

static bool
starts(struct mem m, const char *s)
{
	return m.len >= strlen(s) && memcmp(m.p, s, strlen(s)) == 0;
}

bool
pem_is(struct mem text)
{
	return starts(skip_space(text), PEM_BEGIN);
}

/* Where s begins in m, else NULL. */
static const uint8_t *
find(struct mem m, const char *s)
{
	return m.len == 0 ? NULL : memmem(m.p, m.len, s, strlen(s));
}

static void
advance(struct mem *m, const uint8_t *to)
{
	m->len -= (size_t)(to - m->p);
	m->p = to;
}

/* RFC 7468 section 7: "NEW CERTIFICATE REQUEST" is an older name of the same thing. */
static bool
label_is(struct mem have, const char *label)
{
	return mem_eq(have, mem_str(label)) || (strcmp(label, "CERTIFICATE REQUEST") == 0 &&
	    mem_eq(have, mem_str("NEW CERTIFICATE REQUEST")));
}

/* Takes "-----BEGIN LABEL-----" off rest. */
static int
take_begin(struct mem *rest, const char *label, struct mem *have, struct err *e)
{
	const uint8_t *end;

	advance(rest, rest->p + strlen(PEM_BEGIN));
	end = find(*rest, PEM_DASHES);
	if (end == NULL)
		return err_set(e, R_BAD_PEM, "BEGIN line is cut");
	*have = (struct mem){ rest->p, (size_t)(end - rest->p) };
	advance(rest, end + strlen(PEM_DASHES));
	if (have->len > LABEL_MAX || !label_is(*have, label))
		return err_set(e, R_BAD_PEM, "not a %s", label);
	return 0;
}

int
pem_next(struct mem *text, const char *label, size_t max, struct blob *out, struct err *e)
{
	struct mem rest = *text, have = MEM_NONE, body;
	const uint8_t *at = find(rest, PEM_BEGIN);
	char line[LABEL_MAX + 32];

	if (at == NULL)
		return 1;
	advance(&rest, at);
	if (take_begin(&rest, label, &have, e) != 0)
		return -1;
	snprintf(line, sizeof(line), "%s%.*s%s", PEM_END, (int)have.len, (const char *)have.p, PEM_DASHES);
	at = find(rest, line);
	if (at == NULL)
		return err_set(e, R_BAD_PEM, "no END line for %s", label);
	body = (struct mem){ rest.p, (size_t)(at - rest.p) };
	if (base64_parse(body, max, out, e) != 0) {
		if (e != NULL && e->reason == R_BAD_BASE64)
			e->reason = R_BAD_PEM;
		return -1;
	}
	advance(&rest, at + strlen(line));
	*text = rest;
	return 0;
}

int
pem_parse(struct mem text, const char *label, size_t max, struct blob *out, struct err *e)
{
	struct blob b = { NULL, 0 };

	text = skip_space(text);
	if (!starts(text, PEM_BEGIN))
		return err_set(e, R_BAD_PEM, "does not begin with a BEGIN line");
	if (pem_next(&text, label, max, &b, e) != 0)
		return -1;
	if (skip_space(text).len > 0) {
		blob_free(&b);
		return err_set(e, R_TRAILING_BYTES, "text behind the END line");
	}
	*out = b;
	return 0;
}
