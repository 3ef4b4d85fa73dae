/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gateway/ra/internal.h"

enum cmp_body
ra_request_body(const struct ca_item *it)
{
	return it->crmf.len > 0 ? CMP_IR : CMP_P10CR;
}

int
ra_enrol_draft(const struct ra *ra, struct ca_item *it, struct cmp_out *out, struct err *e)
{
	if (it->crmf.len == 0 && it->pkcs10.len == 0)
		return err_set(e, R_EMPTY, "neither PKCS#10 nor CRMF is stored");
	out->body = ra_request_body(it);
	out->content = out->body == CMP_IR ? it->crmf : it->pkcs10;
	/* RFC 4210 section 5.1.1.1: only here may it be asked for */
	out->header.implicit_confirm = ra->o.implicit_confirm;
	memcpy(it->first_nonce, it->sender_nonce, sizeof(it->first_nonce));
	return 0;
}
