/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>

#include "common/base/limits.h"
#include "common/pki/algs.h"
#include "common/pki/envelope.h"
#include "common/pki/envelope_asn.h"
#include "common/pki/signed_data.h"

static int
build_content(const struct envelope_content *in, struct blob *der, struct err *e)
{
	RequestContent *c = (RequestContent *)ASN1_item_new(ASN1_ITEM_rptr(RequestContent));
	int rc = -1;

	if (c == NULL || ASN1_INTEGER_set_int64(c->version, REQUEST_CONTENT_VERSION) != 1) {
		ossl_fail(e, R_NO_MEMORY, "envelope");
		goto out;
	}
	if (asn_set1(&c->station, V_ASN1_UTF8STRING, mem_str(in->station), e) != 0)
		goto out;
	if (in->profile != NULL && asn_set1(&c->profile, V_ASN1_UTF8STRING, mem_str(in->profile), e) != 0)
		goto out;
	if (in->pkcs10.len > 0 && asn_set1(&c->pkcs10, V_ASN1_SEQUENCE, in->pkcs10, e) != 0)
		goto out;
	if (in->crmf.len > 0 && asn_set1(&c->crmf, V_ASN1_SEQUENCE, in->crmf, e) != 0)
		goto out;
	rc = asn_encode(ASN1_ITEM_rptr(RequestContent), c, der, e);
out:
	ASN1_item_free((ASN1_VALUE *)c, ASN1_ITEM_rptr(RequestContent));
	return rc;
}

/*
 * Which digest goes with the device key: that of its signatures, SHA-512 with Ed25519 (RFC 8419
 * section 2.3) and ML-DSA (RFC 9882 section 3.3). Ed448 would want SHAKE256.
 */
static const char *
digest_for(const struct key *k, X509_ALGOR *sig_alg, struct err *e)
{
	struct sig_choice how;

	if (key_type(k).kind == KK_ED448) {
		err_set(e, R_KEY_TYPE, "Ed448 cannot sign an envelope");
		return NULL;
	}
	if (sig_choose(sig_alg, &how, e) != 0)
		return NULL;
	return how.digest != NULL ? how.digest : "SHA512";
}

static int
add_attribute(STACK_OF(X509_ATTRIBUTE) *attrs, int nid, int type, const void *value, int len,
    struct err *e)
{
	X509_ATTRIBUTE *a = X509_ATTRIBUTE_create_by_NID(NULL, nid, type, value, len);

	if (a == NULL || sk_X509_ATTRIBUTE_push(attrs, a) <= 0) {
		X509_ATTRIBUTE_free(a);
		return ossl_fail(e, R_NO_MEMORY, "signed attribute");
	}
	return 0;
}

/* RFC 5652 section 5.3: content type and digest of the content. */
static int
set_attributes(SignerInfo *si, struct mem content, const char *digest, struct err *e)
{
	ASN1_OBJECT *type = asn_oid_new(NEMRA_OID_REQUEST);
	uint8_t md[EVP_MAX_MD_SIZE];
	size_t len = 0;
	int rc = -1;

	si->signedAttrs = sk_X509_ATTRIBUTE_new_null();
	if (type == NULL || si->signedAttrs == NULL ||
	    EVP_Q_digest(NULL, digest, NULL, content.p, content.len, md, &len) != 1)
		ossl_fail(e, R_NO_MEMORY, "signed attributes");
	else if (add_attribute(si->signedAttrs, NID_pkcs9_contentType, V_ASN1_OBJECT, type, -1, e) == 0)
		rc = add_attribute(si->signedAttrs, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, md,
		    (int)len, e);
	ASN1_OBJECT_free(type);
	return rc;
}

static int
set_sid(SignerInfo *si, const struct cert *c, struct err *e)
{
	IssuerAndSerialNumber *ias;
	ASN1_OCTET_STRING *ski = NULL;

	if (cert_get0_ski(c).len > 0) {
		if (asn_set1(&ski, V_ASN1_OCTET_STRING, cert_get0_ski(c), e) != 0)
			return -1;
		si->sid->type = SID_KEY_ID;
		si->sid->d.subjectKeyIdentifier = ski;
		return ASN1_INTEGER_set_int64(si->version, 3) == 1 ? 0 : ossl_fail(e, R_NO_MEMORY, "version");
	}
	ias = (IssuerAndSerialNumber *)ASN1_item_new(ASN1_ITEM_rptr(IssuerAndSerialNumber));
	if (ias == NULL)
		return ossl_fail(e, R_NO_MEMORY, "signer");
	si->sid->type = SID_ISSUER_SERIAL;
	si->sid->d.issuerAndSerialNumber = ias;
	if (asn_set1(&ias->issuer, V_ASN1_SEQUENCE, cert_get0_issuer(c), e) != 0 ||
	    asn_set1(&ias->serialNumber, V_ASN1_INTEGER, cert_get0_serial(c), e) != 0)
		return -1;
	return ASN1_INTEGER_set_int64(si->version, 1) == 1 ? 0 : ossl_fail(e, R_NO_MEMORY, "version");
}

