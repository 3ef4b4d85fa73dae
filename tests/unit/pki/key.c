/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/alloc.h"
#include "common/base/file.h"
#include "common/pki/crmf.h"
#include "tests/unit/pki/kit.h"

static const char *const kinds[] = { "ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519", "ed448" };

static int
verify(const struct pubkey *pub, const struct key *k, const char *text, struct mem sig, struct err *e)
{
	return pubkey_verify(pub, key_get0_sig_alg(k), mem_str(text), sig, e);
}

static void
each_kind_signs_what_its_public_half_verifies(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct key *k = kit_key(kinds[i]);
		struct pubkey *pub = NULL;
		char type[KEY_TYPE_TEXT];
		struct buf sig;
		struct err e;

		buf_init(&sig, 2000);
		key_type_print(key_type(k), type);
		CU_ASSERT_STRING_EQUAL(type, kinds[i]);
		CU_ASSERT_EQUAL_FATAL(pubkey_parse(key_get0_spki(k), &pub, &e), 0);
		key_type_print(pubkey_type(pub), type);
		CU_ASSERT_STRING_EQUAL(type, kinds[i]);
		CU_ASSERT_EQUAL(key_sign(k, mem_str("text"), &sig, &e), 0);
		CU_ASSERT_EQUAL(verify(pub, k, "text", buf_mem(&sig), &e), 0);
		CU_ASSERT_EQUAL(verify(pub, k, "Text", buf_mem(&sig), &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_BAD_SIGNATURE);
		CU_ASSERT_EQUAL(verify(pub, k, "text", MEM_NONE, &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_BAD_SIGNATURE);
		buf_free(&sig);
		pubkey_free(pub);
		key_free(k);
	}
}

/* OpenSSL knows ML-DSA from 3.5 on; before, such a key is of a type that cannot be had. */
static void
ml_dsa_works_where_openssl_knows_it(void)
{
	static const enum key_kind ml[] = { KK_ML_DSA_44, KK_ML_DSA_65, KK_ML_DSA_87 };

	for (size_t i = 0; i < COUNT_OF(ml); i++) {
		struct key *k = NULL;
		struct blob p10, msg;
		struct crmf *m = NULL;
		struct csr *c = NULL;
		struct err e;

		if (key_new((struct key_type){ ml[i], 0 }, &k, &e) != 0) {
			CU_ASSERT_EQUAL(e.reason, R_KEY_TYPE);
			CU_ASSERT_PTR_NULL(k);
			continue;
		}
		p10 = kit_csr(k);
		msg = kit_crmf(k);
		CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&p10), &c, &e), 0);
		CU_ASSERT_EQUAL(csr_check_pop(c, &e), 0);
		CU_ASSERT_EQUAL(csr_get0_wanted(c)->key.kind, ml[i]);
		CU_ASSERT_EQUAL_FATAL(crmf_parse(mem_of(&msg), &m, &e), 0);
		CU_ASSERT_EQUAL(crmf_check_pop(m, &e), 0);
		crmf_free(m);
		csr_free(c);
		blob_free(&msg);
		blob_free(&p10);
		key_free(k);
	}
}

