/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/policy/names.h"

#include "common/base/limits.h"
#include "common/pki/name.h"
#include "gateway/policy/granted.h"

#define NAME_TEXT (16u * 1024)

/* Both sides as text that is safe to show. */
static int
mismatch(enum reason r, struct buf *have, struct buf *may, struct err *e)
{
	const char *h = buf_text(have), *m = buf_text(may);

	err_set(e, r, "asked for \"%.100s\", may have \"%.100s\"", h != NULL ? h : "?",
	    m != NULL ? m : "?");
	buf_free(have);
	buf_free(may);
	return -1;
}

static int
subject_mismatch(const struct wanted *w, const struct granted *g, struct err *e)
{
	struct buf have, may;

	buf_init(&have, NAME_TEXT);
	buf_init(&may, NAME_TEXT);
	name_print(w->subject, &have);
	name_print(mem_of(&g->subject), &may);
	return mismatch(R_SUBJECT_MISMATCH, &have, &may, e);
}

static int
san_mismatch(const struct wanted *w, const struct granted *g, struct err *e)
{
	struct buf have, may;

	buf_init(&have, NAME_TEXT);
	buf_init(&may, NAME_TEXT);
	san_print(w->san, w->n_san, &have);
	san_print(g->san, g->n, &may);
	return mismatch(R_SAN_MISMATCH, &have, &may, e);
}

/* Forms that no grant can equal get a reason of their own, before the comparison. What is granted has a good form. */
static int
well_formed(const struct wanted *w, struct mem granted, struct err *e)
{
	if (!mem_eq(w->subject, granted) && name_check(w->subject, e) != 0)
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
	struct err why;
	int usable = granted_parse(g, &may, &why), rc = -1;

	if (well_formed(w, mem_of(&may.subject), e) != 0)
		goto out;
	if (usable != 0) {
		(void)err_set(e, why.reason, "%s", why.detail);
		goto out;
	}
	if (!name_equal(w->subject, mem_of(&may.subject))) {
		subject_mismatch(w, &may, e);
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
