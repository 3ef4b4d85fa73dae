/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csr.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/der.h"
#include "common/pki/names.h"
#include "common/pki/wants.h"

/* RFC 2986 section 4.1. Subject and key stay as they came. */
typedef struct {
	ASN1_INTEGER *version;
	ASN1_STRING *subject;
	ASN1_STRING *subjectPKInfo;
	STACK_OF(X509_ATTRIBUTE) *attributes;
} CertificationRequestInfo;

ASN1_SEQUENCE(CertificationRequestInfo) = {
	ASN1_SIMPLE(CertificationRequestInfo, version, ASN1_INTEGER),
	ASN1_SIMPLE(CertificationRequestInfo, subject, ASN1_SEQUENCE),
	ASN1_SIMPLE(CertificationRequestInfo, subjectPKInfo, ASN1_SEQUENCE),
	/* Some clients leave the empty set out; so does OpenSSL's reader let them. */
	ASN1_IMP_SET_OF_OPT(CertificationRequestInfo, attributes, X509_ATTRIBUTE, 0)
} static_ASN1_SEQUENCE_END(CertificationRequestInfo)

/* RFC 2986 section 4.2. What is signed is held as it came, for the signature is over those octets. */
typedef struct {
	ASN1_STRING *certificationRequestInfo;
	ASN1_STRING *signatureAlgorithm;
	ASN1_BIT_STRING *signature;
} CertificationRequest;

ASN1_SEQUENCE(CertificationRequest) = {
	ASN1_SIMPLE(CertificationRequest, certificationRequestInfo, ASN1_SEQUENCE),
	ASN1_SIMPLE(CertificationRequest, signatureAlgorithm, ASN1_SEQUENCE),
	ASN1_SIMPLE(CertificationRequest, signature, ASN1_BIT_STRING)
} static_ASN1_SEQUENCE_END(CertificationRequest)

struct csr {
	struct blob der;
	CertificationRequest *request;
	CertificationRequestInfo *info;
	STACK_OF(X509_EXTENSION) *exts;
	struct pubkey *key;
	struct wants wants;
};

/* RFC 2985 section 5.4.2: single valued, a SEQUENCE of extensions. */
static int
read_ext_request(struct csr *c, X509_ATTRIBUTE *a, struct err *e)
{
	const ASN1_TYPE *v;

	if (c->exts != NULL)
		return err_set(e, R_EXTENSION_FORBIDDEN, "two extensionRequest attributes");
	v = X509_ATTRIBUTE_count(a) == 1 ? X509_ATTRIBUTE_get0_type(a, 0) : NULL;
	if (v == NULL || v->type != V_ASN1_SEQUENCE)
		return err_set(e, R_EXTENSION_FORBIDDEN, "extensionRequest has not exactly one value");
	c->exts = asn_decode(ASN1_ITEM_rptr(X509_EXTENSIONS), asn_mem(v->value.sequence),
	    "extensionRequest", e);
	return c->exts == NULL ? -1 : 0;
}

/*
 * What stands in any other attribute would reach the CA without anybody having judged it: Microsoft's
 * extensions, names in its enrollment attributes, an unstructuredName that some take into the subject.
 */
static int
refuse_attribute(X509_ATTRIBUTE *a, struct err *e)
{
	char oid[OID_TEXT];

	return err_set(e, R_EXTENSION_FORBIDDEN, "attribute %s",
	    asn_oid(X509_ATTRIBUTE_get0_object(a), oid) ? oid : "with an overlong OID");
}

static int
read_attribute(struct csr *c, X509_ATTRIBUTE *a, struct err *e)
{
	switch (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(a))) {
	case NID_ext_req:
		return read_ext_request(c, a, e);
	case NID_pkcs9_challengePassword:
		c->wants.w.challenge_password = true;
		return 0;
	default:
		return refuse_attribute(a, e);
	}
}

static int
read_attributes(struct csr *c, struct err *e)
{
	int n = c->info->attributes == NULL ? 0 : sk_X509_ATTRIBUTE_num(c->info->attributes);

	for (int i = 0; i < n; i++)
		if (read_attribute(c, sk_X509_ATTRIBUTE_value(c->info->attributes, i), e) != 0)
			return -1;
	return wants_read(&c->wants, c->exts, e);
}

static int
read_info(struct csr *c, struct err *e)
{
	int64_t version;

	c->info = asn_decode(ASN1_ITEM_rptr(CertificationRequestInfo),
	    asn_mem(c->request->certificationRequestInfo), "CertificationRequestInfo", e);
	if (c->info == NULL)
		return -1;
	if (ASN1_INTEGER_get_int64(&version, c->info->version) != 1 || version != 0)
		return ossl_fail(e, R_UNSUPPORTED_VERSION, "RFC 2986 section 4.1: version is not v1(0)");
	c->wants.w.subject = asn_mem(c->info->subject);
	if (wants_set_spki(&c->wants, asn_mem(c->info->subjectPKInfo), e) != 0 ||
	    pubkey_parse(c->wants.w.spki, &c->key, e) != 0)
		return -1;
	c->wants.w.key = pubkey_type(c->key);
	if (read_attributes(c, e) != 0)
		return -1;
	return wants_check_names(&c->wants, e);
}

