/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cmp/protect.h"

#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/key.h"

void
cmp_protector_header(const struct cmp_protector *p, struct cmp_header *h)
{
	const struct cert *c = p->chain->v[0];

	h->pvno = 2;
	h->sender = cert_get0_subject(c);
	h->sender_kid = cert_get0_ski(c);
	h->protection_alg = p->sig_alg;
}

/* What is under way for one message: its part, and which item of the question it is. */
struct work {
	struct blob part;
	struct cmp_sign_item *item;	/* NULL: it could not be built */
};

/* Builds all parts. Returns how many there are to sign. */
static size_t
build_parts(const struct cmp_protector *p, struct cmp_out *out, size_t n, struct work *w,
    struct cmp_sign_item *items)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		err_clear(&out[i].err);
		cmp_protector_header(p, &out[i].header);
		if (cmp_part_build(&out[i].header, out[i].body, out[i].content, &w[i].part,
		    &out[i].err) != 0)
			continue;
		w[i].item = &items[k++];
		w[i].item->part = mem_of(&w[i].part);
	}
	return k;
}

static int
assemble(const struct cmp_protector *p, const struct work *w, bool with_chain, struct blob *der,
    struct err *e)
{
	if (w->item->err.reason != R_NONE) {
		*e = w->item->err;
		return -1;
	}
	if (w->item->signature.len == 0)
		return err_set(e, R_INTERNAL, "a signature of no octets");
	return cmp_msg_assemble(mem_of(&w->part), mem_of(&w->item->signature),
	    with_chain ? p->chain : NULL, der, e);
}

int
cmp_protect(const struct cmp_protector *p, struct cmp_out *out, size_t n, struct err *e)
{
	struct cmp_sign_item *items = mem_calloc(n > 0 ? n : 1, sizeof(*items));
	struct work *w = mem_calloc(n > 0 ? n : 1, sizeof(*w));
	size_t k;
	int rc = -1;

	if (items == NULL || w == NULL) {
		(void)err_set(e, R_NO_MEMORY, "%zu messages", n);
		goto out;
	}
	k = build_parts(p, out, n, w, items);
	if (k > 0 && p->sign(p->self, items, k, e) != 0)
		goto out;
	for (size_t i = 0; i < n; i++)
		if (w[i].item != NULL &&
		    assemble(p, &w[i], out[i].with_chain, &out[i].der, &out[i].err) != 0)
			blob_free(&out[i].der);
	rc = 0;
out:
	for (size_t i = 0; i < n && items != NULL; i++)
		blob_free(&items[i].signature);
	for (size_t i = 0; i < n && w != NULL; i++)
		blob_free(&w[i].part);
	free(items);
	free(w);
	return rc;
}

int
cmp_sign_with_key(void *self, struct cmp_sign_item *items, size_t n, struct err *e)
{
	const struct key *k = self;

	(void)e;
	for (size_t i = 0; i < n; i++) {
		struct buf sig;

		buf_init(&sig, LIM_RSA_BITS_MAX);
		err_clear(&items[i].err);
		if (key_sign(k, items[i].part, &sig, &items[i].err) == 0 &&
		    buf_take(&sig, &items[i].signature, &items[i].err) != 0)
			items[i].signature = (struct blob){ NULL, 0 };
		buf_free(&sig);
	}
	return 0;
}
