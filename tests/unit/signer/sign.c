/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/cmp/verify.h"
#include "tests/unit/signer/fixture.h"
#include "tests/unit/unit.h"

#define GOOD "CN=gnb-1,O=Example Operator"

static struct fixture fx;
static struct credential cred;
static struct signer *client;

static void
set_up_with(double rate, char *const *dns, size_t n_dns)
{
	struct err e;

	fx_files(&fx);
	fx.conf.rate = rate;
	fx.conf.dns_names = dns;
	fx.conf.n_dns_names = n_dns;
	fx_run(&fx);
	fx_credential(&fx, &cred);
	CU_ASSERT_EQUAL_FATAL(signer_new(fx_socket(&fx, ROLE_DISPATCH), &client, &e), 0);
}

static void
set_up(void)
{
	set_up_with(0, NULL, 0);
}

static void
tear_down(void)
{
	signer_free(client);
	client = NULL;
	fx_credential_free(&cred);
	fx_end(&fx);
}

static struct cmp_header
header(void)
{
	return fx_header(&cred.chain, mem_of(&cred.sig_alg));
}

/* Does the signer sign this part? Otherwise its refusal is in the static err. */
static struct err why;

static bool
is_signed(struct mem part)
{
	struct cmp_sign_item it = { .part = part };
	struct err e;
	bool ok;

	CU_ASSERT_EQUAL_FATAL(signer_sign_cmp(client, &it, 1, &e), 0);
	why = it.err;
	ok = it.signature.len > 0;
	CU_ASSERT_EQUAL(ok, it.err.reason == R_NONE);
	blob_free(&it.signature);
	return ok;
}

/* True when it is refused by policy with a detail that has this in it; shows the other one when not. */
static bool
is_refused(struct blob part, const char *detail)
{
	bool ok = !is_signed(mem_of(&part)) && why.reason == R_SIGNER_REFUSED && strstr(why.detail, detail) != NULL;

	if (!ok)
		fprintf(stderr, "not refused with \"%s\", but \"%s\"\n", detail, why.detail);
	blob_free(&part);
	return ok;
}

/* True when the signer says that this was made for another credential than it has. */
static bool
is_outdated(struct blob part, const char *detail)
{
	struct cmp_sign_item it = { .part = mem_of(&part) };
	struct err e = { R_NONE, "" };
	bool yes = signer_sign_cmp(client, &it, 1, &e) == -1 && e.reason == R_CREDENTIAL_CHANGED &&
	    strstr(e.detail, detail) != NULL && it.signature.len == 0;

	blob_free(&part);
	return yes;
}

static bool
is_signed_conf(const struct cmp_header *h, const uint8_t *der, size_t len)
{
	struct blob part = fx_part(h, CMP_CERTCONF, (struct mem){ der, len });
	bool yes = is_signed(mem_of(&part));

	blob_free(&part);
	return yes;
}

static struct blob
part_of(enum cmp_body body, struct blob content)
{
	struct cmp_header h = header();
	struct blob part = fx_part(&h, body, mem_of(&content));

	blob_free(&content);
	return part;
}

static struct blob
p10(const char *subject, const char *const *ext)
{
	return part_of(CMP_P10CR, fx_csr(subject, ext));
}

/* --- what is signed --- */

static void
verify(struct mem der, enum cmp_body body)
{
	struct trust *t = fx_trust();
	const struct cmp_expect x = { .bodies = CMP_BIT(body), .trust = t, .now = clock_wall_s() };
	struct cmp_msg *m = NULL;
	struct cert *by = NULL;
	struct err e = { R_NONE, "" };

	CU_ASSERT_EQUAL_FATAL(cmp_msg_parse(der, &m, &e), 0);
	CU_ASSERT_EQUAL(cmp_verify(m, &x, &by, &e), 0);
	CU_ASSERT_STRING_EQUAL(e.detail, "");
	CU_ASSERT_TRUE(by != NULL && mem_eq(cert_get0_der(by), cert_get0_der(cred.chain.v[0])));
	cert_free(by);
	cmp_msg_free(m);
	trust_free(t);
}

