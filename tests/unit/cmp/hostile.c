/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Messages that are wrong in one place (tests/data/cmp/hostile/make.py), each with the reason it gets.
 */
#include <stdio.h>

#include "tests/unit/cmp/fixture.h"
#include "tests/unit/unit.h"

static const struct hostile {
	const char *file;
	enum reason reason;
} unreadable[] = {
	{ "certprofile-of-two", R_CMP_HEADER },
	{ "certprofile-of-none", R_CMP_HEADER },
	{ "certprofile-with-nul", R_CMP_HEADER },
	{ "certprofile-twice", R_CMP_HEADER },
	{ "implicitconfirm-not-null", R_CMP_HEADER },
	{ "confirmwaittime-not-a-time", R_CMP_HEADER },
	{ "confirmwaittime-without-value", R_CMP_HEADER },
	{ "confirmwaittime-month-13", R_NOT_DER },
	{ "origpkimessage-not-messages", R_CMP_HEADER },
	{ "messagetime-month-13", R_NOT_DER },
	{ "extracerts-not-a-certificate", R_NOT_DER },
	{ "protection-of-odd-bits", R_NOT_DER },
}, odd_answers[] = {
	{ "ip-of-two", R_CMP_BODY },
	{ "ip-of-none", R_CMP_BODY },
	{ "ip-huge-certreqid", R_CMP_BODY },
};

static int
load(const char *name, struct cmp_msg **m, struct err *e)
{
	struct blob der;
	char path[96];
	int rc;

	snprintf(path, sizeof(path), "cmp/hostile/%s.der", name);
	der = unit_data(path);
	err_clear(e);
	rc = cmp_msg_parse(mem_of(&der), m, e);
	blob_free(&der);
	return rc;
}

static void
what_is_wrong_in_header_or_frame_is_not_a_message(void)
{
	struct cmp_msg *m = NULL;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(unreadable); i++) {
		CU_ASSERT_EQUAL(load(unreadable[i].file, &m, &e), -1);
		CU_ASSERT_EQUAL(e.reason, unreadable[i].reason);
		CU_ASSERT_PTR_NULL(m);
		if (e.reason != unreadable[i].reason)
			fprintf(stderr, "%s: %s\n", unreadable[i].file, e.detail);
	}
}

static void
an_answer_of_an_odd_number_or_id_is_not_read(void)
{
	struct cmp_cert_rep r;
	struct cmp_msg *m;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(odd_answers); i++) {
		CU_ASSERT_EQUAL_FATAL(load(odd_answers[i].file, &m, &e), 0);
		CU_ASSERT_EQUAL(cmp_cert_rep_read(m, &r, &e), -1);
		CU_ASSERT_EQUAL(e.reason, odd_answers[i].reason);
		cmp_msg_free(m);
	}
}

static const struct unit_test tests[] = {
	UNIT(what_is_wrong_in_header_or_frame_is_not_a_message),
	UNIT(an_answer_of_an_odd_number_or_id_is_not_read),
};
UNIT_SUITE(hostile_suite, tests);
