/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cmp/asn.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/enc.h"
#include "common/pki/ossl.h"

ASN1_SEQUENCE(InfoTypeAndValue) = {
	ASN1_SIMPLE(InfoTypeAndValue, infoType, ASN1_OBJECT),
	ASN1_OPT(InfoTypeAndValue, infoValue, ASN1_ANY)
} ASN1_SEQUENCE_END(InfoTypeAndValue)

ASN1_ITEM_TEMPLATE(GenMsgContent) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, GenMsgContent, InfoTypeAndValue)
ASN1_ITEM_TEMPLATE_END(GenMsgContent)

ASN1_SEQUENCE(PKIHeader) = {
	ASN1_SIMPLE(PKIHeader, pvno, ASN1_INTEGER),
	ASN1_SIMPLE(PKIHeader, sender, GENERAL_NAME),
	ASN1_SIMPLE(PKIHeader, recipient, GENERAL_NAME),
	ASN1_EXP_OPT(PKIHeader, messageTime, ASN1_GENERALIZEDTIME, 0),
	ASN1_EXP_OPT(PKIHeader, protectionAlg, ASN1_ANY, 1),
	ASN1_EXP_OPT(PKIHeader, senderKID, ASN1_OCTET_STRING, 2),
	ASN1_EXP_OPT(PKIHeader, recipKID, ASN1_OCTET_STRING, 3),
	ASN1_EXP_OPT(PKIHeader, transactionID, ASN1_OCTET_STRING, 4),
	ASN1_EXP_OPT(PKIHeader, senderNonce, ASN1_OCTET_STRING, 5),
	ASN1_EXP_OPT(PKIHeader, recipNonce, ASN1_OCTET_STRING, 6),
	ASN1_EXP_SEQUENCE_OF_OPT(PKIHeader, freeText, ASN1_UTF8STRING, 7),
	ASN1_EXP_SEQUENCE_OF_OPT(PKIHeader, generalInfo, InfoTypeAndValue, 8)
} ASN1_SEQUENCE_END(PKIHeader)

ASN1_CHOICE(PKIBody) = {
	ASN1_EXP(PKIBody, content, ASN1_ANY, 0),	/* ir       CertReqMessages */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 1),	/* ip       CertRepMessage */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 2),	/* cr       CertReqMessages */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 3),	/* cp       CertRepMessage */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 4),	/* p10cr    CertificationRequest */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 5),	/* popdecc  POPODecKeyChallContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 6),	/* popdecr  POPODecKeyRespContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 7),	/* kur      CertReqMessages */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 8),	/* kup      CertRepMessage */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 9),	/* krr      CertReqMessages */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 10),	/* krp      KeyRecRepContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 11),	/* rr       RevReqContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 12),	/* rp       RevRepContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 13),	/* ccr      CertReqMessages */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 14),	/* ccp      CertRepMessage */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 15),	/* ckuann   CAKeyUpdAnnContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 16),	/* cann     CertAnnContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 17),	/* rann     RevAnnContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 18),	/* crlann   CRLAnnContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 19),	/* pkiconf  PKIConfirmContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 20),	/* nested   NestedMessageContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 21),	/* genm     GenMsgContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 22),	/* genp     GenRepContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 23),	/* error    ErrorMsgContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 24),	/* certConf CertConfirmContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 25),	/* pollReq  PollReqContent */
	ASN1_EXP(PKIBody, content, ASN1_ANY, 26)	/* pollRep  PollRepContent */
} ASN1_CHOICE_END(PKIBody)

ASN1_SEQUENCE(ProtectedPart) = {
	ASN1_SIMPLE(ProtectedPart, header, PKIHeader),
	ASN1_SIMPLE(ProtectedPart, body, PKIBody)
} ASN1_SEQUENCE_END(ProtectedPart)

ASN1_SEQUENCE(PKIMessage) = {
	ASN1_SIMPLE(PKIMessage, header, ASN1_ANY),
	ASN1_SIMPLE(PKIMessage, body, ASN1_ANY),
	ASN1_EXP_OPT(PKIMessage, protection, ASN1_BIT_STRING, 0),
	ASN1_EXP_SEQUENCE_OF_OPT(PKIMessage, extraCerts, ASN1_ANY, 1)
} ASN1_SEQUENCE_END(PKIMessage)

ASN1_ITEM_TEMPLATE(NestedMessageContent) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, NestedMessageContent, ASN1_ANY)
ASN1_ITEM_TEMPLATE_END(NestedMessageContent)