/* By cmp_protect() as nemra-dispatch does it: what comes out is a message that the CA can verify. */
static void
messages_of_the_ra_are_signed_so_that_they_verify(void)
{
	struct cmp_out out[5];
	struct blob content[5] = { { NULL, 0 } };
	static const enum cmp_body body[5] = { CMP_P10CR, CMP_IR, CMP_CERTCONF, CMP_POLLREQ, CMP_GENM };
	static const uint8_t hash[32] = { 1 };
	const struct cmp_cert_conf conf = { .cert_req_id = 0, .cert_hash = { hash, 32 }, .accepted = true };
	struct cmp_protector p;
	struct err e;

	set_up();
	p = (struct cmp_protector){ &cred.chain, mem_of(&cred.sig_alg), client, signer_sign_cmp };
	content[0] = fx_csr(GOOD, NULL);
	content[1] = fx_crmf(GOOD);
	CU_ASSERT_EQUAL_FATAL(cmp_cert_conf_build(&conf, &content[2], &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_poll_req_build(0, &content[3], &e), 0);
	CU_ASSERT_EQUAL_FATAL(cmp_gen_build(OID_IT_CA_CERTS, MEM_NONE, &content[4], &e), 0);
	memset(out, 0, sizeof(out));
	for (size_t i = 0; i < 5; i++)
		out[i] = (struct cmp_out){ .header = header(), .body = body[i], .content = mem_of(&content[i]),
			.with_chain = true };
	CU_ASSERT_EQUAL_FATAL(cmp_protect(&p, out, 5, &e), 0);
	for (size_t i = 0; i < 5; i++) {
		CU_ASSERT_STRING_EQUAL(out[i].err.detail, "");
		CU_ASSERT_EQUAL_FATAL(out[i].err.reason, R_NONE);
		verify(mem_of(&out[i].der), body[i]);
		blob_free(&out[i].der);
		blob_free(&content[i]);
	}
	tear_down();
}

static void
permitted_extensions_are_signed_for(void)
{
	static const char *const ext[] = { "subjectAltName=DNS:gnb-1.ran.example,IP:192.0.2.1",
		"keyUsage=digitalSignature,keyAgreement", "extendedKeyUsage=clientAuth,serverAuth",
		"basicConstraints=CA:FALSE", NULL };
	struct blob part;

	set_up();
	part = p10(GOOD, ext);
	CU_ASSERT_TRUE(is_signed(mem_of(&part)));
	blob_free(&part);
	tear_down();
}

/* --- what is not --- */

static void
a_header_that_is_not_the_ras_is_refused(void)
{
	static const uint8_t other[20] = { 9 };
	struct blob name = { NULL, 0 }, csr = fx_csr(GOOD, NULL), alg = { NULL, 0 };
	struct cmp_header h;
	struct err e;

	set_up();
	CU_ASSERT_EQUAL_FATAL(name_parse("CN=Somebody,O=Example Operator", &name, &e), 0);
	h = header();
	h.sender = mem_of(&name);
	CU_ASSERT_TRUE(is_outdated(fx_part(&h, CMP_P10CR, mem_of(&csr)), "sender"));
	h = header();
	h.sender = MEM_NONE;
	CU_ASSERT_TRUE(is_outdated(fx_part(&h, CMP_P10CR, mem_of(&csr)), "sender"));
	h = header();
	h.sender_kid = (struct mem){ other, sizeof(other) };
	CU_ASSERT_TRUE(is_outdated(fx_part(&h, CMP_P10CR, mem_of(&csr)), "senderKID"));
	h = header();
	h.transaction_id.len = 15;
	CU_ASSERT_TRUE(is_refused(fx_part(&h, CMP_P10CR, mem_of(&csr)), "CMP_HEADER: transactionID"));
	h = header();
	h.sender_nonce = MEM_NONE;
	CU_ASSERT_TRUE(is_refused(fx_part(&h, CMP_P10CR, mem_of(&csr)), "CMP_HEADER: transactionID or senderNonce"));
	h = header();
	CU_ASSERT_EQUAL_FATAL(blob_set1(&alg, h.protection_alg, &e), 0);
	alg.p[alg.len - 1] = (uint8_t)(alg.p[alg.len - 1] ^ 1);		/* ecdsa-with-SHA384 */
	h.protection_alg = mem_of(&alg);
	CU_ASSERT_TRUE(is_outdated(fx_part(&h, CMP_P10CR, mem_of(&csr)), "protectionAlg"));
	blob_free(&alg);
	blob_free(&csr);
	blob_free(&name);
	tear_down();
}

/* What the CA would read and the signer does not look at is not signed. */
static void
a_header_with_more_than_the_ra_sends_is_refused(void)
{
	static const uint8_t cert_profile[] = { 0x2b, 6, 1, 5, 5, 7, 4, 21 };
	struct blob csr = fx_csr(GOOD, NULL), part;
	struct cmp_header h;
	uint8_t *oid;

	set_up();
	h = header();
	h.cert_profile = mem_str("gnb");
	part = fx_part(&h, CMP_P10CR, mem_of(&csr));
	oid = memmem(part.p, part.len, cert_profile, sizeof(cert_profile));
	CU_ASSERT_PTR_NOT_NULL_FATAL(oid);
	oid[sizeof(cert_profile) - 1] = 99;		/* a generalInfo that nobody knows */
	CU_ASSERT_TRUE(is_refused(part, "CMP_HEADER: it is not"));
	CU_ASSERT_TRUE(is_refused(fx_part(&h, CMP_P10CR, mem_of(&csr)), "CMP_HEADER: certProfile"));
	h = header();
	h.confirm_wait_until = 1700000000;
	CU_ASSERT_TRUE(is_refused(fx_part(&h, CMP_P10CR, mem_of(&csr)), "CMP_HEADER: certProfile, confirmWaitTime"));
	h = header();
	h.implicit_confirm = true;
	part = fx_part(&h, CMP_P10CR, mem_of(&csr));
	CU_ASSERT_TRUE(is_signed(mem_of(&part)));
	blob_free(&part);
	blob_free(&csr);
	tear_down();
}

/* "Accepted" said in words; a question with something in it. */
static void
a_body_with_more_than_the_ra_sends_is_refused(void)
{
	static const uint8_t null[] = { 0x05, 0x00 };
	static const uint8_t conf[] = { 0x30, 0x0d, 0x30, 0x0b, 0x04, 0x01, 0x01, 0x02, 0x01, 0x00, 0x30, 0x03, 0x02,
		0x01, 0x00 };
	static const uint8_t none[] = { 0x30, 0x00 };
	struct blob gen = { NULL, 0 };
	struct cmp_header h;
	struct err e;

	set_up();
	h = header();
	CU_ASSERT_EQUAL_FATAL(cmp_gen_build(OID_IT_CA_CERTS, (struct mem){ null, 2 }, &gen, &e), 0);
	CU_ASSERT_TRUE(is_refused(part_of(CMP_GENM, gen), "CMP_BODY: genm with a value"));
	CU_ASSERT_FALSE(is_signed_conf(&h, conf, sizeof(conf)));
	CU_ASSERT_FALSE(is_signed_conf(&h, none, sizeof(none)));
	tear_down();
}

static void
a_challenge_password_is_not_signed_for(void)
{
	struct blob csr = unit_data("pki/openssl-challenge.csr"), part;
	struct cmp_header h;

	set_up();
	h = header();
	part = fx_part(&h, CMP_P10CR, mem_of(&csr));
	CU_ASSERT_TRUE(is_refused(part, "POP_LINKING"));
	blob_free(&csr);
	tear_down();
}

static void
a_body_that_is_not_in_the_list_is_refused(void)
{
	static const enum cmp_body request[] = { CMP_KUR }, other[] = { CMP_PKICONF };
	struct blob content = { NULL, 0 };
	struct cmp_header h;
	struct err e;
	struct mem msg;
	struct blob der = { NULL, 0 }, part, csr = fx_csr(GOOD, NULL);
	static const uint8_t sig[64] = { 1 };

	set_up();
	h = header();
	for (size_t i = 0; i < COUNT_OF(request); i++)
		CU_ASSERT_TRUE(is_refused(part_of(request[i], fx_crmf(GOOD)), "is not signed for"));
	CU_ASSERT_EQUAL_FATAL(cmp_pki_conf_build(&content, &e), 0);
	for (size_t i = 0; i < COUNT_OF(other); i++)
		CU_ASSERT_TRUE(is_refused(fx_part(&h, other[i], mem_of(&content)), "is not signed for"));
	blob_free(&content);
	part = fx_part(&h, CMP_P10CR, mem_of(&csr));
	CU_ASSERT_EQUAL_FATAL(cmp_msg_assemble(mem_of(&part), (struct mem){ sig, sizeof(sig) }, NULL, &der, &e), 0);
	msg = mem_of(&der);
	CU_ASSERT_EQUAL_FATAL(cmp_nested_build(&msg, 1, &content, &e), 0);
	CU_ASSERT_TRUE(is_refused(fx_part(&h, CMP_NESTED, mem_of(&content)), "nested is not signed for"));
	blob_free(&part);
	blob_free(&der);
	blob_free(&csr);
	blob_free(&content);
	CU_ASSERT_EQUAL_FATAL(cmp_gen_build("1.3.6.1.4.1.1.1", MEM_NONE, &content, &e), 0);
	CU_ASSERT_TRUE(is_refused(fx_part(&h, CMP_GENM, mem_of(&content)), "genm asks for 1.3.6.1.4.1.1.1"));
	blob_free(&content);
	tear_down();
}

static void
a_name_outside_the_configured_ones_is_refused(void)
{
	static const char *const bad[] = {
		"CN=gnb-1,O=Example Operator Two", "CN=gnb-1,O=Example", "CN=gnb-1", "O=Example Operator",
		"O=Example Operator,CN=gnb-1", "CN=O\\=Example Operator", "CN=gnb-1\\,O\\=Example Operator",
		"CN=gnb-1,OU=Example Operator", "CN=gnb-1,O=Example Operator,C=DE", "CN=gnb-1,O=Example0Operator",
	};
	static const char *const good[] = {
		GOOD, "CN=gnb-1,OU=ran,O=Example Operator", "CN=gnb-1,O=EXAMPLE  operator",
		"serialNumber=1,CN=x,O=Example Operator",
	};

	set_up();
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		CU_ASSERT_TRUE(is_refused(p10(bad[i], NULL), "SUBJECT_MISMATCH: below none"));
		CU_ASSERT_TRUE(is_refused(part_of(CMP_IR, fx_crmf(bad[i])), "SUBJECT_MISMATCH: below none"));
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct blob part = p10(good[i], NULL);

		CU_ASSERT_TRUE(is_signed(mem_of(&part)));
		blob_free(&part);
	}
	tear_down();
}

