/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/steps.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "tests/unit/store/fix.h"

static struct db *
dispatch(void)
{
	return fix_db("nemra_dispatch");
}

static void
set(struct blob *b, const char *text)
{
	CU_ASSERT_EQUAL_FATAL(blob_set1(b, mem_str(text), NULL), 0);
}

struct work *
claim_for(const char *ca, int lease_s)
{
	struct work *w;
	size_t n;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(work_claim(dispatch(), ca, 10, lease_s, &w, &n, &e), 0);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	return w;
}

struct work *
claim_one(const char *ca)
{
	return claim_for(ca, 60);
}

void
end_lease(const struct work *w)
{
	fix_sql_of("UPDATE nemra.queue SET next_at = now(), path = '{}' WHERE request = '%s'", fix_text(&w->request));
}

void
prepare_same(struct work *w, const char *message)
{
	struct err e;

	set(&w->item.message, message);
	CU_ASSERT_EQUAL_FATAL(work_prepared(dispatch(), &w, 1, &e), 0);
	CU_ASSERT_FALSE(w->lost);
}

void
prepare(struct work *w, const char *message)
{
	if (w->item.step == CA_ENROL) {
		fix_random(w->item.transaction_id, sizeof(w->item.transaction_id));
		fix_random(w->item.first_nonce, sizeof(w->item.first_nonce));
	}
	fix_random(w->item.sender_nonce, sizeof(w->item.sender_nonce));
	prepare_same(w, message);
}

void
send_it(struct work *w)
{
	struct err e;

	CU_ASSERT_EQUAL_FATAL(work_sent(dispatch(), &w, 1, &e), 0);
	CU_ASSERT_FALSE(w->lost);
}

void
set_answer(struct work *w, const char *der)
{
	set(&w->item.answer, der);
	set(&w->item.peer_nonce, "peer nonce");
	set(&w->item.peer_signer, "signer");
	w->item.cert_req_id = -1;
}

void
answer_with_certificate(struct work *w, bool confirm)
{
	uint8_t serial[16];

	set_answer(w, "ip");
	fix_random(serial, sizeof(serial));
	w->item.verdict = CV_ISSUED;
	w->item.confirm = confirm;
	set(&w->item.cert, "a certificate");
	set(&w->item.chain, "a chain");
	memset(w->item.info.issuer_sha256, 7, sizeof(w->item.info.issuer_sha256));
	memcpy(w->item.info.spki_sha256, w->spki_sha256, sizeof(w->spki_sha256));
	CU_ASSERT_EQUAL_FATAL(blob_set1(&w->item.info.serial, (struct mem){ serial, sizeof(serial) }, NULL), 0);
	free(w->item.info.subject);
	free(w->item.info.issuer);
	w->item.info.subject = xstrdup("CN=x");
	w->item.info.issuer = xstrdup("CN=CA");
	w->item.info.not_before = 1700000000;
	w->item.info.not_after = 4000000000;
}

static void
finish(struct work *w, int64_t delay_ms)
{
	struct err e;

	CU_ASSERT_EQUAL_FATAL(work_done(dispatch(), &w, &delay_ms, 1, &e), 0);
}

void
done(struct work *w, int64_t delay_ms)
{
	finish(w, delay_ms);
	CU_ASSERT_FALSE(w->lost);
}

void
done_lost(struct work *w)
{
	finish(w, 0);
	CU_ASSERT_TRUE(w->lost);
}
