/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * PKIMessage, RFC 4210 section 5.1: reading, and putting together.
 */
#include "common/cmp/msg.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/cmp/der.h"
#include "common/cmp/internal.h"

struct cmp_msg {
	struct blob der;
	PKIMessage *asn;		/* header and body as they came */
	PKIHeader *header_asn;
	struct cmp_header header;	/* lends from header_asn */
	enum cmp_body body;
	struct mem body_der;		/* lent by asn: what stands inside the body's tag */
	ASN1_VALUE *content;		/* the same decoded with body_item() */
	struct certs extra;
};

/* The tag of the body, looked up before anything is decoded; -1: there is none. */
static int
peek_body(struct mem der)
{
	struct der msg, header, body;

	if (der_next_sequence(&der, &msg) != 0 || der_next_sequence(&msg.content, &header) != 0 ||
	    der_next(&msg.content, &body) != 0 || body.class != V_ASN1_CONTEXT_SPECIFIC)
		return -1;
	return body.tag;
}

static int
check_size(struct mem der, struct err *e)
{
	size_t max = LIM_CMP_MSG;

	if (der.len == 0)
		return err_set(e, R_NOT_DER, "no bytes");
	if (der.len > max && der.len <= LIM_CMP_NEST && peek_body(der) == CMP_NESTED)
		max = LIM_CMP_NEST;
	if (der.len > max)
		return err_set(e, R_TOO_LONG, "PKIMessage: %zu octets, limit %zu", der.len, max);
	return 0;
}

static int
parse_header(struct cmp_msg *m, struct err *e)
{
	m->header_asn = asn_parse(asn_any_get0(m->asn->header), ASN1_ITEM_rptr(PKIHeader),
	    "PKIHeader", e);
	if (m->header_asn == NULL)
		return -1;
	return header_read(m->header_asn, &m->header, e);
}

static bool
is_request(enum cmp_body body)
{
	return body == CMP_IR || body == CMP_CR || body == CMP_KUR || body == CMP_P10CR ||
	    body == CMP_NESTED;
}

static int
parse_body(struct cmp_msg *m, struct err *e)
{
	struct mem raw = asn_any_get0(m->asn->body), inside;
	const ASN1_ITEM *it;
	struct der tag, seq;
	PKIBody *b;

	b = asn_parse(raw, ASN1_ITEM_rptr(PKIBody), "PKIBody", e);
	if (b == NULL)
		return -1;
	m->body = (enum cmp_body)b->type;
	ASN1_item_free((ASN1_VALUE *)b, ASN1_ITEM_rptr(PKIBody));
	if (der_next(&raw, &tag) != 0)
		return err_set(e, R_NOT_DER, "PKIBody");
	inside = m->body_der = tag.content;
	if (is_request(m->body) && der_next_sequence(&inside, &seq) != 0)
		return err_set(e, R_NOT_DER, "%s is not a SEQUENCE", cmp_body_name((int)m->body));
	it = body_item(m->body);
	if (it == NULL)
		return 0;
	m->content = asn_parse(m->body_der, it, cmp_body_name((int)m->body), e);
	return m->content == NULL ? -1 : 0;
}

/* The bits of a signature are whole octets. */
static int
check_protection(const struct cmp_msg *m, struct err *e)
{
	const ASN1_BIT_STRING *p = m->asn->protection;

	if (p != NULL && (p->flags & 0x07) != 0)
		return err_set(e, R_NOT_DER, "protection has unused bits");
	return 0;
}

/*
 * A certificate that is DER but of a sort we do not know is left out: peers may add any they like (RFC 9483
 * section 3.3).
 */
static int
parse_extra_certs(struct cmp_msg *m, struct err *e)
{
	const STACK_OF(ASN1_TYPE) *list = m->asn->extraCerts;
	struct cert *c;

	if (sk_ASN1_TYPE_num(list) > LIM_CMP_EXTRA)
		return err_set(e, R_TOO_LONG, "%d extraCerts, limit %d", sk_ASN1_TYPE_num(list),
		    LIM_CMP_EXTRA);
	for (int i = 0; i < sk_ASN1_TYPE_num(list); i++) {
		struct err why;

		if (cert_parse_known(asn_any_get0(sk_ASN1_TYPE_value(list, i)), &c, &why) != 0) {
			if (why.reason != R_NOT_DER && why.reason != R_NO_MEMORY)
				continue;
			return err_set(e, why.reason, "extraCerts: %.200s", why.detail);
		}
		if (certs_add(&m->extra, c, e) != 0) {
			cert_free(c);
			return -1;
		}
	}
	return 0;
}

