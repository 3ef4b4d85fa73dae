/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nested: PKIMessages, RFC 4210 section 5.1.3.4 and RFC 9483 section 5.2.2. The members are complete
 * messages with a protection of their own: they go in and come out as they are.
 */
#include "common/base/limits.h"
#include "common/cmp/der.h"
#include "common/cmp/internal.h"

int
cmp_nested_build(const struct mem *msgs, size_t n, struct blob *out, struct err *e)
{
	STACK_OF(ASN1_TYPE) *list = sk_ASN1_TYPE_new_null();
	int rc = -1;

	if (list == NULL) {
		(void)asn_no_memory(e);
		goto out;
	}
	if (n == 0) {
		(void)err_set(e, R_CMP_BODY, "nested without a message (RFC 4210 section 5.1.3.4)");
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		ASN1_TYPE *a = asn_any(msgs[i], "member", e);

		if (a == NULL)
			goto out;
		if (sk_ASN1_TYPE_push(list, a) <= 0) {
			ASN1_TYPE_free(a);
			(void)asn_no_memory(e);
			goto out;
		}
	}
	rc = asn_build(list, ASN1_ITEM_rptr(NestedMessageContent), out, e);
out:
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
	return rc;
}

/* A PKIMessage by its outside, and not itself a nested one. */
static int
check_member(struct der msg, size_t i, struct err *e)
{
	struct der header, body;

	if (msg.all.len > LIM_CMP_MSG)
		return err_set(e, R_TOO_LONG, "member %zu: %zu octets, limit %u", i, msg.all.len,
		    LIM_CMP_MSG);
	if (der_next_sequence(&msg.content, &header) != 0 || der_next(&msg.content, &body) != 0 ||
	    body.class != V_ASN1_CONTEXT_SPECIFIC)
		return err_set(e, R_NOT_DER, "member %zu is not a PKIMessage", i);
	if (body.tag == CMP_NESTED)
		return err_set(e, R_CMP_BODY, "member %zu is nested itself", i);
	return 0;
}

int
cmp_nested_read(const struct cmp_msg *m, struct mem *msgs, size_t max, size_t *n, struct err *e)
{
	struct mem in = cmp_msg_get0_body(m);
	struct der list, msg;
	size_t got = 0;

	if (cmp_msg_body(m) != CMP_NESTED)
		return err_set(e, R_CMP_BODY, "%s", cmp_body_name((int)cmp_msg_body(m)));
	if (der_next_sequence(&in, &list) != 0)
		return err_set(e, R_NOT_DER, "PKIMessages");
	while (list.content.len > 0) {
		if (got == max)
			return err_set(e, R_TOO_LONG, "more than %zu members", max);
		if (der_next_sequence(&list.content, &msg) != 0)
			return err_set(e, R_NOT_DER, "member %zu", got);
		if (check_member(msg, got, e) != 0)
			return -1;
		msgs[got++] = msg.all;
	}
	if (got == 0)
		return err_set(e, R_CMP_BODY, "nested without a message (RFC 4210 section 5.1.3.4)");
	*n = got;
	return 0;
}
