/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "gateway/policy/names.h"
#include "tests/unit/unit.h"

static char client[] = "clientAuth", server[] = "serverAuth", dotted[] = "1.3.6.1.5.5.8.2.2", p256[] = "ec-p256",
    rsa3072[] = "rsa-3072", p_name[] = "gnb";
static char *eku_list[] = { client, server, dotted };
static char *key_list[] = { p256, rsa3072 };
static const struct profile profile = { .name = p_name, .eku = eku_list, .n_eku = 3, .keys = key_list,
	.n_keys = 2 };

#define CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define CMC_RA "1.3.6.1.5.5.7.3.28"
#define CMC_CA "1.3.6.1.5.5.7.3.27"
#define ANY_EKU "2.5.29.37.0"
#define IKE "1.3.6.1.5.5.8.2.2"

struct ext_case {
	const char *what;
	enum reason expected;
	const char *oid[4];
	bool is_ca;
	bool has_ku;
	unsigned ku;
	const char *eku[3];
};

#define KU "2.5.29.15"
#define EKU "2.5.29.37"
#define BC "2.5.29.19"
#define SKI "2.5.29.14"
#define BAD R_EXTENSION_FORBIDDEN

static const struct ext_case cases[] = {
	{ "none", R_NONE, { NULL }, false, false, 0, { NULL } },
	{ "SKI", R_NONE, { SKI }, false, false, 0, { NULL } },
	{ "BC without CA", R_NONE, { BC }, false, false, 0, { NULL } },
	{ "BC with CA", BAD, { BC }, true, false, 0, { NULL } },
	{ "CA without the extension", BAD, { NULL }, true, false, 0, { NULL } },
	{ "digitalSignature", R_NONE, { KU }, false, true, USAGE_DIGITAL_SIGNATURE, { NULL } },
	{ "nonRepudiation", R_NONE, { KU }, false, true, USAGE_NON_REPUDIATION, { NULL } },
	{ "keyEncipherment", R_NONE, { KU }, false, true, USAGE_KEY_ENCIPHERMENT, { NULL } },
	{ "keyAgreement", R_NONE, { KU }, false, true, USAGE_KEY_AGREEMENT, { NULL } },
	{ "four at once", R_NONE, { KU }, false, true,
	    USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION | USAGE_KEY_ENCIPHERMENT | USAGE_KEY_AGREEMENT, { NULL } },
	{ "dataEncipherment", BAD, { KU }, false, true, USAGE_DATA_ENCIPHERMENT, { NULL } },
	{ "keyCertSign", BAD, { KU }, false, true, USAGE_KEY_CERT_SIGN, { NULL } },
	{ "keyCertSign among others", BAD, { KU }, false, true,
	    USAGE_DIGITAL_SIGNATURE | USAGE_KEY_CERT_SIGN, { NULL } },
	{ "cRLSign", BAD, { KU }, false, true, USAGE_CRL_SIGN, { NULL } },
	{ "encipherOnly", BAD, { KU }, false, true, USAGE_KEY_AGREEMENT | 0x0001u, { NULL } },
	{ "decipherOnly", BAD, { KU }, false, true, USAGE_KEY_AGREEMENT | 0x8000u, { NULL } },
	{ "keyUsage empty", BAD, { KU }, false, true, 0, { NULL } },
	{ "keyUsage that was not read", BAD, { KU }, false, false, 0, { NULL } },
	{ "keyUsage from nowhere", BAD, { NULL }, false, true, USAGE_DIGITAL_SIGNATURE, { NULL } },
	{ "clientAuth", R_NONE, { EKU }, false, false, 0, { CLIENT_AUTH } },
	{ "client and server", R_NONE, { EKU }, false, false, 0, { CLIENT_AUTH, SERVER_AUTH } },
	{ "dotted in the profile", R_NONE, { EKU }, false, false, 0, { IKE } },
	{ "cmcRA", BAD, { EKU }, false, false, 0, { CMC_RA } },
	{ "cmcRA behind clientAuth", BAD, { EKU }, false, false, 0, { CLIENT_AUTH, CMC_RA } },
	{ "cmcCA", BAD, { EKU }, false, false, 0, { CMC_CA } },
	{ "anyExtendedKeyUsage", BAD, { EKU }, false, false, 0, { ANY_EKU } },
	{ "codeSigning", BAD, { EKU }, false, false, 0, { "1.3.6.1.5.5.7.3.3" } },
	{ "OCSPSigning", BAD, { EKU }, false, false, 0, { "1.3.6.1.5.5.7.3.9" } },
	{ "timeStamping", BAD, { EKU }, false, false, 0, { "1.3.6.1.5.5.7.3.8" } },
	{ "an OID that only starts alike", BAD, { EKU }, false, false, 0, { CLIENT_AUTH ".1" } },
	{ "EKU that was not read", BAD, { EKU }, false, false, 0, { NULL } },
	{ "EKU from nowhere", BAD, { NULL }, false, false, 0, { CLIENT_AUTH } },
	{ "all at once", R_NONE, { KU, EKU, BC, SKI }, false, true, USAGE_DIGITAL_SIGNATURE, { CLIENT_AUTH } },
	{ "SKI twice", BAD, { SKI, SKI }, false, false, 0, { NULL } },
	{ "EKU twice", BAD, { EKU, SKI, EKU }, false, false, 0, { CLIENT_AUTH } },
	{ "KU twice", BAD, { KU, KU }, false, true, USAGE_DIGITAL_SIGNATURE, { NULL } },
	{ "BC twice", BAD, { BC, BC }, false, false, 0, { NULL } },
	{ "authorityKeyIdentifier", BAD, { "2.5.29.35" }, false, false, 0, { NULL } },
	{ "issuerAltName", BAD, { "2.5.29.18" }, false, false, 0, { NULL } },
	{ "nameConstraints", BAD, { "2.5.29.30" }, false, false, 0, { NULL } },
	{ "certificatePolicies", BAD, { "2.5.29.32" }, false, false, 0, { NULL } },
	{ "policyMappings", BAD, { "2.5.29.33" }, false, false, 0, { NULL } },
	{ "policyConstraints", BAD, { "2.5.29.36" }, false, false, 0, { NULL } },
	{ "inhibitAnyPolicy", BAD, { "2.5.29.54" }, false, false, 0, { NULL } },
	{ "cRLDistributionPoints", BAD, { "2.5.29.31" }, false, false, 0, { NULL } },
	{ "freshestCRL", BAD, { "2.5.29.46" }, false, false, 0, { NULL } },
	{ "authorityInfoAccess", BAD, { "1.3.6.1.5.5.7.1.1" }, false, false, 0, { NULL } },
	{ "subjectInfoAccess", BAD, { "1.3.6.1.5.5.7.1.11" }, false, false, 0, { NULL } },
	{ "subjectDirectoryAttributes", BAD, { "2.5.29.9" }, false, false, 0, { NULL } },
	{ "privateKeyUsagePeriod", BAD, { "2.5.29.16" }, false, false, 0, { NULL } },
	{ "OCSP nocheck", BAD, { "1.3.6.1.5.5.7.48.1.5" }, false, false, 0, { NULL } },
	{ "CT poison", BAD, { "1.3.6.1.4.1.11129.2.4.3" }, false, false, 0, { NULL } },
	{ "TLS feature", BAD, { "1.3.6.1.5.5.7.1.24" }, false, false, 0, { NULL } },
	{ "proxyCertInfo", BAD, { "1.3.6.1.5.5.7.1.14" }, false, false, 0, { NULL } },
	{ "Microsoft template name", BAD, { "1.3.6.1.4.1.311.20.2" }, false, false, 0, { NULL } },
	{ "Microsoft template", BAD, { "1.3.6.1.4.1.311.21.7" }, false, false, 0, { NULL } },
	{ "Netscape type", BAD, { "2.16.840.1.113730.1.1" }, false, false, 0, { NULL } },
	{ "unknown", BAD, { "1.2.3.4" }, false, false, 0, { NULL } },
	{ "unknown behind good ones", BAD, { KU, SKI, "1.2.3.4" }, false, true, USAGE_DIGITAL_SIGNATURE, { NULL } },
};

