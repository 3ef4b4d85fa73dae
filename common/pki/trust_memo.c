/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/trust_memo.h"

#include "common/pki/trust_plain.h"

int
memo_init(struct trust_memo *m, struct err *e)
{
	if (pthread_mutex_init(&m->lock, NULL) != 0)
		return err_set(e, R_NO_MEMORY, "mutex");
	return 0;
}

void
memo_clear(struct trust_memo *m)
{
	for (size_t i = 0; i < MEMO_PATHS; i++) {
		certs_free(&m->leaves.path[i].chain);
		certs_free(&m->issuers.path[i].chain);
	}
}

void
memo_destroy(struct trust_memo *m)
{
	memo_clear(m);
	(void)pthread_mutex_destroy(&m->lock);
}

static int
copy(const struct certs *from, size_t first, struct certs *to, struct err *e)
{
	struct certs l = { NULL, 0 };

	for (size_t i = first; i < from->n; i++) {
		struct cert *c = cert_dup(from->v[i]);

		if (certs_add(&l, c, e) != 0) {
			cert_free(c);
			certs_free(&l);
			return -1;
		}
	}
	*to = l;
	return 0;
}

static bool
same(const struct cert *a, const struct cert *b)
{
	return mem_eq(cert_get0_der(a), cert_get0_der(b));
}

/* All from first to below the anchor came along this time, too. */
static bool
is_offered(const struct certs *path, size_t first, const struct certs *others)
{
	for (size_t i = first; i + 1 < path->n; i++) {
		size_t k = 0;

		while (others != NULL && k < others->n && !same(path->v[i], others->v[k]))
			k++;
		if (others == NULL || k == others->n)
			return false;
	}
	return true;
}

static bool
holds(const struct memo_path *p, enum trust_purpose purpose, int64_t now)
{
	return p->chain.n > 0 && p->purpose == purpose && now >= p->from && now <= p->to;
}

static int
give(struct memo_path *p, struct certs *chain, struct err *e)
{
	p->used = true;
	return chain == NULL || copy(&p->chain, 0, chain, e) == 0 ? 1 : -1;
}

int
memo_find(struct trust_memo *m, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *chain, struct err *e)
{
	int rc = 0;

	(void)pthread_mutex_lock(&m->lock);
	for (size_t i = 0; rc == 0 && i < MEMO_PATHS; i++) {
		struct memo_path *p = &m->leaves.path[i];

		if (holds(p, purpose, now) && same(p->chain.v[0], leaf) && is_offered(&p->chain, 1, others))
			rc = give(p, chain, e);
	}
	(void)pthread_mutex_unlock(&m->lock);
	return rc;
}

int
memo_find_issuer(struct trust_memo *m, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *path, struct err *e)
{
	int rc = 0;

	(void)pthread_mutex_lock(&m->lock);
	for (size_t i = 0; rc == 0 && i < MEMO_PATHS; i++) {
		struct memo_path *p = &m->issuers.path[i];

		if (holds(p, purpose, now) && plain_names(leaf, p->chain.v[0]) && is_offered(&p->chain, 0, others))
			rc = give(p, path, e);
	}
	(void)pthread_mutex_unlock(&m->lock);
	return rc;
}

static bool
is_there(const struct memo_list *l, const struct memo_path *n)
{
	for (size_t i = 0; i < MEMO_PATHS; i++) {
		const struct memo_path *p = &l->path[i];
		size_t k = 0;

		while (p->purpose == n->purpose && p->chain.n == n->chain.n && k < n->chain.n &&
		    same(p->chain.v[k], n->chain.v[k]))
			k++;
		if (k == n->chain.n)
			return true;
	}
	return false;
}

/* The next that nobody has asked for since the last look: a CA's signer outlives a thousand new certificates. */
static struct memo_path *
to_replace(struct memo_list *l)
{
	struct memo_path *p;

	for (;;) {
		p = &l->path[l->next];
		l->next = (l->next + 1) % MEMO_PATHS;
		if (!p->used)
			break;
		p->used = false;
	}
	certs_free(&p->chain);
	return p;
}

static void
add(struct trust_memo *m, struct memo_list *l, const struct certs *chain, size_t first,
    enum trust_purpose purpose)
{
	struct memo_path n = { .purpose = purpose, .from = INT64_MIN, .to = INT64_MAX };

	if (copy(chain, first, &n.chain, NULL) != 0)
		return;
	for (size_t i = 0; i < n.chain.n; i++) {
		if (cert_not_before(n.chain.v[i]) > n.from)
			n.from = cert_not_before(n.chain.v[i]);
		/* OpenSSL takes notAfter itself for too late. */
		if (cert_not_after(n.chain.v[i]) - 1 < n.to)
			n.to = cert_not_after(n.chain.v[i]) - 1;
	}
	(void)pthread_mutex_lock(&m->lock);
	if (is_there(l, &n)) {
		certs_free(&n.chain);
	} else {
		*to_replace(l) = n;
	}
	(void)pthread_mutex_unlock(&m->lock);
}

void
memo_add(struct trust_memo *m, const struct certs *chain, enum trust_purpose purpose)
{
	struct certs above = { chain->v + 1, chain->n - 1 };

	add(m, &m->leaves, chain, 0, purpose);
	if (plain_issuer(&above))
		add(m, &m->issuers, chain, 1, purpose);
}
