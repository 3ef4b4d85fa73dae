/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/policy/names.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/name.h"

#define IP_MAX 16

/* The granted names in the request's form. */
struct granted {
	struct blob subject;
	struct san *san;
	uint8_t (*ip)[IP_MAX];
	size_t n;
};

static void
granted_free(struct granted *g)
{
	blob_free(&g->subject);
	free(g->san);
	free(g->ip);
}

static int
granted_add_ip(struct granted *out, const char *text, size_t i, struct err *e)
{
	size_t len;

	if (ip_parse(text, out->ip[i], &len, e) != 0)
		return -1;
	out->san[out->n++] = (struct san){ SAN_IP, { out->ip[i], len } };
	return 0;
}

static int
granted_add_dns(struct granted *out, const char *text, struct err *e)
{
	struct mem name = mem_str(text);

	if (dns_name_check(name, e) != 0)
		return -1;
	out->san[out->n++] = (struct san){ SAN_DNS, name };
	return 0;
}

static int
granted_fill(const struct grant *g, struct granted *out, struct err *e)
{
	if (name_parse(g->subject, &out->subject, e) != 0)
		return -1;
	out->san = xcalloc(g->n_san_dns + g->n_san_ip + 1, sizeof(*out->san));
	out->ip = xcalloc(g->n_san_ip + 1, sizeof(*out->ip));
	for (size_t i = 0; i < g->n_san_dns; i++)
		if (granted_add_dns(out, g->san_dns[i], e) != 0)
			return -1;
	for (size_t i = 0; i < g->n_san_ip; i++)
		if (granted_add_ip(out, g->san_ip[i], i, e) != 0)
			return -1;
	return 0;
}

/* A grant that cannot be read is our own fault, not the station's: say so. */
static int
granted_parse(const struct grant *g, struct granted *out, struct err *e)
{
	struct err why;

	if (granted_fill(g, out, &why) == 0)
		return 0;
	return err_set(e, R_SUBJECT_MISMATCH, "inventory or profile has a name that cannot be used: %.150s",
	    why.detail);
}

static int
subject_mismatch(struct mem wanted, const char *granted, struct err *e)
{
	struct buf b;

	buf_init(&b, sizeof(e->detail));
	name_print(wanted, &b);
	err_set(e, R_SUBJECT_MISMATCH, "asked for \"%.100s\", may have \"%.100s\"",
	    buf_ok(&b) ? buf_text(&b) : "…", granted);
	buf_free(&b);
	return -1;
}

static int
san_mismatch(const struct wanted *w, const struct granted *g, struct err *e)
{
	struct buf have, may;

	buf_init(&have, LIM_SUBJECT);
	buf_init(&may, LIM_SUBJECT);
	san_print(w->san, w->n_san, &have);
	san_print(g->san, g->n, &may);
	err_set(e, R_SAN_MISMATCH, "asked for \"%.100s\", may have \"%.100s\"",
	    buf_ok(&have) ? buf_text(&have) : "…", buf_ok(&may) ? buf_text(&may) : "…");
	buf_free(&have);
	buf_free(&may);
	return -1;
}

/* Forms that no grant can equal get a reason of their own, before the comparison. */
static int
well_formed(const struct wanted *w, struct err *e)
{
	if (name_check(w->subject, e) != 0)
		return -1;
	if (w->n_san > LIM_SAN)
		return err_set(e, R_SAN_MISMATCH, "%zu names, at most %u", w->n_san, LIM_SAN);
	for (size_t i = 0; i < w->n_san; i++)
		if (w->san[i].kind == SAN_DNS && dns_name_check(w->san[i].value, e) != 0)
			return -1;
	return 0;
}

int
policy_names(const struct wanted *w, const struct grant *g, struct err *e)
{
	struct granted may = { 0 };
	int rc = -1;

	if (well_formed(w, e) != 0 || granted_parse(g, &may, e) != 0)
		goto out;
	if (!name_equal(w->subject, mem_of(&may.subject))) {
		subject_mismatch(w->subject, g->subject, e);
		goto out;
	}
	if (!san_equal(w->san, w->n_san, may.san, may.n)) {
		san_mismatch(w, &may, e);
		goto out;
	}
	rc = 0;
out:
	granted_free(&may);
	return rc;
}
