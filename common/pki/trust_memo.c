/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/trust_memo.h"

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
	for (size_t i = 0; i < MEMO_PATHS; i++)
		certs_free(&m->path[i].chain);
}

void
memo_destroy(struct trust_memo *m)
{
	memo_clear(m);
	(void)pthread_mutex_destroy(&m->lock);
}

static int
copy(const struct certs *from, struct certs *to, struct err *e)
{
	struct certs l = { NULL, 0 };

	for (size_t i = 0; i < from->n; i++) {
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

/* All between leaf and anchor came along this time, too. */
static bool
is_offered(const struct certs *path, const struct certs *others)
{
	for (size_t i = 1; i + 1 < path->n; i++) {
		size_t k = 0;

		while (others != NULL && k < others->n && !same(path->v[i], others->v[k]))
			k++;
		if (others == NULL || k == others->n)
			return false;
	}
	return true;
}

static const struct memo_path *
find(const struct trust_memo *m, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now)
{
	for (size_t i = 0; i < MEMO_PATHS; i++) {
		const struct memo_path *p = &m->path[i];

		if (p->chain.n > 0 && p->purpose == purpose && now >= p->from && now <= p->to &&
		    same(p->chain.v[0], leaf) && is_offered(&p->chain, others))
			return p;
	}
	return NULL;
}

int
memo_find(struct trust_memo *m, const struct cert *leaf, const struct certs *others,
    enum trust_purpose purpose, int64_t now, struct certs *chain, struct err *e)
{
	const struct memo_path *p;
	int rc = 0;

	(void)pthread_mutex_lock(&m->lock);
	p = find(m, leaf, others, purpose, now);
	if (p != NULL)
		rc = chain == NULL || copy(&p->chain, chain, e) == 0 ? 1 : -1;
	(void)pthread_mutex_unlock(&m->lock);
	return rc;
}

void
memo_add(struct trust_memo *m, const struct certs *chain, enum trust_purpose purpose)
{
	struct memo_path n = { .purpose = purpose, .from = INT64_MIN, .to = INT64_MAX };

	if (copy(chain, &n.chain, NULL) != 0)
		return;
	for (size_t i = 0; i < chain->n; i++) {
		if (cert_not_before(chain->v[i]) > n.from)
			n.from = cert_not_before(chain->v[i]);
		/* OpenSSL takes notAfter itself for too late. */
		if (cert_not_after(chain->v[i]) - 1 < n.to)
			n.to = cert_not_after(chain->v[i]) - 1;
	}
	(void)pthread_mutex_lock(&m->lock);
	certs_free(&m->path[m->next].chain);
	m->path[m->next] = n;
	m->next = (m->next + 1) % MEMO_PATHS;
	(void)pthread_mutex_unlock(&m->lock);
}