/* They stand below the configured names as everybody's do. */
static void
the_name_of_the_ra_or_of_a_ca_is_refused(void)
{
	static const char *const bad[] = { "CN=RA,O=Example Operator", "CN=Test CA,O=Example Operator",
		"CN=test  ca,O=EXAMPLE Operator" };
	struct blob csr = fx_csr("CN=Other CA,O=Example Operator", NULL), other = { NULL, 0 };
	struct cmp_header h;
	struct err e;

	set_up();
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		CU_ASSERT_TRUE(is_refused(p10(bad[i], NULL), "SUBJECT_MISMATCH: the name of the RA or of a CA"));
		CU_ASSERT_TRUE(is_refused(part_of(CMP_IR, fx_crmf(bad[i])), "SUBJECT_MISMATCH: the name of"));
	}
	h = header();
	CU_ASSERT_EQUAL_FATAL(name_parse("CN=Other CA,O=Example Operator", &other, &e), 0);
	h.recipient = mem_of(&other);
	CU_ASSERT_TRUE(is_refused(fx_part(&h, CMP_P10CR, mem_of(&csr)), "SUBJECT_MISMATCH: the name of"));
	blob_free(&other);
	blob_free(&csr);
	tear_down();
}

static void
alternative_names_outside_the_configured_ones_are_refused(void)
{
	static char suffix[] = "ran.example";
	static char *dns[] = { suffix };
	static const char *const bad[][2] = {
		{ "subjectAltName=DNS:gnb-1.other.example", NULL }, { "subjectAltName=DNS:evilran.example", NULL },
		{ "subjectAltName=DNS:ran.example.evil", NULL },
		{ "subjectAltName=DNS:a.ran.example,DNS:b.example", NULL },
	};
	static const char *const wrong_kind[][2] = {
		{ "subjectAltName=URI:http://a.ran.example/", NULL }, { "subjectAltName=email:a@ran.example", NULL },
		{ "subjectAltName=otherName:1.2.3;UTF8:x", NULL },
	};
	static const char *const good[][2] = {
		{ "subjectAltName=DNS:a.RAN.example", NULL }, { "subjectAltName=DNS:ran.example,IP:192.0.2.9", NULL },
	};

	set_up_with(0, dns, 1);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_TRUE(is_refused(p10(GOOD, bad[i]), "SAN_MISMATCH: a DNS name below none"));
	for (size_t i = 0; i < COUNT_OF(wrong_kind); i++)
		CU_ASSERT_TRUE(is_refused(p10(GOOD, wrong_kind[i]), "SAN_MISMATCH: a name that is neither"));
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct blob part = p10(GOOD, good[i]);

		CU_ASSERT_TRUE(is_signed(mem_of(&part)));
		blob_free(&part);
	}
	tear_down();
}

