/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Why the answer is that of X509_verify_cert(). With our parameters (no revocation, no policies, security level 2, no
 * host name, no proxies) it looks, once the path is built, at these things, and no others:
 *
 *	of all but the leaf	CA, keyCertSign, path length, keys and digests strong enough, validity, signatures: done
 *				when the path above was found. None depends on the leaf; path length does not count it.
 *	name constraints	and resources of RFC 3779 bind what is below: no such issuer is plain.
 *	the leaf's form		all extensions that OpenSSL reads must be well-formed, no other may be critical. Those
 *				of the table below are read here or have been by cert_parse(); any other: not plain.
 *	names			issuer is the subject above, authorityKeyIdentifier its key: plain_names(), stricter.
 *	the leaf's strength	a key of pubkey_parse() and an algorithm of the allow-list: never weaker than level 2.
 *	validity		with times as RFC 5280 section 4.1.2.5 writes them; notAfter itself is too late.
 *	purpose			keyUsage and extKeyUsage, as OpenSSL reads them for a TLS client.
 *	signature		by the issuer's key over the octets as they came.
 *
 * tests/unit/pki/plain.c compares both ways on certificates that differ in each of these.
 */
#include "common/pki/trust_plain.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "common/pki/cert_int.h"
#include "common/pki/names.h"

static bool
is_empty_sequence(const struct wanted_ext *x)
{
	static const uint8_t empty[] = { 0x30, 0x00 };

	return mem_eq(x->value, (struct mem){ empty, sizeof(empty) });
}

/* OpenSSL goes into points that are told as a part of a name, and wants each to say something. */
static bool
has_plain_points(const struct wanted_ext *x)
{
	CRL_DIST_POINTS *l = asn_decode(ASN1_ITEM_rptr(CRL_DIST_POINTS), x->value, "cRLDistributionPoints", NULL);
	bool plain = l != NULL;

	for (int i = 0; plain && i < sk_DIST_POINT_num(l); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(l, i);

		plain = p->distpoint != NULL && p->distpoint->type == 0;
	}
	CRL_DIST_POINTS_free(l);
	return plain;
}

/* subjectAltName is not in the list: cert_parse() has read it. */
static const struct {
	const char *oid;
	bool may_be_critical;
	bool (*is_plain)(const struct wanted_ext *x);	/* of a leaf; NULL: read elsewhere, or by nobody */
} extensions[] = {
	{ "2.5.29.14", false, NULL },			/* subjectKeyIdentifier */
	{ "2.5.29.15", true, NULL },			/* keyUsage */
	{ "2.5.29.19", true, is_empty_sequence },	/* basicConstraints */
	{ "2.5.29.31", true, has_plain_points },	/* cRLDistributionPoints */
	{ "2.5.29.32", true, NULL },			/* certificatePolicies */
	{ "2.5.29.35", false, NULL },			/* authorityKeyIdentifier: names_key() */
	{ "2.5.29.37", true, NULL },			/* extKeyUsage */
	{ "1.3.6.1.5.5.7.1.1", false, NULL },		/* authorityInfoAccess */
};

static bool
extension_is_plain(const struct wanted_ext *x, bool leaf)
{
	for (size_t i = 0; i < COUNT_OF(extensions); i++)
		if (strcmp(x->oid, extensions[i].oid) == 0)
			return (!x->critical || extensions[i].may_be_critical) &&
			    (!leaf || extensions[i].is_plain == NULL || extensions[i].is_plain(x));
	return false;
}

static bool
extensions_are_plain(const struct cert *c, bool leaf)
{
	const struct wanted *w = cert_get0_wanted(c);

	for (size_t i = 0; i < w->n_ext; i++)
		if (!extension_is_plain(&w->ext[i], leaf))
			return false;
	/* RFC 5280 section 4.2.1.3: at least one usage */
	return !w->has_key_usage || w->key_usage != 0;
}

bool
plain_issuer(const struct certs *path)
{
	for (size_t i = 0; i < path->n; i++)
		if (!extensions_are_plain(path->v[i], false))
			return false;
	return path->n > 0;
}

/* By the key's identifier alone, which says nothing when the issuer has none. */
static bool
names_key(const struct wanted_ext *x, struct mem ski)
{
	AUTHORITY_KEYID *a = asn_decode(ASN1_ITEM_rptr(AUTHORITY_KEYID), x->value, "authorityKeyIdentifier", NULL);
	bool names = a != NULL && a->issuer == NULL && a->serial == NULL &&
	    (a->keyid == NULL || ski.len == 0 || mem_eq(asn_mem(a->keyid), ski));

	AUTHORITY_KEYID_free(a);
	return names;
}

bool
plain_names(const struct cert *leaf, const struct cert *issuer)
{
	const struct wanted *w = cert_get0_wanted(leaf);

	if (!mem_eq(cert_get0_issuer(leaf), cert_get0_subject(issuer)))
		return false;
	for (size_t i = 0; i < w->n_ext; i++)
		if (strcmp(w->ext[i].oid, "2.5.29.35") == 0)
			return names_key(&w->ext[i], cert_get0_ski(issuer));
	return true;
}

/* OpenSSL decodes the subject, and so refuses one that is no Name; the issuer's is that of a path. */
static bool
has_good_subject(const struct cert *c)
{
	X509_NAME *n = name_decode(cert_get0_subject(c), NULL);

	X509_NAME_free(n);
	return n != NULL;
}

static bool
fits_purpose(const struct cert *c, enum trust_purpose purpose)
{
	const struct wanted *w = cert_get0_wanted(c);

	switch (purpose) {
	case TRUST_ANY:
		return true;
	case TRUST_TLS_CLIENT:
		return (w->n_eku == 0 || cert_has_eku(c, "1.3.6.1.5.5.7.3.2")) && (!w->has_key_usage ||
		    (w->key_usage & (USAGE_DIGITAL_SIGNATURE | USAGE_KEY_AGREEMENT)) != 0);
	case TRUST_TLS_SERVER:
		break;
	}
	return false;
}

bool
plain_leaf(const struct cert *leaf, const struct cert *issuer, enum trust_purpose purpose, int64_t now)
{
	return !cert_is_ca(leaf) && !cert_self_issued(leaf) && cert_get0_pubkey(leaf) != NULL &&
	    cert_has_plain_times(leaf) && now >= cert_not_before(leaf) && now < cert_not_after(leaf) &&
	    extensions_are_plain(leaf, true) && fits_purpose(leaf, purpose) && has_good_subject(leaf) &&
	    plain_names(leaf, issuer) && cert_is_signed_by(leaf, issuer);
}
