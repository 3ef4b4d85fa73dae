/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * RFC 9483 section 3.5, in its order. Point 1, the syntax, is cmp_msg_parse().
 */
#include "common/cmp/verify.h"

#include <string.h>

#include "common/base/limits.h"
#include "common/cmp/asn.h"
#include "common/pki/name.h"
#include "common/pki/wanted.h"

#define CLAUSE "(RFC 9483 section 3.5)"

/* 2: pvno. Version 1 is read in error messages alone: some peers answer so to what they do not know. */
static int
check_pvno(const struct cmp_msg *m, struct err *e)
{
	int pvno = cmp_msg_get0_header(m)->pvno;

	if (pvno == 2 || pvno == 3 || (pvno == 1 && cmp_msg_body(m) == CMP_ERROR))
		return 0;
	return err_set(e, R_UNSUPPORTED_VERSION, "pvno %d " CLAUSE, pvno);
}

/* 3: transactionID */
static int
check_transaction_id(const struct cmp_header *h, const struct cmp_expect *x, struct err *e)
{
	if (h->transaction_id.len == 0)
		return err_set(e, R_CMP_HEADER, "transactionID is missing " CLAUSE);
	if (x->answer && !mem_eq(h->transaction_id, x->transaction_id))
		return err_set(e, R_CMP_TRANSACTION_ID, CLAUSE);
	return 0;
}

/* 4: body */
static int
check_body(const struct cmp_msg *m, const struct cmp_expect *x, struct err *e)
{
	if ((x->bodies & CMP_BIT(cmp_msg_body(m))) == 0)
		return err_set(e, R_CMP_BODY, "%s " CLAUSE, cmp_body_name((int)cmp_msg_body(m)));
	return 0;
}

/* 5: senderNonce. 6: recipNonce */
static int
check_nonces(const struct cmp_header *h, const struct cmp_expect *x, struct err *e)
{
	if (h->sender_nonce.len < CMP_NONCE_LEN)
		return err_set(e, R_CMP_SENDER_NONCE, "%zu octets instead of %d " CLAUSE,
		    h->sender_nonce.len, CMP_NONCE_LEN);
	if (!x->answer)
		return 0;
	if (h->recip_nonce.len == 0)
		return err_set(e, R_CMP_RECIP_NONCE, "it is missing " CLAUSE);
	if (!mem_eq(h->recip_nonce, x->recip_nonce[0]) && !mem_eq(h->recip_nonce, x->recip_nonce[1]))
		return err_set(e, R_CMP_RECIP_NONCE, CLAUSE);
	return 0;
}

int
cmp_verify_header(const struct cmp_msg *m, const struct cmp_expect *x, struct err *e)
{
	const struct cmp_header *h = cmp_msg_get0_header(m);

	if (check_pvno(m, e) != 0 || check_transaction_id(h, x, e) != 0 || check_body(m, x, e) != 0)
		return -1;
	return check_nonces(h, x, e);
}

static bool
is_mac(struct mem algorithm)
{
	/* PasswordBasedMac, DHBasedMac, PBMAC1, KEM based MAC (RFC 9481 section 6, RFC 9810) */
	static const char *const macs[] = {
		"1.2.840.113533.7.66.13", "1.2.840.113533.7.66.30", "1.2.840.113549.1.5.14",
		"1.2.840.113533.7.66.16"
	};
	X509_ALGOR *a = asn_parse(algorithm, ASN1_ITEM_rptr(X509_ALGOR), "protectionAlg", NULL);
	const ASN1_OBJECT *o = NULL;
	char oid[64] = "";
	bool is = false;

	if (a == NULL)
		return false;
	X509_ALGOR_get0(&o, NULL, NULL, a);
	(void)OBJ_obj2txt(oid, sizeof(oid), o, 1);	/* "", and so none of them, when it fails */
	for (size_t i = 0; i < COUNT_OF(macs); i++)
		is = is || strcmp(oid, macs[i]) == 0;
	X509_ALGOR_free(a);
	return is;
}

/* 7: protected. 8: by a signature */
static int
check_protection_kind(const struct cmp_msg *m, struct err *e)
{
	const struct cmp_header *h = cmp_msg_get0_header(m);

	if (cmp_msg_get0_protection(m).len == 0)
		return err_set(e, R_CMP_UNPROTECTED, "%s " CLAUSE, cmp_body_name((int)cmp_msg_body(m)));
	if (h->protection_alg.len == 0)
		return err_set(e, R_CMP_HEADER, "protectionAlg is missing (RFC 9483 section 3.1)");
	if (is_mac(h->protection_alg))
		return err_set(e, R_CMP_PROTECTION_KIND, "a MAC instead of a signature " CLAUSE);
	return 0;
}

/* What is wrong with the key of a certificate that has none for us? */
static int
refuse_key(const struct cert *by, struct err *e)
{
	struct pubkey *now = NULL;

	if (pubkey_parse(cert_get0_spki(by), &now, e) != 0)	/* untaken: it is good now; no memory then */
		return -1;
	pubkey_free(now);	/* untaken: the same */
	return err_set(e, R_NO_MEMORY, "public key of the signer");	/* untaken: the same */
}