static void
rights_of_a_ca_or_ra_are_refused(void)
{
	static const char *const bad[][2] = {
		{ "basicConstraints=CA:TRUE", NULL }, { "keyUsage=digitalSignature,keyCertSign", NULL },
		{ "keyUsage=cRLSign", NULL }, { "extendedKeyUsage=1.3.6.1.5.5.7.3.28", NULL },
		{ "extendedKeyUsage=clientAuth,1.3.6.1.5.5.7.3.27", NULL },
		{ "extendedKeyUsage=anyExtendedKeyUsage", NULL },
		{ "extendedKeyUsage=OCSPSigning", NULL }, { "2.5.29.32=DER:3005300306012A", NULL },
		{ "nameConstraints=permitted;DNS:x", NULL }, { "1.2.3.4=DER:0500", NULL },
	};

	set_up();
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_TRUE(is_refused(p10(GOOD, bad[i]), "EXTENSION_FORBIDDEN"));
	tear_down();
}

static void
ra_verified_is_no_proof_of_possession(void)
{
	set_up();
	CU_ASSERT_TRUE(is_refused(part_of(CMP_IR, fx_crmf_ra_verified(GOOD)), "NO_POP"));
	CU_ASSERT_TRUE(is_refused(part_of(CMP_CR, fx_crmf_ra_verified(GOOD)), "NO_POP"));
	tear_down();
}

