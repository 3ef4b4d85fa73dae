/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * PKIHeader, RFC 4210 section 5.1.1 and RFC 9483 section 3.1.
 */
#include <string.h>
#include <time.h>

#include "common/base/enc.h"
#include "common/base/limits.h"
#include "common/cmp/der.h"
#include "common/cmp/internal.h"
#include "common/pki/ossl.h"

/* generalInfo, RFC 4210 section 5.1.1 and RFC 9480 section 2.3 */
#define OID_IT_IMPLICIT_CONFIRM		"1.3.6.1.5.5.7.4.13"
#define OID_IT_CONFIRM_WAIT_TIME	"1.3.6.1.5.5.7.4.14"
#define OID_IT_ORIG_PKI_MESSAGE		"1.3.6.1.5.5.7.4.15"
#define OID_IT_CERT_PROFILE		"1.3.6.1.5.5.7.4.21"

/* DER Name of a directoryName; the NULL-DN counts as none (RFC 9483 section 3.1). */
static int
name_read(const GENERAL_NAME *g, struct mem *out, struct err *e)
{
	const unsigned char *p;
	size_t len;

	if (g->type != GEN_DIRNAME || X509_NAME_entry_count(g->d.directoryName) == 0)
		return 0;
	if (X509_NAME_get0_der(g->d.directoryName, &p, &len) != 1)
		return asn_no_memory(e);
	*out = (struct mem){ p, len };
	return 0;
}

static int
octets_read(const ASN1_OCTET_STRING *s, size_t max, const char *what, struct mem *out, struct err *e)
{
	struct mem m = asn_string_get0(s);

	if (m.len > max)
		return err_set(e, R_TOO_LONG, "%s: %zu octets, limit %zu", what, m.len, max);
	*out = m;
	return 0;
}

static int
time_read(const ASN1_GENERALIZEDTIME *t, const char *what, int64_t *out, struct err *e)
{
	struct tm tm;

	if (t == NULL)
		return 0;
	if (ASN1_TIME_to_tm(t, &tm) != 1) {
		ossl_begin();
		return err_set(e, R_NOT_DER, "%s is not a GeneralizedTime", what);
	}
	*out = timegm(&tm);
	return 0;
}

/* The algorithm stays as it came, but an AlgorithmIdentifier it must be. */
static int
algorithm_read(const ASN1_TYPE *a, struct mem *out, struct err *e)
{
	X509_ALGOR *alg;

	if (a == NULL)
		return 0;
	alg = asn_parse(asn_any_get0(a), ASN1_ITEM_rptr(X509_ALGOR), "protectionAlg", e);
	if (alg == NULL)
		return -1;
	X509_ALGOR_free(alg);
	*out = asn_any_get0(a);
	return 0;
}

/* CertProfileValue: RFC 9483 section 3.1 wants exactly one UTF8String. */
static int
cert_profile_read(const ASN1_TYPE *value, struct cmp_header *h, struct err *e)
{
	struct mem in = asn_any_get0(value);
	struct der list, text;

	if (der_next_sequence(&in, &list) != 0 || der_next(&list.content, &text) != 0 ||
	    list.content.len != 0 || text.class != V_ASN1_UNIVERSAL ||
	    text.tag != V_ASN1_UTF8STRING || text.content.len == 0 || !utf8_ok(text.content))
		return err_set(e, R_CMP_HEADER, "certProfile is not one UTF8String (RFC 9483 section 3.1)");
	if (text.content.len > LIM_PROFILE_NAME)
		return err_set(e, R_TOO_LONG, "certProfile: %zu octets, limit %d", text.content.len,
		    LIM_PROFILE_NAME);
	h->cert_profile = text.content;
	return 0;
}

static int
implicit_confirm_read(const ASN1_TYPE *value, struct cmp_header *h, struct err *e)
{
	if (value != NULL && value->type != V_ASN1_NULL)
		return err_set(e, R_CMP_HEADER, "implicitConfirm is not NULL (RFC 4210 section 5.1.1.1)");
	h->implicit_confirm = true;
	return 0;
}

static int
confirm_wait_read(const ASN1_TYPE *value, struct cmp_header *h, struct err *e)
{
	if (value == NULL || value->type != V_ASN1_GENERALIZEDTIME)
		return err_set(e, R_CMP_HEADER,
		    "confirmWaitTime is not a GeneralizedTime (RFC 4210 section 5.1.1.2)");
	return time_read(value->value.generalizedtime, "confirmWaitTime", &h->confirm_wait_until, e);
}

