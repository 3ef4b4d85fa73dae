/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reading the envelope. It is a narrow profile of CMS (RFC 5652): one signer, signed attributes, DER
 * throughout. The profile is checked on the decoded structure; OpenSSL's CMS_verify() would accept
 * several signers and BER, opens every certificate the slow way, and knows no Ed25519 before 3.5.
 */
#include "common/pki/envelope.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/der.h"
#include "common/pki/envelope_asn.h"
#include "common/pki/key_int.h"
#include "common/pki/signed_data.h"

#define ENVELOPE_ELEMENTS (LIM_DER_ELEMENTS * 4)	/* a request and a chain */

struct envelope {
	ContentInfo *ci;
	const SignerInfo *signer_info;
	RequestContent *content;
	char station[LIM_STATION_NAME + 1];
	char profile[LIM_PROFILE_NAME + 1];
	struct envelope_content view;
	struct cert *signer;
	struct certs others;
};

/* How the SignerInfo says it is signed. */
struct signing {
	const char *digest;		/* of the content */
	struct sig_choice how;
};

static int
bad(struct err *e, const char *why)
{
	return ossl_fail(e, R_ENVELOPE_BAD, why);
}

/* --- the structure --- */

static bool
oid_is(const ASN1_OBJECT *o, const char *dotted)
{
	char text[OID_TEXT];

	return asn_oid(o, text) && strcmp(text, dotted) == 0;
}

static bool
version_is(const ASN1_INTEGER *v, int64_t want)
{
	int64_t have;

	return ASN1_INTEGER_get_int64(&have, v) == 1 && have == want;
}

/* RFC 5652 section 5.1 and what the profile leaves of it. */
static int
check_signed_data(const SignedData *sd, struct err *e)
{
	const EncapsulatedContentInfo *eci = sd->encapContentInfo;

	if (!version_is(sd->version, 3))
		return bad(e, "RFC 5652 section 5.1: version of SignedData is not 3");
	if (!oid_is(eci->eContentType, NEMRA_OID_REQUEST))
		return bad(e, "the content is of another type");
	if (eci->eContent == NULL)
		return bad(e, "the content is detached");
	if (sd->crls != NULL)
		return bad(e, "revocation information inside");
	if (sk_SignerInfo_num(sd->signerInfos) != 1)
		return bad(e, "not exactly one signer");
	if (sk_X509_ALGOR_num(sd->digestAlgorithms) != 1)
		return bad(e, "not exactly one digest algorithm");
	return 0;
}

/* DER and nothing else: what is written anew from the values is what came. */
static int
check_der(const ContentInfo *ci, struct mem der, struct err *e)
{
	struct blob again = { NULL, 0 };
	bool same;

	if (asn_encode(ASN1_ITEM_rptr(ContentInfo), ci, &again, e) != 0)
		return -1;
	same = mem_eq(mem_of(&again), der);
	blob_free(&again);
	return same ? 0 : bad(e, "not DER");
}

static int
decode(struct envelope *v, struct mem der, struct err *e)
{
	v->ci = asn_decode(ASN1_ITEM_rptr(ContentInfo), der, "envelope", e);
	if (v->ci == NULL) {
		if (e != NULL && e->reason == R_NOT_DER)
			e->reason = R_ENVELOPE_BAD;
		return -1;
	}
	if (!signed_data_is(v->ci))
		return bad(e, "not a SignedData");
	if (check_signed_data(v->ci->content, e) != 0 || check_der(v->ci, der, e) != 0)
		return -1;
	v->signer_info = sk_SignerInfo_value(v->ci->content->signerInfos, 0);
	if (v->signer_info->unsignedAttrs != NULL)
		return bad(e, "unsigned attributes");
	return 0;
}

/* --- the signer's certificate --- */

static bool
is_named(const SignerIdentifier *sid, const struct cert *c)
{
	const IssuerAndSerialNumber *ias;
	struct mem ski;

	if (sid->type == SID_KEY_ID) {
		ski = cert_get0_ski(c);
		return ski.len > 0 && mem_eq(ski, asn_mem(sid->d.subjectKeyIdentifier));
	}
	ias = sid->d.issuerAndSerialNumber;
	return (ASN1_STRING_type(ias->serialNumber) & V_ASN1_NEG) == 0 &&
	    mem_eq(cert_get0_serial(c), asn_mem(ias->serialNumber)) &&
	    name_equal(cert_get0_issuer(c), asn_mem(ias->issuer));
}

