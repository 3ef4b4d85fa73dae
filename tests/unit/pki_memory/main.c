/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * No memory, at each allocation of OpenSSL in turn: an ordinary error, never a wrong yes and never a
 * damaged result. A program of its own, for the allocator is set before OpenSSL's first use.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/pki/crmf.h"
#include "common/pki/envelope.h"
#include "common/pki/memory.h"
#include "common/pki/trust.h"
#include "tests/unit/pki/kit.h"

#define MANY 20000	/* no operation here needs so many allocations */

/* The allocation that fails: 0 is the next; negative: none. For good, or this one alone. */
static long left = -1;
static bool for_good;
static bool failed;

static bool
fails_now(void)
{
	if (left < 0)
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	failed = true;
	pki_memory_failed();
	if (!for_good)
		left = -1;
	return true;
}

static void *
test_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : calloc(1, n);
}

static void *
test_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : reallocarray(p, n, 1);
}

static void
test_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static struct key *device;
static struct certs chain;
static struct blob p10, msg;

static int
take_csr(struct err *e)
{
	struct csr *c = NULL;
	int rc = csr_parse(mem_of(&p10), &c, e);

	if (rc == 0)
		rc = csr_check_pop(c, e);
	csr_free(c);
	return rc;
}

static int
take_crmf(struct err *e)
{
	struct crmf *c = NULL;
	int rc = crmf_parse(mem_of(&msg), &c, e);

	if (rc == 0)
		rc = crmf_check_pop(c, e);
	crmf_free(c);
	return rc;
}

/* What was built with memory failing is read with memory enough. */
static void
must_be_whole(int parsed)
{
	CU_ASSERT_EQUAL(parsed, 0);
}

static int
make_request(int (*build)(const struct key *, const struct request_names *, struct blob *, struct err *),
    struct blob *der, struct err *e)
{
	struct san san = { SAN_DNS, mem_str("gnb-1.ran.example") };
	const char *eku = eku_oid("clientAuth");
	struct blob subject = { NULL, 0 };
	struct request_names names = { .san = &san, .n_san = 1, .eku = &eku, .n_eku = 1,
	    .key_usage = USAGE_DIGITAL_SIGNATURE };
	int rc = name_parse("CN=gnb-1,O=Example Operator", &subject, e);

	names.subject = mem_of(&subject);
	if (rc == 0)
		rc = build(device, &names, der, e);
	blob_free(&subject);
	left = -1;
	return rc;
}

static int
make_csr(struct err *e)
{
	struct blob der = { NULL, 0 };
	struct csr *c = NULL;
	int rc = make_request(csr_build, &der, e);

	if (rc == 0)
		must_be_whole(csr_parse(mem_of(&der), &c, e) != 0 || csr_check_pop(c, e) != 0);
	csr_free(c);
	blob_free(&der);
	return rc;
}

static int
make_crmf(struct err *e)
{
	struct blob der = { NULL, 0 };
	struct crmf *c = NULL;
	int rc = make_request(crmf_build, &der, e);

	if (rc == 0)
		must_be_whole(crmf_parse(mem_of(&der), &c, e) != 0 || crmf_check_pop(c, e) != 0);
	crmf_free(c);
	blob_free(&der);
	return rc;
}

static int
make_envelope(struct err *e)
{
	struct envelope_content in = { "gnb-1", "gnb", mem_of(&p10), mem_of(&msg) };
	struct blob der = { NULL, 0 };
	struct envelope *v = NULL;
	int rc = envelope_build(&in, device, &chain, &der, e);

	left = -1;
	if (rc == 0)
		must_be_whole(envelope_parse(mem_of(&der), &v, e));
	envelope_free(v);
	blob_free(&der);
	return rc;
}

