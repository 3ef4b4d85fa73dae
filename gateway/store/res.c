/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/alloc.h"
#include "gateway/store/pg.h"

bool
res_null(const PGresult *r, int row, int col)
{
	return PQgetisnull(r, row, col) != 0;
}

struct mem
res_mem(const PGresult *r, int row, int col)
{
	if (res_null(r, row, col))
		return MEM_NONE;
	return (struct mem){ (const uint8_t *)PQgetvalue(r, row, col), (size_t)PQgetlength(r, row, col) };
}

static int64_t
read_int(struct mem m)
{
	struct rd rd;

	rd_init(&rd, m);
	switch (m.len) {
	case 4:
		return (int32_t)rd_u32(&rd);
	case 8:
		return (int64_t)rd_u64(&rd);
	default:
		return 0;
	}
}

int64_t
res_i64(const PGresult *r, int row, int col)
{
	return read_int(res_mem(r, row, col));
}

bool
res_bool(const PGresult *r, int row, int col)
{
	struct mem m = res_mem(r, row, col);

	return m.len == 1 && m.p[0] != 0;
}

void
res_bytes(const PGresult *r, int row, int col, uint8_t *out, size_t len)
{
	struct mem m = res_mem(r, row, col);

	if (m.len == len)
		memcpy(out, m.p, len);
	else
		memset(out, 0, len);
}

struct uuid
res_uuid(const PGresult *r, int row, int col)
{
	struct uuid u = { { 0 } };

	res_bytes(r, row, col, u.b, sizeof(u.b));
	return u;
}

const char *
res_text(const PGresult *r, int row, int col)
{
	return res_null(r, row, col) ? "" : PQgetvalue(r, row, col);
}

char *
res_dup(const PGresult *r, int row, int col)
{
	return xstrdup(res_text(r, row, col));
}

static struct blob
copy(struct mem m)
{
	struct blob b = { NULL, m.len };

	if (m.len > 0) {
		b.p = xcalloc(m.len, 1);
		memcpy(b.p, m.p, m.len);
	}
	return b;
}

struct blob
res_blob(const PGresult *r, int row, int col)
{
	return copy(res_mem(r, row, col));
}

enum reason
res_reason(const PGresult *r, int row, int col)
{
	const char *id = res_text(r, row, col);

	return id[0] == '\0' ? R_NONE : reason_by_id(id);
}

/* --- arrays: int32 dimensions, has-null, element type; int32 length, lower bound; then length and bytes of each --- */

static uint32_t
array_begin(struct rd *rd, struct mem m)
{
	uint32_t n;

	rd_init(rd, m);
	if (rd_u32(rd) != 1)
		return 0;
	(void)rd_u32(rd);
	(void)rd_u32(rd);
	n = rd_u32(rd);
	(void)rd_u32(rd);
	return rd->failed ? 0 : n;
}

static struct mem
array_next(struct rd *rd)
{
	uint32_t len = rd_u32(rd);

	return len == UINT32_MAX ? MEM_NONE : rd_bytes(rd, len);
}

void
res_texts(const PGresult *r, int row, int col, char ***v, size_t *n)
{
	struct rd rd;
	uint32_t count = array_begin(&rd, res_mem(r, row, col));
	char **list = NULL;
	size_t have = 0;

	while (have < count) {
		struct mem m = array_next(&rd);

		if (rd.failed)
			break;
		list = xgrow(list, have + 1, sizeof(*list));
		list[have] = xcalloc(m.len + 1, 1);
		if (m.len > 0)
			memcpy(list[have], m.p, m.len);
		have++;
	}
	*v = list;
	*n = have;
}

size_t
res_i64s(const PGresult *r, int row, int col, int64_t *v, size_t max)
{
	struct rd rd;
	uint32_t count = array_begin(&rd, res_mem(r, row, col));
	size_t n;

	for (n = 0; n < count && n < max && !rd.failed; n++)
		v[n] = read_int(array_next(&rd));
	return rd.failed ? 0 : n;
}

void
res_station(const PGresult *r, int row, int col, struct station *out)
{
	memset(out, 0, sizeof(*out));
	out->id = res_uuid(r, row, col);
	out->name = res_dup(r, row, col + 1);
	out->vendor = res_dup(r, row, col + 2);
	out->model = res_dup(r, row, col + 3);
	out->serial = res_dup(r, row, col + 4);
	out->region = res_dup(r, row, col + 5);
	out->profile = res_dup(r, row, col + 6);
	out->subject = res_dup(r, row, col + 7);
	res_texts(r, row, col + 8, &out->san_dns, &out->n_san_dns);
	res_texts(r, row, col + 9, &out->san_ip, &out->n_san_ip);
	out->has_device_key = !res_null(r, row, col + 10);
	res_bytes(r, row, col + 10, out->device_key, sizeof(out->device_key));
	out->blocked = res_bool(r, row, col + 11);
}
