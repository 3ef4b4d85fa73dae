/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * ip, cp, kup: CertRepMessage, RFC 4210 section 5.3.4, with exactly one CertResponse (RFC 9483 section
 * 4.1.1).
 */
#include "common/base/limits.h"
#include "common/cmp/internal.h"

static bool
is_positive(int status)
{
	return status == PKI_ACCEPTED || status == PKI_GRANTED_WITH_MODS;
}

static int
cert_set(CertResponse *a, struct mem cert, struct err *e)
{
	CertOrEncCert *c;

	if (cert.len == 0)
		return 0;
	a->certifiedKeyPair = (CertifiedKeyPair *)ASN1_item_new(ASN1_ITEM_rptr(CertifiedKeyPair));
	if (a->certifiedKeyPair == NULL)
		return asn_no_memory(e);
	c = a->certifiedKeyPair->certOrEncCert;
	c->value = asn_any(cert, "certificate", e);
	if (c->value == NULL)
		return -1;
	c->type = CERT_OR_ENC_CERT_CERTIFICATE;
	return 0;
}

static int
response_set(CertRepMessage *m, const struct cmp_cert_rep *r, struct err *e)
{
	CertResponse *a = (CertResponse *)ASN1_item_new(ASN1_ITEM_rptr(CertResponse));

	if (a == NULL || sk_CertResponse_push(m->response, a) <= 0) {
		ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(CertResponse));
		return asn_no_memory(e);
	}
	if (ASN1_INTEGER_set_int64(a->certReqId, r->cert_req_id) != 1)
		return asn_no_memory(e);
	if (status_set(a->status, &r->status, e) != 0)
		return -1;
	return cert_set(a, r->cert, e);
}

int
cmp_cert_rep_build(const struct cmp_cert_rep *r, struct blob *out, struct err *e)
{
	CertRepMessage *m = (CertRepMessage *)ASN1_item_new(ASN1_ITEM_rptr(CertRepMessage));
	int rc = -1;

	if (m == NULL) {
		(void)asn_no_memory(e);
		goto out;
	}
	if (r->ca_pubs != NULL && r->ca_pubs->n > 0) {
		m->caPubs = asn_certs(r->ca_pubs);
		if (m->caPubs == NULL) {
			(void)asn_no_memory(e);
			goto out;
		}
	}
	if (response_set(m, r, e) != 0)
		goto out;
	rc = asn_build(m, ASN1_ITEM_rptr(CertRepMessage), out, e);
out:
	ASN1_item_free((ASN1_VALUE *)m, ASN1_ITEM_rptr(CertRepMessage));
	return rc;
}

/* A certificate in clear, and nothing that we did not ask for (RFC 9483 section 4.1.6). */
static int
cert_read(const CertifiedKeyPair *a, struct mem *out, struct err *e)
{
	if (a == NULL)
		return 0;
	if (a->certOrEncCert->type != CERT_OR_ENC_CERT_CERTIFICATE)
		return err_set(e, R_CMP_BODY, "encryptedCert: nobody asked for encryption");
	if (a->privateKey != NULL)
		return err_set(e, R_CMP_BODY, "privateKey: nobody asked for a key");
	*out = asn_any_get0(a->certOrEncCert->value);
	if (out->len == 0)
		return err_set(e, R_NOT_DER, "certificate");
	if (out->len > LIM_CERT)
		return err_set(e, R_TOO_LONG, "certificate: %zu octets, limit %u", out->len, LIM_CERT);
	return 0;
}

/* RFC 4210 section 5.3.4: a certificate comes with a positive status and only then. */
static int
check_status_fits(const struct cmp_cert_rep *r, struct err *e)
{
	if (is_positive(r->status.status) && r->cert.len == 0)
		return err_set(e, R_CMP_BODY, "status accepted without a certificate");
	if ((r->status.status == PKI_REJECTION || r->status.status == PKI_WAITING) && r->cert.len > 0)
		return err_set(e, R_CMP_BODY, "a certificate with status rejection or waiting");
	return 0;
}

int
cmp_cert_rep_read(const struct cmp_msg *m, struct cmp_cert_rep *r, struct err *e)
{
	const CertRepMessage *a = body_content(m, CMP_BIT(CMP_IP) | CMP_BIT(CMP_CP) |
	    CMP_BIT(CMP_KUP), e);
	struct cmp_cert_rep got = { .ca_pubs = NULL };
	const CertResponse *c;

	if (a == NULL || body_want_one(sk_CertResponse_num(a->response), "CertResponse", e) != 0)
		return -1;
	c = sk_CertResponse_value(a->response, 0);
	if (integer_read(c->certReqId, &got.cert_req_id, "certReqId", e) != 0 ||
	    status_read(c->status, &got.status, e) != 0 ||
	    cert_read(c->certifiedKeyPair, &got.cert, e) != 0 || check_status_fits(&got, e) != 0)
		return -1;
	got.has_ca_pubs = sk_ASN1_TYPE_num(a->caPubs) > 0;
	*r = got;
	return 0;
}