int
csr_parse(struct mem der, struct csr **out, struct err *e)
{
	struct csr *c = NULL;
	int rc = -1;

	if (der_shape(der, LIM_REQUEST, LIM_DER_ELEMENTS, e) != 0)
		return -1;
	c = mem_calloc(1, sizeof(*c));
	if (c == NULL)
		return err_set(e, R_NO_MEMORY, "request");
	if (blob_set1(&c->der, der, e) != 0)
		goto out;
	c->request = asn_decode(ASN1_ITEM_rptr(CertificationRequest), der, "CertificationRequest", e);
	if (c->request == NULL || read_info(c, e) != 0)
		goto out;
	*out = c;
	c = NULL;
	rc = 0;
out:
	csr_free(c);
	return rc;
}

struct mem
csr_get0_der(const struct csr *c)
{
	return mem_of(&c->der);
}

const struct wanted *
csr_get0_wanted(const struct csr *c)
{
	return &c->wants.w;
}

int
csr_check_pop(const struct csr *c, struct err *e)
{
	struct mem sig;

	if (!asn_bits(c->request->signature, &sig))
		return err_set(e, R_BAD_SIGNATURE, "not whole octets");
	return pubkey_verify(c->key, asn_mem(c->request->signatureAlgorithm),
	    asn_mem(c->request->certificationRequestInfo), sig, e);
}

void
csr_free(struct csr *c)
{
	if (c == NULL)
		return;
	wants_clear(&c->wants);
	pubkey_free(c->key);
	sk_X509_EXTENSION_pop_free(c->exts, X509_EXTENSION_free);
	ASN1_item_free((ASN1_VALUE *)c->info, ASN1_ITEM_rptr(CertificationRequestInfo));
	ASN1_item_free((ASN1_VALUE *)c->request, ASN1_ITEM_rptr(CertificationRequest));
	blob_free(&c->der);
	free(c);
}

/* --- building --- */

static int
add_ext_request(CertificationRequestInfo *info, const struct request_names *names, struct err *e)
{
	STACK_OF(X509_EXTENSION) *exts = NULL;
	struct blob der = { NULL, 0 };
	X509_ATTRIBUTE *a = NULL;
	int rc = -1;

	info->attributes = sk_X509_ATTRIBUTE_new_null();
	if (info->attributes == NULL)
		return ossl_fail(e, R_NO_MEMORY, "attributes");
	if (wants_build(names, &exts, e) != 0)
		return -1;
	if (exts == NULL)
		return 0;
	if (asn_encode(ASN1_ITEM_rptr(X509_EXTENSIONS), exts, &der, e) != 0)
		goto out;
	a = X509_ATTRIBUTE_create_by_NID(NULL, NID_ext_req, V_ASN1_SEQUENCE, der.p, (int)der.len);
	if (a == NULL || sk_X509_ATTRIBUTE_push(info->attributes, a) <= 0) {
		ossl_fail(e, R_NO_MEMORY, "extensionRequest");
		goto out;
	}
	a = NULL;
	rc = 0;
out:
	X509_ATTRIBUTE_free(a);
	blob_free(&der);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return rc;
}

static int
build_info(const struct key *key, const struct request_names *names, struct blob *der, struct err *e)
{
	CertificationRequestInfo *info = (CertificationRequestInfo *)
	    ASN1_item_new(ASN1_ITEM_rptr(CertificationRequestInfo));
	struct mem subject = names->subject.len == 0 ? name_null() : names->subject;
	int rc = -1;

	if (info == NULL || ASN1_INTEGER_set_int64(info->version, 0) != 1)
		ossl_fail(e, R_NO_MEMORY, "request");
	else if (asn_set1(&info->subject, V_ASN1_SEQUENCE, subject, e) == 0 &&
	    asn_set1(&info->subjectPKInfo, V_ASN1_SEQUENCE, key_get0_spki(key), e) == 0 &&
	    add_ext_request(info, names, e) == 0)
		rc = asn_encode(ASN1_ITEM_rptr(CertificationRequestInfo), info, der, e);
	ASN1_item_free((ASN1_VALUE *)info, ASN1_ITEM_rptr(CertificationRequestInfo));
	return rc;
}

static int
join(const struct key *key, struct mem info, struct mem sig, struct blob *der, struct err *e)
{
	CertificationRequest *r = (CertificationRequest *)ASN1_item_new(ASN1_ITEM_rptr(CertificationRequest));
	int rc = -1;

	if (r == NULL)
		ossl_fail(e, R_NO_MEMORY, "request");
	else if (asn_set1(&r->certificationRequestInfo, V_ASN1_SEQUENCE, info, e) == 0 &&
	    asn_set1(&r->signatureAlgorithm, V_ASN1_SEQUENCE, key_get0_sig_alg(key), e) == 0 &&
	    asn_set1(&r->signature, V_ASN1_BIT_STRING, sig, e) == 0)
		rc = asn_encode(ASN1_ITEM_rptr(CertificationRequest), r, der, e);
	ASN1_item_free((ASN1_VALUE *)r, ASN1_ITEM_rptr(CertificationRequest));
	return rc;
}

int
csr_build(const struct key *key, const struct request_names *names, struct blob *der, struct err *e)
{
	struct blob info = { NULL, 0 };
	struct buf sig;
	int rc = -1;

	buf_init(&sig, LIM_REQUEST);
	if (build_info(key, names, &info, e) == 0 && key_sign(key, mem_of(&info), &sig, e) == 0)
		rc = join(key, mem_of(&info), buf_mem(&sig), der, e);
	buf_free(&sig);
	blob_free(&info);
	return rc;
}
