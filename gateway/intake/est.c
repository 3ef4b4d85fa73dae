/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/cert.h"
#include "common/pki/csrattrs.h"
#include "common/pki/text.h"
#include "gateway/policy/granted.h"
#include "gateway/intake/routes.h"
#include "gateway/intake/upload.h"

#define CERTS_ONLY "application/pkcs7-mime; smime-type=certs-only"

enum step {
	START,
	SUBMITTED,
	WAITED,
	READ
};

static enum turn
answer(struct exchange *x, const char *type, struct mem base64)
{
	reply_body(&x->reply, 200, type, base64);
	x->reply.base64 = true;
	return TURN_REPLY;
}

/* RFC 7030 section 4.1: asked before there is any trust, so of everybody. */
enum turn
est_cacerts(struct exchange *x)
{
	struct err e;

	if (x->profile[0] != '\0' && profile_find(x->door->profiles, x->profile) == NULL) {
		err_set(&e, R_PROFILE_UNKNOWN, "%s", x->profile);
		return exchange_fail(x, &e);
	}
	return answer(x, "application/pkcs7-mime", mem_of(&x->anchors->operators_p7));
}

/* --- csrattrs --- */

static int
attrs_build(const struct profile *p, const struct granted *g, struct blob *der, struct err *e)
{
	const char *eku[LIM_SAN];
	struct request_names names = { .san = g->san, .n_san = g->n, .eku = eku };
	struct key_type key = { KK_NONE, 0 };

	if (p->n_keys > 0 && key_type_parse(p->keys[0], &key, e) != 0)
		return -1;
	for (size_t i = 0; i < p->n_eku && names.n_eku < COUNT_OF(eku); i++)
		eku[names.n_eku++] = eku_oid(p->eku[i]);
	return csrattrs_build(key, &names, der, e);
}

/* The names of a station go in only when it is known who asks. */
static int
attrs_of(const struct exchange *x, const struct profile *p, struct blob *der, struct err *e)
{
	const struct station *s = exchange_station(x);
	struct granted names = { 0 };
	struct grant g = { 0 };
	int rc = -1;

	if (s == NULL)
		return attrs_build(p, &names, der, e);
	if (profile_grant(p, s, &g, e) == 0 && granted_parse(&g, &names, e) == 0)
		rc = attrs_build(p, &names, der, e);
	granted_free(&names);
	grant_free(&g);
	return rc;
}

/*
 * RFC 7030 section 4.5, RFC 8951 section 4: whoever asks gets key type and key usages of the profile, a
 * station its alternative names too. 204 when it cannot be told which profile is meant.
 */
enum turn
est_csrattrs(struct exchange *x)
{
	static const struct station nobody = { .profile = NULL };
	const struct station *s = exchange_station(x);
	struct blob der = { NULL, 0 };
	const struct profile *p;
	enum turn t;
	struct buf b;
	struct err e;

	if (profile_choose(x->door->profiles, s != NULL ? s : &nobody, x->profile, &p, &e) != 0) {
		if (x->profile[0] != '\0')
			return exchange_fail(x, &e);
		reply_body(&x->reply, 204, NULL, MEM_NONE);
		return TURN_REPLY;
	}
	if (attrs_of(x, p, &der, &e) != 0)
		return exchange_fail(x, &e);
	buf_init(&b, REPLY_MAX);
	base64_add(&b, mem_of(&der), true);
	t = answer(x, "application/csrattrs", buf_mem(&b));
	buf_free(&b);
	blob_free(&der);
	return t;
}

/* --- enrolment --- */

/* RFC 7030 section 4.2.3: certs-only, with nothing but the certificate that was issued. */
static int
only_leaf(struct mem chain, struct buf *out, struct err *e)
{
	struct certs all = { NULL, 0 };
	struct blob p7 = { NULL, 0 };
	int rc = -1;

	if (certs_parse(chain, LIM_CHAIN, &all, e) == 0 && all.n > 0) {
		const struct certs leaf = { all.v, 1 };

		rc = certs_build_p7(&leaf, &p7, e);
	}
	if (rc == 0)
		base64_add(out, mem_of(&p7), true);
	certs_free(&all);
	blob_free(&p7);
	return rc;
}

static enum turn
deliver(struct exchange *x)
{
	enum turn t;
	struct buf b;
	struct err e;

	buf_init(&b, REPLY_MAX);
	if (only_leaf(mem_of(&x->job.read.chain), &b, &e) == 0) {
		exchange_log(x, LOG_INFO, "certificate.delivered", NULL);
		t = answer(x, CERTS_ONLY, buf_mem(&b));
	} else {
		t = exchange_fail(x, &e);
	}
	buf_free(&b);
	return t;
}

/* RFC 7030 section 4.2.3: 202 must say when to come again; the same POST then finds the same request. */
static enum turn
pending(struct exchange *x, enum request_state s)
{
	const struct reason_info *why = reason_info(s == RQ_HELD ? R_NEEDS_APPROVAL : R_STILL_PENDING);

	x->reply.retry_after = upload_retry_after(s);
	if (x->reply.retry_after == 0)
		x->reply.retry_after = 1;
	reply_body(&x->reply, 202, "text/plain; charset=utf-8", MEM_NONE);
	buf_printf(&x->reply.body, "%s: %s\n", why->id, why->sentence);
	return TURN_REPLY;
}

static enum turn
outcome(struct exchange *x)
{
	const struct door_read *r = &x->job.read;
	struct err end;

	/* It is committed: a store that went away meanwhile makes it a wait, not a failure. */
	if (x->job.err.reason != R_NONE || !r->found)
		return pending(x, x->state);
	if (r->chain.len > 0)
		return deliver(x);
	upload_end(r, &end);
	if (end.reason != R_NONE)
		return exchange_refuse(x, &end, 410);
	return pending(x, r->state);
}

static enum turn
submitted(struct exchange *x)
{
	struct err e;

	if (upload_taken(x, &e) != 0)
		return exchange_refuse(x, &e, 0);
	if (worker_worth_telling(x->state)) {
		x->step = READ;
		return upload_read(x, true);
	}
	x->step = WAITED;
	return upload_wait(x, x->head.wait > EST_WAIT_S ? x->head.wait : EST_WAIT_S);
}

enum turn
est_enroll(struct exchange *x)
{
	switch ((enum step)x->step) {
	case START:
		x->step = SUBMITTED;
		return upload_start(x, INTAKE_PKCS10_BASE64, "est");
	case SUBMITTED:
		return submitted(x);
	case WAITED:
		x->step = READ;
		return upload_read(x, true);
	case READ:
		break;
	}
	return outcome(x);
}

/*
 * RFC 7030 section 4.2.2 renews the certificate that TLS shows. Here the device key is the identity on
 * every door, and what renews an operator's certificate is not built: so it is said, and not done by half.
 */
enum turn
est_reenroll(struct exchange *x)
{
	struct err e;

	err_set(&e, R_NOT_OFFERED, "simplereenroll; use simpleenroll with the device certificate");
	return exchange_fail(x, &e);
}
