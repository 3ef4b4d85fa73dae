/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Is this the certificate that was asked for? Key, names, chain to the pinned operator CA, validity, not a CA. What
 * does not pass is not installed, whoever sent it.
 */
#include <inttypes.h>
#include <string.h>

#include "agent/priv.h"
#include "common/pki/crmf.h"
#include "common/pki/csr.h"

int
clock_check(const struct nemra_now *now, struct err *e)
{
	if (!now->wall_trusted)
		return err_set(e, R_CLOCK_NOT_SET, "the station says that its clock is not set yet");
	if (now->wall_s < AGENT_EPOCH)
		return err_set(e, R_CLOCK_NOT_SET, "it shows %" PRId64 " s since 1970, before this program was made",
		    now->wall_s);
	return 0;
}

/* The one for the pending key to the front. */
static int
leaf_first(struct certs *l, const struct wanted *want, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		struct cert *c = l->v[i];

		if (memcmp(cert_get0_spki_sha256(c), want->spki_sha256, SHA256_LEN) != 0 ||
		    !mem_eq(cert_get0_spki(c), want->spki))
			continue;
		l->v[i] = l->v[0];
		l->v[0] = c;
		return 0;
	}
	return err_set(e, R_CA_WRONG_KEY, "none of %zu certificates is for the pending key", l->n);
}

static int
check_names(const struct cert *c, const struct wanted *want, struct err *e)
{
	const struct wanted *got = cert_get0_wanted(c);
	struct buf b;

	buf_init(&b, 4096);
	if (!name_equal(got->subject, want->subject))
		name_print(got->subject, &b);
	else if (!san_equal(got->san, got->n_san, want->san, want->n_san))
		san_print(got->san, got->n_san, &b);
	else
		return 0;
	err_set(e, R_CA_WRONG_NAME, "%.200s", buf_text(&b) != NULL ? buf_text(&b) : "");
	buf_free(&b);
	return -1;
}

/* A life that begins in our future means that our clock is behind; a little of that is common. */
static int
check_life(const struct cert *c, int64_t *now, struct err *e)
{
	int64_t begin = cert_not_before(c);

	if (*now + AGENT_SKEW < begin)
		return err_set(e, R_CLOCK_NOT_SET, "the certificate begins %" PRId64 " s after this clock's time",
		    begin - *now);
	if (*now < begin)
		*now = begin;
	if (*now > cert_not_after(c))
		return err_set(e, R_CERT_EXPIRED, "the certificate ended %" PRId64 " s ago",
		    *now - cert_not_after(c));
	return 0;
}

static int
judge(const struct nemra_agent *a, const struct wanted *want, int64_t now, struct certs *l, struct certs *chain,
    struct err *e)
{
	struct certs others;

	if (leaf_first(l, want, e) != 0 || check_names(l->v[0], want, e) != 0)
		return -1;
	if (cert_is_ca(l->v[0]))
		return err_set(e, R_CA_CERT_BAD, "it is a CA certificate");
	if (check_life(l->v[0], &now, e) != 0)
		return -1;
	others = (struct certs){ l->v + 1, l->n - 1 };
	return trust_verify(a->trust, l->v[0], &others, TRUST_ANY, now, chain, e);
}

int
trust_take(struct nemra_agent *a, struct mem pem, struct err *e)
{
	struct certs l = { NULL, 0 };
	struct trust *t = NULL;
	int rc = -1;

	if (certs_parse(pem, LIM_CHAIN, &l, e) != 0 || trust_new(&t, e) != 0 || trust_add(t, &l, e) != 0)
		goto out;
	a->trust = t;
	t = NULL;
	rc = 0;
out:
	trust_free(t);
	certs_free(&l);
	return rc;
}

int
verify_issued(const struct nemra_agent *a, struct mem text, struct certs *chain, struct err *e)
{
	const struct record *r = &a->rec;
	struct csr *csr = NULL;
	struct crmf *crmf = NULL;
	struct certs l = { NULL, 0 };
	struct key *key = NULL;
	struct err why;
	int rc = -1;

	*chain = (struct certs){ NULL, 0 };
	if (clock_check(a->now, e) != 0 || key_parse(mem_of(&r->key), &key, e) != 0 ||
	    (r->crmf ? crmf_parse(mem_of(&r->form), &crmf, e) : csr_parse(mem_of(&r->form), &csr, e)) != 0)
		goto out;
	if (certs_parse(text, LIM_CHAIN, &l, &why) != 0) {
		err_set(e, R_PEER_ANSWER, "certificates: %.200s", why.detail);
		goto out;
	}
	if (judge(a, r->crmf ? crmf_get0_wanted(crmf) : csr_get0_wanted(csr), a->now->wall_s, &l, chain, e) != 0)
		goto out;
	/* The request names the public half; the private one is what must work. */
	if (!cert_fits_key(chain->v[0], key)) {
		err_set(e, R_KEY_UNUSABLE, "the pending key does not fit its own request");
		goto out;
	}
	rc = 0;
out:
	if (rc != 0)
		certs_free(chain);
	certs_free(&l);
	key_free(key);
	csr_free(csr);
	crmf_free(crmf);
	return rc;
}
