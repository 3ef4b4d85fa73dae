/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * common/base, common/pki: requests, envelopes, paths, keys, lists.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/pki/crmf.h"
#include "common/pki/csrattrs.h"
#include "common/pki/envelope.h"
#include "common/pki/trust.h"
#include "tests/oom/oom.h"
#include "tests/unit/pki/kit.h"

static struct key *device, *rsa, *ed25519;
static struct certs chain;
static struct blob p10, msg, env, wrong_pop, wrong_crmf, no_pop, wrong_env, changed_env;

/* --- what is read --- */

static int
take_csr_of(const struct blob *der, struct err *e)
{
	struct csr *c = NULL;
	int rc = csr_parse(mem_of(der), &c, e);

	CU_ASSERT_EQUAL(c != NULL, rc == 0);
	if (rc == 0)
		rc = csr_check_pop(c, e);
	csr_free(c);
	return rc;
}

static int
take_csr(struct err *e)
{
	return take_csr_of(&p10, e);
}

static int
take_csr_of_another_key(struct err *e)
{
	return take_csr_of(&wrong_pop, e);
}

static int
take_crmf_of(const struct blob *der, struct err *e)
{
	struct crmf *c = NULL;
	int rc = crmf_parse(mem_of(der), &c, e);

	CU_ASSERT_EQUAL(c != NULL, rc == 0);
	if (rc == 0)
		rc = crmf_check_pop(c, e);
	crmf_free(c);
	return rc;
}

static int
take_crmf(struct err *e)
{
	return take_crmf_of(&msg, e);
}

static int
take_crmf_of_another_key(struct err *e)
{
	return take_crmf_of(&wrong_crmf, e);
}

static int
take_crmf_that_says_ra_verified(struct err *e)
{
	return take_crmf_of(&no_pop, e);
}

static int
open_envelope_of(const struct blob *der, struct err *e)
{
	struct envelope *v = NULL;
	int rc = envelope_parse(mem_of(der), &v, e);

	CU_ASSERT_EQUAL(v != NULL, rc == 0);
	envelope_free(v);
	return rc;
}

static int
open_envelope(struct err *e)
{
	return open_envelope_of(&env, e);
}

static int
open_envelope_by_another(struct err *e)
{
	return open_envelope_of(&wrong_env, e);
}

static int
open_envelope_with_other_content(struct err *e)
{
	return open_envelope_of(&changed_env, e);
}

static int
agree(struct err *e)
{
	struct csr *a = NULL;
	struct crmf *b = NULL;
	int rc = -1;

	if (csr_parse(mem_of(&p10), &a, e) == 0 && crmf_parse(mem_of(&msg), &b, e) == 0)
		rc = wanted_agree(csr_get0_wanted(a), crmf_get0_wanted(b), e);
	csr_free(a);
	crmf_free(b);
	return rc;
}

/* --- what is made: whole, or not made --- */

static int
make_names(int (*build)(const struct key *, const struct request_names *, struct blob *, struct err *),
    const struct key *key, struct blob *der, struct err *e)
{
	struct san san[] = { { SAN_DNS, mem_str("gnb-1.ran.example") },
		{ SAN_IP, { (const uint8_t *)"\300\0\2\1", 4 } } };
	const char *eku = eku_oid("clientAuth");
	struct blob subject = { NULL, 0 };
	struct request_names names = { .san = san, .n_san = 2, .eku = &eku, .n_eku = 1,
	    .key_usage = USAGE_DIGITAL_SIGNATURE };
	int rc = name_parse("CN=gnb-1,O=Example Operator", &subject, e);

	names.subject = mem_of(&subject);
	if (rc == 0)
		rc = build(key, &names, der, e);
	CU_ASSERT_EQUAL(der->p != NULL, rc == 0);
	blob_free(&subject);
	oom_pause();
	return rc;
}

static int
make_csr_by(const struct key *key, struct err *e)
{
	struct blob der = { NULL, 0 };
	int rc = make_names(csr_build, key, &der, e);

	if (rc == 0)
		CU_ASSERT_EQUAL(take_csr_of(&der, e), 0);
	blob_free(&der);
	oom_resume();
	return rc;
}

