/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/limits.h"
#include "common/pki/crmf.h"
#include "common/pki/crmf_asn.h"
#include "common/pki/names.h"
#include "common/pki/wants.h"

static int
fill_template(CertTemplate *t, const struct key *key, const struct request_names *names, struct err *e)
{
	struct mem subject = names->subject.len == 0 ? name_null() : names->subject;

	t->publicKey = asn_decode(ASN1_ITEM_rptr(SubjectPublicKeyInfo), key_get0_spki(key), "public key", e);
	if (t->publicKey == NULL || asn_set1(&t->subject, V_ASN1_SEQUENCE, subject, e) != 0)
		return -1;
	return wants_build(names, &t->extensions, e);
}

static int
build_request(const struct key *key, const struct request_names *names, struct blob *der, struct err *e)
{
	CertRequest *r = (CertRequest *)ASN1_item_new(ASN1_ITEM_rptr(CertRequest));
	int rc = -1;

	if (r == NULL || ASN1_INTEGER_set_int64(r->certReqId, 0) != 1)
		ossl_fail(e, R_NO_MEMORY, "request");
	else if (fill_template(r->certTemplate, key, names, e) == 0)
		rc = asn_encode(ASN1_ITEM_rptr(CertRequest), r, der, e);
	ASN1_item_free((ASN1_VALUE *)r, ASN1_ITEM_rptr(CertRequest));
	return rc;
}

/* signature [1] POPOSigningKey without poposkInput: over certReq (RFC 4211 section 4.1 case 3). */
static int
set_popo(CertReqMsg *m, const struct key *key, struct mem sig, struct err *e)
{
	POPOSigningKey *s = (POPOSigningKey *)ASN1_item_new(ASN1_ITEM_rptr(POPOSigningKey));

	m->popo = (ProofOfPossession *)ASN1_item_new(ASN1_ITEM_rptr(ProofOfPossession));
	if (s == NULL || m->popo == NULL) {
		ASN1_item_free((ASN1_VALUE *)s, ASN1_ITEM_rptr(POPOSigningKey));
		return ossl_fail(e, R_NO_MEMORY, "popo");
	}
	m->popo->type = POPO_SIGNATURE;
	m->popo->d.signature = s;
	if (asn_set1(&s->algorithmIdentifier, V_ASN1_SEQUENCE, key_get0_sig_alg(key), e) != 0)
		return -1;
	return asn_set1(&s->signature, V_ASN1_BIT_STRING, sig, e);
}

/* m stays the caller's. */
static int
encode_alone(CertReqMsg *m, struct blob *der, struct err *e)
{
	STACK_OF(CertReqMsg) *list = sk_CertReqMsg_new_null();
	int rc;

	if (list == NULL || sk_CertReqMsg_push(list, m) <= 0)
		rc = ossl_fail(e, R_NO_MEMORY, "request");
	else
		rc = asn_encode(ASN1_ITEM_rptr(CertReqMessages), list, der, e);
	sk_CertReqMsg_free(list);
	return rc;
}

static int
join(const struct key *key, struct mem request, struct mem sig, struct blob *der, struct err *e)
{
	CertReqMsg *m = (CertReqMsg *)ASN1_item_new(ASN1_ITEM_rptr(CertReqMsg));
	int rc = -1;

	if (m == NULL)
		ossl_fail(e, R_NO_MEMORY, "request");
	else if (asn_set1(&m->certReq, V_ASN1_SEQUENCE, request, e) == 0 &&
	    set_popo(m, key, sig, e) == 0)
		rc = encode_alone(m, der, e);
	ASN1_item_free((ASN1_VALUE *)m, ASN1_ITEM_rptr(CertReqMsg));
	return rc;
}

int
crmf_build(const struct key *key, const struct request_names *names, struct blob *der, struct err *e)
{
	struct blob request = { NULL, 0 };
	struct buf sig;
	int rc = -1;

	buf_init(&sig, LIM_REQUEST);
	if (build_request(key, names, &request, e) == 0 && key_sign(key, mem_of(&request), &sig, e) == 0)
		rc = join(key, mem_of(&request), buf_mem(&sig), der, e);
	buf_free(&sig);
	blob_free(&request);
	return rc;
}