/* Any one bit of a request: its signature covers all of it but the algorithm and itself. */
static void
no_changed_request_is_signed_for(void)
{
	struct blob csr = fx_csr(GOOD, NULL), part = { NULL, 0 };
	struct cmp_header h;
	size_t done = 0;

	set_up();
	h = header();
	for (size_t bit = 0; bit < 8 * csr.len; bit += 5) {
		csr.p[bit / 8] = (uint8_t)(csr.p[bit / 8] ^ (1u << (bit % 8)));
		if (cmp_part_build(&h, CMP_P10CR, mem_of(&csr), &part, NULL) == 0) {
			if (is_signed(mem_of(&part)))
				CU_FAIL("a changed request was signed for");
			blob_free(&part);
			done++;
		}
		csr.p[bit / 8] = (uint8_t)(csr.p[bit / 8] ^ (1u << (bit % 8)));
	}
	CU_ASSERT_TRUE(done > 0);
	blob_free(&csr);
	tear_down();
}

static void
what_is_no_message_is_refused(void)
{
	struct blob part, longer = { NULL, 0 };
	struct buf b;
	struct err e;

	set_up();
	CU_ASSERT_FALSE(is_signed(mem_str("hello")));
	CU_ASSERT_EQUAL(why.reason, R_SIGNER_REFUSED);
	part = p10(GOOD, NULL);
	CU_ASSERT_FALSE(is_signed((struct mem){ part.p, part.len - 1 }));
	buf_init(&b, 65536);
	buf_add_mem(&b, mem_of(&part));
	buf_add_u8(&b, 0);
	CU_ASSERT_EQUAL_FATAL(buf_take(&b, &longer, &e), 0);
	CU_ASSERT_TRUE(is_refused(longer, "TRAILING_BYTES"));
	CU_ASSERT_FALSE(is_signed(MEM_NONE));
	CU_ASSERT_EQUAL(why.reason, R_TOO_LONG);
	CU_ASSERT_TRUE(is_signed(mem_of(&part)));	/* and the connection still works */
	blob_free(&part);
	tear_down();
}

