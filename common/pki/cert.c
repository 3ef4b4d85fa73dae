/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/cert.h"

#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/pki/cert_int.h"
#include "common/pki/der.h"
#include "common/pki/names.h"
#include "common/pki/wants.h"

#define SERIAL_MAX 20	/* RFC 5280 section 4.1.2.2 */

/* RFC 5280 section 4.1. OpenSSL's X509 would open the public key on the way, which is slow. */
typedef struct {
	ASN1_INTEGER *version;
	ASN1_INTEGER *serialNumber;
	ASN1_STRING *signature;
	ASN1_STRING *issuer;
	X509_VAL *validity;
	ASN1_STRING *subject;
	ASN1_STRING *subjectPublicKeyInfo;
	ASN1_BIT_STRING *issuerUniqueID;
	ASN1_BIT_STRING *subjectUniqueID;
	STACK_OF(X509_EXTENSION) *extensions;
} TBSCertificate;

ASN1_SEQUENCE(TBSCertificate) = {
	ASN1_EXP_OPT(TBSCertificate, version, ASN1_INTEGER, 0),
	ASN1_SIMPLE(TBSCertificate, serialNumber, ASN1_INTEGER),
	ASN1_SIMPLE(TBSCertificate, signature, ASN1_SEQUENCE),
	ASN1_SIMPLE(TBSCertificate, issuer, ASN1_SEQUENCE),
	ASN1_SIMPLE(TBSCertificate, validity, X509_VAL),
	ASN1_SIMPLE(TBSCertificate, subject, ASN1_SEQUENCE),
	ASN1_SIMPLE(TBSCertificate, subjectPublicKeyInfo, ASN1_SEQUENCE),
	ASN1_IMP_OPT(TBSCertificate, issuerUniqueID, ASN1_BIT_STRING, 1),
	ASN1_IMP_OPT(TBSCertificate, subjectUniqueID, ASN1_BIT_STRING, 2),
	ASN1_EXP_SEQUENCE_OF_OPT(TBSCertificate, extensions, X509_EXTENSION, 3)
} static_ASN1_SEQUENCE_END(TBSCertificate)

typedef struct {
	TBSCertificate *tbsCertificate;
	ASN1_STRING *signatureAlgorithm;
	ASN1_BIT_STRING *signatureValue;
} Certificate;

ASN1_SEQUENCE(Certificate) = {
	ASN1_SIMPLE(Certificate, tbsCertificate, TBSCertificate),
	ASN1_SIMPLE(Certificate, signatureAlgorithm, ASN1_SEQUENCE),
	ASN1_SIMPLE(Certificate, signatureValue, ASN1_BIT_STRING)
} static_ASN1_SEQUENCE_END(Certificate)

/* Never changed after parsing but for the count and x509, so it may be shared between threads. */
struct cert {
	atomic_uint refs;
	_Atomic(X509 *) x509;		/* made when first asked for */
	struct blob der;
	Certificate *asn;
	struct wants wants;
	struct pubkey *key;		/* NULL: of a kind that is not allowed */
	struct mem serial;
	ASN1_OCTET_STRING *ski;
	int64_t not_before;
	int64_t not_after;
	bool self_issued;
};

static int
read_time(const ASN1_TIME *from, int64_t *to, struct err *e)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(from, &tm) != 1)
		return ossl_fail(e, R_NOT_DER, "RFC 5280 section 4.1.2.5: validity");
	*to = (int64_t)timegm(&tm);
	return 0;
}

static int
read_serial(struct cert *c, const ASN1_INTEGER *serial, struct err *e)
{
	c->serial = asn_mem(serial);
	if ((ASN1_STRING_type(serial) & V_ASN1_NEG) != 0 || c->serial.len == 0 ||
	    c->serial.len > SERIAL_MAX)
		return err_set(e, R_NOT_DER, "RFC 5280 section 4.1.2.2: serialNumber");
	return 0;
}

