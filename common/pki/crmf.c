/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/crmf.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/crmf_asn.h"
#include "common/pki/der.h"
#include "common/pki/names.h"
#include "common/pki/wants.h"

struct crmf {
	struct blob der;
	STACK_OF(CertReqMsg) *msgs;
	const CertReqMsg *msg;		/* the one */
	CertRequest *request;
	struct blob spki;
	struct pubkey *key;
	struct wants wants;
};

/*
 * RFC 9483 section 4.1.1 names what a template may hold; the rest is the CA's to say. issuer is let pass
 * and not looked at: RFC 4211 section 5 has it as a wish, and OpenSSL's client always sets it.
 */
static int
check_template(const CertTemplate *t, struct err *e)
{
	int64_t version = 2;

	if (t->version != NULL && ASN1_INTEGER_get_int64(&version, t->version) != 1)
		ERR_clear_error();
	if (version != 2)
		return err_set(e, R_TEMPLATE_FIELD, "RFC 9483 section 4.1.1: version is not 2");
	if (t->serialNumber != NULL || t->signingAlg != NULL || t->validity != NULL ||
	    t->issuerUID != NULL || t->subjectUID != NULL)
		return err_set(e, R_TEMPLATE_FIELD, "serialNumber, signingAlg, validity or a "
		    "unique identifier");
	if (t->subject == NULL)
		return err_set(e, R_TEMPLATE_FIELD, "RFC 9483 section 4.1.1: subject is missing");
	if (t->publicKey == NULL)
		return err_set(e, R_TEMPLATE_FIELD, "publicKey is missing");
	return 0;
}

/*
 * Controls and regInfo can change what is asked for behind our back (altCertTemplate, utf8Pairs,
 * certReq). oldCertID (RFC 4211 section 6.5) says which certificate a kur replaces, no more.
 */
static int
check_controls(const CertReqMsg *m, const CertRequest *r, struct err *e)
{
	int n = r->controls == NULL ? 0 : sk_AttributeTypeAndValue_num(r->controls);

	if (m->regInfo != NULL)
		return err_set(e, R_TEMPLATE_FIELD, "regInfo is not accepted");
	for (int i = 0; i < n; i++)
		if (OBJ_obj2nid(sk_AttributeTypeAndValue_value(r->controls, i)->type) !=
		    NID_id_regCtrl_oldCertID)
			return err_set(e, R_TEMPLATE_FIELD, "a control other than oldCertID");
	return 0;
}

static int
read_key(struct crmf *c, const CertTemplate *t, struct err *e)
{
	/* In the template it has another tag, so it is written anew with its own; all else is the same. */
	if (asn_encode(ASN1_ITEM_rptr(SubjectPublicKeyInfo), t->publicKey, &c->spki, e) != 0 ||
	    wants_set_spki(&c->wants, mem_of(&c->spki), e) != 0 ||
	    pubkey_parse(mem_of(&c->spki), &c->key, e) != 0)
		return -1;
	c->wants.w.key = pubkey_type(c->key);
	return 0;
}

static int
read_request(struct crmf *c, struct err *e)
{
	const CertTemplate *t;
	int64_t id;

	c->request = asn_decode(ASN1_ITEM_rptr(CertRequest), asn_mem(c->msg->certReq), "CertRequest", e);
	if (c->request == NULL)
		return -1;
	if (ASN1_INTEGER_get_int64(&id, c->request->certReqId) != 1 || id != 0)
		return ossl_fail(e, R_CERT_REQ_ID, "RFC 9483 section 4.1.1: certReqId is not 0");
	t = c->request->certTemplate;
	if (check_template(t, e) != 0 || check_controls(c->msg, c->request, e) != 0)
		return -1;
	c->wants.w.subject = asn_mem(t->subject);
	if (read_key(c, t, e) != 0 || wants_read(&c->wants, t->extensions, e) != 0)
		return -1;
	return wants_check_names(&c->wants, e);
}

int
crmf_parse(struct mem der, struct crmf **out, struct err *e)
{
	struct crmf *c = NULL;
	int rc = -1;

	if (der_shape(der, LIM_REQUEST, LIM_DER_ELEMENTS, e) != 0)
		return -1;
	c = mem_calloc(1, sizeof(*c));
	if (c == NULL)
		return err_set(e, R_NO_MEMORY, "request");
	if (blob_set1(&c->der, der, e) != 0)
		goto out;
	c->msgs = asn_decode(ASN1_ITEM_rptr(CertReqMessages), der, "CertReqMessages", e);
	if (c->msgs == NULL)
		goto out;
	if (sk_CertReqMsg_num(c->msgs) != 1) {
		err_set(e, R_CERT_REQ_ID, "%d CertReqMsg", sk_CertReqMsg_num(c->msgs));
		goto out;
	}
	c->msg = sk_CertReqMsg_value(c->msgs, 0);
	if (read_request(c, e) != 0)
		goto out;
	*out = c;
	c = NULL;
	rc = 0;
out:
	crmf_free(c);
	return rc;
}

struct mem
crmf_get0_der(const struct crmf *c)
{
	return mem_of(&c->der);
}

const struct wanted *
crmf_get0_wanted(const struct crmf *c)
{
	return &c->wants.w;
}

int
crmf_check_pop(const struct crmf *c, struct err *e)
{
	const ProofOfPossession *popo = c->msg->popo;
	const POPOSigningKey *s;
	struct mem sig;

	if (popo == NULL || popo->type != POPO_SIGNATURE)
		return err_set(e, R_NO_POP, "RFC 4211 section 4.1: popo is not a signature");
	s = popo->d.signature;
	if (s->poposkInput != NULL)
		return err_set(e, R_NO_POP, "RFC 9483 section 4.1.1: poposkInput must not be used");
	if (!asn_bits(s->signature, &sig))
		return err_set(e, R_BAD_SIGNATURE, "not whole octets");
	return pubkey_verify(c->key, asn_mem(s->algorithmIdentifier), asn_mem(c->msg->certReq), sig, e);
}

void
crmf_free(struct crmf *c)
{
	if (c == NULL)
		return;
	wants_clear(&c->wants);
	pubkey_free(c->key);
	blob_free(&c->spki);
	ASN1_item_free((ASN1_VALUE *)c->request, ASN1_ITEM_rptr(CertRequest));
	ASN1_item_free((ASN1_VALUE *)c->msgs, ASN1_ITEM_rptr(CertReqMessages));
	blob_free(&c->der);
	free(c);
}