static void
random_frames_never_yield_a_signature(void)
{
	struct sign_state st = { .keys = NULL };
	uint64_t seed = 20260731;
	uint8_t body[600];
	struct err e;

	fx_files(&fx);
	CU_ASSERT_EQUAL_FATAL(signer_keys_load(&fx.conf, NULL, &st.keys, &e), 0);
	CU_ASSERT_EQUAL_FATAL(sign_policy_new(&fx.conf, &st.policy, &e), 0);
	for (unsigned i = 0; i < 100000; i++) {
		size_t len = 0;
		struct job j;
		struct buf out;
		bool finished;

		for (size_t want = seed % sizeof(body); len < want; len++) {
			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			body[len] = (uint8_t)(seed >> 56);
		}
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		seed ^= seed >> 33;
		if (len >= 6 && i % 2 == 0)	/* one item of the right length */
			memcpy(body, (const uint8_t[]){ 0, 1, 0, 0, (uint8_t)((len - 6) >> 8), (uint8_t)(len - 6) }, 6);
		buf_init(&out, LIM_SIGN_ANSWER);
		if (job_begin(&j, &st, sign_rule_find(SIGN_CMP, ROLE_DISPATCH), (struct mem){ body, len }, &out,
		    &e) == 0 &&
		    job_work(&j, SIZE_MAX, &finished, &e) == 0)
			CU_ASSERT_EQUAL(out.p[2], 0);
		buf_free(&out);
	}
	sign_policy_free(st.policy);
	signer_keys_free(st.keys);
}

/* --- many at a time --- */

static void
a_refused_item_does_not_hinder_the_others(void)
{
	struct cmp_sign_item it[3];
	struct blob a, b;
	struct err e;

	set_up();
	a = p10(GOOD, NULL);
	b = p10("CN=x,O=Foreign", NULL);
	memset(it, 0, sizeof(it));
	it[0].part = it[2].part = mem_of(&a);
	it[1].part = mem_of(&b);
	CU_ASSERT_EQUAL_FATAL(signer_sign_cmp(client, it, 3, &e), 0);
	CU_ASSERT_TRUE(it[0].signature.len > 0 && it[2].signature.len > 0);
	CU_ASSERT_EQUAL(it[1].signature.len, 0);
	CU_ASSERT_EQUAL(it[1].err.reason, R_SIGNER_REFUSED);
	blob_free(&it[0].signature);
	blob_free(&it[2].signature);
	blob_free(&a);
	blob_free(&b);
	tear_down();
}