/* RFC 5280 section 4.1.2.1: v3 where there are extensions; v1 roots exist in the field. */
static int
check_version(const TBSCertificate *tbs, struct err *e)
{
	int64_t v = 0;

	if (tbs->version != NULL && ASN1_INTEGER_get_int64(&v, tbs->version) != 1)
		return ossl_fail(e, R_UNSUPPORTED_VERSION, "certificate");
	if (v < 0 || v > 2 || (v != 2 && tbs->extensions != NULL))
		return err_set(e, R_UNSUPPORTED_VERSION, "RFC 5280 section 4.1.2.1: certificate version");
	return 0;
}

static int
read_ski(struct cert *c, struct err *e)
{
	for (size_t i = 0; i < c->wants.w.n_ext; i++) {
		const struct wanted_ext *x = &c->wants.w.ext[i];

		if (strcmp(x->oid, "2.5.29.14") != 0)
			continue;
		c->ski = asn_decode(ASN1_ITEM_rptr(ASN1_OCTET_STRING), x->value, "subjectKeyIdentifier", e);
		return c->ski == NULL ? -1 : 0;
	}
	return 0;
}

/* A key that we would not accept in a request is no error here: the certificate can be shown. */
static int
read_key(struct cert *c, struct err *e)
{
	struct err why;

	if (wants_set_spki(&c->wants, asn_mem(c->asn->tbsCertificate->subjectPublicKeyInfo), e) != 0)
		return -1;
	if (pubkey_parse(c->wants.w.spki, &c->key, &why) == 0)
		c->wants.w.key = pubkey_type(c->key);
	else if (why.reason == R_NO_MEMORY)
		return err_set(e, R_NO_MEMORY, "%s", why.detail);
	return 0;
}

static int
read_tbs(struct cert *c, struct err *e)
{
	const TBSCertificate *tbs = c->asn->tbsCertificate;

	if (!mem_eq(asn_mem(tbs->signature), asn_mem(c->asn->signatureAlgorithm)))
		return err_set(e, R_NOT_DER, "RFC 5280 section 4.1.1.2: signature algorithms differ");
	c->wants.w.subject = asn_mem(tbs->subject);
	if (check_version(tbs, e) != 0 || read_serial(c, tbs->serialNumber, e) != 0 ||
	    read_time(tbs->validity->notBefore, &c->not_before, e) != 0 ||
	    read_time(tbs->validity->notAfter, &c->not_after, e) != 0 || read_key(c, e) != 0 ||
	    wants_read(&c->wants, tbs->extensions, e) != 0 || read_ski(c, e) != 0)
		return -1;
	c->self_issued = name_equal(c->wants.w.subject, asn_mem(tbs->issuer));
	return 0;
}

int
cert_parse(struct mem der, struct cert **out, struct err *e)
{
	struct cert *c = NULL;
	int rc = -1;

	if (der_shape(der, LIM_CERT, LIM_DER_ELEMENTS, e) != 0)
		return -1;
	c = mem_calloc(1, sizeof(*c));
	if (c == NULL)
		return err_set(e, R_NO_MEMORY, "certificate");
	atomic_init(&c->refs, 1);
	atomic_init(&c->x509, NULL);
	if (blob_set1(&c->der, der, e) != 0)
		goto out;
	c->asn = asn_decode(ASN1_ITEM_rptr(Certificate), der, "certificate", e);
	if (c->asn == NULL || read_tbs(c, e) != 0)
		goto out;
	*out = c;
	c = NULL;
	rc = 0;
out:
	cert_free(c);
	return rc;
}

struct cert *
cert_dup(const struct cert *c)
{
	struct cert *mine = (struct cert *)c;

	atomic_fetch_add(&mine->refs, 1);
	return mine;
}

void
cert_free(struct cert *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	X509_free(atomic_load(&c->x509));
	wants_clear(&c->wants);
	pubkey_free(c->key);
	ASN1_OCTET_STRING_free(c->ski);
	ASN1_item_free((ASN1_VALUE *)c->asn, ASN1_ITEM_rptr(Certificate));
	blob_free(&c->der);
	free(c);
}

/*
 * In OpenSSL's form, its key opened and its extensions read: without memory for that OpenSSL would keep a certificate
 * that has a weak key or bad extensions, and ours may live long.
 */
