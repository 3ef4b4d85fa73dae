/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * gateway/signer: each question of its table, and the questions that must not be signed for.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "tests/oom/oom.h"
#include "tests/unit/signer/fixture.h"

static struct fixture fx;
static struct credential cred;
static struct sign_state state;
static struct blob good, foreign, authority, no_pop;

/* Asks as that role would; answer: what is to be found in it. */
static int
ask(enum sign_type type, enum signer_role role, struct mem body, struct buf *out, struct err *e)
{
	const struct sign_rule *rule = sign_rule_find(type, role);
	bool finished = false;
	struct job j;

	CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
	if (job_begin(&j, &state, rule, body, out, e) != 0 || job_work(&j, SIZE_MAX, &finished, e) != 0)
		return -1;
	CU_ASSERT_TRUE(finished);
	return 0;
}

/* One ProtectedPart: signed, or why not. */
static int
sign_of(const struct blob *part, struct err *e)
{
	struct buf q, out;
	struct rd r;
	int rc;

	oom_pause();
	buf_init(&q, LIM_SIGN_ANSWER);
	buf_add_u16(&q, 1);
	buf_add_u32(&q, (uint32_t)part->len);
	buf_add_mem(&q, mem_of(part));
	oom_resume();
	buf_init(&out, LIM_SIGN_ANSWER);
	rc = ask(SIGN_CMP, ROLE_DISPATCH, buf_mem(&q), &out, e);
	rd_init(&r, buf_mem(&out));
	if (rc == 0) {
		char id[64] = "";
		struct mem m;

		CU_ASSERT_EQUAL(rd_u16(&r), 1);
		if (rd_u8(&r) != 1) {
			m = rd_bytes(&r, rd_u8(&r));
			if (m.len < sizeof(id))
				memcpy(id, m.p, m.len);
			m = rd_bytes(&r, rd_u16(&r));
			rc = err_set(e, reason_by_id(id), "%.*s", (int)m.len, (const char *)m.p);
		}
	}
	buf_free(&out);
	buf_free(&q);
	return rc;
}

static int
sign_request(struct err *e)
{
	return sign_of(&good, e);
}

static int
sign_for_a_foreign_name(struct err *e)
{
	return sign_of(&foreign, e);
}

static int
sign_for_the_name_of_the_ra(struct err *e)
{
	return sign_of(&authority, e);
}

static int
sign_without_proof_of_possession(struct err *e)
{
	return sign_of(&no_pop, e);
}

static int
give_credential(struct err *e)
{
	struct buf out;
	int rc;

	buf_init(&out, LIM_SIGN_ANSWER);
	rc = ask(SIGN_CREDENTIAL, ROLE_DISPATCH, MEM_NONE, &out, e);
	buf_free(&out);
	return rc;
}

/* The keys again, as after a change of credential. */
static int
load_keys(struct err *e)
{
	struct signer_keys *k = NULL;
	struct sign_policy *p = NULL;
	int rc = signer_keys_load(&fx.conf, NULL, &k, e);

	CU_ASSERT_EQUAL(k != NULL, rc == 0);
	if (rc == 0)
		rc = sign_policy_new(&fx.conf, &p, e);
	sign_policy_free(p);
	signer_keys_free(k);
	return rc;
}

static void
a_question_is_answered_or_there_is_no_memory(void)
{
	OOM(sign_request, OOM_GOOD | OOM_MAY_END);
	OOM(give_credential, OOM_GOOD | OOM_MAY_END);
	OOM(load_keys, OOM_GOOD | OOM_MAY_END);
}

static void
no_lack_of_memory_gets_a_signature(void)
{
	OOM(sign_for_a_foreign_name, OOM_BAD | OOM_MAY_END);
	OOM(sign_for_the_name_of_the_ra, OOM_BAD | OOM_MAY_END);
	OOM(sign_without_proof_of_possession, OOM_BAD | OOM_MAY_END);
}

static const struct unit_test tests[] = {
	UNIT(a_question_is_answered_or_there_is_no_memory),
	UNIT(no_lack_of_memory_gets_a_signature),
};
static UNIT_SUITE(signer_suite, tests);

static struct blob
part_of(enum cmp_body body, struct blob content)
{
	struct cmp_header h = fx_header(&cred.chain, mem_of(&cred.sig_alg));
	struct blob part = fx_part(&h, body, mem_of(&content));

	blob_free(&content);
	return part;
}

int
main(void)
{
	const struct unit_suite *const suites[] = { &signer_suite };
	static const char *const none[] = { NULL };
	struct err e;
	int status;

	log_set_level(LOG_ERROR);
	fx_files(&fx);
	fx_run(&fx);
	fx_credential(&fx, &cred);
	fx_end(&fx);
	if (signer_keys_load(&fx.conf, NULL, &state.keys, &e) != 0 || sign_policy_new(&fx.conf, &state.policy, &e) != 0)
		return 2;
	good = part_of(CMP_P10CR, fx_csr("CN=gnb-1,O=Example Operator", none));
	foreign = part_of(CMP_P10CR, fx_csr("CN=gnb-1,O=Somebody Else", none));
	authority = part_of(CMP_P10CR, fx_csr("CN=ra,O=EXAMPLE  Operator", none));
	no_pop = part_of(CMP_IR, fx_crmf_ra_verified("CN=gnb-1,O=Example Operator"));
	status = unit_main(suites, COUNT_OF(suites));
	blob_free(&good);
	blob_free(&foreign);
	blob_free(&authority);
	blob_free(&no_pop);
	sign_policy_free(state.policy);
	signer_keys_free(state.keys);
	fx_credential_free(&cred);
	return status;
}
