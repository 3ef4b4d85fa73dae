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

	if (signer_keys_load(&fx.conf, &k, &e) == 0) {
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
	CU_ASSERT_EQUAL(signer_server_reload(fx.server, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_KEY_UNUSABLE);
	fx_credential(&fx, &after);
	CU_ASSERT_TRUE(mem_eq(cert_get0_der(before.chain.v[0]), cert_get0_der(after.chain.v[0])));
	fx_credential_free(&after);
	fx_write(fx.ra_cert, cert.p, cert.len, 0600);
	CU_ASSERT_EQUAL(signer_server_reload(fx.server, &e), 0);
	fx_credential(&fx, &after);
	CU_ASSERT_FALSE(mem_eq(cert_get0_der(before.chain.v[0]), cert_get0_der(after.chain.v[0])));
	fx_credential_free(&after);
	fx_credential_free(&before);
	fx_end(&fx);
	blob_free(&key);
	blob_free(&cert);
}

static const struct unit_test tests[] = {
	UNIT(a_key_that_others_may_read_is_refused),
	UNIT(a_certificate_of_another_key_is_refused),
	UNIT(a_certificate_that_may_not_sign_is_refused),
	UNIT(a_mac_key_is_32_octets_or_64_digits),
	UNIT(the_two_mac_keys_must_differ),
	UNIT(what_is_missing_is_refused),
	UNIT(without_names_the_signer_does_not_start),
	UNIT(a_reload_takes_the_new_keys_or_keeps_the_old),
};
extern const struct unit_suite keys_suite;
UNIT_SUITE(keys_suite, tests);
