/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * PKIMessage: what parses survives every reader, and its parts put together again give the same message.
 */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/limits.h"
#include "common/cmp/body.h"
#include "common/cmp/msg.h"
#include "common/cmp/verify.h"
#include "tests/fuzz/mutator.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
read_all(const struct cmp_msg *m, struct err *e)
{
	struct pki_status_info status;
	struct cmp_cert_conf conf;
	struct cmp_poll_rep poll;
	struct cmp_cert_rep rep;
	struct certs certs = { NULL, 0 };
	struct mem v, inner[64];
	char oid[64];
	struct buf b;
	int64_t id;
	size_t k;

	buf_init(&b, 4096);
	(void)!cmp_request_read(m, &v, e);
	if (cmp_cert_rep_read(m, &rep, e) == 0)
		pki_status_print(&rep.status, &b);
	(void)!cmp_cert_conf_read(m, &conf, e);
	(void)!cmp_poll_req_read(m, &id, e);
	(void)!cmp_poll_rep_read(m, &poll, e);
	if (cmp_error_read(m, &status, e) == 0)
		pki_status_print(&status, &b);
	if (cmp_gen_read(m, oid, &v, e) == 0 && cmp_ca_certs_read(v, &certs, e) == 0)
		certs_free(&certs);
	if (cmp_nested_read(m, inner, 64, &k, e) == 0)
		for (size_t i = 0; i < k; i++) {
			struct cmp_msg *one;

			if (cmp_msg_parse(inner[i], &one, e) == 0)
				cmp_msg_free(one);
		}
	buf_free(&b);
}

/* The header and body as received, with the same protection: the same message. */
static void
put_together_again(const struct cmp_msg *m, struct err *e)
{
	struct blob part = { NULL, 0 }, part2 = { NULL, 0 }, der = { NULL, 0 };
	struct cmp_msg *again = NULL;

	must(cmp_msg_protected_part(m, &part, e) == 0);
	must(cmp_msg_assemble(mem_of(&part), cmp_msg_get0_protection(m), cmp_msg_get0_extra_certs(m), &der,
	    e) == 0);
	if (der.len <= LIM_CMP_MSG) {
		must(cmp_msg_parse(mem_of(&der), &again, e) == 0);
		must(cmp_msg_protected_part(again, &part2, e) == 0);
		must(mem_eq(mem_of(&part), mem_of(&part2)));
		must(mem_eq(cmp_msg_get0_body(m), cmp_msg_get0_body(again)));
		must(mem_eq(cmp_msg_get0_protection(m), cmp_msg_get0_protection(again)));
	}
	cmp_msg_free(again);
	blob_free(&part);
	blob_free(&part2);
	blob_free(&der);
}

/* The header in our form, built again, reads the same. */
static void
build_header_again(const struct cmp_msg *m, struct err *e)
{
	const struct cmp_header *h = cmp_msg_get0_header(m), *g;
	struct blob part = { NULL, 0 };
	struct cmp_msg *again = NULL;

	if (cmp_part_build(h, cmp_msg_body(m), cmp_msg_get0_body(m), &part, e) == 0 &&
	    cmp_part_parse(mem_of(&part), &again, e) == 0) {
		g = cmp_msg_get0_header(again);
		must(g->pvno == h->pvno && mem_eq(g->sender, h->sender) &&
		    mem_eq(g->transaction_id, h->transaction_id) && mem_eq(g->sender_nonce, h->sender_nonce) &&
		    mem_eq(g->recip_nonce, h->recip_nonce) && g->implicit_confirm == h->implicit_confirm &&
		    g->message_time == h->message_time && mem_eq(g->cert_profile, h->cert_profile));
	}
	cmp_msg_free(again);
	blob_free(&part);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct cmp_expect x = { .bodies = ~UINT32_C(0) };
	struct cmp_msg *m = NULL;
	struct err e;

	if (cmp_msg_parse((struct mem){ p, n }, &m, &e) != 0)
		return 0;
	(void)!cmp_verify_header(m, &x, &e);
	read_all(m, &e);
	put_together_again(m, &e);
	build_header_again(m, &e);
	cmp_msg_free(m);
	return 0;
}
