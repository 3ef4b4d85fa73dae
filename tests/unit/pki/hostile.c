/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each file of tests/data/hostile that is ours gives its reason. The README there says what is wrong.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/pki/crmf.h"
#include "common/pki/envelope.h"
#include "tests/unit/pki/kit.h"

static const struct {
	const char *name;
	enum reason want;
} cases[] = {
	{ "csr-trailing-byte", R_TRAILING_BYTES },
	{ "csr-cut", R_NOT_DER },
	{ "csr-empty", R_NOT_DER },
	{ "csr-indefinite", R_NOT_DER },
	{ "csr-long-length", R_NOT_DER },
	{ "csr-constructed-string", R_NOT_DER },
	{ "csr-too-deep", R_TOO_COMPLEX },
	{ "csr-too-many", R_TOO_COMPLEX },
	{ "csr-too-long", R_TOO_LONG },
	{ "csr-version-2", R_UNSUPPORTED_VERSION },
	{ "csr-sha1", R_WEAK_ALGORITHM },
	{ "csr-rsa-sha1", R_WEAK_ALGORITHM },
	{ "csr-rsa-md5", R_WEAK_ALGORITHM },
	{ "csr-rsa-1024", R_KEY_TOO_WEAK },
	{ "csr-rsa-2047", R_KEY_TOO_WEAK },
	{ "csr-rsa-8193", R_KEY_BAD },
	{ "csr-rsa-e3", R_KEY_BAD },
	{ "csr-rsa-e-even", R_KEY_BAD },
	{ "csr-rsa-even", R_KEY_BAD },
	{ "csr-rsa-negative", R_KEY_BAD },
	{ "csr-rsa-no-null", R_KEY_BAD },
	{ "csr-rsa-roca", R_KEY_TOO_WEAK },
	{ "csr-ec-explicit", R_KEY_BAD },
	{ "csr-ec-off-curve", R_KEY_BAD },
	{ "csr-ec-compressed", R_KEY_BAD },
	{ "csr-ec-hybrid", R_KEY_BAD },
	{ "csr-ec-infinity", R_KEY_BAD },
	{ "csr-ec-zero", R_KEY_BAD },
	{ "csr-ec-unused-bits", R_KEY_BAD },
	{ "csr-ec-implicit-curve", R_KEY_BAD },
	{ "csr-ec-secp256k1", R_KEY_TYPE },
	{ "csr-ec-brainpool", R_KEY_TYPE },
	{ "csr-ec-p192", R_KEY_TYPE },
	{ "csr-dsa", R_KEY_TYPE },
	{ "csr-ed25519-short", R_KEY_BAD },
	{ "csr-ed25519-params", R_KEY_BAD },
	{ "csr-other-key", R_BAD_SIGNATURE },
	{ "csr-alg-of-other-key", R_BAD_SIGNATURE },
	{ "csr-empty-signature", R_BAD_SIGNATURE },
	{ "csr-signature-unused-bits", R_BAD_SIGNATURE },
	{ "csr-signature-trailing", R_BAD_SIGNATURE },
	{ "csr-signature-zero", R_BAD_SIGNATURE },
	{ "csr-ecdsa-params", R_WEAK_ALGORITHM },
	{ "csr-pss-sha1", R_WEAK_ALGORITHM },
	{ "csr-two-cn", R_NAME_MALFORMED },
	{ "csr-multi-valued-rdn", R_NAME_MALFORMED },
	{ "csr-empty-rdn", R_NAME_MALFORMED },
	{ "csr-only-empty-rdn", R_NAME_MALFORMED },
	{ "csr-nul-in-cn", R_NAME_MALFORMED },
	{ "csr-newline-in-cn", R_NAME_MALFORMED },
	{ "csr-c1-in-cn", R_NAME_MALFORMED },
	{ "csr-empty-cn", R_NAME_MALFORMED },
	{ "csr-bad-utf8-cn", R_NAME_MALFORMED },
	{ "csr-cn-not-text", R_NAME_MALFORMED },
	{ "csr-subject-not-name", R_NAME_MALFORMED },
	{ "csr-wildcard-san", R_NAME_MALFORMED },
	{ "csr-nul-in-san", R_NAME_MALFORMED },
	{ "csr-empty-label-san", R_NAME_MALFORMED },
	{ "csr-underscore-san", R_NAME_MALFORMED },
	{ "csr-empty-dns-san", R_NAME_MALFORMED },
	{ "csr-no-san-inside", R_NAME_MALFORMED },
	{ "csr-san-not-names", R_NAME_MALFORMED },
	{ "csr-san-trailing", R_NAME_MALFORMED },
	{ "csr-san-ip-5", R_NAME_MALFORMED },
	{ "csr-san-65", R_TOO_COMPLEX },
	{ "csr-uri-space", R_NAME_MALFORMED },
	{ "csr-extension-twice", R_EXTENSION_FORBIDDEN },
	{ "csr-two-extension-requests", R_EXTENSION_FORBIDDEN },
	{ "csr-extension-request-two-values", R_EXTENSION_FORBIDDEN },
	{ "csr-extension-request-no-value", R_EXTENSION_FORBIDDEN },
	{ "csr-extension-request-not-sequence", R_EXTENSION_FORBIDDEN },
	{ "csr-ms-extension-request", R_EXTENSION_FORBIDDEN },
	{ "csr-name-in-attribute", R_EXTENSION_FORBIDDEN },
	{ "csr-bad-key-usage", R_NOT_DER },
	{ "csr-bad-basic-constraints", R_NOT_DER },
	{ "csr-empty-eku", R_EXTENSION_FORBIDDEN },
	{ "csr-long-oid", R_EXTENSION_FORBIDDEN },
	{ "csr-ca-true", R_NONE },
	{ "crmf-trailing-byte", R_TRAILING_BYTES },
	{ "crmf-ra-verified", R_NO_POP },
	{ "crmf-no-popo", R_NO_POP },
	{ "crmf-popo-other-key", R_BAD_SIGNATURE },
	{ "crmf-popo-sha1", R_WEAK_ALGORITHM },
	{ "crmf-popo-over-template", R_BAD_SIGNATURE },
	{ "crmf-popo-key-encipherment", R_NO_POP },
	{ "crmf-popo-key-agreement", R_NO_POP },
	{ "crmf-poski", R_NO_POP },
	{ "crmf-two-requests", R_CERT_REQ_ID },
	{ "crmf-none", R_CERT_REQ_ID },
	{ "crmf-id-1", R_CERT_REQ_ID },
	{ "crmf-id-minus-1", R_CERT_REQ_ID },
	{ "crmf-id-huge", R_CERT_REQ_ID },
	{ "crmf-version-1", R_TEMPLATE_FIELD },
	{ "crmf-serial", R_TEMPLATE_FIELD },
	{ "crmf-signing-alg", R_TEMPLATE_FIELD },
	{ "crmf-validity", R_TEMPLATE_FIELD },
	{ "crmf-no-subject", R_TEMPLATE_FIELD },
	{ "crmf-no-public-key", R_TEMPLATE_FIELD },
	{ "crmf-two-cn", R_NAME_MALFORMED },
	{ "crmf-extension-twice", R_EXTENSION_FORBIDDEN },
	{ "crmf-alt-template", R_TEMPLATE_FIELD },
	{ "crmf-archive-key", R_TEMPLATE_FIELD },
	{ "crmf-reg-info", R_TEMPLATE_FIELD },
	{ "crmf-long-length", R_NOT_DER },
	{ "crmf-indefinite", R_NOT_DER },
	{ "envelope-trailing-byte", R_TRAILING_BYTES },
	{ "envelope-ber", R_NOT_DER },
	{ "envelope-two-signers", R_ENVELOPE_BAD },
	{ "envelope-same-signer-twice", R_ENVELOPE_BAD },
	{ "envelope-no-signer", R_ENVELOPE_BAD },
	{ "envelope-no-attributes", R_ENVELOPE_BAD },
	{ "envelope-sha1", R_ENVELOPE_BAD },
	{ "envelope-no-certificate", R_ENVELOPE_BAD },
	{ "envelope-detached", R_ENVELOPE_BAD },
	{ "envelope-other-type", R_ENVELOPE_BAD },
	{ "envelope-key-usage", R_ENVELOPE_BAD },
	{ "envelope-content-changed", R_ENVELOPE_SIGNATURE },
	{ "envelope-other-signer", R_ENVELOPE_SIGNATURE },
	{ "envelope-attribute-twice", R_ENVELOPE_BAD },
	{ "envelope-attribute-type-other", R_ENVELOPE_BAD },
	{ "envelope-no-digest-attribute", R_ENVELOPE_BAD },
	{ "envelope-digest-two-values", R_ENVELOPE_BAD },
	{ "envelope-unsorted-attributes", R_ENVELOPE_BAD },
	{ "envelope-unsigned-attribute", R_ENVELOPE_BAD },
	{ "envelope-two-fitting-certificates", R_ENVELOPE_BAD },
	{ "envelope-unknown-signer", R_ENVELOPE_BAD },
	{ "envelope-signer-version", R_ENVELOPE_BAD },
	{ "envelope-version", R_ENVELOPE_BAD },
	{ "envelope-crl", R_ENVELOPE_BAD },
	{ "envelope-two-digests", R_ENVELOPE_BAD },
	{ "envelope-digest-differs", R_ENVELOPE_BAD },
	{ "envelope-eleven-certificates", R_TOO_COMPLEX },
	{ "envelope-not-certificate", R_NOT_DER },
	{ "envelope-signed-by-sha1", R_WEAK_ALGORITHM },
	{ "envelope-content-version", R_UNSUPPORTED_VERSION },
	{ "envelope-station-path", R_ENVELOPE_BAD },
	{ "envelope-station-nul", R_ENVELOPE_BAD },
	{ "envelope-station-empty", R_ENVELOPE_BAD },
	{ "envelope-station-65", R_ENVELOPE_BAD },
	{ "envelope-profile-bad", R_ENVELOPE_BAD },
	{ "envelope-no-request", R_ENVELOPE_BAD },
	{ "envelope-content-trailing", R_TRAILING_BYTES },
	{ "envelope-content-not-der", R_NOT_DER },
};

