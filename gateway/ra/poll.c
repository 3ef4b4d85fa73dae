/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ra/internal.h"

/*
 * RFC 9483 section 4.4: certReqId 0 means the CertResponse, -1 the whole message. The CertResponse to a
 * p10cr may have carried either; what the CA said is echoed.
 */
int
ra_poll_draft(const struct ca_item *it, struct cmp_out *out, struct blob *content, struct err *e)
{
	if (it->peer_nonce.len == 0)
		return err_set(e, R_INTERNAL, "no senderNonce of the CA to answer to");
	if (cmp_poll_req_build(it->cert_req_id, content, e) != 0)
		return -1;
	out->body = CMP_POLLREQ;
	out->content = mem_of(content);
	out->header.recip_nonce = mem_of(&it->peer_nonce);
	return 0;
}
