/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * ir, cr, kur: CertReqMessages (RFC 4211). p10cr: CertificationRequest (RFC 2986). Both are somebody
 * else's signed bytes, so they go in and come out as they are; common/pki looks into them.
 */
#include "common/cmp/internal.h"

int
cmp_request_read(const struct cmp_msg *m, struct mem *content, struct err *e)
{
	const uint32_t requests = CMP_BIT(CMP_IR) | CMP_BIT(CMP_CR) | CMP_BIT(CMP_KUR) |
	    CMP_BIT(CMP_P10CR);

	if ((requests & CMP_BIT(cmp_msg_body(m))) == 0)
		return err_set(e, R_CMP_BODY, "%s is not a certificate request",
		    cmp_body_name((int)cmp_msg_body(m)));
	*content = cmp_msg_get0_body(m);
	return 0;
}