static void
more_items_than_a_frame_takes_are_asked_in_several(void)
{
	enum { N = 2 * LIM_SIGN_ITEMS + 1 };
	struct cmp_sign_item *it = calloc(N, sizeof(*it));
	struct blob a, poll = { NULL, 0 };
	struct err e;
	size_t n_signed = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(it);
	set_up();
	CU_ASSERT_EQUAL_FATAL(cmp_poll_req_build(0, &poll, &e), 0);
	a = part_of(CMP_POLLREQ, poll);
	for (size_t i = 0; i < N; i++)
		it[i].part = mem_of(&a);
	it[700].part = MEM_NONE;		/* cannot be asked */
	CU_ASSERT_EQUAL_FATAL(signer_sign_cmp(client, it, N, &e), 0);
	for (size_t i = 0; i < N; i++) {
		n_signed += it[i].signature.len > 0;
		blob_free(&it[i].signature);
	}
	CU_ASSERT_EQUAL(n_signed, N - 1);
	CU_ASSERT_EQUAL(it[700].err.reason, R_TOO_LONG);
	blob_free(&a);
	free(it);
	tear_down();
}

static void
a_used_up_rate_is_to_be_tried_again(void)
{
	struct cmp_sign_item it[5];
	struct blob a, poll = { NULL, 0 };
	struct err e;
	size_t n_signed;

	set_up_with(2, NULL, 0);
	CU_ASSERT_EQUAL_FATAL(cmp_poll_req_build(0, &poll, &e), 0);
	a = part_of(CMP_POLLREQ, poll);
	for (unsigned round = 0; round < 2; round++) {
		n_signed = 0;
		memset(it, 0, sizeof(it));
		for (size_t i = 0; i < 5; i++)
			it[i].part = mem_of(&a);
		CU_ASSERT_EQUAL_FATAL(signer_sign_cmp(client, it, 5, &e), 0);
		for (size_t i = 0; i < 5; i++) {
			if (it[i].signature.len > 0)
				n_signed++;
			else
				CU_ASSERT_EQUAL(it[i].err.reason, R_SIGNER_BUSY);
			blob_free(&it[i].signature);
		}
		CU_ASSERT_EQUAL(n_signed, 2);
		fx_pause(&fx);
		clock_ahead_ms += 1000;
		fx_run(&fx);
	}
	blob_free(&a);
	tear_down();
}

static const struct unit_test tests[] = {
	UNIT(messages_of_the_ra_are_signed_so_that_they_verify),
	UNIT(permitted_extensions_are_signed_for),
	UNIT(a_header_that_is_not_the_ras_is_refused),
	UNIT(a_header_with_more_than_the_ra_sends_is_refused),
	UNIT(a_body_with_more_than_the_ra_sends_is_refused),
	UNIT(a_challenge_password_is_not_signed_for),
	UNIT_AS(reg_cve_2026_30836_kind_that_is_not_served, a_body_that_is_not_in_the_list_is_refused),
	UNIT(a_name_outside_the_configured_ones_is_refused),
	UNIT(the_name_of_the_ra_or_of_a_ca_is_refused),
	UNIT(alternative_names_outside_the_configured_ones_are_refused),
	UNIT(rights_of_a_ca_or_ra_are_refused),
	UNIT_AS(reg_crmf_ra_verified, ra_verified_is_no_proof_of_possession),
	UNIT(no_changed_request_is_signed_for),
	UNIT(what_is_no_message_is_refused),
	UNIT(random_frames_never_yield_a_signature),
	UNIT(a_refused_item_does_not_hinder_the_others),
	UNIT(more_items_than_a_frame_takes_are_asked_in_several),
	UNIT(a_used_up_rate_is_to_be_tried_again),
};
extern const struct unit_suite sign_suite;
UNIT_SUITE(sign_suite, tests);