ASN1_ITEM_TEMPLATE(Certificates) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, Certificates, ASN1_ANY)
ASN1_ITEM_TEMPLATE_END(Certificates)

ASN1_ITEM_TEMPLATE(PKIFreeText) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, PKIFreeText, ASN1_UTF8STRING)
ASN1_ITEM_TEMPLATE_END(PKIFreeText)

ASN1_SEQUENCE(PKIStatusInfo) = {
	ASN1_SIMPLE(PKIStatusInfo, status, ASN1_INTEGER),
	ASN1_SEQUENCE_OF_OPT(PKIStatusInfo, statusString, ASN1_UTF8STRING),
	ASN1_OPT(PKIStatusInfo, failInfo, ASN1_BIT_STRING)
} ASN1_SEQUENCE_END(PKIStatusInfo)

ASN1_CHOICE(CertOrEncCert) = {
	ASN1_EXP(CertOrEncCert, value, ASN1_ANY, 0),	/* certificate */
	ASN1_EXP(CertOrEncCert, value, ASN1_ANY, 1)	/* encryptedCert */
} ASN1_CHOICE_END(CertOrEncCert)

ASN1_SEQUENCE(CertifiedKeyPair) = {
	ASN1_SIMPLE(CertifiedKeyPair, certOrEncCert, CertOrEncCert),
	ASN1_EXP_OPT(CertifiedKeyPair, privateKey, ASN1_ANY, 0),
	ASN1_EXP_OPT(CertifiedKeyPair, publicationInfo, ASN1_ANY, 1)
} ASN1_SEQUENCE_END(CertifiedKeyPair)

ASN1_SEQUENCE(CertResponse) = {
	ASN1_SIMPLE(CertResponse, certReqId, ASN1_INTEGER),
	ASN1_SIMPLE(CertResponse, status, PKIStatusInfo),
	ASN1_OPT(CertResponse, certifiedKeyPair, CertifiedKeyPair),
	ASN1_OPT(CertResponse, rspInfo, ASN1_OCTET_STRING)
} ASN1_SEQUENCE_END(CertResponse)

ASN1_SEQUENCE(CertRepMessage) = {
	ASN1_EXP_SEQUENCE_OF_OPT(CertRepMessage, caPubs, ASN1_ANY, 1),
	ASN1_SEQUENCE_OF(CertRepMessage, response, CertResponse)
} ASN1_SEQUENCE_END(CertRepMessage)

ASN1_SEQUENCE(CertStatus) = {
	ASN1_SIMPLE(CertStatus, certHash, ASN1_OCTET_STRING),
	ASN1_SIMPLE(CertStatus, certReqId, ASN1_INTEGER),
	ASN1_OPT(CertStatus, statusInfo, PKIStatusInfo),
	ASN1_EXP_OPT(CertStatus, hashAlg, X509_ALGOR, 0)
} ASN1_SEQUENCE_END(CertStatus)

ASN1_ITEM_TEMPLATE(CertConfirmContent) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, CertConfirmContent, CertStatus)
ASN1_ITEM_TEMPLATE_END(CertConfirmContent)

ASN1_SEQUENCE(PollReq) = {
	ASN1_SIMPLE(PollReq, certReqId, ASN1_INTEGER)
} ASN1_SEQUENCE_END(PollReq)

ASN1_ITEM_TEMPLATE(PollReqContent) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, PollReqContent, PollReq)
ASN1_ITEM_TEMPLATE_END(PollReqContent)

ASN1_SEQUENCE(PollRep) = {
	ASN1_SIMPLE(PollRep, certReqId, ASN1_INTEGER),
	ASN1_SIMPLE(PollRep, checkAfter, ASN1_INTEGER),
	ASN1_SEQUENCE_OF_OPT(PollRep, reason, ASN1_UTF8STRING)
} ASN1_SEQUENCE_END(PollRep)

ASN1_ITEM_TEMPLATE(PollRepContent) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, PollRepContent, PollRep)
ASN1_ITEM_TEMPLATE_END(PollRepContent)

ASN1_SEQUENCE(ErrorMsgContent) = {
	ASN1_SIMPLE(ErrorMsgContent, pKIStatusInfo, PKIStatusInfo),
	ASN1_OPT(ErrorMsgContent, errorCode, ASN1_INTEGER),
	ASN1_SEQUENCE_OF_OPT(ErrorMsgContent, errorDetails, ASN1_UTF8STRING)
} ASN1_SEQUENCE_END(ErrorMsgContent)