static void
a_signature_is_appended_and_meets_the_buffers_limit(void)
{
	struct key *k = kit_key("ed25519");
	struct buf b;
	struct err e;

	buf_init(&b, 66);
	buf_add_str(&b, "ab");
	CU_ASSERT_EQUAL(key_sign(k, mem_str("x"), &b, &e), 0);
	CU_ASSERT_EQUAL(b.len, 66);
	CU_ASSERT_TRUE(memcmp(b.p, "ab", 2) == 0);
	buf_free(&b);
	buf_init(&b, 63);
	CU_ASSERT_EQUAL(key_sign(k, mem_str("x"), &b, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_TOO_LONG);
	buf_free(&b);
	key_free(k);
}

static void
a_written_key_is_read_back_and_private(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct key *k = kit_key(kinds[i]), *again = NULL;
		char path[128];
		struct stat st;
		struct err e;

		snprintf(path, sizeof(path), "%s/key.pem", unit_tmp());
		CU_ASSERT_EQUAL(key_write(k, path, &e), 0);
		CU_ASSERT_EQUAL(stat(path, &st), 0);
		CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
		CU_ASSERT_EQUAL_FATAL(key_load(path, &again, &e), 0);
		CU_ASSERT_TRUE(mem_eq(key_get0_spki(k), key_get0_spki(again)));
		CU_ASSERT_TRUE(mem_eq(key_get0_sig_alg(k), key_get0_sig_alg(again)));
		key_free(again);
		again = NULL;
		CU_ASSERT_EQUAL(chmod(path, 0640), 0);
		CU_ASSERT_EQUAL(key_load(path, &again, &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_KEY_FILE_OPEN);
		CU_ASSERT_PTR_NULL(again);
		key_free(k);
	}
}

static void
what_is_no_key_is_named_by_its_file(void)
{
	struct key *k = NULL;
	char path[128];
	struct err e;
	FILE *f;

	snprintf(path, sizeof(path), "%s/none.pem", unit_tmp());
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fchmod(fileno(f), 0600), 0);
	CU_ASSERT_TRUE(fputs("nothing\n", f) >= 0);
	CU_ASSERT_EQUAL_FATAL(fclose(f), 0);
	CU_ASSERT_EQUAL(key_load(path, &k, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_KEY_UNUSABLE);
	CU_ASSERT_EQUAL(strncmp(e.detail, path, strlen(path)), 0);
}

static enum reason
parse(const char *file)
{
	struct blob text = unit_data(file);
	struct key *k = NULL;
	struct err e = { R_NONE, "" };
	enum reason r = key_parse(mem_of(&text), &k, &e) == 0 ? R_NONE : e.reason;

	blob_free(&text);
	key_free(k);
	return r;
}

static void
keys_in_the_forms_of_other_tools_are_read(void)
{
	CU_ASSERT_EQUAL(parse("pki/key-sec1-params.pem"), R_NONE);
	CU_ASSERT_EQUAL(parse("pki/key-pkcs1.pem"), R_NONE);
	CU_ASSERT_EQUAL(parse("pki/key-pkcs8.der"), R_NONE);
}

static void
keys_that_may_not_be_used_are_refused(void)
{
	CU_ASSERT_EQUAL(parse("pki/key-encrypted.pem"), R_KEY_UNUSABLE);
	CU_ASSERT_EQUAL(parse("pki/key-rsa1024.pem"), R_KEY_TOO_WEAK);
	CU_ASSERT_EQUAL(parse("pki/key-secp256k1.pem"), R_KEY_TYPE);
	CU_ASSERT_EQUAL(parse("pki/device-ec.pem"), R_KEY_UNUSABLE);
}

static void
bytes_behind_a_der_key_are_refused(void)
{
	struct blob der = unit_data("pki/key-pkcs8.der");
	struct key *k = NULL;
	struct buf b;
	struct err e;

	buf_init(&b, 1000);
	buf_add_mem(&b, mem_of(&der));
	buf_add_u8(&b, 0);
	CU_ASSERT_EQUAL(key_parse(buf_mem(&b), &k, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_KEY_UNUSABLE);
	buf_free(&b);
	blob_free(&der);
}

static enum reason
load_reason(const char *uri, struct err *e)
{
	struct key *k = NULL;

	if (key_load(uri, &k, e) == 0) {
		key_free(k);
		return R_NONE;
	}
	return e->reason;
}

static void
a_uri_that_nothing_opens_is_refused_without_being_shown(void)
{
	struct err e;

	CU_ASSERT_EQUAL(load_reason("handle:0x81000001", &e), R_KEY_UNUSABLE);
	CU_ASSERT_PTR_NULL(strstr(e.detail, "81000001"));
	CU_ASSERT_EQUAL(load_reason("file:/etc/passwd", &e), R_KEY_UNUSABLE);
	CU_ASSERT_NOT_EQUAL(load_reason("/nonexistent/pkcs11:x", &e), R_KEY_UNUSABLE);
}

static void
a_pin_in_a_uri_is_refused_and_not_shown(void)
{
	static const char *const uris[] = {
		"pkcs11:token=t;object=k;pin-value=4711", "pkcs11:token=t;object=k?pin-value=4711",
		"pkcs11:token=t;object=k?module-path=/usr/lib/m.so&pin-value=4711", "pkcs11:pin-value=4711",
	};
	struct err e;

	for (size_t i = 0; i < COUNT_OF(uris); i++) {
		CU_ASSERT_EQUAL(load_reason(uris[i], &e), R_CONFIG);
		CU_ASSERT_PTR_NULL(strstr(e.detail, "4711"));
		CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "pin-source=file:"));
	}
}

