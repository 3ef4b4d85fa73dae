/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CMS SignedData (RFC 5652 section 5), so far as certs-only messages and the envelope need it.
 */
#ifndef NEMRA_PKI_SIGNED_DATA_H
#define NEMRA_PKI_SIGNED_DATA_H

#include "common/pki/cert.h"
#include "common/pki/ossl.h"

typedef struct {
	ASN1_OBJECT *eContentType;
	ASN1_OCTET_STRING *eContent;
} EncapsulatedContentInfo;

typedef struct {
	ASN1_STRING *issuer;
	ASN1_INTEGER *serialNumber;
} IssuerAndSerialNumber;
DECLARE_ASN1_ITEM(IssuerAndSerialNumber)

typedef struct {
	int type;		/* the index of the choice */
	union {
		IssuerAndSerialNumber *issuerAndSerialNumber;
		ASN1_OCTET_STRING *subjectKeyIdentifier;
	} d;
} SignerIdentifier;

#define SID_ISSUER_SERIAL 0
#define SID_KEY_ID 1

typedef struct {
	ASN1_INTEGER *version;
	SignerIdentifier *sid;
	X509_ALGOR *digestAlgorithm;
	STACK_OF(X509_ATTRIBUTE) *signedAttrs;
	X509_ALGOR *signatureAlgorithm;
	ASN1_OCTET_STRING *signature;
	STACK_OF(X509_ATTRIBUTE) *unsignedAttrs;
} SignerInfo;
DECLARE_ASN1_ITEM(SignerInfo)
DEFINE_STACK_OF(SignerInfo)

typedef struct {
	ASN1_INTEGER *version;
	STACK_OF(X509_ALGOR) *digestAlgorithms;
	EncapsulatedContentInfo *encapContentInfo;
	STACK_OF(ASN1_TYPE) *certificates;
	STACK_OF(ASN1_TYPE) *crls;
	STACK_OF(SignerInfo) *signerInfos;
} SignedData;

typedef struct {
	ASN1_OBJECT *contentType;
	SignedData *content;
} ContentInfo;
DECLARE_ASN1_ITEM(ContentInfo)

/* SET OF Attribute: what the signature of a SignerInfo is over (RFC 5652 section 5.4). */
DECLARE_ASN1_ITEM(SignedAttributes)

bool signed_data_is(const ContentInfo *ci);

/* With these certificates, no content and no signer. ASN1_item_free(). */
ContentInfo *signed_data_new(const char *content_type, int version, const struct certs *l,
    struct err *e);

int signed_data_certs(const SignedData *sd, size_t max, struct certs *out, struct err *e) MUSTUSE;

/* Appends to a list one that is parsed first. */
int certs_add_der(struct certs *l, struct mem der, size_t max, struct err *e) MUSTUSE;

#endif
