/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * No memory is an ordinary error: whichever allocation of OpenSSL fails, nothing leaks (the sanitizer
 * build sees that), nothing is half done, and nobody is told that his message was bad.
 */
#include "tests/unit/cmp/memory.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "common/pki/memory.h"
#include "tests/unit/cmp/fixture.h"
#include "tests/unit/unit.h"

static long until_failure = -1;		/* allocations that still succeed; negative: all do */

static bool
fails(void)
{
	if (until_failure < 0)
		return false;
	if (until_failure == 0)
		return true;
	until_failure--;
	return false;
}

static void *
give(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!fails())
		return malloc(n);
	pki_memory_failed();
	return NULL;
}

static void *
give_more(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!fails())
		return realloc(p, n);
	pki_memory_failed();
	return NULL;
}

static void
take_back(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

bool
memory_prepare(void)
{
	return CRYPTO_set_mem_functions(give, give_more, take_back) == 1;
}

/*
 * Runs with the first, the second, ... allocation failing and all after it too, until one run gets by. Each
 * failure must be R_NO_MEMORY.
 */
static void
fail_everywhere(int (*run)(struct err *e))
{
	struct err e;
	int rc = -1;

	for (long n = 0; n < 10000 && rc != 0; n++) {
		err_clear(&e);
		until_failure = n;
		rc = run(&e);
		until_failure = -1;
		CU_ASSERT(rc == 0 || e.reason == R_NO_MEMORY);
	}
	CU_ASSERT_EQUAL(rc, 0);
}

static struct blob input;

static int
parse(struct err *e)
{
	struct cmp_msg *m = NULL;
	int rc = cmp_msg_parse(mem_of(&input), &m, e);

	CU_ASSERT_EQUAL(m != NULL, rc == 0);
	cmp_msg_free(m);
	return rc;
}

static void
a_message_is_read_or_there_is_no_memory(void)
{
	static const char *const files[] = { "cmp/openssl/ip-mac.der", "cmp/openssl/ir-mac.der",
	    "cmp/openssl/error-unprotected.der" };

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		input = unit_data(files[i]);
		fail_everywhere(parse);
		blob_free(&input);
	}
}

static struct cert *cert;
static struct key *key;

static int
build_content(struct blob *content, struct err *e)
{
	const struct certs pubs = { &cert, 1 };
	const struct cmp_cert_rep rep = { .cert = cert_get0_der(cert), .ca_pubs = &pubs,
	    .status = { .fail_info = 5, .text = "words" } };
	const struct cmp_cert_conf conf = { .cert_hash = MEM(nonce_a), .status = { .status = PKI_REJECTION } };
	const struct cmp_poll_rep poll = { .check_after = 1, .reason = "later" };
	const struct mem two[] = { mem_of(&input), mem_of(&input) };

	if (cmp_cert_conf_build(&conf, content, e) != 0 || cmp_pki_conf_build(content, e) != 0 ||
	    cmp_poll_req_build(0, content, e) != 0 || cmp_poll_rep_build(&poll, content, e) != 0 ||
	    cmp_error_build(&rep.status, content, e) != 0 || cmp_nested_build(two, 2, content, e) != 0 ||
	    cmp_ca_certs_build(&pubs, content, e) != 0 ||
	    cmp_gen_build(OID_IT_CA_CERTS, MEM_NONE, content, e) != 0)
		return -1;
	return cmp_cert_rep_build(&rep, content, e);
}

static int
build(struct err *e)
{
	struct cmp_header h = { .pvno = 2, .sender = cert_get0_subject(cert),
	    .recipient = cert_get0_issuer(cert), .message_time = pki_now(),
	    .protection_alg = key_get0_sig_alg(key), .sender_kid = cert_get0_ski(cert),
	    .transaction_id = MEM(tid), .sender_nonce = MEM(nonce_a), .recip_nonce = MEM(nonce_b),
	    .implicit_confirm = true, .confirm_wait_until = pki_now(), .cert_profile = mem_str("gnb"),
	    .orig_message = mem_of(&input) };
	struct blob content = { NULL, 0 }, part = { NULL, 0 }, der = { NULL, 0 };
	const struct certs extra = { &cert, 1 };
	int rc = -1;

	if (build_content(&content, e) == 0 &&
	    cmp_part_build(&h, CMP_IP, mem_of(&content), &part, e) == 0)
		rc = cmp_msg_assemble(mem_of(&part), MEM(nonce_a), &extra, &der, e);
	CU_ASSERT_EQUAL(der.p != NULL, rc == 0);
	blob_free(&content);
	blob_free(&part);
	blob_free(&der);
	return rc;
}

static void
a_message_is_built_or_there_is_no_memory(void)
{
	cert = pki_cert("ra");
	key = pki_key("ra");
	input = unit_data("cmp/openssl/error-unprotected.der");
	(void)pki_now();
	fail_everywhere(build);
	blob_free(&input);
	cert_free(cert);
	key_free(key);
}

static const struct unit_test tests[] = {
	UNIT(a_message_is_read_or_there_is_no_memory),
	UNIT(a_message_is_built_or_there_is_no_memory),
};
UNIT_SUITE(memory_suite, tests);