/* Before any module is loaded, and any PIN is read. */
static void
a_token_uri_says_which_token_and_key_and_nothing_unknown(void)
{
	static const char *const uris[] = {
		"pkcs11:", "pkcs11:object=k", "pkcs11:token=t", "pkcs11:token=t;type=private", "pkcs11:token;object",
		"pkcs11:token=t;object=k;pin-source=/p", "pkcs11:token=t;object=k;module-path=/m.so",
		"pkcs11:token=t;object=k?pin-source=p", "pkcs11:token=t;object=k?pin-source=",
		"pkcs11:token=t;object=k?pin-source=file:p", "pkcs11:token=t;object=k?pin-source=|cat%20/p",
		"pkcs11:token=t;object=k?pin-source=file:///a%20b", "pkcs11:token=t;object=k?module-name=x",
		"pkcs11:token=t;object=k?module-path=/m.so\nactivate=1", "pkcs11:token=t;object=k?module-path=/$ENV::x",
		"pkcs11:token=t;object=k?pin-source=/p&pin-source=/p", "pkcs11:token=t;object=k?pin-source=/p;x=y",
	};
	char *longest = mem_calloc(2000, 1);
	struct err e;

	for (size_t i = 0; i < COUNT_OF(uris); i++)
		CU_ASSERT_EQUAL(load_reason(uris[i], &e), R_CONFIG);
	CU_ASSERT_PTR_NOT_NULL_FATAL(longest);
	memset(longest, 'x', 1999);
	memcpy(longest, "pkcs11:token=t;object=", 22);
	CU_ASSERT_EQUAL(load_reason(longest, &e), R_CONFIG);
	free(longest);
}

static void
a_pin_file_that_others_may_read_is_refused(void)
{
	char path[200], uri[300];
	struct err e;

	snprintf(path, sizeof(path), "%s/pin", unit_tmp());
	snprintf(uri, sizeof(uri), "pkcs11:token=t;object=k?pin-source=file:%s", path);
	CU_ASSERT_EQUAL(load_reason(uri, &e), R_FILE_IO);
	CU_ASSERT_EQUAL_FATAL(file_write(path, mem_str("4711\n"), 0644, &e), 0);
	CU_ASSERT_EQUAL(load_reason(uri, &e), R_KEY_FILE_OPEN);
	CU_ASSERT_EQUAL_FATAL(file_write(path, mem_str("\n"), 0600, &e), 0);
	CU_ASSERT_EQUAL(load_reason(uri, &e), R_TOKEN_PIN);
}

static void
a_module_that_is_not_there_is_named(void)
{
	struct err e;

	CU_ASSERT_EQUAL(load_reason("pkcs11:token=t;object=k?module-path=/nonexistent/hsm.so", &e), R_KEY_UNUSABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "module-path /nonexistent/hsm.so"));
}

static const struct unit_test tests[] = {
	UNIT(each_kind_signs_what_its_public_half_verifies),
	UNIT(ml_dsa_works_where_openssl_knows_it),
	UNIT(a_signature_is_appended_and_meets_the_buffers_limit),
	UNIT(a_written_key_is_read_back_and_private),
	UNIT(what_is_no_key_is_named_by_its_file),
	UNIT(keys_in_the_forms_of_other_tools_are_read),
	UNIT(keys_that_may_not_be_used_are_refused),
	UNIT(bytes_behind_a_der_key_are_refused),
	UNIT(a_uri_that_nothing_opens_is_refused_without_being_shown),
	UNIT(a_pin_in_a_uri_is_refused_and_not_shown),
	UNIT(a_token_uri_says_which_token_and_key_and_nothing_unknown),
	UNIT(a_pin_file_that_others_may_read_is_refused),
	UNIT(a_module_that_is_not_there_is_named),
};
UNIT_SUITE(key_suite, tests);