static int
make_csr(struct err *e)
{
	return make_csr_by(device, e);
}

static int
make_csr_rsa(struct err *e)
{
	return make_csr_by(rsa, e);
}

static int
make_csr_ed25519(struct err *e)
{
	return make_csr_by(ed25519, e);
}

static int
make_crmf(struct err *e)
{
	struct blob der = { NULL, 0 };
	int rc = make_names(crmf_build, device, &der, e);

	if (rc == 0)
		CU_ASSERT_EQUAL(take_crmf_of(&der, e), 0);
	blob_free(&der);
	oom_resume();
	return rc;
}

static int
make_envelope(struct err *e)
{
	struct envelope_content in = { "gnb-1", "gnb", mem_of(&p10), mem_of(&msg) };
	struct blob der = { NULL, 0 };
	int rc = envelope_build(&in, device, &chain, &der, e);

	CU_ASSERT_EQUAL(der.p != NULL, rc == 0);
	oom_pause();
	if (rc == 0)
		CU_ASSERT_EQUAL(open_envelope_of(&der, e), 0);
	blob_free(&der);
	oom_resume();
	return rc;
}

static int
make_csrattrs(struct err *e)
{
	static const struct key_type wishes[] = { { KK_EC_P384, 0 }, { KK_RSA, 3072 }, { KK_ED25519, 0 },
		{ KK_NONE, 0 } };
	static const char *const eku[] = { "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1" };
	const struct san san = { SAN_DNS, mem_str("gnb-1.ran.example") };
	const struct request_names names = { .san = &san, .n_san = 1, .eku = eku, .n_eku = 2,
		.key_usage = USAGE_DIGITAL_SIGNATURE };
	static struct blob whole[COUNT_OF(wishes)];
	int rc = 0;

	for (size_t i = 0; i < COUNT_OF(wishes) && rc == 0; i++) {
		struct blob der = { NULL, 0 };

		rc = csrattrs_build(wishes[i], &names, &der, e);
		CU_ASSERT_EQUAL(der.p != NULL, rc == 0);
		oom_pause();
		if (rc == 0 && whole[i].p == NULL)
			CU_ASSERT_EQUAL(blob_set1(&whole[i], mem_of(&der), NULL), 0);
		CU_ASSERT(rc != 0 || mem_eq(mem_of(&der), mem_of(&whole[i])));
		blob_free(&der);
		oom_resume();
	}
	return rc;
}

/* --- keys --- */

static int
make_and_keep_key(struct err *e)
{
	struct key *k = NULL, *back = NULL;
	struct buf pem;
	int rc = key_new((struct key_type){ KK_EC_P256, 0 }, &k, e);

	buf_init(&pem, 16384);
	if (rc == 0)
		rc = key_print(k, &pem, e);
	if (rc == 0)
		rc = key_parse(buf_mem(&pem), &back, e);
	if (rc == 0)
		CU_ASSERT(mem_eq(key_get0_spki(k), key_get0_spki(back)));
	buf_cleanse(&pem);
	key_free(back);
	key_free(k);
	return rc;
}

static int
load_key(struct err *e)
{
	static char path[160];
	struct key *k = NULL;
	int rc;

	oom_pause();
	if (path[0] == '\0') {
		snprintf(path, sizeof(path), "%s/key", unit_tmp());
		CU_ASSERT_EQUAL_FATAL(key_write(device, path, e), 0);
	}
	oom_resume();
	rc = key_load(path, &k, e);
	CU_ASSERT_EQUAL(k != NULL, rc == 0);
	key_free(k);
	return rc;
}

static int
write_key(struct err *e)
{
	static char path[160];
	struct key *back = NULL;
	int rc;

	oom_pause();
	if (path[0] == '\0')
		snprintf(path, sizeof(path), "%s/key", unit_tmp());
	oom_resume();
	rc = key_write(rsa, path, e);
	oom_pause();
	if (rc == 0)
		CU_ASSERT_EQUAL(key_load(path, &back, e), 0);
	key_free(back);
	oom_resume();
	return rc;
}

