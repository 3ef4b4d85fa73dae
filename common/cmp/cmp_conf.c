/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * certConf: CertConfirmContent, RFC 4210 section 5.3.18, and pkiConf, its answer.
 */
#include "common/cmp/internal.h"

static int
cert_status_set(CertStatus *a, const struct cmp_cert_conf *c, struct err *e)
{
	if (c->cert_hash.len > INT_MAX ||
	    ASN1_OCTET_STRING_set(a->certHash, c->cert_hash.p, (int)c->cert_hash.len) != 1 ||
	    ASN1_INTEGER_set_int64(a->certReqId, c->cert_req_id) != 1)
		return asn_no_memory(e);
	if (c->accepted)			/* absent means accepted */
		return 0;
	a->statusInfo = (PKIStatusInfo *)ASN1_item_new(ASN1_ITEM_rptr(PKIStatusInfo));
	if (a->statusInfo == NULL)
		return asn_no_memory(e);
	return status_set(a->statusInfo, &c->status, e);
}

int
cmp_cert_conf_build(const struct cmp_cert_conf *c, struct blob *out, struct err *e)
{
	STACK_OF(CertStatus) *list = sk_CertStatus_new_null();
	CertStatus *a = (CertStatus *)ASN1_item_new(ASN1_ITEM_rptr(CertStatus));
	int rc = -1;

	if (list == NULL || a == NULL || sk_CertStatus_push(list, a) <= 0) {
		ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(CertStatus));
		(void)asn_no_memory(e);
		goto out;
	}
	if (cert_status_set(a, c, e) != 0)
		goto out;
	rc = asn_build(list, ASN1_ITEM_rptr(CertConfirmContent), out, e);
out:
	ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(CertConfirmContent));
	return rc;
}

/*
 * hashAlg is not looked at: where the certificate's own algorithm names the hash, it adds nothing, and
 * another hash cannot equal the one that the receiver computes.
 */
int
cmp_cert_conf_read(const struct cmp_msg *m, struct cmp_cert_conf *c, struct err *e)
{
	const STACK_OF(CertStatus) *list = body_content(m, CMP_BIT(CMP_CERTCONF), e);
	struct cmp_cert_conf got = { .accepted = true };
	const CertStatus *a;

	if (list == NULL)
		return -1;
	if (sk_CertStatus_num(list) == 0) {		/* RFC 4210 section 5.3.18: all are rejected */
		*c = (struct cmp_cert_conf){ .status.status = PKI_REJECTION };
		return 0;
	}
	if (body_want_one(sk_CertStatus_num(list), "CertStatus", e) != 0)
		return -1;
	a = sk_CertStatus_value(list, 0);
	if (integer_read(a->certReqId, &got.cert_req_id, "certReqId", e) != 0 ||
	    (a->statusInfo != NULL && status_read(a->statusInfo, &got.status, e) != 0))
		return -1;
	got.cert_hash = asn_string_get0(a->certHash);
	got.accepted = got.status.status == PKI_ACCEPTED;
	*c = got;
	return 0;
}

int
cmp_pki_conf_build(struct blob *out, struct err *e)
{
	ASN1_NULL *null = ASN1_NULL_new();
	int rc;

	if (null == NULL)
		return asn_no_memory(e);
	rc = asn_build(null, ASN1_ITEM_rptr(ASN1_NULL), out, e);
	ASN1_NULL_free(null);
	return rc;
}
