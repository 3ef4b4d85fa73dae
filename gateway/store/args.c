/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/args.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/enc.h"

/* int32 dimensions, int32 has-null, int32 element type; then, unless empty, int32 length, int32 lower bound */
#define HEADER 20u
#define HEADER_EMPTY 12u

/* pg_type.dat: these never change. */
static const uint32_t element_oid[] = {
	[ARG_SCALAR] = 0,
	[ARG_UUIDS] = 2950,
	[ARG_BYTEAS] = 17,
	[ARG_TEXTS] = 25,
	[ARG_INTS] = 23,
	[ARG_BIGINTS] = 20,
	[ARG_BOOLS] = 16,
};

void
args_init(struct args *a, const enum arg_type *types, size_t n)
{
	assert(n <= ARGS_MAX);
	memset(a, 0, sizeof(*a));
	a->n = n;
	for (size_t i = 0; i < n; i++) {
		a->v[i].type = types[i];
		a->v[i].null = types[i] == ARG_SCALAR;
		buf_init(&a->v[i].b, ARG_BYTES);
		if (types[i] != ARG_SCALAR && buf_room(&a->v[i].b, HEADER) != NULL)
			memset(a->v[i].b.p, 0, HEADER);
	}
}

void
args_free(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		buf_free(&a->v[i].b);
}

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

bool
args_finish(struct args *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct arg *v = &a->v[i];

		if (!buf_ok(&v->b))
			return false;
		if (v->type == ARG_SCALAR)
			continue;
		put_u32(v->b.p, v->n > 0);
		put_u32(v->b.p + 4, v->has_null);
		put_u32(v->b.p + 8, element_oid[v->type]);
		put_u32(v->b.p + 12, v->n);
		put_u32(v->b.p + 16, 1);
		if (v->n == 0)
			v->b.len = HEADER_EMPTY;
	}
	return true;
}

/* --- scalars, as text --- */

void
args_set_text(struct args *a, size_t i, const char *s)
{
	struct arg *v = &a->v[i];

	assert(i < a->n && v->type == ARG_SCALAR);
	buf_reset(&v->b);
	v->null = s == NULL;
	if (s == NULL)
		return;
	if (utf8_ok(mem_str(s)))
		buf_add_str(&v->b, s);
	else
		enc_printable(&v->b, mem_str(s), strlen(s));
}

void
args_set_i64(struct args *a, size_t i, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	args_set_text(a, i, text);
}

void
args_set_f64(struct args *a, size_t i, double n)
{
	char text[40];

	snprintf(text, sizeof(text), "%.17g", n);
	args_set_text(a, i, text);
}

void
args_set_bool(struct args *a, size_t i, bool b)
{
	args_set_text(a, i, b ? "t" : "f");
}

void
args_set_uuid(struct args *a, size_t i, const struct uuid *u)
{
	char text[UUID_TEXT];

	uuid_print(u, text);
	args_set_text(a, i, text);
}

/* --- elements --- */

static struct buf *
element(struct args *a, size_t i, enum arg_type type, uint32_t len)
{
	struct arg *v = &a->v[i];

	assert(i < a->n && v->type == type);
	v->n++;
	buf_add_u32(&v->b, len);
	return &v->b;
}

static void
null_element(struct args *a, size_t i, enum arg_type type)
{
	element(a, i, type, UINT32_MAX);
	a->v[i].has_null = true;
}

void
args_uuid(struct args *a, size_t i, const struct uuid *u)
{
	buf_add(element(a, i, ARG_UUIDS, sizeof(u->b)), u->b, sizeof(u->b));
}

void
args_bytes(struct args *a, size_t i, struct mem m)
{
	if (m.len > ARG_BYTES) {
		a->v[i].b.failed = a->v[i].b.over = true;
		return;
	}
	buf_add_mem(element(a, i, ARG_BYTEAS, (uint32_t)m.len), m);
}

void
args_bytes_or_null(struct args *a, size_t i, struct mem m)
{
	if (m.len == 0)
		null_element(a, i, ARG_BYTEAS);
	else
		args_bytes(a, i, m);
}

/* What is not UTF-8 would make the server refuse the whole call, other stations' rows too. */
static void
escaped_text(struct args *a, size_t i, const char *s)
{
	struct buf b;

	buf_init(&b, ARG_BYTES);
	enc_printable(&b, mem_str(s), strlen(s));
	if (!buf_ok(&b))
		a->v[i].b.failed = true;
	buf_add_mem(element(a, i, ARG_TEXTS, (uint32_t)b.len), buf_mem(&b));
	buf_free(&b);
}

void
args_text(struct args *a, size_t i, const char *s)
{
	struct mem m = mem_str(s);

	if (s == NULL)
		null_element(a, i, ARG_TEXTS);
	else if (m.len > ARG_BYTES)
		a->v[i].b.failed = a->v[i].b.over = true;
	else if (!utf8_ok(m))
		escaped_text(a, i, s);
	else
		buf_add_mem(element(a, i, ARG_TEXTS, (uint32_t)m.len), m);
}

void
args_int(struct args *a, size_t i, int32_t n)
{
	buf_add_u32(element(a, i, ARG_INTS, 4), (uint32_t)n);
}

void
args_bigint(struct args *a, size_t i, int64_t n)
{
	buf_add_u64(element(a, i, ARG_BIGINTS, 8), (uint64_t)n);
}

void
args_bool(struct args *a, size_t i, bool b)
{
	buf_add_u8(element(a, i, ARG_BOOLS, 1), b);
}
