/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/pki/cert.h"
#include "common/pki/name.h"
#include "gateway/policy/policy.h"
#include "gateway/ra/internal.h"

/* A CA's clock may be ahead of ours by as much. */
#define CLOCK_SKEW_S 300

static char *
name_text(struct mem name)
{
	const char *text;
	struct buf b;
	char *copy;

	buf_init(&b, LIM_SUBJECT);
	name_print(name, &b);
	text = buf_text(&b);
	copy = xstrdup(text != NULL ? text : "(too long to show)");
	buf_free(&b);
	return copy;
}

static int
fill_info(struct ca_item *it, const struct cert *c, struct err *e)
{
	struct ca_cert *i = &it->info;

	if (blob_set1(&it->cert, cert_get0_der(c), e) != 0 ||
	    blob_set1(&i->serial, cert_get0_serial(c), e) != 0 ||
	    sha256(cert_get0_issuer(c), i->issuer_sha256, e) != 0)
		return -1;
	memcpy(i->spki_sha256, cert_get0_spki_sha256(c), sizeof(i->spki_sha256));
	i->not_before = cert_not_before(c);
	i->not_after = cert_not_after(c);
	i->subject = name_text(cert_get0_subject(c));
	i->issuer = name_text(cert_get0_issuer(c));
	return 0;
}

/* Want of memory says nothing of the certificate. */
static enum reason
bad_as(enum reason r, const struct err *why)
{
	return why->reason == R_NO_MEMORY ? R_NO_MEMORY : r;
}

/* The key is compared first: everything else about a foreign key's certificate is of no interest. */
static int
check_content(const struct ra *ra, const struct ca_item *it, const struct cert *c, struct err *e)
{
	const struct profile *p = profile_find(ra->o.profiles, it->profile);
	struct err why;

	if (!mem_eq((struct mem){ cert_get0_spki_sha256(c), SHA256_LEN }, it->spki_sha256))
		return err_set(e, R_CA_WRONG_KEY, "subject \"%.150s\"", it->info.subject);
	if (cert_is_ca(c))
		return err_set(e, R_CA_CERT_BAD, "it is a CA certificate");
	if (p == NULL)
		return err_set(e, R_PROFILE_UNKNOWN, "%s", it->profile);
	if (policy_check_names(cert_get0_wanted(c), p, it->row, &why) != 0)
		return err_set(e, bad_as(R_CA_WRONG_NAME, &why), "%.200s", why.detail);
	return 0;
}

static bool
is_valid_at(const struct cert *c, int64_t t)
{
	return cert_not_before(c) <= t + CLOCK_SKEW_S && cert_not_after(c) > t;
}

/*
 * When to judge it. Our clock may be wrong, and a certificate that was rejected is lost for good: one that is valid by
 * the time of the CA's own protected message is not bad.
 */
static int64_t
judged_at(const struct cert *c, int64_t ca_time)
{
	int64_t now = clock_wall_s();

	return ca_time != 0 && !is_valid_at(c, now) && is_valid_at(c, ca_time) ? ca_time : now;
}

static int
check_times(const struct cert *c, int64_t now, struct err *e)
{
	if (cert_not_after(c) <= cert_not_before(c))
		return err_set(e, R_CA_CERT_BAD, "it ends before it begins");
	if (cert_not_before(c) > now + CLOCK_SKEW_S)
		return err_set(e, R_CA_CERT_BAD, "it is not valid yet");
	if (cert_not_after(c) <= now)
		return err_set(e, R_CA_CERT_BAD, "it is expired");
	return 0;
}

/* Decoding what came along is a good part of a path's cost, and mostly the issuer is an anchor itself. */
static bool
issuer_is_anchor(const struct ra *ra, const struct cert *c)
{
	const struct certs *anchors = trust_get0_anchors(ra->o.trust);

	for (size_t i = 0; i < anchors->n; i++)
		if (mem_eq(cert_get0_subject(anchors->v[i]), cert_get0_issuer(c)))
			return true;
	return false;
}

/* To one of this CA's anchors, over what came along; what came along is never trusted for itself. */
static int
check_chain(const struct ra *ra, const struct cert *c, const struct certs *others, int64_t now,
    struct certs *chain, struct err *e)
{
	int64_t at = cert_not_before(c) > now ? cert_not_before(c) : now;
	const struct certs *needed = issuer_is_anchor(ra, c) ? NULL : others;
	struct err why;

	/* A second look at what failed: OpenSSL does not always say that a moment's want of memory was it. */
	if (trust_verify(ra->o.trust, c, needed, TRUST_ANY, at, chain, &why) != 0 &&
	    trust_verify(ra->o.trust, c, others, TRUST_ANY, at, chain, &why) != 0)
		return err_set(e, bad_as(R_CA_CERT_BAD, &why), "%s: %.200s", reason_info(why.reason)->id, why.detail);
	return 0;
}

static int
print_chain(const struct certs *chain, struct blob *out, struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, 2 * (LIM_CHAIN + 1) * LIM_CERT);
	certs_print_pem(chain, &b);
	rc = buf_take(&b, out, e);
	buf_free(&b);
	return rc;
}

int
ra_check_cert(const struct ra *ra, struct ca_item *it, struct mem der, const struct certs *others,
    int64_t ca_time, struct err *e)
{
	struct certs chain = { NULL, 0 };
	int64_t now;
	struct cert *c = NULL;
	int rc = -1;

	if (cert_parse(der, &c, e) != 0 || fill_info(it, c, e) != 0)
		goto out;
	now = judged_at(c, ca_time);
	if (check_content(ra, it, c, e) != 0 || check_times(c, now, e) != 0 ||
	    check_chain(ra, c, others, now, &chain, e) != 0)
		goto out;
	rc = print_chain(&chain, &it->chain, e);
out:
	certs_free(&chain);
	cert_free(c);
	return rc;
}