/* --- paths and lists --- */

static int
follow_path_of(const char *crl, const struct cert *device_cert, struct err *e)
{
	struct certs got = { NULL, 0 };
	struct trust *trust = NULL;	/* a new one each time: it would remember the path */
	struct cert *leaf = NULL;
	int rc = trust_new(&trust, e);

	if (rc == 0)
		rc = trust_add_file(trust, "tests/data/pki/factory-root.pem", e);
	if (rc == 0 && crl != NULL)
		rc = trust_add_crl_file(trust, crl, e);
	if (rc == 0 && crl != NULL)
		rc = trust_add_crl_file(trust, "tests/data/pki/factory-root.crl", e);
	if (rc == 0)
		rc = cert_parse(cert_get0_der(device_cert), &leaf, e);
	if (rc == 0)
		rc = trust_verify(trust, leaf, &chain, TRUST_TLS_CLIENT, KIT_NOW, &got, e);
	CU_ASSERT_EQUAL(got.n, rc == 0 ? 3 : 0);
	certs_free(&got);
	cert_free(leaf);
	trust_free(trust);
	return rc;
}

static struct cert *revoked, *stranger, *expired;

static int
follow_path(struct err *e)
{
	return follow_path_of(NULL, chain.v[0], e);
}

static int
follow_path_with_crl(struct err *e)
{
	return follow_path_of("tests/data/pki/factory-sub.crl", chain.v[0], e);
}

static int
follow_path_of_revoked(struct err *e)
{
	return follow_path_of("tests/data/pki/factory-sub.crl", revoked, e);
}

static int
follow_path_with_old_crl(struct err *e)
{
	return follow_path_of("tests/data/pki/factory-sub-old.crl", chain.v[0], e);
}

static int
follow_path_of_stranger(struct err *e)
{
	return follow_path_of(NULL, stranger, e);
}

static int
follow_path_of_expired(struct err *e)
{
	return follow_path_of(NULL, expired, e);
}

