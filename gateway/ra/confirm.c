/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/pki/cert.h"
#include "gateway/ra/internal.h"

#define CERT_HASH_MAX 64

static void
status_of(const struct ca_item *it, struct pki_status_info *s)
{
	*s = (struct pki_status_info){ .status = it->reject ? PKI_REJECTION : PKI_ACCEPTED };
	if (!it->reject)
		return;
	s->fail_info = 1u << FI_incorrectData;
	snprintf(s->text, sizeof(s->text), "the certificate does not answer the request");
}

/* RFC 9483 section 4.1.1: certConf with one CertStatus. */
int
ra_confirm_draft(const struct ca_item *it, struct cmp_out *out, struct blob *content, struct err *e)
{
	struct cmp_cert_conf conf = { .cert_req_id = it->cert_req_id, .accepted = !it->reject };
	struct cert *cert = NULL;
	struct buf hash;
	int rc = -1;

	buf_init(&hash, CERT_HASH_MAX);
	if (it->peer_nonce.len == 0) {
		err_set(e, R_INTERNAL, "no senderNonce of the CA to answer to");
		goto out;
	}
	if (cert_parse(mem_of(&it->cert), &cert, e) != 0 || cert_cert_hash(cert, &hash, e) != 0)
		goto out;
	conf.cert_hash = buf_mem(&hash);
	status_of(it, &conf.status);
	if (cmp_cert_conf_build(&conf, content, e) != 0)
		goto out;
	out->body = CMP_CERTCONF;
	out->content = mem_of(content);
	out->header.recip_nonce = mem_of(&it->peer_nonce);
	rc = 0;
out:
	buf_free(&hash);
	cert_free(cert);
	return rc;
}
