/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Weaknesses of others that a request could bring to us, by name. docs/regressions.md is the table.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/limits.h"
#include "common/pki/crmf.h"
#include "common/pki/envelope.h"
#include "common/pki/names.h"
#include "tests/unit/pki/kit.h"

static void
refused(const char *name, enum reason want)
{
	struct csr *c = NULL;
	struct blob der;
	char path[128];
	struct err e = { R_NONE, "" };

	snprintf(path, sizeof(path), "hostile/%s.der", name);
	der = unit_data(path);
	CU_ASSERT_EQUAL(csr_parse(mem_of(&der), &c, &e), -1);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT(kit_reason(name, e.reason, want));
	blob_free(&der);
}

/* Octets that promise gigabytes made OpenSSL allocate them: ours are counted before. */
static void
reg_cve_2016_2109_length_that_is_not_there(void)
{
	static const uint8_t huge[] = { 0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02, 0x01, 0x00 };
	struct mem in = { huge, sizeof(huge) };
	struct csr *c = NULL;
	struct crmf *m = NULL;
	struct cert *x = NULL;
	struct err e;

	CU_ASSERT_EQUAL(csr_parse(in, &c, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_DER);
	CU_ASSERT_EQUAL(crmf_parse(in, &m, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_DER);
	CU_ASSERT_EQUAL(cert_parse(in, &x, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_NOT_DER);
}

/* A square root without end, by curve parameters of the sender's own or a compressed point. */
static void
reg_cve_2022_0778_curve_of_the_senders_own(void)
{
	refused("csr-ec-explicit", R_KEY_BAD);
	refused("csr-ec-compressed", R_KEY_BAD);
}

/* OIDs whose printing takes quadratic time. */
static void
reg_cve_2023_2650_long_oid(void)
{
	refused("csr-long-oid", R_EXTENSION_FORBIDDEN);
}

/* RSA keys so long that checking them takes minutes. */
static void
reg_cve_2023_6237_long_rsa_key(void)
{
	refused("csr-rsa-8193", R_KEY_BAD);
}

/* A name that ends early for who reads it as a C string. */
static void
reg_cve_2009_2408_nul_in_a_name(void)
{
	refused("csr-nul-in-cn", R_NAME_MALFORMED);
	refused("csr-nul-in-san", R_NAME_MALFORMED);
}

/* Nesting that uses the stack up. */
static void
reg_cve_2018_0739_deep_nesting(void)
{
	refused("csr-too-deep", R_TOO_COMPLEX);
}

/* The same certificate or request in many encodings, each with a hash of its own. */
static void
reg_cve_2014_8275_other_encodings_of_the_same(void)
{
	refused("csr-indefinite", R_NOT_DER);
	refused("csr-long-length", R_NOT_DER);
	refused("csr-trailing-byte", R_TRAILING_BYTES);
}

/* Primes with a structure that gives the private key away. */
static void
reg_cve_2017_15361_roca(void)
{
	refused("csr-rsa-roca", R_KEY_TOO_WEAK);
}

/* Signatures that anybody can make for a key with exponent 3. */
static void
reg_cve_2006_4339_exponent_3(void)
{
	refused("csr-rsa-e3", R_KEY_BAD);
}

/* A certificate trusted for its point, while its curve was the attacker's. */
static void
reg_cve_2020_0601_point_on_another_curve(void)
{
	refused("csr-ec-explicit", R_KEY_BAD);
	refused("csr-ec-implicit-curve", R_KEY_BAD);
}

/* r = s = 0 verified for every message. */
static void
reg_cve_2022_21449_signature_of_zeros(void)
{
	struct csr *c = NULL;
	struct blob der = unit_data("hostile/csr-signature-zero.der");
	struct err e = { R_NONE, "" };

	CU_ASSERT_EQUAL_FATAL(csr_parse(mem_of(&der), &c, &e), 0);
	CU_ASSERT_EQUAL(csr_check_pop(c, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_BAD_SIGNATURE);
	csr_free(c);
	blob_free(&der);
}

/* An x400Address compared as if it were a string: such a name is never read, only shown as something else. */
static void
reg_cve_2023_0286_x400_address(void)
{
	static const uint8_t san[] = { 0x30, 0x06, 0xa3, 0x04, 0x30, 0x02, 0x30, 0x00 };
	const uint8_t *p = san;
	GENERAL_NAMES *gens = d2i_GENERAL_NAMES(NULL, &p, sizeof(san));
	struct san *l = NULL;
	struct err e;
	size_t n = 0;

	if (gens != NULL && san_read(gens, (struct mem){ san, sizeof(san) }, &l, &n, &e) == 0) {
		CU_ASSERT_EQUAL_FATAL(n, 1);
		CU_ASSERT_EQUAL(l[0].kind, SAN_OTHER);
	}
	CU_ASSERT_PTR_NOT_NULL(gens);
	GENERAL_NAMES_free(gens);
	free(l);
}

/* Another type of CMS than signed data: it is refused by its name, before its content is read. */
static void
reg_cve_2025_15467_another_type_of_cms(void)
{
	struct envelope *v = NULL;
	struct blob der = unit_data("hostile/envelope-other-type.der");
	struct err e = { R_NONE, "" };

	CU_ASSERT_EQUAL(envelope_parse(mem_of(&der), &v, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_ENVELOPE_BAD);
	blob_free(&der);
}

/* The first of no usages was looked at. */
static void
reg_cve_2026_40097_empty_list_of_usages(void)
{
	refused("csr-empty-eku", R_EXTENSION_FORBIDDEN);
}

/* Numbers of any length. */
static void
reg_unbounded_integer(void)
{
	struct crmf *c = NULL;
	struct blob der = unit_data("hostile/crmf-id-huge.der");
	struct err e = { R_NONE, "" };

	CU_ASSERT_EQUAL(crmf_parse(mem_of(&der), &c, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_CERT_REQ_ID);
	blob_free(&der);
}

static const struct unit_test tests[] = {
	UNIT(reg_cve_2016_2109_length_that_is_not_there),
	UNIT(reg_cve_2022_0778_curve_of_the_senders_own),
	UNIT(reg_cve_2023_2650_long_oid),
	UNIT(reg_cve_2023_6237_long_rsa_key),
	UNIT(reg_cve_2009_2408_nul_in_a_name),
	UNIT(reg_cve_2018_0739_deep_nesting),
	UNIT(reg_cve_2014_8275_other_encodings_of_the_same),
	UNIT(reg_cve_2017_15361_roca),
	UNIT(reg_cve_2006_4339_exponent_3),
	UNIT(reg_cve_2020_0601_point_on_another_curve),
	UNIT(reg_cve_2022_21449_signature_of_zeros),
	UNIT(reg_cve_2023_0286_x400_address),
	UNIT(reg_cve_2025_15467_another_type_of_cms),
	UNIT(reg_cve_2026_40097_empty_list_of_usages),
	UNIT(reg_unbounded_integer),
};
extern const struct unit_suite regression_suite;
UNIT_SUITE(regression_suite, tests);
