/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Weaknesses of others that a request could bring to us, by name. docs/regressions.md is the table.
 */
#include <stdio.h>

#include "common/base/limits.h"
#include "common/pki/crmf.h"
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

static const struct unit_test tests[] = {
	UNIT(reg_cve_2016_2109_length_that_is_not_there),
	UNIT(reg_cve_2022_0778_curve_of_the_senders_own),
	UNIT(reg_cve_2023_2650_long_oid),
	UNIT(reg_cve_2023_6237_long_rsa_key),
};
extern const struct unit_suite regression_suite;
UNIT_SUITE(regression_suite, tests);
