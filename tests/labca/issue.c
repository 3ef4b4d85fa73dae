/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Certificates, RFC 5280: what the request wants, but never a CA.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/uuid.h"
#include "tests/labca/ca.h"

#define BACKDATE_S 60
#define SERIAL_LEN 16

int
openssl_failed(struct err *e, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return err_set(e, R_INTERNAL, "%s: %s", what, why != NULL ? why : "OpenSSL failed");
}

int
set_random_serial(X509 *x, struct err *e)
{
	uint8_t octets[SERIAL_LEN];
	BIGNUM *n;
	int rc = -1;

	random_fill(octets, sizeof(octets));
	octets[0] = (octets[0] & 0x7f) | 0x40;		/* positive, and always as long */
	n = BN_bin2bn(octets, sizeof(octets), NULL);
	if (n == NULL || BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) == NULL)
		(void)openssl_failed(e, "serial number");
	else
		rc = 0;
	BN_free(n);
	return rc;
}

int
add_extension(X509 *x, X509 *issuer, int nid, const char *value, struct err *e)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int rc = 0;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL || X509_add_ext(x, ext, -1) != 1)
		rc = openssl_failed(e, OBJ_nid2sn(nid));
	X509_EXTENSION_free(ext);
	return rc;
}

static GENERAL_NAME *
text_name(int type, struct mem value)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *s = ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	if (g == NULL || s == NULL || ASN1_STRING_set(s, value.p, (int)value.len) != 1) {
		ASN1_STRING_free(s);
		GENERAL_NAME_free(g);
		return NULL;
	}
	GENERAL_NAME_set0_value(g, type, s);
	return g;
}

static GENERAL_NAME *
general_name(const struct san *s)
{
	const unsigned char *p = s->value.p;

	switch (s->kind) {
	case SAN_DNS:
		return text_name(GEN_DNS, s->value);
	case SAN_IP:
		return text_name(GEN_IPADD, s->value);
	case SAN_URI:
		return text_name(GEN_URI, s->value);
	case SAN_EMAIL:
		return text_name(GEN_EMAIL, s->value);
	case SAN_OTHER:
		return d2i_GENERAL_NAME(NULL, &p, (long)s->value.len);
	}
	return NULL;
}

static int
add_san(X509 *x, const struct wanted *w, struct err *e)
{
	GENERAL_NAMES *names;
	int rc = 0;

	if (w->n_san == 0)
		return 0;
	names = GENERAL_NAMES_new();
	for (size_t i = 0; names != NULL && i < w->n_san && rc == 0; i++) {
		GENERAL_NAME *g = general_name(&w->san[i]);

		if (g == NULL || sk_GENERAL_NAME_push(names, g) <= 0) {
			GENERAL_NAME_free(g);
			rc = openssl_failed(e, "subjectAltName");
		}
	}
	/* RFC 5280 section 4.2.1.6: critical when the subject is empty */
	if (names == NULL || (rc == 0 && X509_add1_ext_i2d(x, NID_subject_alt_name, names,
	    name_is_null(w->subject) ? 1 : 0, X509V3_ADD_APPEND) != 1))
		rc = openssl_failed(e, "subjectAltName");
	GENERAL_NAMES_free(names);
	return rc;
}

static int
add_key_usage(X509 *x, const struct wanted *w, struct err *e)
{
	unsigned usage = w->has_key_usage ? w->key_usage : USAGE_DIGITAL_SIGNATURE;
	const uint8_t octet = (uint8_t)(usage & ~(unsigned)(USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN));
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	int rc = 0;

	for (int i = 0; bits != NULL && i < 8; i++)
		if ((octet >> (7 - i) & 1) != 0 && ASN1_BIT_STRING_set_bit(bits, i, 1) != 1)
			rc = -1;
	if (bits == NULL || rc != 0 ||
	    X509_add1_ext_i2d(x, NID_key_usage, bits, 1, X509V3_ADD_APPEND) != 1)
		rc = openssl_failed(e, "keyUsage");
	ASN1_BIT_STRING_free(bits);
	return rc;
}