/* Moves the one that the SignerInfo names out of the list. */
static int
take_signer(struct envelope *v, struct err *e)
{
	const SignerInfo *si = v->signer_info;
	struct certs *l = &v->others;
	size_t kept = 0, n = l->n;

	if (!version_is(si->version, si->sid->type == SID_KEY_ID ? 3 : 1))
		return bad(e, "RFC 5652 section 5.3: version of SignerInfo");
	for (size_t i = 0; i < n; i++) {
		if (v->signer == NULL && is_named(si->sid, l->v[i]))
			v->signer = l->v[i];
		else
			l->v[kept++] = l->v[i];
	}
	l->n = kept;
	if (v->signer == NULL)
		return bad(e, "the signer's certificate is not inside");
	for (size_t i = 0; i < l->n; i++)
		if (is_named(si->sid, l->v[i]))
			return bad(e, "two certificates fit the signer");
	return 0;
}

/* --- the signature --- */

/*
 * RFC 5754 section 3: with RSA the algorithm may be rsaEncryption, the hash being named beside it.
 * RFC 8419 section 2.3: with Ed25519 the attributes' digest is SHA-512.
 */
static int
choose(const SignedData *sd, const SignerInfo *si, struct signing *s, struct err *e)
{
	const char *listed = digest_find(sk_X509_ALGOR_value(sd->digestAlgorithms, 0));
	const ASN1_OBJECT *o;
	int type;

	s->digest = digest_find(si->digestAlgorithm);
	if (s->digest == NULL || listed == NULL || strcmp(s->digest, listed) != 0)
		return bad(e, "digest algorithm is not SHA-256, SHA-384 or SHA-512");
	X509_ALGOR_get0(&o, &type, NULL, si->signatureAlgorithm);
	if (OBJ_obj2nid(o) == NID_rsaEncryption && (type == V_ASN1_NULL || type == V_ASN1_UNDEF))
		return sig_choose_rsa(s->digest, &s->how, e);
	if (sig_choose(si->signatureAlgorithm, &s->how, e) != 0)
		return -1;
	if (strcmp(s->how.digest != NULL ? s->how.digest : "SHA512", s->digest) != 0)
		return bad(e, "digest and signature algorithm do not belong together");
	return 0;
}

/* The one value of the one attribute of that type; NULL when it is not so. */
static const ASN1_TYPE *
attribute(const SignerInfo *si, int nid)
{
	const ASN1_TYPE *found = NULL;

	for (int i = 0; i < sk_X509_ATTRIBUTE_num(si->signedAttrs); i++) {
		X509_ATTRIBUTE *a = sk_X509_ATTRIBUTE_value(si->signedAttrs, i);

		if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(a)) != nid)
			continue;
		if (found != NULL || X509_ATTRIBUTE_count(a) != 1)
			return NULL;
		found = X509_ATTRIBUTE_get0_type(a, 0);
	}
	return found;
}

/* RFC 5652 sections 5.3, 11.1, 11.2: content type and digest, and they are those of the content. */
static int
check_attributes(const struct envelope *v, const char *digest, struct err *e)
{
	const ASN1_TYPE *type, *want;
	struct mem content = asn_mem(v->ci->content->encapContentInfo->eContent);
	uint8_t have[EVP_MAX_MD_SIZE];
	size_t len = 0;

	if (v->signer_info->signedAttrs == NULL)
		return bad(e, "no signed attributes");
	type = attribute(v->signer_info, NID_pkcs9_contentType);
	want = attribute(v->signer_info, NID_pkcs9_messageDigest);
	if (type == NULL || type->type != V_ASN1_OBJECT || !oid_is(type->value.object, NEMRA_OID_REQUEST))
		return bad(e, "content-type attribute");
	if (want == NULL || want->type != V_ASN1_OCTET_STRING)
		return bad(e, "message-digest attribute");
	if (EVP_Q_digest(NULL, digest, NULL, content.p, content.len, have, &len) != 1)
		return ossl_fail(e, R_INTERNAL, digest);
	if (!mem_eq(asn_mem(want->value.octet_string), (struct mem){ have, len }))
		return err_set(e, R_ENVELOPE_SIGNATURE, "the content is not the one that was signed");
	return 0;
}

