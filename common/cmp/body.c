/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the 27 bodies are called and what is inside them.
 */
#include <openssl/err.h>

#include "common/cmp/internal.h"

/* Without an item the content is left as it came: requests are spliced, the rest is not used. */
static const struct {
	const char *name;
	ASN1_ITEM_EXP *content;
} bodies[CMP_BODIES] = {
	[CMP_IR] = { "ir", NULL },
	[CMP_IP] = { "ip", ASN1_ITEM_ref(CertRepMessage) },
	[CMP_CR] = { "cr", NULL },
	[CMP_CP] = { "cp", ASN1_ITEM_ref(CertRepMessage) },
	[CMP_P10CR] = { "p10cr", NULL },
	[CMP_POPDECC] = { "popdecc", NULL },
	[CMP_POPDECR] = { "popdecr", NULL },
	[CMP_KUR] = { "kur", NULL },
	[CMP_KUP] = { "kup", ASN1_ITEM_ref(CertRepMessage) },
	[CMP_KRR] = { "krr", NULL },
	[CMP_KRP] = { "krp", NULL },
	[CMP_RR] = { "rr", NULL },
	[CMP_RP] = { "rp", NULL },
	[CMP_CCR] = { "ccr", NULL },
	[CMP_CCP] = { "ccp", ASN1_ITEM_ref(CertRepMessage) },
	[CMP_CKUANN] = { "ckuann", NULL },
	[CMP_CANN] = { "cann", NULL },
	[CMP_RANN] = { "rann", NULL },
	[CMP_CRLANN] = { "crlann", NULL },
	[CMP_PKICONF] = { "pkiconf", ASN1_ITEM_ref(ASN1_NULL) },
	[CMP_NESTED] = { "nested", NULL },
	[CMP_GENM] = { "genm", ASN1_ITEM_ref(GenMsgContent) },
	[CMP_GENP] = { "genp", ASN1_ITEM_ref(GenMsgContent) },
	[CMP_ERROR] = { "error", ASN1_ITEM_ref(ErrorMsgContent) },
	[CMP_CERTCONF] = { "certConf", ASN1_ITEM_ref(CertConfirmContent) },
	[CMP_POLLREQ] = { "pollReq", ASN1_ITEM_ref(PollReqContent) },
	[CMP_POLLREP] = { "pollRep", ASN1_ITEM_ref(PollRepContent) },
};

const char *
cmp_body_name(int body)
{
	if (body < 0 || body >= CMP_BODIES)
		return "?";
	return bodies[body].name;
}

const ASN1_ITEM *
body_item(enum cmp_body body)
{
	return bodies[body].content == NULL ? NULL : ASN1_ITEM_ptr(bodies[body].content);
}

const void *
body_content(const struct cmp_msg *m, uint32_t set, struct err *e)
{
	if ((set & CMP_BIT(cmp_msg_body(m))) == 0) {
		(void)err_set(e, R_CMP_BODY, "%s", cmp_body_name((int)cmp_msg_body(m)));
		return NULL;
	}
	return msg_get0_content(m);
}

int
body_want_one(int n, const char *what, struct err *e)
{
	if (n != 1)
		return err_set(e, R_CMP_BODY, "%d %s instead of one (RFC 9483 section 4.1.1)", n, what);
	return 0;
}

int
integer_read(const ASN1_INTEGER *a, int64_t *out, const char *what, struct err *e)
{
	if (ASN1_INTEGER_get_int64(out, a) != 1) {
		ERR_clear_error();
		return err_set(e, R_CMP_BODY, "%s is out of range", what);
	}
	return 0;
}
