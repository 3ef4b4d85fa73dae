/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * pollReq and pollRep, RFC 4210 section 5.3.22, for one certReqId (RFC 9483 section 4.4).
 */
#include "common/cmp/internal.h"

int
cmp_poll_req_build(int64_t cert_req_id, struct blob *out, struct err *e)
{
	STACK_OF(PollReq) *list = sk_PollReq_new_null();
	PollReq *a = (PollReq *)ASN1_item_new(ASN1_ITEM_rptr(PollReq));
	int rc = -1;

	if (list == NULL || a == NULL || sk_PollReq_push(list, a) <= 0) {
		ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(PollReq));
		(void)asn_no_memory(e);
	} else if (ASN1_INTEGER_set_int64(a->certReqId, cert_req_id) != 1) {
		(void)asn_no_memory(e);
	} else {
		rc = asn_build(list, ASN1_ITEM_rptr(PollReqContent), out, e);
	}
	ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(PollReqContent));
	return rc;
}

int
cmp_poll_req_read(const struct cmp_msg *m, int64_t *cert_req_id, struct err *e)
{
	const STACK_OF(PollReq) *list = body_content(m, CMP_BIT(CMP_POLLREQ), e);

	if (list == NULL || body_want_one(sk_PollReq_num(list), "certReqId", e) != 0)
		return -1;
	return integer_read(sk_PollReq_value(list, 0)->certReqId, cert_req_id, "certReqId", e);
}

static int
poll_rep_set(PollRep *a, const struct cmp_poll_rep *p, struct err *e)
{
	if (ASN1_INTEGER_set_int64(a->certReqId, p->cert_req_id) != 1 ||
	    ASN1_INTEGER_set_int64(a->checkAfter, p->check_after) != 1 ||
	    (p->reason[0] != '\0' && asn_text_add(&a->reason, mem_str(p->reason)) != 0))
		return asn_no_memory(e);
	return 0;
}

int
cmp_poll_rep_build(const struct cmp_poll_rep *p, struct blob *out, struct err *e)
{
	STACK_OF(PollRep) *list = sk_PollRep_new_null();
	PollRep *a = (PollRep *)ASN1_item_new(ASN1_ITEM_rptr(PollRep));
	int rc = -1;

	if (list == NULL || a == NULL || sk_PollRep_push(list, a) <= 0) {
		ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(PollRep));
		(void)asn_no_memory(e);
	} else if (poll_rep_set(a, p, e) == 0) {
		rc = asn_build(list, ASN1_ITEM_rptr(PollRepContent), out, e);
	}
	ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(PollRepContent));
	return rc;
}

int
cmp_poll_rep_read(const struct cmp_msg *m, struct cmp_poll_rep *p, struct err *e)
{
	const STACK_OF(PollRep) *list = body_content(m, CMP_BIT(CMP_POLLREP), e);
	struct cmp_poll_rep got = { 0 };
	const PollRep *a;

	if (list == NULL || body_want_one(sk_PollRep_num(list), "certReqId", e) != 0)
		return -1;
	a = sk_PollRep_value(list, 0);
	if (integer_read(a->certReqId, &got.cert_req_id, "certReqId", e) != 0 ||
	    integer_read(a->checkAfter, &got.check_after, "checkAfter", e) != 0)
		return -1;
	if (got.check_after < 0)
		return err_set(e, R_CMP_BODY, "checkAfter is negative");
	asn_text_print(a->reason, got.reason, sizeof(got.reason));
	*p = got;
	return 0;
}