static int
orig_message_read(const ASN1_TYPE *value, struct cmp_header *h, struct err *e)
{
	h->orig_message = asn_any_get0(value);
	if (h->orig_message.len == 0)
		return err_set(e, R_CMP_HEADER, "origPKIMessage is not PKIMessages (RFC 4210 section 5.1.1.3)");
	return 0;
}

/* Those that are not in the list are left alone (RFC 9483 section 3.5). */
static const struct info {
	const char *oid;
	int (*read)(const ASN1_TYPE *value, struct cmp_header *h, struct err *e);
} infos[] = {
	{ OID_IT_IMPLICIT_CONFIRM,	implicit_confirm_read },
	{ OID_IT_CONFIRM_WAIT_TIME,	confirm_wait_read },
	{ OID_IT_ORIG_PKI_MESSAGE,	orig_message_read },
	{ OID_IT_CERT_PROFILE,		cert_profile_read },
};

static int
general_info_read(const STACK_OF(InfoTypeAndValue) *list, struct cmp_header *h, struct err *e)
{
	bool seen[COUNT_OF(infos)] = { false };
	char oid[64];

	for (int i = 0; i < sk_InfoTypeAndValue_num(list); i++) {
		const InfoTypeAndValue *v = sk_InfoTypeAndValue_value(list, i);

		if (OBJ_obj2txt(oid, sizeof(oid), v->infoType, 1) <= 0)
			continue;
		for (size_t k = 0; k < COUNT_OF(infos); k++) {
			if (strcmp(oid, infos[k].oid) != 0)
				continue;
			if (seen[k])
				return err_set(e, R_CMP_HEADER, "generalInfo has %s twice", oid);
			seen[k] = true;
			if (infos[k].read(v->infoValue, h, e) != 0)
				return -1;
		}
	}
	return 0;
}

int
header_read(const PKIHeader *a, struct cmp_header *h, struct err *e)
{
	int64_t pvno;

	*h = (struct cmp_header){ .pvno = -1 };
	if (ASN1_INTEGER_get_int64(&pvno, a->pvno) == 1 && pvno >= 0 && pvno <= INT_MAX)
		h->pvno = (int)pvno;
	ossl_begin();
	if (name_read(a->sender, &h->sender, e) != 0 ||
	    name_read(a->recipient, &h->recipient, e) != 0 ||
	    time_read(a->messageTime, "messageTime", &h->message_time, e) != 0 ||
	    algorithm_read(a->protectionAlg, &h->protection_alg, e) != 0 ||
	    octets_read(a->senderKID, LIM_NONCE, "senderKID", &h->sender_kid, e) != 0 ||
	    octets_read(a->transactionID, LIM_TRANSACTION_ID, "transactionID", &h->transaction_id,
	    e) != 0 ||
	    octets_read(a->senderNonce, LIM_NONCE, "senderNonce", &h->sender_nonce, e) != 0 ||
	    octets_read(a->recipNonce, LIM_NONCE, "recipNonce", &h->recip_nonce, e) != 0)
		return -1;
	return general_info_read(a->generalInfo, h, e);
}

static int
name_set(GENERAL_NAME *g, struct mem der, struct err *e)
{
	static const uint8_t null_dn[] = { 0x30, 0x00 };
	X509_NAME *n;

	if (der.len == 0)
		der = (struct mem){ null_dn, sizeof(null_dn) };
	n = asn_parse(der, ASN1_ITEM_rptr(X509_NAME), "Name", e);
	if (n == NULL)
		return -1;
	GENERAL_NAME_set0_value(g, GEN_DIRNAME, n);
	return 0;
}

static int
octets_set(ASN1_OCTET_STRING **s, struct mem m, struct err *e)
{
	if (m.len == 0)
		return 0;
	*s = ASN1_OCTET_STRING_new();
	if (*s == NULL || m.len > INT_MAX || ASN1_OCTET_STRING_set(*s, m.p, (int)m.len) != 1)
		return asn_no_memory(e);
	return 0;
}

