/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CRMF (RFC 4211 appendix B; IMPLICIT tags). OpenSSL's own types encode anew what they read and lack
 * half of the accessors; here foreign parts stay as they came.
 */
#ifndef NEMRA_PKI_CRMF_ASN_H
#define NEMRA_PKI_CRMF_ASN_H

#include "common/pki/ossl.h"

typedef struct {
	ASN1_INTEGER *version;
	ASN1_INTEGER *serialNumber;
	ASN1_STRING *signingAlg;
	ASN1_STRING *issuer;
	ASN1_STRING *validity;
	ASN1_STRING *subject;			/* DER Name: a tagged CHOICE is explicit */
	SubjectPublicKeyInfo *publicKey;
	ASN1_BIT_STRING *issuerUID;
	ASN1_BIT_STRING *subjectUID;
	STACK_OF(X509_EXTENSION) *extensions;
} CertTemplate;

typedef struct {
	ASN1_OBJECT *type;
	ASN1_TYPE *value;
} AttributeTypeAndValue;
DEFINE_STACK_OF(AttributeTypeAndValue)

typedef struct {
	ASN1_INTEGER *certReqId;
	CertTemplate *certTemplate;
	STACK_OF(AttributeTypeAndValue) *controls;
} CertRequest;
DECLARE_ASN1_ITEM(CertRequest)

typedef struct {
	ASN1_STRING *poposkInput;
	ASN1_STRING *algorithmIdentifier;
	ASN1_BIT_STRING *signature;
} POPOSigningKey;
DECLARE_ASN1_ITEM(POPOSigningKey)

typedef struct {
	int type;				/* the index of the choice */
	union {
		ASN1_NULL *raVerified;
		POPOSigningKey *signature;
		ASN1_TYPE *privKey;		/* keyEncipherment, keyAgreement */
	} d;
} ProofOfPossession;
DECLARE_ASN1_ITEM(ProofOfPossession)

#define POPO_SIGNATURE 1

typedef struct {
	ASN1_STRING *certReq;			/* as it came: the signature is over it */
	ProofOfPossession *popo;
	STACK_OF(AttributeTypeAndValue) *regInfo;
} CertReqMsg;
DECLARE_ASN1_ITEM(CertReqMsg)
DEFINE_STACK_OF(CertReqMsg)

DECLARE_ASN1_ITEM(CertReqMessages)		/* SEQUENCE OF CertReqMsg */

#endif
