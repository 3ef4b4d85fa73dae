/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The ASN.1 of RFC 4210 appendix F, updated by RFC 9480, as OpenSSL templates; private to this folder.
 * The module's tags are EXPLICIT. Certificates, requests and the two signed parts of a message are
 * ASN1_ANY: such a field holds the bytes as they came, so foreign DER is never encoded again.
 */
#ifndef NEMRA_CMP_ASN_H
#define NEMRA_CMP_ASN_H

#include <openssl/asn1t.h>
#include <openssl/x509v3.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/pki/cert.h"

typedef struct {
	ASN1_OBJECT *infoType;
	ASN1_TYPE *infoValue;		/* OPTIONAL */
} InfoTypeAndValue;
DEFINE_STACK_OF(InfoTypeAndValue)
DECLARE_ASN1_ITEM(InfoTypeAndValue)
DECLARE_ASN1_ITEM(GenMsgContent)	/* SEQUENCE OF InfoTypeAndValue; GenRepContent too */

typedef struct {
	ASN1_INTEGER *pvno;
	GENERAL_NAME *sender;
	GENERAL_NAME *recipient;
	ASN1_GENERALIZEDTIME *messageTime;
	ASN1_TYPE *protectionAlg;	/* AlgorithmIdentifier */
	ASN1_OCTET_STRING *senderKID;
	ASN1_OCTET_STRING *recipKID;
	ASN1_OCTET_STRING *transactionID;
	ASN1_OCTET_STRING *senderNonce;
	ASN1_OCTET_STRING *recipNonce;
	STACK_OF(ASN1_UTF8STRING) *freeText;
	STACK_OF(InfoTypeAndValue) *generalInfo;
} PKIHeader;
DECLARE_ASN1_ITEM(PKIHeader)

/* type is the tag; all 27 choices have content of its own sort, kept as it came. */
typedef struct {
	int type;
	ASN1_TYPE *content;
} PKIBody;
DECLARE_ASN1_ITEM(PKIBody)

/* What a protection covers, to be built. */
typedef struct {
	PKIHeader *header;
	PKIBody *body;
} ProtectedPart;
DECLARE_ASN1_ITEM(ProtectedPart)

/* header and body as they came. Without the optional fields it is a ProtectedPart. */
typedef struct {
	ASN1_TYPE *header;		/* PKIHeader */
	ASN1_TYPE *body;		/* PKIBody */
	ASN1_BIT_STRING *protection;
	STACK_OF(ASN1_TYPE) *extraCerts;
} PKIMessage;
DECLARE_ASN1_ITEM(PKIMessage)

DECLARE_ASN1_ITEM(NestedMessageContent)	/* SEQUENCE OF PKIMessage, each as it came */
DECLARE_ASN1_ITEM(Certificates)		/* SEQUENCE OF CMPCertificate: CaCertsValue */
DECLARE_ASN1_ITEM(PKIFreeText)		/* SEQUENCE OF UTF8String; CertProfileValue too */

typedef struct {
	ASN1_INTEGER *status;
	STACK_OF(ASN1_UTF8STRING) *statusString;
	ASN1_BIT_STRING *failInfo;
} PKIStatusInfo;
DECLARE_ASN1_ITEM(PKIStatusInfo)

#define CERT_OR_ENC_CERT_CERTIFICATE 0
typedef struct {
	int type;
	ASN1_TYPE *value;
} CertOrEncCert;
DECLARE_ASN1_ITEM(CertOrEncCert)

typedef struct {
	CertOrEncCert *certOrEncCert;
	ASN1_TYPE *privateKey;
	ASN1_TYPE *publicationInfo;
} CertifiedKeyPair;
DECLARE_ASN1_ITEM(CertifiedKeyPair)

typedef struct {
	ASN1_INTEGER *certReqId;
	PKIStatusInfo *status;
	CertifiedKeyPair *certifiedKeyPair;
	ASN1_OCTET_STRING *rspInfo;
} CertResponse;
DEFINE_STACK_OF(CertResponse)
DECLARE_ASN1_ITEM(CertResponse)

typedef struct {
	STACK_OF(ASN1_TYPE) *caPubs;
	STACK_OF(CertResponse) *response;
} CertRepMessage;
DECLARE_ASN1_ITEM(CertRepMessage)

typedef struct {
	ASN1_OCTET_STRING *certHash;
	ASN1_INTEGER *certReqId;
	PKIStatusInfo *statusInfo;
	X509_ALGOR *hashAlg;
} CertStatus;
DEFINE_STACK_OF(CertStatus)
DECLARE_ASN1_ITEM(CertStatus)
DECLARE_ASN1_ITEM(CertConfirmContent)	/* SEQUENCE OF CertStatus */

typedef struct {
	ASN1_INTEGER *certReqId;
} PollReq;
DEFINE_STACK_OF(PollReq)
DECLARE_ASN1_ITEM(PollReq)
DECLARE_ASN1_ITEM(PollReqContent)	/* SEQUENCE OF PollReq */

typedef struct {
	ASN1_INTEGER *certReqId;
	ASN1_INTEGER *checkAfter;
	STACK_OF(ASN1_UTF8STRING) *reason;
} PollRep;
DEFINE_STACK_OF(PollRep)
DECLARE_ASN1_ITEM(PollRep)
DECLARE_ASN1_ITEM(PollRepContent)	/* SEQUENCE OF PollRep */

typedef struct {
	PKIStatusInfo *pKIStatusInfo;
	ASN1_INTEGER *errorCode;
	STACK_OF(ASN1_UTF8STRING) *errorDetails;
} ErrorMsgContent;
DECLARE_ASN1_ITEM(ErrorMsgContent)

/* One value of the type, nothing behind it; freed with ASN1_item_free(). NULL: R_NOT_DER, R_TRAILING_BYTES. */
void *asn_parse(struct mem der, const ASN1_ITEM *it, const char *what, struct err *e);
int asn_build(const void *value, const ASN1_ITEM *it, struct blob *out, struct err *e) MUSTUSE;

/* R_NO_MEMORY, with OpenSSL's queue emptied. */
int asn_no_memory(struct err *e);

/* The value kept as it is. NULL: as asn_parse(). */
ASN1_TYPE *asn_any(struct mem der, const char *what, struct err *e);

/* R_NO_MEMORY when OpenSSL's queue says so, else what is given. Empties the queue. */
enum reason asn_reason(enum reason otherwise);

/* Its bytes; MEM_NONE unless it is a SEQUENCE or has a tag that is not universal. */
struct mem asn_any_get0(const ASN1_TYPE *a);

struct mem asn_string_get0(const ASN1_STRING *s);	/* NULL gives MEM_NONE */

/* One more text at the end of a list that may still be NULL. -1: no memory. */
int asn_text_add(STACK_OF(ASN1_UTF8STRING) **list, struct mem text);

/* Shows a PKIFreeText: its texts joined by "; ", escaped, appended to what is there, cut at size. */
void asn_text_print(const STACK_OF(ASN1_UTF8STRING) *list, char *out, size_t size);

/* The certificates' DER; NULL: no memory. */
STACK_OF(ASN1_TYPE) *asn_certs(const struct certs *l);

#endif
