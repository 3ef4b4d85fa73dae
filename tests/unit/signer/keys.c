/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "tests/unit/signer/fixture.h"
#include "tests/unit/unit.h"

static struct fixture fx;

static enum reason
load(void)
{
	struct signer_keys *k = NULL;
	struct err e = { R_NONE, "" };

	if (signer_keys_load(&fx.conf, NULL, &k, &e) == 0) {
		signer_keys_free(k);
		return R_NONE;
	}
	CU_ASSERT_PTR_NULL(k);
	return e.reason;
}

static void
a_key_that_others_may_read_is_refused(void)
{
	char *const files[] = { fx.ra_key, fx.txid_key, fx.audit_key };

	fx_files(&fx);
	CU_ASSERT_EQUAL(load(), R_NONE);
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(chmod(files[i], 0644), 0);
		CU_ASSERT_EQUAL(load(), R_KEY_FILE_OPEN);
		CU_ASSERT_EQUAL_FATAL(chmod(files[i], 0620), 0);
		CU_ASSERT_EQUAL(load(), R_KEY_FILE_OPEN);
		CU_ASSERT_EQUAL_FATAL(chmod(files[i], 0600), 0);
	}
	CU_ASSERT_EQUAL(load(), R_NONE);
}

static void
a_certificate_of_another_key_is_refused(void)
{
	struct fixture other;

	fx_files(&other);
	fx_files(&fx);
	fx.conf.ra_cert = other.ra_cert;
	CU_ASSERT_EQUAL(load(), R_KEY_UNUSABLE);
}

static void
key_and_certificate_may_be_one_file(void)
{
	struct blob key = { NULL, 0 }, cert = { NULL, 0 };
	struct buf both;
	struct err e;

	fx_files(&fx);
	CU_ASSERT_EQUAL_FATAL(file_read(fx.ra_key, 65536, &key, &e), 0);
	CU_ASSERT_EQUAL_FATAL(file_read(fx.ra_cert, 65536, &cert, &e), 0);
	buf_init(&both, 65536);
	buf_add_mem(&both, mem_of(&key));
	buf_add_mem(&both, mem_of(&cert));
	fx_write(fx.ra_key, both.p, both.len, 0600);
	fx.conf.ra_cert = fx.ra_key;
	CU_ASSERT_EQUAL(load(), R_NONE);
	CU_ASSERT_EQUAL_FATAL(chmod(fx.ra_key, 0644), 0);
	CU_ASSERT_EQUAL(load(), R_KEY_FILE_OPEN);
	fx_write(fx.ra_key, key.p, key.len, 0600);
	CU_ASSERT_EQUAL(load(), R_BAD_PEM);
	buf_free(&both);
	blob_free(&key);
	blob_free(&cert);
}

static void
a_certificate_that_may_not_sign_is_refused(void)
{
	static const char *const no_sign[] = { "keyUsage=keyEncipherment", NULL }, *const none[] = { NULL };

	fx_files(&fx);
	fx_write_cert(fx.ra_cert, fx.ra_key, no_sign);
	CU_ASSERT_EQUAL(load(), R_KEY_UNUSABLE);
	fx_write_cert(fx.ra_cert, fx.ra_key, none);	/* no keyUsage, no cmcRA: only a warning */
	CU_ASSERT_EQUAL(load(), R_NONE);
}