static int
add_eku(X509 *x, const struct wanted *w, struct err *e)
{
	EXTENDED_KEY_USAGE *list;
	int rc = 0;

	if (w->n_eku == 0)
		return 0;
	list = sk_ASN1_OBJECT_new_null();
	for (size_t i = 0; list != NULL && i < w->n_eku && rc == 0; i++) {
		ASN1_OBJECT *o = OBJ_txt2obj(w->eku[i], 1);

		if (o == NULL || sk_ASN1_OBJECT_push(list, o) <= 0) {
			ASN1_OBJECT_free(o);
			rc = openssl_failed(e, "extKeyUsage");
		}
	}
	if (list == NULL ||
	    (rc == 0 && X509_add1_ext_i2d(x, NID_ext_key_usage, list, 0, X509V3_ADD_APPEND) != 1))
		rc = openssl_failed(e, "extKeyUsage");
	sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
	return rc;
}

static int
fill_names_and_key(const struct ca *ca, X509 *x, struct mem subject, struct mem spki, struct err *e)
{
	const unsigned char *p = subject.p, *q = spki.p;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)subject.len);
	EVP_PKEY *key = d2i_PUBKEY(NULL, &q, (long)spki.len);
	int rc = 0;

	if (name == NULL || key == NULL || X509_set_version(x, X509_VERSION_3) != 1 ||
	    X509_set_subject_name(x, name) != 1 ||
	    X509_set_issuer_name(x, X509_get_subject_name(ca->x509)) != 1 ||
	    X509_set_pubkey(x, key) != 1)
		rc = openssl_failed(e, "certificate");
	X509_NAME_free(name);
	EVP_PKEY_free(key);
	return rc;
}

static int
set_validity(X509 *x, int days, struct err *e)
{
	time_t now = (time_t)clock_wall_s();

	if (X509_time_adj_ex(X509_getm_notBefore(x), 0, -BACKDATE_S, &now) == NULL ||
	    X509_time_adj_ex(X509_getm_notAfter(x), days, 0, &now) == NULL)
		return openssl_failed(e, "validity");
	return 0;
}

static int
add_extensions(const struct ca *ca, X509 *x, const struct wanted *w, struct err *e)
{
	if (add_extension(x, ca->x509, NID_basic_constraints, "critical,CA:FALSE", e) != 0 ||
	    add_key_usage(x, w, e) != 0 || add_eku(x, w, e) != 0 || add_san(x, w, e) != 0 ||
	    add_extension(x, ca->x509, NID_subject_key_identifier, "hash", e) != 0)
		return -1;
	return add_extension(x, ca->x509, NID_authority_key_identifier, "keyid:always", e);
}

static int
to_der(X509 *x, struct blob *der, struct err *e)
{
	unsigned char *p = NULL;
	int len = i2d_X509(x, &p), rc;

	if (len <= 0)
		return openssl_failed(e, "certificate");
	rc = blob_set1(der, (struct mem){ p, (size_t)len }, e);
	OPENSSL_free(p);
	return rc;
}

int
ca_issue(const struct ca *ca, const struct wanted *w, struct mem spki, int days, struct blob *der,
    struct err *e)
{
	static const uint8_t null_dn[] = { 0x30, 0x00 };
	struct mem subject = w->subject.len > 0 ? w->subject : (struct mem){ null_dn, sizeof(null_dn) };
	X509 *x;
	int rc = -1;

	if (w->is_ca)
		return err_set(e, R_EXTENSION_FORBIDDEN, "the lab CA issues no CA certificates");
	x = X509_new();
	if (x == NULL)
		return openssl_failed(e, "certificate");
	if (fill_names_and_key(ca, x, subject, spki.len > 0 ? spki : w->spki, e) != 0 ||
	    set_random_serial(x, e) != 0 || set_validity(x, days, e) != 0 ||
	    add_extensions(ca, x, w, e) != 0)
		goto out;
	if (X509_sign(x, ca->pkey, EVP_sha256()) <= 0) {
		(void)openssl_failed(e, "certificate");
		goto out;
	}
	rc = to_der(x, der, e);
out:
	X509_free(x);
	return rc;
}