int
asn_no_memory(struct err *e)
{
	ossl_begin();
	return err_set(e, R_NO_MEMORY, "CMP message");
}

enum reason
asn_reason(enum reason otherwise)
{
	return ossl_no_memory() ? R_NO_MEMORY : otherwise;
}

void *
asn_parse(struct mem der, const ASN1_ITEM *it, const char *what, struct err *e)
{
	const unsigned char *p = der.p;
	ASN1_VALUE *v = NULL;

	ossl_begin();
	if (der.len > 0 && der.len <= LONG_MAX)
		v = ASN1_item_d2i(NULL, &p, (long)der.len, it);
	if (v == NULL) {
		(void)err_set(e, asn_reason(R_NOT_DER), "%s (RFC 9483 section 3.5)", what);
		return NULL;
	}
	if (p != der.p + der.len) {
		ASN1_item_free(v, it);
		(void)err_set(e, R_TRAILING_BYTES, "%s", what);
		return NULL;
	}
	return v;
}

int
asn_build(const void *value, const ASN1_ITEM *it, struct blob *out, struct err *e)
{
	int len = ASN1_item_i2d(value, NULL, it);
	unsigned char *p;
	uint8_t *der;

	if (len <= 0)
		return asn_no_memory(e);
	der = p = mem_calloc((size_t)len, 1);
	if (der == NULL)
		return asn_no_memory(e);
	/* Without memory to sort a SET OF, OpenSSL leaves it out and still tells the whole length. */
	if (ASN1_item_i2d(value, &p, it) != len || p != der + len) {
		free(der);
		return asn_no_memory(e);
	}
	blob_free(out);
	*out = (struct blob){ der, (size_t)len };
	return 0;
}

ASN1_TYPE *
asn_any(struct mem der, const char *what, struct err *e)
{
	return asn_parse(der, ASN1_ITEM_rptr(ASN1_ANY), what, e);
}

struct mem
asn_any_get0(const ASN1_TYPE *a)
{
	if (a == NULL || (a->type != V_ASN1_SEQUENCE && a->type != V_ASN1_OTHER))
		return MEM_NONE;
	return asn_string_get0(a->value.asn1_string);
}

struct mem
asn_string_get0(const ASN1_STRING *s)
{
	if (s == NULL || ASN1_STRING_length(s) <= 0)
		return MEM_NONE;
	return (struct mem){ ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) };
}

int
asn_text_add(STACK_OF(ASN1_UTF8STRING) **list, struct mem text)
{
	ASN1_UTF8STRING *s = ASN1_UTF8STRING_new();

	if (*list == NULL)
		*list = sk_ASN1_UTF8STRING_new_null();
	if (s == NULL || *list == NULL || text.len > INT_MAX ||
	    ASN1_STRING_set(s, text.p, (int)text.len) != 1 || sk_ASN1_UTF8STRING_push(*list, s) <= 0) {
		ASN1_UTF8STRING_free(s);
		return -1;
	}
	return 0;
}

void
asn_text_print(const STACK_OF(ASN1_UTF8STRING) *list, char *out, size_t size)
{
	size_t had = strlen(out), n;
	struct buf b;

	buf_init(&b, 8 * size);
	buf_add_str(&b, out);
	for (int i = 0; i < sk_ASN1_UTF8STRING_num(list) && b.len < size; i++) {
		if (b.len > 0)
			buf_add_str(&b, "; ");
		enc_printable(&b, asn_string_get0(sk_ASN1_UTF8STRING_value(list, i)), size);
	}
	n = buf_ok(&b) ? b.len : had;
	if (n >= size)
		n = size - 1;
	while (n > had && n < b.len && (b.p[n] & 0xc0) == 0x80)		/* not inside a character */
		n--;
	if (n > had)
		memcpy(out, b.p, n);
	out[n] = '\0';
	buf_free(&b);
}

STACK_OF(ASN1_TYPE) *
asn_certs(const struct certs *l)
{
	STACK_OF(ASN1_TYPE) *list = sk_ASN1_TYPE_new_null();

	for (size_t i = 0; list != NULL && i < l->n; i++) {
		ASN1_TYPE *c = asn_any(cert_get0_der(l->v[i]), "certificate", NULL);

		if (c == NULL || sk_ASN1_TYPE_push(list, c) <= 0) {
			ASN1_TYPE_free(c);
			sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
			return NULL;
		}
	}
	return list;
}
