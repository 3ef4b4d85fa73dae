/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csrattrs.h"

#include "common/pki/algs.h"
#include "common/pki/wants.h"

/* AttrOrOID ::= CHOICE (oid OBJECT IDENTIFIER, attribute Attribute) */
typedef struct {
	int type;
	union {
		ASN1_OBJECT *oid;
		X509_ATTRIBUTE *attribute;
	} value;
} AttrOrOID;

#define ATTR_OID 0
#define ATTR_ATTRIBUTE 1

ASN1_CHOICE(AttrOrOID) = {
	ASN1_SIMPLE(AttrOrOID, value.oid, ASN1_OBJECT),
	ASN1_SIMPLE(AttrOrOID, value.attribute, X509_ATTRIBUTE)
} static_ASN1_CHOICE_END(AttrOrOID)

/* CsrAttrs ::= SEQUENCE SIZE (0..MAX) OF AttrOrOID */
DEFINE_STACK_OF(AttrOrOID)
typedef STACK_OF(AttrOrOID) CsrAttrs;

ASN1_ITEM_TEMPLATE(CsrAttrs) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, CsrAttrs, AttrOrOID)
static_ASN1_ITEM_TEMPLATE_END(CsrAttrs)

/* Takes value over, whether it succeeds or not. */
static int
push(CsrAttrs *list, int type, void *value, struct err *e)
{
	AttrOrOID *a = (AttrOrOID *)ASN1_item_new(ASN1_ITEM_rptr(AttrOrOID));

	if (a != NULL && value != NULL) {
		a->type = type;
		if (type == ATTR_OID)
			a->value.oid = value;
		else
			a->value.attribute = value;
		if (sk_AttrOrOID_push(list, a) > 0)
			return 0;
	} else if (type == ATTR_OID) {
		ASN1_OBJECT_free(value);
	} else {
		X509_ATTRIBUTE_free(value);
	}
	ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(AttrOrOID));
	return ossl_fail(e, R_NO_MEMORY, "CsrAttrs");
}

static int
push_curve(CsrAttrs *list, const struct key_alg *alg, struct err *e)
{
	ASN1_OBJECT *type = OBJ_txt2obj(alg->oid, 1), *curve = OBJ_txt2obj(alg->curve, 1);
	X509_ATTRIBUTE *a = NULL;

	if (type != NULL && curve != NULL)
		a = X509_ATTRIBUTE_create_by_OBJ(NULL, type, V_ASN1_OBJECT, curve, -1);
	ASN1_OBJECT_free(type);
	ASN1_OBJECT_free(curve);
	return push(list, ATTR_ATTRIBUTE, a, e);
}

static int
push_rsa(CsrAttrs *list, const struct key_alg *alg, unsigned bits, struct err *e)
{
	ASN1_OBJECT *type = OBJ_txt2obj(alg->oid, 1);
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	X509_ATTRIBUTE *a = NULL;

	if (type != NULL && n != NULL && ASN1_INTEGER_set_uint64(n, bits) == 1) {
		a = X509_ATTRIBUTE_new();
		if (a != NULL && (X509_ATTRIBUTE_set1_object(a, type) != 1 ||
		    X509_ATTRIBUTE_set1_data(a, V_ASN1_INTEGER, n, -1) != 1)) {
			X509_ATTRIBUTE_free(a);
			a = NULL;
		}
	}
	ASN1_OBJECT_free(type);
	ASN1_INTEGER_free(n);
	return push(list, ATTR_ATTRIBUTE, a, e);
}

static int
push_key(CsrAttrs *list, struct key_type key, struct err *e)
{
	const struct key_alg *alg = key_alg_of(key.kind);

	if (alg == NULL)
		return 0;
	switch (alg->family) {
	case KF_EC:
		return push_curve(list, alg, e);
	case KF_RSA:
		return push_rsa(list, alg, key.bits, e);
	case KF_RAW:
		break;
	}
	return push(list, ATTR_OID, OBJ_txt2obj(alg->oid, 1), e);
}

static int
push_extensions(CsrAttrs *list, const struct request_names *names, struct err *e)
{
	STACK_OF(X509_EXTENSION) *exts = NULL;
	X509_ATTRIBUTE *a = NULL;
	ASN1_STRING *seq = NULL;
	struct blob der = { NULL, 0 };
	int rc = -1;

	if (wants_build(names, &exts, e) != 0)
		return -1;
	if (exts == NULL)
		return 0;
	if (asn_encode(ASN1_ITEM_rptr(X509_EXTENSIONS), exts, &der, e) != 0 ||
	    asn_set1(&seq, V_ASN1_SEQUENCE, mem_of(&der), e) != 0)
		goto out;
	a = X509_ATTRIBUTE_create(NID_ext_req, V_ASN1_SEQUENCE, seq);
	if (a != NULL)
		seq = NULL;	/* the attribute owns it now */
	rc = push(list, ATTR_ATTRIBUTE, a, e);
out:
	ASN1_STRING_free(seq);
	blob_free(&der);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return rc;
}

int
csrattrs_build(struct key_type key, const struct request_names *names, struct blob *der, struct err *e)
{
	CsrAttrs *list = sk_AttrOrOID_new_null();
	int rc = -1;

	if (list == NULL)
		return ossl_fail(e, R_NO_MEMORY, "CsrAttrs");
	if (push_key(list, key, e) == 0 && push_extensions(list, names, e) == 0)
		rc = asn_encode(ASN1_ITEM_rptr(CsrAttrs), list, der, e);
	ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(CsrAttrs));
	return rc;
}
