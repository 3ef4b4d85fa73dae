/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * common/cmp: messages are read, built, protected and verified, or there is no memory.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oom/oom.h"
#include "tests/unit/cmp/fixture.h"

static struct signer ra, station;
static struct cert *cert, *root;
static struct blob input, answer, tampered, by_station;

/* --- reading --- */

static int
parse_of(const char *file, struct err *e)
{
	struct cmp_msg *m = NULL;
	struct blob b;
	int rc;

	oom_pause();
	b = unit_data(file);
	oom_resume();
	rc = cmp_msg_parse(mem_of(&b), &m, e);
	CU_ASSERT_EQUAL(m != NULL, rc == 0);
	cmp_msg_free(m);
	blob_free(&b);
	return rc;
}

static int
parse_ip(struct err *e)
{
	return parse_of("cmp/openssl/ip-mac.der", e);
}

static int
parse_ir(struct err *e)
{
	return parse_of("cmp/openssl/ir-mac.der", e);
}

static int
parse_error(struct err *e)
{
	return parse_of("cmp/openssl/error-unprotected.der", e);
}

/* Each reader, on a message that it is for. */
static int
read_body(enum cmp_body body, const struct blob *content, struct err *e)
{
	struct cmp_header h = answer_header();
	struct blob part = { NULL, 0 };
	struct cmp_msg *m = NULL;
	struct pki_status_info status;
	struct cmp_cert_conf conf;
	struct cmp_poll_rep poll;
	struct cmp_cert_rep rep;
	struct mem inner[4];
	size_t n;
	int rc;

	cmp_protector_header(&ra.protector, &h);
	if (cmp_part_build(&h, body, mem_of(content), &part, e) != 0)
		return -1;
	rc = cmp_part_parse(mem_of(&part), &m, e);
	if (rc == 0)
		rc = body == CMP_IP ? cmp_cert_rep_read(m, &rep, e) :
		    body == CMP_CERTCONF ? cmp_cert_conf_read(m, &conf, e) :
		    body == CMP_POLLREP ? cmp_poll_rep_read(m, &poll, e) :
		    body == CMP_NESTED ? cmp_nested_read(m, inner, 4, &n, e) : cmp_error_read(m, &status, e);
	cmp_msg_free(m);
	blob_free(&part);
	return rc;
}

static int
read_bodies(struct err *e)
{
	const struct certs pubs = { &cert, 1 };
	const struct cmp_cert_rep rep = { .cert = cert_get0_der(cert), .ca_pubs = &pubs,
	    .status = { .fail_info = 5, .text = "words" } };
	const struct cmp_cert_conf conf = { .cert_hash = MEM(nonce_a), .status = { .status = PKI_REJECTION } };
	const struct cmp_poll_rep poll = { .check_after = 1, .reason = "later" };
	const struct mem two[] = { mem_of(&input), mem_of(&input) };
	struct blob content = { NULL, 0 };
	int rc = -1;

	if (cmp_cert_rep_build(&rep, &content, e) == 0 && read_body(CMP_IP, &content, e) == 0 &&
	    cmp_cert_conf_build(&conf, &content, e) == 0 && read_body(CMP_CERTCONF, &content, e) == 0 &&
	    cmp_poll_rep_build(&poll, &content, e) == 0 && read_body(CMP_POLLREP, &content, e) == 0 &&
	    cmp_error_build(&rep.status, &content, e) == 0 && read_body(CMP_ERROR, &content, e) == 0 &&
	    cmp_nested_build(two, 2, &content, e) == 0 && read_body(CMP_NESTED, &content, e) == 0 &&
	    cmp_pki_conf_build(&content, e) == 0 && cmp_poll_req_build(0, &content, e) == 0 &&
	    cmp_ca_certs_build(&pubs, &content, e) == 0)
		rc = cmp_gen_build(OID_IT_CA_CERTS, MEM_NONE, &content, e);
	blob_free(&content);
	return rc;
}

/* --- building and protecting --- */

static int
protect(struct err *e)
{
	struct cmp_out out[2] = { { .header = answer_header(), .body = CMP_PKICONF, .with_chain = true } };
	struct blob content = { NULL, 0 };
	struct cmp_msg *m = NULL;
	int rc = cmp_pki_conf_build(&content, e);

	out[0].header.implicit_confirm = true;
	out[0].header.cert_profile = mem_str("gnb");
	out[0].header.confirm_wait_until = pki_now();
	out[0].header.orig_message = mem_of(&input);
	out[0].content = mem_of(&content);
	out[1] = out[0];
	if (rc == 0)
		rc = cmp_protect(&ra.protector, out, 2, e);
	oom_pause();
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT(out[i].der.p == NULL || cmp_msg_parse(mem_of(&out[i].der), &m, NULL) == 0);
		cmp_msg_free(m);
		m = NULL;
		if (rc == 0 && out[i].der.p == NULL) {
			*e = out[i].err;
			rc = -1;
		}
		blob_free(&out[i].der);
	}
	blob_free(&content);
	oom_resume();
	return rc;
}