int
cmp_msg_parse(struct mem der, struct cmp_msg **out, struct err *e)
{
	struct cmp_msg *m = NULL;
	int rc = -1;

	if (check_size(der, e) != 0 || der_check(der, e) != 0)
		goto out;
	m = mem_calloc(1, sizeof(*m));
	if (m == NULL) {
		(void)asn_no_memory(e);
		goto out;
	}
	if (blob_set1(&m->der, der, e) != 0)
		goto out;
	m->asn = asn_parse(mem_of(&m->der), ASN1_ITEM_rptr(PKIMessage), "PKIMessage", e);
	if (m->asn == NULL || parse_header(m, e) != 0 || parse_body(m, e) != 0 ||
	    check_protection(m, e) != 0 || parse_extra_certs(m, e) != 0)
		goto out;
	*out = m;
	m = NULL;
	rc = 0;
out:
	cmp_msg_free(m);
	return rc;
}

void
cmp_msg_free(struct cmp_msg *m)
{
	if (m == NULL)
		return;
	if (m->content != NULL)
		ASN1_item_free(m->content, body_item(m->body));
	ASN1_item_free((ASN1_VALUE *)m->header_asn, ASN1_ITEM_rptr(PKIHeader));
	ASN1_item_free((ASN1_VALUE *)m->asn, ASN1_ITEM_rptr(PKIMessage));
	certs_free(&m->extra);
	blob_free(&m->der);
	free(m);
}

struct mem
cmp_msg_get0_der(const struct cmp_msg *m)
{
	return mem_of(&m->der);
}

const struct cmp_header *
cmp_msg_get0_header(const struct cmp_msg *m)
{
	return &m->header;
}

enum cmp_body
cmp_msg_body(const struct cmp_msg *m)
{
	return m->body;
}

struct mem
cmp_msg_get0_body(const struct cmp_msg *m)
{
	return m->body_der;
}

const void *
msg_get0_content(const struct cmp_msg *m)
{
	return m->content;
}

struct mem
cmp_msg_get0_protection(const struct cmp_msg *m)
{
	return asn_string_get0(m->asn->protection);
}

const struct certs *
cmp_msg_get0_extra_certs(const struct cmp_msg *m)
{
	return &m->extra;
}

int
cmp_msg_protected_part(const struct cmp_msg *m, struct blob *out, struct err *e)
{
	const PKIMessage part = { .header = m->asn->header, .body = m->asn->body };

	return asn_build(&part, ASN1_ITEM_rptr(PKIMessage), out, e);
}

int
cmp_part_build(const struct cmp_header *h, enum cmp_body body, struct mem body_content,
    struct blob *part, struct err *e)
{
	PKIBody b = { .type = (int)body, .content = asn_any(body_content, cmp_body_name((int)body), e) };
	ProtectedPart p = { .header = b.content == NULL ? NULL : header_make(h, e), .body = &b };
	int rc = -1;

	if (p.header != NULL)
		rc = asn_build(&p, ASN1_ITEM_rptr(ProtectedPart), part, e);
	ASN1_item_free((ASN1_VALUE *)p.header, ASN1_ITEM_rptr(PKIHeader));
	ASN1_TYPE_free(b.content);
	return rc;
}

int
cmp_part_parse(struct mem part, struct cmp_msg **out, struct err *e)
{
	struct cmp_msg *m;

	if (cmp_msg_parse(part, &m, e) != 0)
		return -1;
	if (m->asn->protection != NULL || m->asn->extraCerts != NULL) {
		cmp_msg_free(m);
		return err_set(e, R_NOT_DER, "a ProtectedPart has no protection or extraCerts");
	}
	*out = m;
	return 0;
}

/* Whole octets, whatever their last bits are. */
static int
protection_set(PKIMessage *a, struct mem bits, struct err *e)
{
	if (bits.len == 0)
		return 0;
	a->protection = ASN1_BIT_STRING_new();
	if (a->protection == NULL || bits.len > INT_MAX ||
	    ASN1_BIT_STRING_set(a->protection, (unsigned char *)(uintptr_t)bits.p, (int)bits.len) != 1)
		return asn_no_memory(e);
	a->protection->flags &= ~0x07L;
	a->protection->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return 0;
}

int
cmp_msg_assemble(struct mem part, struct mem protection, const struct certs *extra,
    struct blob *der, struct err *e)
{
	PKIMessage *a = asn_parse(part, ASN1_ITEM_rptr(PKIMessage), "ProtectedPart", e);
	int rc = -1;

	if (a == NULL)
		return -1;
	if (a->protection != NULL || a->extraCerts != NULL) {
		(void)err_set(e, R_NOT_DER, "a ProtectedPart has no protection or extraCerts");
		goto out;
	}
	if (protection_set(a, protection, e) != 0)
		goto out;
	if (extra != NULL && extra->n > 0) {
		a->extraCerts = asn_certs(extra);
		if (a->extraCerts == NULL) {
			(void)asn_no_memory(e);
			goto out;
		}
	}
	rc = asn_build(a, ASN1_ITEM_rptr(PKIMessage), der, e);
out:
	ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(PKIMessage));
	return rc;
}
