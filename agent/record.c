/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What must outlive a restart is one value, so that a crash leaves all of it old or all of it new:
 * magic, phase, kind, crmf, renew_num, renew_den, then id, profile, wants, key, body and form, each behind a length.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/priv.h"
#include "common/base/alloc.h"

#define RECORD_NAME	"pending"
#define RECORD_MAGIC	0x4e4d5201u	/* "NMR", version 1 */

void
record_free(struct record *r)
{
	blob_cleanse(&r->key);
	blob_free(&r->body);
	blob_free(&r->form);
	*r = (struct record){ .phase = PH_NONE };
}

static void
put_bytes(struct buf *b, struct mem m)
{
	buf_add_u32(b, (uint32_t)m.len);
	buf_add_mem(b, m);
}

static struct mem
get_bytes(struct rd *r)
{
	return rd_bytes(r, rd_u32(r));
}

static bool
get_text(struct rd *r, char *out, size_t size)
{
	struct mem m = get_bytes(r);

	if (m.len >= size)
		return false;
	if (m.len > 0)
		memcpy(out, m.p, m.len);
	out[m.len] = '\0';
	return strlen(out) == m.len;
}

static void
record_build(const struct record *r, struct buf *b)
{
	buf_add_u32(b, RECORD_MAGIC);
	buf_add_u8(b, (uint8_t)r->phase);
	buf_add_u8(b, (uint8_t)r->kind);
	buf_add_u8(b, r->crmf);
	buf_add_u16(b, (uint16_t)r->renew_num);
	buf_add_u16(b, (uint16_t)r->renew_den);
	put_bytes(b, mem_str(r->id));
	put_bytes(b, mem_str(r->profile));
	put_bytes(b, (struct mem){ r->wants, sizeof(r->wants) });
	put_bytes(b, mem_of(&r->key));
	put_bytes(b, mem_of(&r->body));
	put_bytes(b, mem_of(&r->form));
}

static int
record_parse(struct mem m, struct record *out, struct err *e)
{
	struct record r = { .phase = PH_NONE };
	struct mem wants, key, body, form;
	struct rd rd;

	rd_init(&rd, m);
	if (rd_u32(&rd) != RECORD_MAGIC)
		return err_set(e, R_FILE_IO, "the value \"" RECORD_NAME "\" is not ours");
	r.phase = (enum phase)rd_u8(&rd);
	r.kind = (enum body_kind)rd_u8(&rd);
	r.crmf = rd_u8(&rd) != 0;
	r.renew_num = rd_u16(&rd);
	r.renew_den = rd_u16(&rd);
	if (!get_text(&rd, r.id, sizeof(r.id)) || !get_text(&rd, r.profile, sizeof(r.profile)))
		goto bad;
	wants = get_bytes(&rd);
	key = get_bytes(&rd);
	body = get_bytes(&rd);
	form = get_bytes(&rd);
	if (!rd_done(&rd) || r.phase < PH_MADE || r.phase > PH_DONE || r.kind > BODY_CRMF ||
	    wants.len != sizeof(r.wants))
		goto bad;
	memcpy(r.wants, wants.p, wants.len);
	if (blob_set1(&r.key, key, e) != 0 || blob_set1(&r.body, body, e) != 0 ||
	    blob_set1(&r.form, form, e) != 0) {
		record_free(&r);
		return -1;
	}
	record_free(out);
	*out = r;
	return 0;
bad:
	return err_set(e, R_FILE_IO, "the value \"" RECORD_NAME "\" is damaged");
}

int
value_get(const struct nemra_agent *a, const char *name, struct buf *out, struct err *e)
{
	struct nemra_error ne;
	uint8_t *room;
	int rc;

	buf_init(out, NEMRA_VALUE);
	room = buf_room(out, NEMRA_VALUE);
	out->len = 0;
	if (room == NULL)
		return err_set(e, R_NO_MEMORY, "value %s", name);
	nemra_error_clear(&ne);
	rc = a->set.store.get(a->set.store.self, name, room, NEMRA_VALUE, &out->len, &ne);
	if (rc != 0)
		out->len = 0;
	return rc >= 0 ? 0 : error_take(e, &ne);
}

int
value_put(const struct nemra_agent *a, const char *name, struct mem value, struct err *e)
{
	struct nemra_error ne;

	nemra_error_clear(&ne);
	if (a->set.store.put(a->set.store.self, name, (struct nemra_bytes){ value.p, value.len }, &ne) != 0)
		return error_take(e, &ne);
	return 0;
}

int
record_load(struct nemra_agent *a, struct err *e)
{
	struct buf b;
	int rc = value_get(a, RECORD_NAME, &b, e);

	if (rc == 0 && b.len == 0)
		record_free(&a->rec);
	else if (rc == 0)
		rc = record_parse(buf_mem(&b), &a->rec, e);
	buf_cleanse(&b);
	return rc;
}

int
record_save(struct nemra_agent *a, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, NEMRA_VALUE);
	record_build(&a->rec, &b);
	if (buf_ok(&b))
		rc = value_put(a, RECORD_NAME, buf_mem(&b), e);
	else
		rc = err_set(e, b.over ? R_TOO_LONG : R_NO_MEMORY, "value " RECORD_NAME);
	buf_cleanse(&b);
	return rc;
}

int
record_drop(struct nemra_agent *a, struct err *e)
{
	record_free(&a->rec);
	return value_put(a, RECORD_NAME, MEM_NONE, e);
}

int
installed_load(struct nemra_agent *a, struct cert **out, struct err *e)
{
	uint8_t text[2 * LIM_CERT];
	struct certs l = { NULL, 0 };
	struct nemra_error ne;
	size_t len = 0;
	int rc;

	*out = NULL;
	nemra_error_clear(&ne);
	rc = a->set.store.installed(a->set.store.self, text, sizeof(text), &len, &ne);
	if (rc != 0)
		return rc == 1 ? 0 : error_take(e, &ne);
	if (certs_parse((struct mem){ text, len }, 1, &l, e) != 0)
		return -1;
	*out = l.v[0];
	l.n = 0;
	certs_free(&l);
	return 0;
}

/* Two thirds of the life when the gateway did not say. */
int64_t
renew_time(const struct record *r, const struct cert *c)
{
	unsigned num = r->renew_den == 0 ? 2 : r->renew_num, den = r->renew_den == 0 ? 3 : r->renew_den;

	return cert_not_before(c) + (cert_not_after(c) - cert_not_before(c)) / (int64_t)den * (int64_t)num;
}
