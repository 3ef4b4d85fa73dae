/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL's types, for those behind this line alone: common/pki and common/cmp.
 */
#ifndef NEMRA_PKI_OSSL_H
#define NEMRA_PKI_OSSL_H

#include <openssl/asn1t.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* Forgets what OpenSSL complained of before; the start of a group of calls whose failure will be asked for. */
void ossl_begin(void);

/* Fails with r, or with R_NO_MEMORY when OpenSSL says so; empties OpenSSL's error queue. */
int ossl_fail(struct err *e, enum reason r, const char *what);

/* Did OpenSSL say that there was no memory? Empties its error queue. */
bool ossl_no_memory(void);

/* The value of exactly those bytes, else NULL (R_NOT_DER, R_TRAILING_BYTES). ASN1_item_free(). */
void *asn_decode(const ASN1_ITEM *it, struct mem der, const char *what, struct err *e) MUSTUSE;

int asn_encode(const ASN1_ITEM *it, const void *value, struct blob *out, struct err *e) MUSTUSE;

/* The content of a string; of a SEQUENCE held as one, its whole DER. MEM_NONE for NULL. */
struct mem asn_mem(const ASN1_STRING *s);

/* A new string of that type with those bytes in *s, which was NULL or an older one. */
int asn_set1(ASN1_STRING **s, int type, struct mem m, struct err *e) MUSTUSE;

/* The octets of a BIT STRING; false when it does not end on an octet. */
bool asn_bits(const ASN1_BIT_STRING *s, struct mem *out);

/* Dotted decimal of at most OID_TEXT - 1 characters; false when it is longer. */
#define OID_TEXT 64
bool asn_oid(const ASN1_OBJECT *o, char out[OID_TEXT]);

/* From dotted decimal; NULL when it is none, or without memory. */
ASN1_OBJECT *asn_oid_new(const char *dotted);

/* SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), key still closed: X509_PUBKEY would open it. */
typedef struct {
	ASN1_STRING *algorithm;
	ASN1_BIT_STRING *subjectPublicKey;
} SubjectPublicKeyInfo;
DECLARE_ASN1_ITEM(SubjectPublicKeyInfo)

#endif
