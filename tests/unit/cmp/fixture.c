/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cmp/fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

const uint8_t tid[CMP_NONCE_LEN] = "transaction 0001";
const uint8_t nonce_a[CMP_NONCE_LEN] = "the RA's nonce 1";
const uint8_t nonce_b[CMP_NONCE_LEN] = "the CA's nonce 1";

static void
need(int rc, const char *name, const struct err *e)
{
	char text[512];

	if (rc == 0)
		return;
	err_print(e, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", name, text);
	exit(2);
}

static struct blob
pki_file(const char *name, const char *ext)
{
	char path[128];

	snprintf(path, sizeof(path), "cmp/pki/%s.%s", name, ext);
	return unit_data(path);
}

struct cert *
pki_cert(const char *name)
{
	struct blob b = pki_file(name, "crt");
	struct certs l = { NULL, 0 };
	struct cert *c;
	struct err e;

	need(certs_parse(mem_of(&b), 1, &l, &e), name, &e);
	c = cert_dup(l.v[0]);
	certs_free(&l);
	blob_free(&b);
	return c;
}

struct key *
pki_key(const char *name)
{
	struct blob b = pki_file(name, "key");
	struct key *k = NULL;
	struct err e;

	need(key_parse(mem_of(&b), &k, &e), name, &e);
	blob_free(&b);
	return k;
}

struct trust *
pki_trust(void)
{
	struct cert *root = pki_cert("root");
	struct certs l = { &root, 1 };
	struct trust *t = NULL;
	struct err e;

	need(trust_new(&t, &e), "trust", &e);
	need(trust_add(t, &l, &e), "trust", &e);
	cert_free(root);
	return t;
}

int64_t
pki_now(void)
{
	static int64_t now;

	if (now == 0) {
		struct cert *c = pki_cert("station");

		now = cert_not_before(c) + 86400;
		cert_free(c);
	}
	return now;
}

void
signer_init(struct signer *s, const char *name)
{
	struct err e;

	*s = (struct signer){ .key = pki_key(name) };
	need(certs_add(&s->chain, pki_cert(name), &e), name, &e);
	need(certs_add(&s->chain, pki_cert("sub"), &e), name, &e);
	s->protector = (struct cmp_protector){ .chain = &s->chain, .sig_alg = key_get0_sig_alg(s->key),
	    .self = s->key, .sign = cmp_sign_with_key };
}

void
signer_clear(struct signer *s)
{
	key_free(s->key);
	certs_free(&s->chain);
}

struct cmp_header
answer_header(void)
{
	return (struct cmp_header){
		.message_time = pki_now(),
		.transaction_id = MEM(tid),
		.sender_nonce = MEM(nonce_b),
		.recip_nonce = MEM(nonce_a),
	};
}

struct cmp_expect
answer_expect(const struct trust *t)
{
	return (struct cmp_expect){
		.bodies = ~UINT32_C(0),
		.answer = true,
		.transaction_id = MEM(tid),
		.recip_nonce = { MEM(nonce_a) },
		.trust = t,
		.now = pki_now(),
	};
}

struct cmp_msg *
make_message(struct signer *s, struct cmp_header h, bool fill, enum cmp_body body, struct mem content)
{
	struct cmp_sign_item item = { .part = MEM_NONE };
	struct blob part = { NULL, 0 }, der = { NULL, 0 };
	struct cmp_msg *m = NULL;
	struct err e;

	if (fill)
		cmp_protector_header(&s->protector, &h);
	need(cmp_part_build(&h, body, content, &part, &e), "part", &e);
	item.part = mem_of(&part);
	need(cmp_sign_with_key(s->key, &item, 1, &e), "sign", &e);
	need(item.err.reason == R_NONE ? 0 : -1, "sign", &item.err);
	need(cmp_msg_assemble(mem_of(&part), mem_of(&item.signature), &s->chain, &der, &e), "assemble", &e);
	need(cmp_msg_parse(mem_of(&der), &m, &e), "parse", &e);
	blob_free(&item.signature);
	blob_free(&part);
	blob_free(&der);
	return m;
}

struct cmp_msg *
make_answer(struct signer *s, struct cmp_header h, bool fill)
{
	struct blob content = { NULL, 0 };
	struct cmp_msg *m;
	struct err e;

	need(cmp_pki_conf_build(&content, &e), "pkiconf", &e);
	m = make_message(s, h, fill, CMP_PKICONF, mem_of(&content));
	blob_free(&content);
	return m;
}
