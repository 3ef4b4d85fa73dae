/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * error: ErrorMsgContent, RFC 4210 section 5.3.21 and RFC 9483 section 3.6.4.
 */
#include "common/cmp/internal.h"

int
cmp_error_build(const struct pki_status_info *s, struct blob *out, struct err *e)
{
	ErrorMsgContent *a = (ErrorMsgContent *)ASN1_item_new(ASN1_ITEM_rptr(ErrorMsgContent));
	int rc = -1;

	if (a == NULL)
		return asn_no_memory(e);
	if (status_set(a->pKIStatusInfo, s, e) == 0)
		rc = asn_build(a, ASN1_ITEM_rptr(ErrorMsgContent), out, e);
	ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(ErrorMsgContent));
	return rc;
}

/* The text is statusString with errorDetails behind it: peers use either. */
int
cmp_error_read(const struct cmp_msg *m, struct pki_status_info *s, struct err *e)
{
	const ErrorMsgContent *a = body_content(m, CMP_BIT(CMP_ERROR), e);
	struct pki_status_info got;

	if (a == NULL || status_read(a->pKIStatusInfo, &got, e) != 0)
		return -1;
	asn_text_print(a->errorDetails, got.text, sizeof(got.text));
	*s = got;
	return 0;
}