static int
set_digest(X509_ALGOR *to, const char *digest, struct err *e)
{
	ASN1_OBJECT *o = asn_oid_new(digest_oid(digest));

	/* RFC 5754 section 2: the parameters are left out. */
	if (o == NULL || X509_ALGOR_set0(to, o, V_ASN1_UNDEF, NULL) != 1) {
		ASN1_OBJECT_free(o);
		return ossl_fail(e, R_NO_MEMORY, "digest algorithm");
	}
	return 0;
}

static int
set_algorithms(SignedData *sd, SignerInfo *si, const struct key *key, const char **digest, struct err *e)
{
	X509_ALGOR *listed;

	X509_ALGOR_free(si->signatureAlgorithm);
	si->signatureAlgorithm = asn_decode(ASN1_ITEM_rptr(X509_ALGOR), key_get0_sig_alg(key),
	    "signature algorithm", e);
	if (si->signatureAlgorithm == NULL)
		return -1;
	*digest = digest_for(key, si->signatureAlgorithm, e);
	if (*digest == NULL || set_digest(si->digestAlgorithm, *digest, e) != 0)
		return -1;
	listed = X509_ALGOR_dup(si->digestAlgorithm);
	if (listed == NULL || sk_X509_ALGOR_push(sd->digestAlgorithms, listed) <= 0) {
		X509_ALGOR_free(listed);
		return ossl_fail(e, R_NO_MEMORY, "digest algorithm");
	}
	return 0;
}

static int
sign_attributes(SignerInfo *si, const struct key *key, struct err *e)
{
	struct blob attrs = { NULL, 0 };
	struct buf sig;
	int rc = -1;

	buf_init(&sig, LIM_REQUEST);
	if (asn_encode(ASN1_ITEM_rptr(SignedAttributes), si->signedAttrs, &attrs, e) == 0 &&
	    key_sign(key, mem_of(&attrs), &sig, e) == 0)
		rc = asn_set1(&si->signature, V_ASN1_OCTET_STRING, buf_mem(&sig), e);
	buf_free(&sig);
	blob_free(&attrs);
	return rc;
}

static int
add_signer(SignedData *sd, const struct key *key, const struct cert *c, struct err *e)
{
	SignerInfo *si = (SignerInfo *)ASN1_item_new(ASN1_ITEM_rptr(SignerInfo));
	const char *digest = NULL;

	if (si == NULL || sk_SignerInfo_push(sd->signerInfos, si) <= 0) {
		ASN1_item_free((ASN1_VALUE *)si, ASN1_ITEM_rptr(SignerInfo));
		return ossl_fail(e, R_NO_MEMORY, "signer");
	}
	/* From here on it belongs to sd. */
	if (set_algorithms(sd, si, key, &digest, e) != 0 || set_sid(si, c, e) != 0 ||
	    set_attributes(si, asn_mem(sd->encapContentInfo->eContent), digest, e) != 0)
		return -1;
	return sign_attributes(si, key, e);
}

int
envelope_build(const struct envelope_content *in, const struct key *device, const struct certs *chain,
    struct blob *der, struct err *e)
{
	struct blob content = { NULL, 0 };
	ContentInfo *ci = NULL;
	int rc = -1;

	if (chain->n == 0 || !cert_fits_key(chain->v[0], device))
		return err_set(e, R_KEY_UNUSABLE, "the device certificate does not fit the device key");
	if (build_content(in, &content, e) != 0)
		goto out;
	ci = signed_data_new(NEMRA_OID_REQUEST, 3, chain, e);
	if (ci == NULL || asn_set1(&ci->content->encapContentInfo->eContent, V_ASN1_OCTET_STRING,
	    mem_of(&content), e) != 0 || add_signer(ci->content, device, chain->v[0], e) != 0)
		goto out;
	rc = asn_encode(ASN1_ITEM_rptr(ContentInfo), ci, der, e);
out:
	ASN1_item_free((ASN1_VALUE *)ci, ASN1_ITEM_rptr(ContentInfo));
	blob_free(&content);
	return rc;
}
