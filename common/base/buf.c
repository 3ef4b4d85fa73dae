/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"

#define FIRST_CAP 256u

struct mem
mem_str(const char *s)
{
	if (s == NULL)
		return MEM_NONE;
	return (struct mem){ (const uint8_t *)s, strlen(s) };
}

struct mem
mem_of(const struct blob *b)
{
	return (struct mem){ b->p, b->len };
}

bool
mem_eq(struct mem a, struct mem b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

void
mem_cleanse(void *p, size_t len)
{
	if (p != NULL && len > 0)
		explicit_bzero(p, len);
}

int
blob_set1(struct blob *b, struct mem m, struct err *e)
{
	uint8_t *p = NULL;

	if (m.len > 0) {
		p = mem_calloc(m.len, 1);
		if (p == NULL)
			return err_set(e, R_NO_MEMORY, "%zu octets", m.len);
		memcpy(p, m.p, m.len);
	}
	blob_free(b);
	b->p = p;
	b->len = m.len;
	return 0;
}

void
blob_free(struct blob *b)
{
	if (b == NULL)
		return;
	free(b->p);
	b->p = NULL;
	b->len = 0;
}

void
blob_cleanse(struct blob *b)
{
	if (b == NULL)
		return;
	mem_cleanse(b->p, b->len);
	blob_free(b);
}

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->p);
	buf_init(b, b->max);
}

void
buf_cleanse(struct buf *b)
{
	if (b == NULL)
		return;
	mem_cleanse(b->p, b->cap);
	buf_free(b);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = b->over = false;
}

bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

/* Room for n more and a NUL; grown by doubling. The old block is wiped: it may hold a secret. */
static bool
grow(struct buf *b, size_t n)
{
	size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;
	uint8_t *p;

	if (b->failed)
		return false;
	if (n > b->max - b->len) {
		b->over = true;
		goto fail;
	}
	while (cap - b->len <= n) {
		if (cap > SIZE_MAX / 2)
			goto fail;
		cap *= 2;
	}
	if (cap == b->cap)
		return true;
	p = mem_calloc(cap, 1);
	if (p == NULL)
		goto fail;
	if (b->len > 0)
		memcpy(p, b->p, b->len);
	mem_cleanse(b->p, b->len);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return true;
fail:
	b->failed = true;
	return false;
}

uint8_t *
buf_room(struct buf *b, size_t n)
{
	uint8_t *p;

	if (!grow(b, n))
		return NULL;
	p = b->p + b->len;
	b->len += n;
	return p;
}

void
buf_add(struct buf *b, const void *p, size_t len)
{
	uint8_t *to;

	if (len == 0)
		return;
	to = buf_room(b, len);
	if (to != NULL)
		memcpy(to, p, len);
}

void
buf_add_mem(struct buf *b, struct mem m)
{
	buf_add(b, m.p, m.len);
}

void
buf_add_str(struct buf *b, const char *s)
{
	buf_add_mem(b, mem_str(s));
}

/* Big endian, the low n octets of v. */
static void
add_uint(struct buf *b, uint64_t v, size_t n)
{
	uint8_t *to = buf_room(b, n);

	for (size_t i = 0; to != NULL && i < n; i++)
		to[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void
buf_add_u8(struct buf *b, uint8_t v)
{
	add_uint(b, v, 1);
}

void
buf_add_u16(struct buf *b, uint16_t v)
{
	add_uint(b, v, 2);
}

void
buf_add_u32(struct buf *b, uint32_t v)
{
	add_uint(b, v, 4);
}

void
buf_add_u64(struct buf *b, uint64_t v)
{
	add_uint(b, v, 8);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		b->failed = true;
	else if (grow(b, (size_t)n)) {
		(void)vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

struct mem
buf_mem(const struct buf *b)
{
	return (struct mem){ b->p, b->len };
}

const char *
buf_text(struct buf *b)
{
	if (!grow(b, 0))
		return NULL;
	b->p[b->len] = '\0';
	return (const char *)b->p;
}

int
buf_take(struct buf *b, struct blob *out, struct err *e)
{
	if (b->failed)
		return err_set(e, b->over ? R_TOO_LONG : R_NO_MEMORY,
		    "limit of %zu octets", b->max);
	*out = (struct blob){ b->p, b->len };
	b->p = NULL;
	buf_free(b);
	return 0;
}

void
rd_init(struct rd *r, struct mem m)
{
	*r = (struct rd){ m.p, m.len, false };
}

struct mem
rd_bytes(struct rd *r, size_t n)
{
	struct mem m;

	if (r->failed || n > r->left) {
		r->failed = true;
		return MEM_NONE;
	}
	m = (struct mem){ r->p, n };
	r->p += n;
	r->left -= n;
	return m;
}

static uint64_t
rd_uint(struct rd *r, size_t n)
{
	struct mem m = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < m.len; i++)
		v = v << 8 | m.p[i];
	return v;
}

uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)rd_uint(r, 1);
}

uint16_t
rd_u16(struct rd *r)
{
	return (uint16_t)rd_uint(r, 2);
}

uint32_t
rd_u32(struct rd *r)
{
	return (uint32_t)rd_uint(r, 4);
}

uint64_t
rd_u64(struct rd *r)
{
	return rd_uint(r, 8);
}

bool
rd_done(const struct rd *r)
{
	return !r->failed && r->left == 0;
}