static enum reason
try_csr(struct mem der)
{
	struct err e = { R_NONE, "" };
	struct csr *c = NULL;

	if (csr_parse(der, &c, &e) == 0 && csr_check_pop(c, &e) == 0)
		e.reason = R_NONE;
	csr_free(c);
	return e.reason;
}

static enum reason
try_crmf(struct mem der)
{
	struct err e = { R_NONE, "" };
	struct crmf *c = NULL;

	if (crmf_parse(der, &c, &e) == 0 && crmf_check_pop(c, &e) == 0)
		e.reason = R_NONE;
	crmf_free(c);
	return e.reason;
}

static enum reason
try_envelope(struct mem der)
{
	struct err e = { R_NONE, "" };
	struct envelope *v = NULL;

	if (envelope_parse(der, &v, &e) == 0)
		e.reason = R_NONE;
	envelope_free(v);
	return e.reason;
}

static bool
starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static enum reason
try_file(const char *name)
{
	char path[128];
	struct blob der;
	enum reason r;

	snprintf(path, sizeof(path), "hostile/%s.der", name);
	der = unit_data(path);
	if (starts(name, "csr-"))
		r = try_csr(mem_of(&der));
	else if (starts(name, "crmf-"))
		r = try_crmf(mem_of(&der));
	else
		r = try_envelope(mem_of(&der));
	blob_free(&der);
	return r;
}