static void
expect(const struct ext_case *c)
{
	struct wanted_ext ext[4];
	struct wanted w = { .ext = ext, .is_ca = c->is_ca, .has_key_usage = c->has_ku, .key_usage = c->ku,
		.eku = c->eku };
	struct err e = { 0 };
	enum reason got;

	memset(ext, 0, sizeof(ext));
	for (; w.n_ext < 4 && c->oid[w.n_ext] != NULL; w.n_ext++)
		snprintf(ext[w.n_ext].oid, sizeof(ext[0].oid), "%s", c->oid[w.n_ext]);
	while (w.n_eku < 3 && c->eku[w.n_eku] != NULL)
		w.n_eku++;
	got = policy_extensions(&w, &profile, &e) == 0 ? R_NONE : e.reason;
	if (got != c->expected)
		printf("%s: %s, expected %s\n", c->what, reason_info(got)->id, reason_info(c->expected)->id);
	CU_ASSERT_EQUAL(got, c->expected);
}

static void
each_extension_is_judged_as_the_table_says(void)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(&cases[i]);
}

static void
a_profile_without_usages_allows_none(void)
{
	const struct profile none = { .name = p_name };
	const char *const eku[] = { CLIENT_AUTH };
	const struct wanted w = { .eku = eku, .n_eku = 1 };
	struct err e = { 0 };

	CU_ASSERT_EQUAL(policy_usages(&w, &none, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_EXTENSION_FORBIDDEN);
}

static void
keys_are_those_of_the_profile(void)
{
	static const struct {
		struct key_type key;
		enum reason expected;
	} keys[] = {
		{ { KK_EC_P256, 0 }, R_NONE },
		{ { KK_EC_P384, 0 }, R_KEY_TYPE },
		{ { KK_RSA, 3071 }, R_KEY_TOO_WEAK },
		{ { KK_RSA, 3072 }, R_NONE },
		{ { KK_RSA, 4096 }, R_NONE },
		{ { KK_ED25519, 0 }, R_KEY_TYPE },
		{ { KK_NONE, 0 }, R_KEY_TYPE },
	};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const struct wanted w = { .key = keys[i].key };
		struct err e = { 0 };

		CU_ASSERT_EQUAL(policy_key(&w, &profile, &e) == 0 ? R_NONE : e.reason, keys[i].expected);
	}
}

static void
a_profile_without_keys_allows_none(void)
{
	const struct profile none = { .name = p_name };
	const struct wanted w = { .key = { KK_EC_P256, 0 } };
	struct err e = { 0 };

	CU_ASSERT_EQUAL(policy_key(&w, &none, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_KEY_TYPE);
}

static const struct unit_test tests[] = {
	UNIT(each_extension_is_judged_as_the_table_says),
	UNIT(a_profile_without_usages_allows_none),
	UNIT(keys_are_those_of_the_profile),
	UNIT(a_profile_without_keys_allows_none),
};
extern const struct unit_suite extensions_suite;
UNIT_SUITE(extensions_suite, tests);
