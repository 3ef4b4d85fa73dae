/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a certificate says, by the field's name; and its hash for certConf.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/pki/algs.h"
#include "common/pki/cert_int.h"
#include "common/pki/names.h"

#define SUBJECT "subject."
#define SHAKE256_LEN 64		/* RFC 9481 section 2.2 */

static const struct {
	const char *name;
	int nid;
} attributes[] = {
	{ "CN", NID_commonName },
	{ "serialNumber", NID_serialNumber },
	{ "O", NID_organizationName },
	{ "OU", NID_organizationalUnitName },
	{ "C", NID_countryName },
	{ "L", NID_localityName },
	{ "ST", NID_stateOrProvinceName },
	{ "UID", NID_userId },
	{ "title", NID_title },
	{ "dnQualifier", NID_dnQualifier },
	{ "description", NID_description },
	{ "name", NID_name },
	{ "pseudonym", NID_pseudonym },
	{ "emailAddress", NID_pkcs9_emailAddress },
};

static const struct {
	const char *name;
	enum san_kind kind;
} sans[] = {
	{ "san.dns", SAN_DNS },
	{ "san.uri", SAN_URI },
	{ "san.email", SAN_EMAIL },
	{ "san.ip", SAN_IP },
};

static int
attribute_nid(const char *field)
{
	if (strncmp(field, SUBJECT, strlen(SUBJECT)) != 0)
		return NID_undef;
	for (size_t i = 0; i < COUNT_OF(attributes); i++)
		if (strcmp(field + strlen(SUBJECT), attributes[i].name) == 0)
			return attributes[i].nid;
	return NID_undef;
}

static bool
san_kind_of(const char *field, enum san_kind *kind)
{
	for (size_t i = 0; i < COUNT_OF(sans); i++) {
		if (strcmp(field, sans[i].name) != 0)
			continue;
		*kind = sans[i].kind;
		return true;
	}
	return false;
}

bool
cert_field_known(const char *field)
{
	enum san_kind kind;

	return attribute_nid(field) != NID_undef || san_kind_of(field, &kind);
}

static int
no_vendor_id(const char *field, const char *why, struct err *e)
{
	return err_set(e, R_NO_VENDOR_ID, "%s is %s", field, why);
}

static int
subject_field(const struct cert *c, const char *field, int nid, struct buf *out, struct err *e)
{
	X509_NAME *n = name_decode(cert_get0_subject(c), e);
	struct err why;
	int at, rc = -1;

	if (n == NULL)
		return -1;
	at = X509_NAME_get_index_by_NID(n, nid, -1);
	if (at < 0)
		no_vendor_id(field, "absent", e);
	else if (X509_NAME_get_index_by_NID(n, nid, at) >= 0)
		no_vendor_id(field, "there twice", e);
	else if (name_value(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at)), out, &why) == 0)
		rc = 0;
	else if (why.reason == R_NO_MEMORY)
		err_set(e, R_NO_MEMORY, "%s", field);
	else
		no_vendor_id(field, "malformed", e);
	X509_NAME_free(n);
	return rc;
}

static int
san_field(const struct cert *c, const char *field, enum san_kind kind, struct buf *out, struct err *e)
{
	const struct wanted *w = cert_get0_wanted(c);
	const struct san *found = NULL;
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < w->n_san; i++) {
		if (w->san[i].kind != kind)
			continue;
		if (found != NULL)
			return no_vendor_id(field, "there twice", e);
		found = &w->san[i];
	}
	if (found == NULL)
		return no_vendor_id(field, "absent", e);
	if (kind != SAN_IP) {
		buf_add_mem(out, found->value);
		return 0;
	}
	if (inet_ntop(found->value.len == 4 ? AF_INET : AF_INET6, found->value.p, text,
	    sizeof(text)) == NULL)
		return no_vendor_id(field, "malformed", e);
	buf_add_str(out, text);
	return 0;
}

int
cert_field(const struct cert *c, const char *field, struct buf *out, struct err *e)
{
	int nid = attribute_nid(field), rc;
	enum san_kind kind;

	if (nid != NID_undef)
		rc = subject_field(c, field, nid, out, e);
	else if (san_kind_of(field, &kind))
		rc = san_field(c, field, kind, out, e);
	else
		return no_vendor_id(field, "not a field that is known", e);
	if (rc == 0 && !buf_ok(out))
		return err_set(e, out->over ? R_NO_VENDOR_ID : R_NO_MEMORY, "%s is too long", field);
	return rc;
}

/* The digest of the certificate's own signature algorithm, as OpenSSL names it. */
static const char *
hash_of(const struct cert *c, struct err *e)
{
	X509_ALGOR *a = asn_decode(ASN1_ITEM_rptr(X509_ALGOR), cert_get0_sig_alg(c),
	    "signature algorithm", e);
	const char *digest = NULL;
	struct sig_choice how;

	if (a == NULL)
		return NULL;
	if (sig_choose(a, &how, e) == 0) {
		digest = how.alg->cert_hash != NULL ? how.alg->cert_hash : how.digest;
		if (digest == NULL)
			err_set(e, R_WEAK_ALGORITHM, "%s determines no hash for certHash", how.alg->oid);
	}
	X509_ALGOR_free(a);
	return digest;
}

int
cert_cert_hash(const struct cert *c, struct buf *out, struct err *e)
{
	const char *digest = hash_of(c, e);
	struct mem der = cert_get0_der(c);
	EVP_MD *md = digest == NULL ? NULL : EVP_MD_fetch(NULL, digest, NULL);
	EVP_MD_CTX *ctx = md == NULL ? NULL : EVP_MD_CTX_new();
	bool xof = md != NULL && (EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF) != 0;
	size_t len = xof ? SHAKE256_LEN : md == NULL ? 0 : (size_t)EVP_MD_get_size(md);
	uint8_t hash[EVP_MAX_MD_SIZE];
	int rc = -1;

	if (digest == NULL)
		return -1;
	if (ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, der.p, der.len) != 1 ||
	    (xof ? EVP_DigestFinalXOF(ctx, hash, len) : EVP_DigestFinal_ex(ctx, hash, NULL)) != 1)
		ossl_fail(e, R_INTERNAL, digest);
	else {
		buf_add(out, hash, len);
		rc = 0;
	}
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return rc;
}