static X509 *
decode_x509(const struct cert *c, struct err *e)
{
	X509 *x;

	ossl_begin();
	x = asn_decode(ASN1_ITEM_rptr(X509), mem_of(&c->der), "certificate", e);
	if (x == NULL)
		return NULL;
	(void)X509_check_purpose(x, -1, 0);
	if (!ossl_no_memory() && (c->key == NULL || X509_get0_pubkey(x) != NULL))
		return x;
	X509_free(x);
	err_set(e, R_NO_MEMORY, "certificate");
	return NULL;
}

X509 *
cert_get0_x509(const struct cert *c, struct err *e)
{
	struct cert *mine = (struct cert *)c;
	X509 *x = atomic_load(&mine->x509), *before = NULL;

	if (x != NULL)
		return x;
	x = decode_x509(c, e);
	/* Two threads may make it; the one that comes second takes the first one's. */
	if (x != NULL && !atomic_compare_exchange_strong(&mine->x509, &before, x)) {
		X509_free(x);
		x = before;
	}
	return x;
}

static bool
is_plain_time(const ASN1_TIME *t)
{
	struct mem m = asn_mem(t);
	size_t len = ASN1_STRING_type(t) == V_ASN1_UTCTIME ? strlen("YYMMDDHHMMSSZ") : strlen("YYYYMMDDHHMMSSZ");

	return m.len == len && m.p[len - 1] == 'Z';
}

bool
cert_has_plain_times(const struct cert *c)
{
	const X509_VAL *v = c->asn->tbsCertificate->validity;

	return is_plain_time(v->notBefore) && is_plain_time(v->notAfter);
}

bool
cert_is_signed_by(const struct cert *c, const struct cert *issuer)
{
	struct mem rest = der_inside(mem_of(&c->der)), tbs = der_take(&rest), sig;
	struct err e;

	return issuer->key != NULL && asn_bits(c->asn->signatureValue, &sig) &&
	    pubkey_verify(issuer->key, cert_get0_sig_alg(c), tbs, sig, &e) == 0;
}

struct mem
cert_get0_der(const struct cert *c)
{
	return mem_of(&c->der);
}

struct mem
cert_get0_subject(const struct cert *c)
{
	return c->wants.w.subject;
}

struct mem
cert_get0_issuer(const struct cert *c)
{
	return asn_mem(c->asn->tbsCertificate->issuer);
}

struct mem
cert_get0_spki(const struct cert *c)
{
	return c->wants.w.spki;
}

struct mem
cert_get0_ski(const struct cert *c)
{
	return asn_mem(c->ski);
}

struct mem
cert_get0_serial(const struct cert *c)
{
	return c->serial;
}

struct mem
cert_get0_sig_alg(const struct cert *c)
{
	return asn_mem(c->asn->signatureAlgorithm);
}

const uint8_t *
cert_get0_spki_sha256(const struct cert *c)
{
	return c->wants.w.spki_sha256;
}

const struct pubkey *
cert_get0_pubkey(const struct cert *c)
{
	return c->key;
}

int64_t
cert_not_before(const struct cert *c)
{
	return c->not_before;
}

int64_t
cert_not_after(const struct cert *c)
{
	return c->not_after;
}

bool
cert_is_ca(const struct cert *c)
{
	return c->wants.w.is_ca;
}

bool
cert_self_issued(const struct cert *c)
{
	return c->self_issued;
}

bool
cert_allows_usage(const struct cert *c, unsigned ku)
{
	return !c->wants.w.has_key_usage || (c->wants.w.key_usage & ku) == ku;
}

bool
cert_has_eku(const struct cert *c, const char *oid)
{
	for (size_t i = 0; i < c->wants.w.n_eku; i++)
		if (strcmp(c->wants.w.eku[i], oid) == 0)
			return true;
	return false;
}

const struct wanted *
cert_get0_wanted(const struct cert *c)
{
	return &c->wants.w;
}

bool
cert_fits_key(const struct cert *c, const struct key *k)
{
	return mem_eq(c->wants.w.spki, key_get0_spki(k));
}
