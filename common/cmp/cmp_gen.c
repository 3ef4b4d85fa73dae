/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * genm and genp with one InfoTypeAndValue (RFC 9483 section 4.3), and the value of id-it-caCerts.
 */
#include <openssl/err.h>

#include "common/base/limits.h"
#include "common/cmp/der.h"
#include "common/cmp/internal.h"

static int
info_set(InfoTypeAndValue *a, const char *oid, struct mem value, struct err *e)
{
	ASN1_OBJECT_free(a->infoType);
	a->infoType = OBJ_txt2obj(oid, 1);
	if (a->infoType == NULL)
		return err_set(e, asn_reason(R_INTERNAL), "infoType %.64s is not an object identifier", oid);
	if (value.len == 0)
		return 0;
	a->infoValue = asn_any(value, "infoValue", e);
	return a->infoValue == NULL ? -1 : 0;
}

int
cmp_gen_build(const char *oid, struct mem value, struct blob *out, struct err *e)
{
	STACK_OF(InfoTypeAndValue) *list = sk_InfoTypeAndValue_new_null();
	InfoTypeAndValue *a = (InfoTypeAndValue *)ASN1_item_new(ASN1_ITEM_rptr(InfoTypeAndValue));
	int rc = -1;

	if (list == NULL || a == NULL || sk_InfoTypeAndValue_push(list, a) <= 0) {
		ASN1_item_free((ASN1_VALUE *)a, ASN1_ITEM_rptr(InfoTypeAndValue));
		(void)asn_no_memory(e);
	} else if (info_set(a, oid, value, e) == 0) {
		rc = asn_build(list, ASN1_ITEM_rptr(GenMsgContent), out, e);
	}
	ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(GenMsgContent));
	return rc;
}

/* Where the value stands in the bytes: behind the infoType. Empty when absent. */
static int
value_find(struct mem in, struct mem *value, struct err *e)
{
	struct der list, info, type;

	if (der_next_sequence(&in, &list) != 0 || der_next_sequence(&list.content, &info) != 0 ||
	    der_next(&info.content, &type) != 0)
		return err_set(e, R_NOT_DER, "InfoTypeAndValue");
	*value = info.content;
	return 0;
}

int
cmp_gen_read(const struct cmp_msg *m, char oid[64], struct mem *value, struct err *e)
{
	const STACK_OF(InfoTypeAndValue) *list = body_content(m, CMP_BIT(CMP_GENM) |
	    CMP_BIT(CMP_GENP), e);
	int n;

	if (list == NULL || body_want_one(sk_InfoTypeAndValue_num(list), "InfoTypeAndValue", e) != 0)
		return -1;
	n = OBJ_obj2txt(oid, 64, sk_InfoTypeAndValue_value(list, 0)->infoType, 1);
	if (n <= 0 || n >= 64) {
		ERR_clear_error();
		return err_set(e, R_CMP_BODY, "infoType is too long");
	}
	return value_find(cmp_msg_get0_body(m), value, e);
}

int
cmp_ca_certs_build(const struct certs *l, struct blob *value, struct err *e)
{
	STACK_OF(ASN1_TYPE) *list = asn_certs(l);
	int rc;

	if (list == NULL)
		return asn_no_memory(e);
	rc = asn_build(list, ASN1_ITEM_rptr(Certificates), value, e);
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
	return rc;
}

int
cmp_ca_certs_read(struct mem value, struct certs *out, struct err *e)
{
	struct certs got = { NULL, 0 };
	struct cert *c = NULL;
	struct der list, one;

	if (der_next_sequence(&value, &list) != 0 || value.len != 0)
		return err_set(e, R_NOT_DER, "caCerts (RFC 9483 section 4.3.1)");
	while (list.content.len > 0) {
		if (got.n == LIM_CMP_EXTRA) {
			(void)err_set(e, R_TOO_LONG, "more than %d caCerts", LIM_CMP_EXTRA);
			goto fail;
		}
		if (der_next(&list.content, &one) != 0) {
			(void)err_set(e, R_NOT_DER, "caCerts");
			goto fail;
		}
		if (cert_parse(one.all, &c, e) != 0 || certs_add(&got, c, e) != 0)
			goto fail;
		c = NULL;
	}
	*out = got;
	return 0;
fail:
	cert_free(c);
	certs_free(&got);
	return -1;
}