static int
check_signature(const struct envelope *v, struct err *e)
{
	const SignerInfo *si = v->signer_info;
	struct blob attrs = { NULL, 0 };
	struct signing s;
	int rc;

	if (cert_get0_pubkey(v->signer) == NULL)
		return err_set(e, R_KEY_TYPE, "of the device key");
	if (!cert_allows_usage(v->signer, USAGE_DIGITAL_SIGNATURE))
		return bad(e, "RFC 5280 section 4.2.1.3: keyUsage of the device certificate lacks "
		    "digitalSignature");
	if (choose(v->ci->content, si, &s, e) != 0 || check_attributes(v, s.digest, e) != 0 ||
	    asn_encode(ASN1_ITEM_rptr(SignedAttributes), si->signedAttrs, &attrs, e) != 0)
		return -1;
	rc = pubkey_verify_with(cert_get0_pubkey(v->signer), &s.how, mem_of(&attrs),
	    asn_mem(si->signature), e);
	if (rc != 0 && e != NULL && e->reason == R_BAD_SIGNATURE)
		e->reason = R_ENVELOPE_SIGNATURE;
	blob_free(&attrs);
	return rc;
}

/* --- the content --- */

/* Letters, digits, dot, underscore, hyphen, beginning with a letter or digit: station and profile. */
static bool
copy_name(const ASN1_UTF8STRING *s, char *out, size_t max)
{
	struct mem m = asn_mem(s);

	if (m.len == 0 || m.len > max)
		return false;
	for (size_t i = 0; i < m.len; i++) {
		char c = (char)m.p[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!alnum && (i == 0 || (c != '.' && c != '_' && c != '-')))
			return false;
	}
	memcpy(out, m.p, m.len);
	out[m.len] = '\0';
	return true;
}

static int
read_content(struct envelope *v, struct err *e)
{
	struct mem der = asn_mem(v->ci->content->encapContentInfo->eContent);
	const RequestContent *c;

	if (der_shape(der, LIM_ENVELOPE, ENVELOPE_ELEMENTS, e) != 0)
		return -1;
	v->content = asn_decode(ASN1_ITEM_rptr(RequestContent), der, "content of the envelope", e);
	if (v->content == NULL)
		return -1;
	c = v->content;
	if (!version_is(c->version, REQUEST_CONTENT_VERSION))
		return err_set(e, R_UNSUPPORTED_VERSION, "envelope");
	if (!copy_name(c->station, v->station, LIM_STATION_NAME))
		return bad(e, "station name");
	if (c->profile != NULL && !copy_name(c->profile, v->profile, LIM_PROFILE_NAME))
		return bad(e, "profile name");
	if (c->pkcs10 == NULL && c->crmf == NULL)
		return bad(e, "no request inside");
	v->view = (struct envelope_content){ v->station, c->profile == NULL ? NULL : v->profile,
	    asn_mem(c->pkcs10), asn_mem(c->crmf) };
	return 0;
}

int
envelope_parse(struct mem der, struct envelope **out, struct err *e)
{
	struct envelope *v = NULL;
	int rc = -1;

	if (der_shape(der, LIM_ENVELOPE, ENVELOPE_ELEMENTS, e) != 0)
		return -1;
	v = mem_calloc(1, sizeof(*v));
	if (v == NULL)
		return err_set(e, R_NO_MEMORY, "envelope");
	if (decode(v, der, e) != 0 || signed_data_certs(v->ci->content, LIM_CHAIN, &v->others, e) != 0 ||
	    take_signer(v, e) != 0 || check_signature(v, e) != 0 || read_content(v, e) != 0)
		goto out;
	*out = v;
	v = NULL;
	rc = 0;
out:
	envelope_free(v);
	return rc;
}

const struct envelope_content *
envelope_get0_content(const struct envelope *v)
{
	return &v->view;
}

const struct cert *
envelope_get0_signer(const struct envelope *v)
{
	return v->signer;
}

const struct certs *
envelope_get0_others(const struct envelope *v)
{
	return &v->others;
}

void
envelope_free(struct envelope *v)
{
	if (v == NULL)
		return;
	cert_free(v->signer);
	certs_free(&v->others);
	ASN1_item_free((ASN1_VALUE *)v->content, ASN1_ITEM_rptr(RequestContent));
	ASN1_item_free((ASN1_VALUE *)v->ci, ASN1_ITEM_rptr(ContentInfo));
	free(v);
}