static void
a_mac_key_is_32_octets_or_64_digits(void)
{
	static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1B1C1D1E1F";
	static const struct {
		const char *text;
		size_t len;
		enum reason want;
	} t[] = {
		{ "abcdefghijklmnopqrstuvwxyz012345", 32, R_NONE }, { digits, 64, R_NONE },
		{ "abcdefghijklmnopqrstuvwxyz01234", 31, R_KEY_UNUSABLE }, { "", 0, R_KEY_UNUSABLE },
		{ "abcdefghijklmnopqrstuvwxyz0123456", 33, R_KEY_UNUSABLE }, { digits, 63, R_KEY_UNUSABLE },
		{ "x00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 64, R_KEY_UNUSABLE },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1B1C1D1E1F\r\n", 66, R_NONE },
		{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1B1C1D1E1F 0", 66, R_KEY_UNUSABLE },
	};

	fx_files(&fx);
	for (size_t i = 0; i < COUNT_OF(t); i++) {
		fx_write(fx.txid_key, t[i].text, t[i].len, 0600);
		CU_ASSERT_EQUAL(load(), t[i].want);
	}
}

static void
the_two_mac_keys_must_differ(void)
{
	fx_files(&fx);
	fx.conf.audit_key = fx.txid_key;
	CU_ASSERT_EQUAL(load(), R_KEY_UNUSABLE);
}

static void
what_is_missing_is_refused(void)
{
	fx_files(&fx);
	fx.conf.txid_key = "";
	CU_ASSERT_EQUAL(load(), R_CONFIG);
	fx_files(&fx);
	fx.conf.ra_key = "";
	CU_ASSERT_EQUAL(load(), R_CONFIG);
	fx_files(&fx);
	fx.conf.audit_key = "/nonexistent";
	CU_ASSERT_EQUAL(load(), R_FILE_IO);
}

static void
without_names_the_signer_does_not_start(void)
{
	struct err e;

	fx_files(&fx);
	fx.conf.n_names = 0;
	CU_ASSERT_EQUAL(signer_server_new(&fx.conf, &fx.server, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CONFIG);
}

static void
a_reload_takes_the_new_keys_or_keeps_the_old(void)
{
	struct blob key = { NULL, 0 }, cert = { NULL, 0 };
	struct credential before, after;
	struct fixture other;
	struct err e;

	fx_files(&other);
	fx_files(&fx);
	fx_run(&fx);
	fx_credential(&fx, &before);
	CU_ASSERT_EQUAL_FATAL(file_read(other.ra_key, 65536, &key, &e), 0);
	CU_ASSERT_EQUAL_FATAL(file_read(other.ra_cert, 65536, &cert, &e), 0);
	fx_write(fx.ra_key, key.p, key.len, 0600);
	fx_end(&fx);
	CU_ASSERT_EQUAL(load(), R_KEY_UNUSABLE);	/* so a start with half of it fails */

	fx_files(&fx);
	fx_run(&fx);
	fx_credential_free(&before);
	fx_credential(&fx, &before);
	fx_write(fx.ra_key, key.p, key.len, 0600);
	fx_pause(&fx);
	CU_ASSERT_EQUAL(signer_server_reload(fx.server, &e), -1);
	fx_run(&fx);
	CU_ASSERT_EQUAL(e.reason, R_KEY_UNUSABLE);
	fx_credential(&fx, &after);
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(before.chain.v[0]), cert_get0_der(after.chain.v[0])));
	fx_credential_free(&after);
	fx_write(fx.ra_cert, cert.p, cert.len, 0600);
	fx_pause(&fx);
	CU_ASSERT_EQUAL(signer_server_reload(fx.server, &e), 0);
	fx_run(&fx);
	fx_credential(&fx, &after);
	CU_ASSERT_FALSE(mem_eq(cert_get0_der(before.chain.v[0]), cert_get0_der(after.chain.v[0])));
	fx_credential_free(&after);
	fx_credential_free(&before);
	fx_end(&fx);
	blob_free(&key);
	blob_free(&cert);
}

/* Does a running signer take what is in the files now? */
static enum reason
reload(void)
{
	struct err e = { R_NONE, "" };

	return signer_server_reload(fx.server, &e) == 0 ? R_NONE : e.reason;
}

static const char *const good_ext[] = { "keyUsage=digitalSignature", "extendedKeyUsage=1.3.6.1.5.5.7.3.28", NULL };

static void
a_reload_takes_no_certificate_that_is_worse_than_the_old(void)
{
	static const char *const no_eku[] = { "keyUsage=digitalSignature", NULL };

	fx_files(&fx);
	fx_open(&fx);
	fx_write_cert_valid(fx.ra_cert, fx.ra_key, good_ext, -86400, -1);
	CU_ASSERT_EQUAL(reload(), R_KEY_UNUSABLE);
	fx_write_cert_valid(fx.ra_cert, fx.ra_key, good_ext, 3600, 86400);
	CU_ASSERT_EQUAL(reload(), R_KEY_UNUSABLE);
	fx_write_cert(fx.ra_cert, fx.ra_key, no_eku);
	CU_ASSERT_EQUAL(reload(), R_KEY_UNUSABLE);
	fx_write_cert(fx.ra_cert, fx.ra_key, good_ext);
	CU_ASSERT_EQUAL(reload(), R_NONE);
	fx_end(&fx);
	fx_write_cert(fx.ra_cert, fx.ra_key, no_eku);	/* where the CA gives no such usage: as before is fine */
	fx_open(&fx);
	fx_write_cert(fx.ra_cert, fx.ra_key, no_eku);
	CU_ASSERT_EQUAL(reload(), R_NONE);
	fx_end(&fx);
}