static void
each_hostile_file_is_refused_for_its_reason(void)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (!kit_reason(cases[i].name, try_file(cases[i].name), cases[i].want))
			CU_FAIL();
}

static bool
is_listed(const char *file)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (starts(file, cases[i].name) && strcmp(file + strlen(cases[i].name), ".der") == 0)
			return true;
	return false;
}

static void
no_hostile_file_is_forgotten(void)
{
	DIR *d = opendir("tests/data/hostile");
	struct dirent *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	while ((f = readdir(d)) != NULL) {
		if (!starts(f->d_name, "csr-") && !starts(f->d_name, "crmf-") && !starts(f->d_name, "envelope-"))
			continue;
		if (!is_listed(f->d_name)) {
			fprintf(stderr, "%s is not in the table\n", f->d_name);
			CU_FAIL();
		}
	}
	(void)closedir(d);
}

static void
who_asks_for_ca_rights_is_seen(void)
{
	struct blob der = unit_data("hostile/csr-ca-true.der");
	struct csr *c = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &c, &e), 0);
	CU_ASSERT_TRUE(csr_get0_wanted(c)->is_ca);
	csr_free(c);
	blob_free(&der);
}

static const struct unit_test tests[] = {
	UNIT(each_hostile_file_is_refused_for_its_reason),
	UNIT(no_hostile_file_is_forgotten),
	UNIT(who_asks_for_ca_rights_is_seen),
};
UNIT_SUITE(hostile_suite, tests);