/* The same path twice: the second is remembered, or looked for again. */
static int
remember_path(struct err *e)
{
	struct trust *trust = NULL;
	int rc = trust_new(&trust, e);

	if (rc == 0)
		rc = trust_add_file(trust, "tests/data/pki/factory-root.pem", e);
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = trust_verify(trust, chain.v[0], &chain, TRUST_ANY, KIT_NOW, NULL, e);
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

static int
write_and_read_pem(struct err *e)
{
	struct certs back = { NULL, 0 };
	struct blob pem = { NULL, 0 };
	struct buf b;
	int rc;

	buf_init(&b, 65536);
	certs_print_pem(&chain, &b);
	rc = buf_take(&b, &pem, e);
	if (rc == 0)
		rc = certs_parse(mem_of(&pem), 2, &back, e);
	CU_ASSERT_EQUAL(back.n, rc == 0 ? 2 : 0);
	certs_free(&back);
	blob_free(&pem);
	buf_free(&b);
	return rc;
}

static int
look_at_cert(struct err *e)
{
	struct buf b;
	int rc;

	buf_init(&b, 4096);
	rc = cert_field(chain.v[0], "subject.serialNumber", &b, e);
	if (rc == 0)
		rc = cert_cert_hash(chain.v[0], &b, e);
	buf_free(&b);
	return rc;
}

static int
read_file(struct err *e)
{
	struct blob b = { NULL, 0 };
	int rc = file_read("tests/data/pki/factory-root.pem", 65536, &b, e);

	CU_ASSERT_EQUAL(b.p != NULL, rc == 0);
	blob_free(&b);
	return rc;
}

/* --- tests --- */

static void
requests_are_taken_or_there_is_no_memory(void)
{
	OOM(take_csr, OOM_GOOD);
	OOM(take_crmf, OOM_GOOD);
	OOM(open_envelope, OOM_GOOD);
	OOM(agree, OOM_GOOD);
}

static void
no_lack_of_memory_makes_a_bad_request_good(void)
{
	OOM(take_csr_of_another_key, OOM_BAD);
	OOM(take_crmf_of_another_key, OOM_BAD);
	OOM(take_crmf_that_says_ra_verified, OOM_BAD);
	OOM(open_envelope_by_another, OOM_BAD);
	OOM(open_envelope_with_other_content, OOM_BAD);
}

static void
what_is_made_is_whole_or_not_made(void)
{
	OOM(make_csr, OOM_GOOD);
	OOM(make_csr_rsa, OOM_GOOD);
	OOM(make_csr_ed25519, OOM_GOOD);
	OOM(make_crmf, OOM_GOOD);
	OOM(make_envelope, OOM_GOOD);
	OOM(make_csrattrs, OOM_GOOD);
}

static void
keys_are_read_and_written_whole(void)
{
	OOM(make_and_keep_key, OOM_GOOD);
	OOM(load_key, OOM_GOOD);
	OOM(write_key, OOM_GOOD);
}

static void
a_path_is_found_or_there_is_no_memory(void)
{
	OOM(follow_path, OOM_GOOD);
	OOM(follow_path_with_crl, OOM_GOOD);
	OOM(remember_path, OOM_GOOD);
}

static void
no_lack_of_memory_makes_a_bad_path_good(void)
{
	OOM(follow_path_of_revoked, OOM_BAD);
	OOM(follow_path_with_old_crl, OOM_BAD);
	OOM(follow_path_of_stranger, OOM_BAD);
	OOM(follow_path_of_expired, OOM_BAD);
}

static void
lists_are_read_and_written_whole(void)
{
	OOM(write_and_read_certs, OOM_GOOD);
	OOM(write_and_read_pem, OOM_GOOD);
	OOM(look_at_cert, OOM_GOOD);
	OOM(read_file, OOM_GOOD);
}

static const struct unit_test tests[] = {
	UNIT(requests_are_taken_or_there_is_no_memory),
	UNIT(no_lack_of_memory_makes_a_bad_request_good),
	UNIT(what_is_made_is_whole_or_not_made),
	UNIT(keys_are_read_and_written_whole),
	UNIT(a_path_is_found_or_there_is_no_memory),
	UNIT(no_lack_of_memory_makes_a_bad_path_good),
	UNIT(lists_are_read_and_written_whole),
};
static UNIT_SUITE(pki_suite, tests);

int
main(void)
{
	static const char *const names[] = { "device-ec", "factory-sub" };
	const struct unit_suite *const suites[] = { &pki_suite };
	struct blob *const all[] = { &p10, &msg, &env, &wrong_pop, &wrong_crmf, &no_pop, &wrong_env,
		&changed_env };
	struct err e;
	int status;

	device = kit_device_key("ec");
	rsa = kit_device_key("rsa");
	ed25519 = kit_device_key("ed25519");
	chain = kit_certs(names, 2);
	revoked = kit_cert("device-revoked");
	stranger = kit_cert("device-other");
	expired = kit_cert("device-expired");
	p10 = kit_csr(device);
	msg = kit_crmf(device);
	wrong_pop = unit_data("hostile/csr-other-key.der");
	wrong_crmf = unit_data("hostile/crmf-popo-other-key.der");
	no_pop = unit_data("hostile/crmf-ra-verified.der");
	wrong_env = unit_data("hostile/envelope-other-signer.der");
	changed_env = unit_data("hostile/envelope-content-changed.der");
	if (envelope_build(&(struct envelope_content){ "gnb-1", NULL, mem_of(&p10), MEM_NONE }, device, &chain, &env,
	    &e) != 0)
		return 2;
	status = unit_main(suites, COUNT_OF(suites));
	for (size_t i = 0; i < COUNT_OF(all); i++)
		blob_free(all[i]);
	certs_free(&chain);
	cert_free(revoked);
	cert_free(stranger);
	cert_free(expired);
	key_free(device);
	key_free(rsa);
	key_free(ed25519);
	return status;
}