/* type and value as for ASN1_TYPE_set(); takes value over. */
static int
info_add(PKIHeader *a, const char *oid, int type, void *value, struct err *e)
{
	InfoTypeAndValue *i = (InfoTypeAndValue *)ASN1_item_new(ASN1_ITEM_rptr(InfoTypeAndValue));
	ASN1_TYPE *v = ASN1_TYPE_new();

	if (a->generalInfo == NULL)
		a->generalInfo = sk_InfoTypeAndValue_new_null();
	if (i == NULL || v == NULL || a->generalInfo == NULL || (type != V_ASN1_NULL && value == NULL)) {
		ASN1_TYPE_free(v);
		ASN1_item_free((ASN1_VALUE *)i, ASN1_ITEM_rptr(InfoTypeAndValue));
		ASN1_STRING_free(value);
		return asn_no_memory(e);
	}
	ASN1_TYPE_set(v, type, value);
	i->infoValue = v;
	ASN1_OBJECT_free(i->infoType);
	i->infoType = OBJ_txt2obj(oid, 1);
	if (i->infoType == NULL || sk_InfoTypeAndValue_push(a->generalInfo, i) <= 0) {
		ASN1_item_free((ASN1_VALUE *)i, ASN1_ITEM_rptr(InfoTypeAndValue));
		return asn_no_memory(e);
	}
	return 0;
}

/* DER of a SEQUENCE as the value of an ASN1_TYPE. */
static ASN1_STRING *
sequence_string(struct mem der)
{
	ASN1_STRING *s = ASN1_STRING_type_new(V_ASN1_SEQUENCE);

	if (s == NULL || der.len > INT_MAX || ASN1_STRING_set(s, der.p, (int)der.len) != 1) {
		ASN1_STRING_free(s);
		return NULL;
	}
	return s;
}

static int
cert_profile_add(PKIHeader *a, struct mem name, struct err *e)
{
	STACK_OF(ASN1_UTF8STRING) *list = NULL;
	struct blob der = { NULL, 0 };
	int rc = -1;

	if (asn_text_add(&list, name) != 0) {
		(void)asn_no_memory(e);
		goto out;
	}
	if (asn_build(list, ASN1_ITEM_rptr(PKIFreeText), &der, e) != 0)
		goto out;
	rc = info_add(a, OID_IT_CERT_PROFILE, V_ASN1_SEQUENCE, sequence_string(mem_of(&der)), e);
out:
	blob_free(&der);
	sk_ASN1_UTF8STRING_pop_free(list, ASN1_UTF8STRING_free);
	return rc;
}

static int
general_info_set(PKIHeader *a, const struct cmp_header *h, struct err *e)
{
	if (h->implicit_confirm && info_add(a, OID_IT_IMPLICIT_CONFIRM, V_ASN1_NULL, NULL, e) != 0)
		return -1;
	if (h->confirm_wait_until != 0 && info_add(a, OID_IT_CONFIRM_WAIT_TIME,
	    V_ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_set(NULL, h->confirm_wait_until), e) != 0)
		return -1;
	if (h->orig_message.len > 0 && info_add(a, OID_IT_ORIG_PKI_MESSAGE, V_ASN1_SEQUENCE,
	    sequence_string(h->orig_message), e) != 0)
		return -1;
	if (h->cert_profile.len > 0)
		return cert_profile_add(a, h->cert_profile, e);
	return 0;
}

/* messageTime and protectionAlg */
static int
time_and_algorithm_set(PKIHeader *a, const struct cmp_header *h, struct err *e)
{
	if (h->message_time != 0) {
		a->messageTime = ASN1_GENERALIZEDTIME_set(NULL, h->message_time);
		if (a->messageTime == NULL)
			return asn_no_memory(e);
	}
	if (h->protection_alg.len > 0) {
		a->protectionAlg = asn_any(h->protection_alg, "protectionAlg", e);
		if (a->protectionAlg == NULL)
			return -1;
	}
	return 0;
}

PKIHeader *
header_make(const struct cmp_header *h, struct err *e)
{
	PKIHeader *a = (PKIHeader *)ASN1_item_new(ASN1_ITEM_rptr(PKIHeader));

	if (a == NULL || ASN1_INTEGER_set(a->pvno, h->pvno) != 1) {
		(void)asn_no_memory(e);
		goto fail;
	}
	if (name_set(a->sender, h->sender, e) != 0 || name_set(a->recipient, h->recipient, e) != 0 ||
	    time_and_algorithm_set(a, h, e) != 0 ||
	    octets_set(&a->senderKID, h->sender_kid, e) != 0 ||
	    octets_set(&a->transactionID, h->transaction_id, e) != 0 ||
	    octets_set(&a->senderNonce, h->sender_nonce, e) != 0 ||
	    octets_set(&a->recipNonce, h->recip_nonce, e) != 0 || general_info_set(a, h, e) != 0)
		goto fail;
	return a;
fail:
	ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(PKIHeader));
	return NULL;
}