/* --- verifying, by a trust that remembers nothing --- */

static int
verify_of(const struct blob *der, struct mem transaction, struct err *e)
{
	struct trust *trust = NULL;
	struct certs anchors = { &root, 1 };
	struct cmp_expect x = answer_expect(NULL);
	struct cert *signer = NULL;
	struct cmp_msg *m = NULL;
	int rc = trust_new(&trust, e);

	if (rc == 0)
		rc = trust_add(trust, &anchors, e);
	x.trust = trust;
	x.transaction_id = transaction;
	x.sender = cert_get0_subject(ra.chain.v[0]);
	if (rc == 0)
		rc = cmp_msg_parse(mem_of(der), &m, e);
	if (rc == 0)
		rc = cmp_verify(m, &x, &signer, e);
	CU_ASSERT_EQUAL(signer != NULL, rc == 0);
	cert_free(signer);
	cmp_msg_free(m);
	trust_free(trust);
	return rc;
}

static int
verify_good(struct err *e)
{
	return verify_of(&answer, MEM(tid), e);
}

static int
verify_of_another_transaction(struct err *e)
{
	return verify_of(&answer, MEM(nonce_b), e);
}

static int
verify_tampered(struct err *e)
{
	return verify_of(&tampered, MEM(tid), e);
}

static int
verify_by_another_signer(struct err *e)
{
	return verify_of(&by_station, MEM(tid), e);
}

static int
verify_unprotected(struct err *e)
{
	return verify_of(&input, MEM(tid), e);
}

/* --- tests --- */

static void
a_message_is_read_or_there_is_no_memory(void)
{
	OOM(parse_ip, OOM_GOOD);
	OOM(parse_ir, OOM_GOOD);
	OOM(parse_error, OOM_GOOD);
	OOM(read_bodies, OOM_GOOD);
}

static void
a_message_is_built_whole_or_not_at_all(void)
{
	OOM(protect, OOM_GOOD);
}

static void
a_message_is_verified_or_there_is_no_memory(void)
{
	OOM(verify_good, OOM_GOOD);
}

static void
no_lack_of_memory_makes_a_bad_message_good(void)
{
	OOM(verify_of_another_transaction, OOM_BAD);
	OOM(verify_tampered, OOM_BAD);
	OOM(verify_by_another_signer, OOM_BAD);
	OOM(verify_unprotected, OOM_BAD);
}

static const struct unit_test tests[] = {
	UNIT(a_message_is_read_or_there_is_no_memory),
	UNIT(a_message_is_built_whole_or_not_at_all),
	UNIT(a_message_is_verified_or_there_is_no_memory),
	UNIT(no_lack_of_memory_makes_a_bad_message_good),
};
static UNIT_SUITE(cmp_suite, tests);

static struct blob
answer_by(struct signer *s)
{
	struct cmp_msg *m = make_answer(s, answer_header(), true);
	struct blob der = { NULL, 0 };

	if (blob_set1(&der, cmp_msg_get0_der(m), NULL) != 0)
		exit(2);
	cmp_msg_free(m);
	return der;
}

int
main(void)
{
	const struct unit_suite *const suites[] = { &cmp_suite };
	uint8_t *at;
	int status;

	signer_init(&ra, "ra");
	signer_init(&station, "station");
	cert = pki_cert("ra");
	root = pki_cert("root");
	input = unit_data("cmp/openssl/error-unprotected.der");
	answer = answer_by(&ra);
	by_station = answer_by(&station);
	if (blob_set1(&tampered, mem_of(&answer), NULL) != 0)
		return 2;
	at = memmem(tampered.p, tampered.len, nonce_b, sizeof(nonce_b));
	if (at == NULL)
		return 2;
	at[3] ^= 1;
	status = unit_main(suites, COUNT_OF(suites));
	blob_free(&tampered);
	blob_free(&by_station);
	blob_free(&answer);
	blob_free(&input);
	cert_free(cert);
	cert_free(root);
	signer_clear(&station);
	signer_clear(&ra);
	return status;
}