static int
open_envelope(struct err *e)
{
	static struct blob der;
	struct envelope_content in = { "gnb-1", NULL, mem_of(&p10), MEM_NONE };
	struct envelope *v = NULL;
	long keep = left;
	int rc;

	left = -1;
	if (der.len == 0)
		CU_ASSERT_EQUAL_FATAL(envelope_build(&in, device, &chain, &der, e), 0);
	left = keep;
	rc = envelope_parse(mem_of(&der), &v, e);
	envelope_free(v);
	return rc;
}

static int
follow_path(struct err *e)
{
	struct certs got = { NULL, 0 };
	struct trust *trust = NULL;
	struct cert *leaf = NULL;
	long keep = left;
	int rc;

	/* A new one each time: it would remember the path. */
	left = -1;
	CU_ASSERT_EQUAL_FATAL(trust_new(&trust, e), 0);
	CU_ASSERT_EQUAL_FATAL(trust_add_file(trust, "tests/data/pki/factory-root.pem", e), 0);
	left = keep;
	rc = cert_parse(cert_get0_der(chain.v[0]), &leaf, e);

	if (rc == 0)
		rc = trust_verify(trust, leaf, &chain, TRUST_TLS_CLIENT, KIT_NOW, &got, e);
	CU_ASSERT_EQUAL(got.n, rc == 0 ? 3 : 0);
	certs_free(&got);
	cert_free(leaf);
	trust_free(trust);
	return rc;
}

static int
write_and_read_certs(struct err *e)
{
	struct certs back = { NULL, 0 };
	struct blob der = { NULL, 0 };
	int rc = certs_build_p7(&chain, &der, e);

	if (rc == 0)
		rc = certs_parse_p7(mem_of(&der), 2, &back, e);
	CU_ASSERT_EQUAL(back.n, rc == 0 ? 2 : 0);
	certs_free(&back);
	blob_free(&der);
	return rc;
}

static void
starve(int (*operation)(struct err *))
{
	struct err e;
	long n = 0;

	CU_ASSERT_EQUAL_FATAL(operation(&e), 0);
	do {
		failed = false;
		err_clear(&e);
		left = n++;
		if (operation(&e) != 0)
			CU_ASSERT_TRUE(failed && e.reason != R_NONE);
		left = -1;
		(void)pki_memory_has_failed();		/* what the next one does is another matter */
	} while (failed && n < MANY);
	CU_ASSERT_FALSE(failed);
}

static void
starve_both_ways(int (*operation)(struct err *))
{
	for_good = true;
	starve(operation);
	for_good = false;
	starve(operation);
}

static void
requests_are_taken_or_refused_when_memory_fails(void)
{
	starve_both_ways(take_csr);
	starve_both_ways(take_crmf);
	starve_both_ways(open_envelope);
}

static void
what_is_made_when_memory_fails_is_whole_or_not_made(void)
{
	starve_both_ways(make_csr);
	starve_both_ways(make_crmf);
	starve_both_ways(make_envelope);
	starve_both_ways(write_and_read_certs);
}

static void
a_path_is_found_or_not_when_memory_fails(void)
{
	starve_both_ways(follow_path);
}

static const struct unit_test tests[] = {
	UNIT(requests_are_taken_or_refused_when_memory_fails),
	UNIT(what_is_made_when_memory_fails_is_whole_or_not_made),
	UNIT(a_path_is_found_or_not_when_memory_fails),
};
static UNIT_SUITE(memory_suite, tests);

int
main(void)
{
	static const char *const names[] = { "device-ec", "factory-sub" };
	const struct unit_suite *const suites[] = { &memory_suite };
	int status;

	if (CRYPTO_set_mem_functions(test_malloc, test_realloc, test_free) != 1) {
		fputs("OpenSSL was used too early\n", stderr);
		return 2;
	}
	device = kit_device_key("ec");
	chain = kit_certs(names, 2);
	p10 = kit_csr(device);
	msg = kit_crmf(device);
	status = unit_main(suites, COUNT_OF(suites));
	blob_free(&msg);
	blob_free(&p10);
	certs_free(&chain);
	key_free(device);
	return status;
}