/* 9: the signature is over the header and the body as they came. */
static int
check_signature(const struct cmp_msg *m, const struct cert *by, struct err *e)
{
	const struct pubkey *key = cert_get0_pubkey(by);
	struct blob part = { NULL, 0 };
	struct err why;
	int rc = -1;

	err_clear(&why);
	if (key == NULL)
		return refuse_key(by, e);
	if (cmp_msg_protected_part(m, &part, e) != 0)
		goto out;
	rc = pubkey_verify(key, cmp_msg_get0_header(m)->protection_alg, mem_of(&part),
	    cmp_msg_get0_protection(m), &why);
	if (rc != 0 && why.reason == R_BAD_SIGNATURE)
		(void)err_set(e, R_CMP_PROTECTION, "the signature does not fit " CLAUSE);
	else if (rc != 0)
		(void)err_set(e, why.reason, "%.200s", why.detail);
out:
	blob_free(&part);
	return rc;
}

/*
 * 10: is this the certificate that the header points to? By senderKID where both have one; else by
 * sender alone.
 */
static bool
is_pointed_to(const struct cert *c, const struct cmp_header *h)
{
	struct mem ski = cert_get0_ski(c);

	if (h->sender_kid.len > 0 && ski.len > 0)
		return mem_eq(h->sender_kid, ski);
	return name_equal(cert_get0_subject(c), h->sender);
}

/* 11: authorised to protect, and trusted. A signer that was known before has had its path checked. */
static int
check_certificate(const struct cert *c, const struct cmp_msg *m, const struct cmp_expect *x,
    struct err *e)
{
	struct err why;

	if (!cert_allows_usage(c, USAGE_DIGITAL_SIGNATURE))
		return err_set(e, R_CMP_SIGNER, "its keyUsage lacks digitalSignature " CLAUSE);
	if (c == x->known_signer) {
		if (x->now < cert_not_before(c) || x->now > cert_not_after(c))
			return err_set(e, R_CERT_EXPIRED, "certificate of the signer");
		return 0;
	}
	err_clear(&why);
	if (trust_verify(x->trust, c, cmp_msg_get0_extra_certs(m), TRUST_ANY, x->now, NULL, &why) == 0)
		return 0;
	if (why.reason == R_CERT_NOT_TRUSTED)
		return err_set(e, R_CMP_SIGNER, "%.180s " CLAUSE, why.detail);
	return err_set(e, why.reason, "%.200s", why.detail);
}

/* The two names side by side: mostly a CA was named in the configuration otherwise than it calls itself. */
static int
wrong_sender(struct mem got, struct mem wanted, struct err *e)
{
	struct buf a, b;

	buf_init(&a, 1024);
	buf_init(&b, 1024);
	name_print(got, &a);
	name_print(wanted, &b);
	if (buf_ok(&a) && buf_ok(&b))
		err_set(e, R_CMP_SIGNER, "it is %.100s, not %.100s", buf_text(&a), buf_text(&b));
	else
		err_set(e, R_CMP_SIGNER, "its subject is another one");
	buf_free(&a);
	buf_free(&b);
	return -1;
}

/* 12: the sender is who signed, and whom the caller wants to hear. */
static int
check_sender(const struct cert *c, const struct cmp_header *h, const struct cmp_expect *x,
    struct err *e)
{
	if (!name_equal(h->sender, cert_get0_subject(c)))
		return err_set(e, R_CMP_PROTECTION, "sender is not the subject of the signer " CLAUSE);
	if (x->sender.len > 0 && !name_equal(x->sender, cert_get0_subject(c)))
		return wrong_sender(cert_get0_subject(c), x->sender, e);
	return 0;
}

static int
check_by(const struct cert *c, const struct cmp_msg *m, const struct cmp_expect *x, struct err *e)
{
	if (check_signature(m, c, e) != 0 || check_certificate(c, m, x, e) != 0)
		return -1;
	return check_sender(c, cmp_msg_get0_header(m), x, e);
}

/* The state of a search: the first candidate's failure is the one to report. */
struct search {
	const struct cmp_msg *m;
	const struct cmp_expect *x;
	const struct cert *found;
	bool tried;
	struct err *e;
};

static void
try_certificate(struct search *s, const struct cert *c)
{
	struct err later;

	if (s->found != NULL || !is_pointed_to(c, cmp_msg_get0_header(s->m)))
		return;
	if (check_by(c, s->m, s->x, s->tried ? &later : s->e) == 0)
		s->found = c;
	s->tried = true;
}

static void
try_all(struct search *s, const struct certs *l)
{
	for (size_t i = 0; i < l->n; i++)
		try_certificate(s, l->v[i]);
}

/*
 * Several certificates may fit, say an old and a new one of the same key: one of them must pass all. A
 * self-signed one is left out of extraCerts (RFC 9483 section 3.3), so the anchors are looked at too.
 */
static const struct cert *
find_signer(const struct cmp_msg *m, const struct cmp_expect *x, struct err *e)
{
	struct search s = { .m = m, .x = x, .e = e };

	try_all(&s, cmp_msg_get0_extra_certs(m));
	if (x->known_signer != NULL)
		try_certificate(&s, x->known_signer);
	try_all(&s, trust_get0_anchors(x->trust));
	if (!s.tried)
		(void)err_set(e, R_CMP_PROTECTION,
		    "senderKID and sender point to no certificate that came along or is known " CLAUSE);
	return s.found;
}

int
cmp_verify(const struct cmp_msg *m, const struct cmp_expect *x, struct cert **signer, struct err *e)
{
	const struct cert *by;

	if (cmp_verify_header(m, x, e) != 0 || check_protection_kind(m, e) != 0)
		return -1;
	by = find_signer(m, x, e);
	if (by == NULL)
		return -1;
	err_clear(e);
	if (signer != NULL)
		*signer = cert_dup(by);
	return 0;
}