static void
another_key_must_be_told_apart_from_the_old(void)
{
	static const char *const same_id[] = { "keyUsage=digitalSignature", "extendedKeyUsage=1.3.6.1.5.5.7.3.28",
		"subjectKeyIdentifier=0102030405", NULL };
	struct fixture other;

	fx_files(&other);
	fx_files(&fx);
	fx_write_cert(fx.ra_cert, fx.ra_key, same_id);
	fx_open(&fx);
	fx_copy(other.ra_key, fx.ra_key);
	fx_write_cert(fx.ra_cert, fx.ra_key, same_id);
	CU_ASSERT_EQUAL(reload(), R_KEY_UNUSABLE);
	fx_write_cert(fx.ra_cert, fx.ra_key, good_ext);
	CU_ASSERT_EQUAL(reload(), R_NONE);
	fx_end(&fx);
}

static void
mac_keys_are_not_replaced_while_the_signer_runs(void)
{
	static const uint8_t other[32] = { 7 };

	fx_files(&fx);
	fx_open(&fx);
	fx_write(fx.txid_key, other, sizeof(other), 0600);
	CU_ASSERT_EQUAL(reload(), R_KEY_UNUSABLE);
	fx_end(&fx);
	fx_files(&fx);
	fx_open(&fx);
	fx_write(fx.audit_key, other, sizeof(other), 0600);
	CU_ASSERT_EQUAL(reload(), R_KEY_UNUSABLE);
	fx_end(&fx);
}

static void
what_was_made_for_the_old_credential_is_not_signed_with_the_new(void)
{
	static const char *const no_ext[] = { NULL };
	struct signer *s = NULL;
	struct credential old;
	struct fixture other;
	struct blob csr, part;
	struct cmp_header h;
	struct err e;

	fx_files(&other);
	fx_files(&fx);
	fx_run(&fx);
	fx_credential(&fx, &old);
	h = fx_header(&old.chain, mem_of(&old.sig_alg));
	csr = fx_csr("CN=gnb-1,O=Example Operator", no_ext);
	part = fx_part(&h, CMP_P10CR, mem_of(&csr));
	struct cmp_sign_item it[2] = { { .part = mem_of(&part) }, { .part = mem_of(&part) } };

	CU_ASSERT_EQUAL_FATAL(signer_new(fx_socket(&fx, ROLE_DISPATCH), &s, &e), 0);
	CU_ASSERT_EQUAL(signer_sign_cmp(s, it, 2, &e), 0);
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(it[i].signature.len > 0);
		blob_free(&it[i].signature);
	}
	fx_end(&fx);
	fx_copy(other.ra_key, fx.ra_key);
	fx_copy(other.ra_cert, fx.ra_cert);
	fx_run(&fx);
	CU_ASSERT_EQUAL(signer_sign_cmp(s, it, 2, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CREDENTIAL_CHANGED);
	CU_ASSERT_EQUAL(it[0].signature.len + it[1].signature.len, 0);
	signer_free(s);
	fx_end(&fx);
	blob_free(&part);
	blob_free(&csr);
	fx_credential_free(&old);
}

static const struct unit_test tests[] = {
	UNIT(a_key_that_others_may_read_is_refused),
	UNIT(a_certificate_of_another_key_is_refused),
	UNIT(key_and_certificate_may_be_one_file),
	UNIT(a_certificate_that_may_not_sign_is_refused),
	UNIT(a_mac_key_is_32_octets_or_64_digits),
	UNIT(the_two_mac_keys_must_differ),
	UNIT(what_is_missing_is_refused),
	UNIT(without_names_the_signer_does_not_start),
	UNIT(a_reload_takes_the_new_keys_or_keeps_the_old),
	UNIT(a_reload_takes_no_certificate_that_is_worse_than_the_old),
	UNIT(another_key_must_be_told_apart_from_the_old),
	UNIT(mac_keys_are_not_replaced_while_the_signer_runs),
	UNIT(what_was_made_for_the_old_credential_is_not_signed_with_the_new),
};
extern const struct unit_suite keys_suite;
UNIT_SUITE(keys_suite, tests);
