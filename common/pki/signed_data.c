/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/signed_data.h"

ASN1_SEQUENCE(EncapsulatedContentInfo) = {
	ASN1_SIMPLE(EncapsulatedContentInfo, eContentType, ASN1_OBJECT),
	ASN1_EXP_OPT(EncapsulatedContentInfo, eContent, ASN1_OCTET_STRING, 0)
} static_ASN1_SEQUENCE_END(EncapsulatedContentInfo)

ASN1_SEQUENCE(IssuerAndSerialNumber) = {
	ASN1_SIMPLE(IssuerAndSerialNumber, issuer, ASN1_SEQUENCE),
	ASN1_SIMPLE(IssuerAndSerialNumber, serialNumber, ASN1_INTEGER)
} ASN1_SEQUENCE_END(IssuerAndSerialNumber)

ASN1_CHOICE(SignerIdentifier) = {
	ASN1_SIMPLE(SignerIdentifier, d.issuerAndSerialNumber, IssuerAndSerialNumber),
	ASN1_IMP(SignerIdentifier, d.subjectKeyIdentifier, ASN1_OCTET_STRING, 0)
} static_ASN1_CHOICE_END(SignerIdentifier)

ASN1_SEQUENCE(SignerInfo) = {
	ASN1_SIMPLE(SignerInfo, version, ASN1_INTEGER),
	ASN1_SIMPLE(SignerInfo, sid, SignerIdentifier),
	ASN1_SIMPLE(SignerInfo, digestAlgorithm, X509_ALGOR),
	ASN1_IMP_SET_OF_OPT(SignerInfo, signedAttrs, X509_ATTRIBUTE, 0),
	ASN1_SIMPLE(SignerInfo, signatureAlgorithm, X509_ALGOR),
	ASN1_SIMPLE(SignerInfo, signature, ASN1_OCTET_STRING),
	ASN1_IMP_SET_OF_OPT(SignerInfo, unsignedAttrs, X509_ATTRIBUTE, 1)
} ASN1_SEQUENCE_END(SignerInfo)

ASN1_SEQUENCE(SignedData) = {
	ASN1_SIMPLE(SignedData, version, ASN1_INTEGER),
	ASN1_SET_OF(SignedData, digestAlgorithms, X509_ALGOR),
	ASN1_SIMPLE(SignedData, encapContentInfo, EncapsulatedContentInfo),
	/* A SET OF, but as OpenSSL's PKCS7 does, in the order that it came: readers take the first. */
	ASN1_IMP_SEQUENCE_OF_OPT(SignedData, certificates, ASN1_ANY, 0),
	ASN1_IMP_SET_OF_OPT(SignedData, crls, ASN1_ANY, 1),
	ASN1_SET_OF(SignedData, signerInfos, SignerInfo)
} static_ASN1_SEQUENCE_END(SignedData)

ASN1_SEQUENCE(ContentInfo) = {
	ASN1_SIMPLE(ContentInfo, contentType, ASN1_OBJECT),
	ASN1_EXP(ContentInfo, content, SignedData, 0)
} ASN1_SEQUENCE_END(ContentInfo)

ASN1_ITEM_TEMPLATE(SignedAttributes) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SET_OF, 0, SignedAttributes, X509_ATTRIBUTE)
ASN1_ITEM_TEMPLATE_END(SignedAttributes)

bool
signed_data_is(const ContentInfo *ci)
{
	return OBJ_obj2nid(ci->contentType) == NID_pkcs7_signed;
}

static int
add_cert(STACK_OF(ASN1_TYPE) *list, const struct cert *c, struct err *e)
{
	ASN1_TYPE *t = ASN1_TYPE_new();
	ASN1_STRING *s = NULL;

	if (t == NULL)
		return ossl_fail(e, R_NO_MEMORY, "certificate");
	if (asn_set1(&s, V_ASN1_SEQUENCE, cert_get0_der(c), e) != 0) {
		ASN1_TYPE_free(t);
		return -1;
	}
	ASN1_TYPE_set(t, V_ASN1_SEQUENCE, s);
	if (sk_ASN1_TYPE_push(list, t) <= 0) {
		ASN1_TYPE_free(t);
		return ossl_fail(e, R_NO_MEMORY, "certificate");
	}
	return 0;
}

static int
fill(ContentInfo *ci, const char *content_type, int version, const struct certs *l, struct err *e)
{
	SignedData *sd = ci->content;

	ASN1_OBJECT_free(ci->contentType);
	ci->contentType = OBJ_nid2obj(NID_pkcs7_signed);
	ASN1_OBJECT_free(sd->encapContentInfo->eContentType);
	sd->encapContentInfo->eContentType = asn_oid_new(content_type);
	sd->certificates = sk_ASN1_TYPE_new_null();
	if (ci->contentType == NULL || sd->encapContentInfo->eContentType == NULL ||
	    sd->certificates == NULL || ASN1_INTEGER_set_int64(sd->version, version) != 1)
		return ossl_fail(e, R_NO_MEMORY, "SignedData");
	for (size_t i = 0; i < l->n; i++)
		if (add_cert(sd->certificates, l->v[i], e) != 0)
			return -1;
	return 0;
}

ContentInfo *
signed_data_new(const char *content_type, int version, const struct certs *l, struct err *e)
{
	ContentInfo *ci = (ContentInfo *)ASN1_item_new(ASN1_ITEM_rptr(ContentInfo));

	if (ci == NULL) {
		ossl_fail(e, R_NO_MEMORY, "SignedData");
		return NULL;
	}
	if (fill(ci, content_type, version, l, e) != 0) {
		ASN1_item_free((ASN1_VALUE *)ci, ASN1_ITEM_rptr(ContentInfo));
		return NULL;
	}
	return ci;
}

int
signed_data_certs(const SignedData *sd, size_t max, struct certs *out, struct err *e)
{
	int n = sd->certificates == NULL ? 0 : sk_ASN1_TYPE_num(sd->certificates);

	for (int i = 0; i < n; i++) {
		const ASN1_TYPE *t = sk_ASN1_TYPE_value(sd->certificates, i);

		/* Attribute certificates and their like are other choices. */
		if (t->type != V_ASN1_SEQUENCE)
			return err_set(e, R_NOT_DER, "something else than an X.509 certificate is inside");
		if (certs_add_der(out, asn_mem(t->value.sequence), max, e) != 0)
			return -1;
	}
	return 0;
}
