/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * gateway/ra: messages to the CA are made whole, and its answers are not misread for want of memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ra/internal.h"
#include "tests/oom/oom.h"
#include "tests/unit/ra/rig.h"

static struct rig rig;

/* An answer of the CA, and the item as it was when the message had been sent. */
struct heard {
	struct blob answer;
	uint8_t transaction_id[16], sender_nonce[16];
};

static struct heard good, other_key, other_name;

static struct ca_item
sent_item(const struct heard *h)
{
	const struct ca_item *from = &rig.item;
	struct ca_item it = { .station = from->station, .profile = from->profile, .row = from->row,
		.pkcs10 = from->pkcs10, .upload_sha256 = from->upload_sha256,
		.spki_sha256 = from->spki_sha256, .step = CA_ENROL };

	memcpy(it.transaction_id, h->transaction_id, sizeof(it.transaction_id));
	memcpy(it.sender_nonce, h->sender_nonce, sizeof(it.sender_nonce));
	return it;
}

/* A trust that remembers nothing each time. */
static int
judge_of(const struct heard *h, struct err *e)
{
	struct upstream_call c = { .outcome = UP_ANSWER };
	struct ra ra = { .o = { .profiles = &rig.profiles } };
	struct ca_item it = sent_item(h);
	struct trust *trust = NULL;
	int rc;

	oom_pause();
	CU_ASSERT_EQUAL_FATAL(trust_new(&trust, e), 0);
	CU_ASSERT_EQUAL_FATAL(trust_add(trust, &rig.ca.chain, e), 0);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&c.answer, mem_of(&h->answer), e), 0);
	CU_ASSERT_EQUAL_FATAL(blob_set1(&ra.recipient, cert_get0_subject(rig.ca.chain.v[0]), e), 0);
	ra.o.trust = trust;
	oom_resume();
	ra_judge(&ra, &it, &c);
	rc = it.verdict == CV_ISSUED ? 0 : -1;
	if (rc == 0)
		CU_ASSERT(it.cert.len > 0 && it.chain.len > 0 && it.info.subject != NULL && it.info.serial.len > 0);
	*e = it.err;
	/* It may have been issued: the same message again, and nothing worse. */
	if (rc != 0 && h == &good && (it.verdict != CV_NO_ANSWER || it.no_resend))
		e->reason = R_CA_CERT_BAD;
	else if (rc != 0)
		e->reason = R_NO_MEMORY;
	ca_item_free(&it);
	blob_free(&ra.recipient);
	blob_free(&c.answer);
	trust_free(trust);
	return rc;
}

static int
judge_good(struct err *e)
{
	return judge_of(&good, e);
}

static int
judge_other_key(struct err *e)
{
	return judge_of(&other_key, e);
}

static int
judge_other_name(struct err *e)
{
	return judge_of(&other_name, e);
}

static int
prepare(struct err *e)
{
	struct ca_item it = sent_item(&good), *items[] = { &it };
	int rc = rig.ra.prepare(rig.ra.self, items, 1, e);

	if (rc == 0 && it.message.len == 0) {
		*e = it.err;
		rc = -1;
	}
	ca_item_free(&it);
	return rc;
}

static void
a_message_is_made_or_there_is_no_memory(void)
{
	OOM(prepare, OOM_GOOD | OOM_MAY_END);
}

static void
no_good_certificate_is_called_bad_for_want_of_memory(void)
{
	OOM(judge_good, OOM_GOOD | OOM_MAY_END);
}

static void
no_lack_of_memory_makes_a_bad_certificate_good(void)
{
	OOM(judge_other_key, OOM_BAD | OOM_MAY_END);
	OOM(judge_other_name, OOM_BAD | OOM_MAY_END);
}

static const struct unit_test tests[] = {
	UNIT(a_message_is_made_or_there_is_no_memory),
	UNIT(no_good_certificate_is_called_bad_for_want_of_memory),
	UNIT(no_lack_of_memory_makes_a_bad_certificate_good),
};
static UNIT_SUITE(ra_suite, tests);

static void
hear(struct heard *h, struct told told)
{
	rig_item(&rig, true, false, false);
	(void)rig_step(&rig, CA_ENROL, told);
	if (rig.item.answer.len == 0 || blob_set1(&h->answer, mem_of(&rig.item.answer), NULL) != 0) {
		fputs("the CA does not answer\n", stderr);
		exit(2);
	}
	memcpy(h->transaction_id, rig.item.transaction_id, sizeof(h->transaction_id));
	memcpy(h->sender_nonce, rig.item.sender_nonce, sizeof(h->sender_nonce));
}

static void
open_rig(void)
{
	rig_open(&rig, false);
	hear(&other_key, (struct told){ .for_other_key = true });
	hear(&other_name, (struct told){ .other_name = true });
	hear(&good, (struct told){ 0 });
}

static const struct unit_test first[] = { UNIT(open_rig) };
static UNIT_SUITE(first_suite, first);

int
main(void)
{
	const struct unit_suite *const suites[] = { &first_suite, &ra_suite };
	int status = unit_main(suites, COUNT_OF(suites));
	blob_free(&good.answer);
	blob_free(&other_key.answer);
	blob_free(&other_name.answer);
	rig_close(&rig);
	return status;
}
