/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <string.h>

#include "gateway/intake/json.h"
#include "gateway/intake/pages.h"
#include "gateway/intake/reply.h"
#include "gateway/intake/upload.h"
#include "tests/unit/unit.h"

static const char *
text(json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "(none)";
}

static void
a_problem_has_what_rfc_9457_and_our_users_want(void)
{
	struct reply r;
	struct err e;
	json_t *j;

	reply_init(&r);
	err_set(&e, R_KEY_TOO_WEAK, "rsa-1024");
	reply_problem(&r, &e, 0, "/v1/requests");
	j = json_loads(buf_text(&r.body), 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(j);
	CU_ASSERT_EQUAL(r.status, 400);
	CU_ASSERT_STRING_EQUAL(r.type, "application/problem+json");
	CU_ASSERT_STRING_EQUAL(text(j, "type"), "/problems/KEY_TOO_WEAK");
	CU_ASSERT_STRING_EQUAL(text(j, "reason"), "KEY_TOO_WEAK");
	CU_ASSERT_STRING_EQUAL(text(j, "title"), reason_info(R_KEY_TOO_WEAK)->sentence);
	CU_ASSERT_STRING_EQUAL(text(j, "detail"), "rsa-1024");
	CU_ASSERT_STRING_EQUAL(text(j, "instance"), "/v1/requests");
	CU_ASSERT_STRING_EQUAL(text(j, "cause"), reason_info(R_KEY_TOO_WEAK)->cause);
	CU_ASSERT_STRING_EQUAL(text(j, "fix"), reason_info(R_KEY_TOO_WEAK)->fix);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(j, "status")), 400);
	CU_ASSERT_TRUE(json_is_false(json_object_get(j, "retryable")));
	CU_ASSERT_EQUAL(r.retry_after, 0);
	json_decref(j);
	reply_free(&r);
}

static void
stations_do_not_learn_what_is_inside(void)
{
	static const enum reason inside[] = { R_DB_AWAY, R_DB_ERROR, R_SIGNER_AWAY, R_FILE_IO };

	for (size_t i = 0; i < COUNT_OF(inside); i++) {
		struct reply r;
		struct err e;

		reply_init(&r);
		err_set(&e, inside[i], "/run/secret.sock");
		reply_problem(&r, &e, 0, NULL);
		CU_ASSERT_PTR_NULL(strstr(buf_text(&r.body), "secret"));
		CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&r.body), reason_info(inside[i])->id));
		reply_text(&r, &e, 0);
		CU_ASSERT_PTR_NULL(strstr(buf_text(&r.body), "secret"));
		reply_free(&r);
	}
}

static void
each_reason_makes_a_problem_a_text_and_a_page(void)
{
	for (int i = 1; i < R_COUNT; i++) {
		struct reply r;
		struct err e = { .reason = (enum reason)i };
		json_t *j;

		reply_init(&r);
		reply_problem(&r, &e, 0, NULL);
		j = json_loads(buf_text(&r.body), 0, NULL);
		CU_ASSERT_PTR_NOT_NULL(j);
		CU_ASSERT_EQUAL(r.status, reason_info(e.reason)->http_status);
		CU_ASSERT_EQUAL(r.retry_after > 0, reason_info(e.reason)->class == RC_RETRY);
		CU_ASSERT_EQUAL(r.challenge, r.status == 401);
		json_decref(j);
		reply_text(&r, &e, 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&r.body), reason_info(e.reason)->sentence));
		CU_ASSERT_TRUE(reply_reason_page(&r, reason_info(e.reason)->id));
		CU_ASSERT_EQUAL(r.status, 200);
		reply_free(&r);
	}
}

static void
an_unknown_reason_has_no_page(void)
{
	struct reply r;

	reply_init(&r);
	CU_ASSERT_FALSE(reply_reason_page(&r, "NO_SUCH_REASON"));
	CU_ASSERT_FALSE(reply_reason_page(&r, "NONE"));
	CU_ASSERT_FALSE(reply_reason_page(&r, ""));
	reply_free(&r);
}

static void
a_detail_that_is_no_utf8_does_not_spoil_the_problem(void)
{
	struct reply r;
	struct err e;
	json_t *j;

	reply_init(&r);
	err_set(&e, R_DENIED, "cut in a letter \xc3");
	reply_problem(&r, &e, 410, NULL);
	j = json_loads(buf_text(&r.body), 0, NULL);
	CU_ASSERT_PTR_NOT_NULL(j);
	CU_ASSERT_STRING_EQUAL(text(j, "reason"), "DENIED");
	CU_ASSERT_PTR_NOT_NULL(strstr(text(j, "detail"), "cut in a letter"));
	json_decref(j);
	reply_free(&r);
}

static void
json_that_cannot_be_made_is_a_500(void)
{
	struct reply r;

	reply_init(&r);
	reply_json(&r, 200, "application/json", NULL);
	CU_ASSERT_EQUAL(r.status, 500);
	reply_free(&r);
}

static void
fractions_read_as_they_were_configured(void)
{
	static const struct {
		double f;
		const char *text;
	} cases[] = {
		{ 2.0 / 3, "2/3" }, { 0.5, "1/2" }, { 5.0 / 6, "5/6" }, { 1, "1" }, { 0, "0" },
		{ 0.987654, "0.9877" },
	};
	char out[FRACTION_TEXT];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		fraction_print(cases[i].f, out);
		CU_ASSERT_STRING_EQUAL(out, cases[i].text);
	}
}

static void
who_need_not_ask_again_is_not_told_when(void)
{
	for (int s = 0; s < RQ_STATES; s++) {
		int after = upload_retry_after((enum request_state)s);

		CU_ASSERT_TRUE(after >= 0 && after <= 120);
		CU_ASSERT_EQUAL(after == 0, worker_worth_telling((enum request_state)s) && s != RQ_HELD);
	}
}

static void
a_final_state_without_a_reason_gets_one(void)
{
	struct door_read r = { .state = RQ_CANCELLED };
	struct err e;

	upload_end(&r, &e);
	CU_ASSERT_EQUAL(e.reason, R_CANCELLED);
	r.state = RQ_REFUSED;
	r.reason = R_DENIED;
	r.detail = (char *)"not yours";
	upload_end(&r, &e);
	CU_ASSERT_EQUAL(e.reason, R_DENIED);
	CU_ASSERT_STRING_EQUAL(e.detail, "not yours");
	r.state = RQ_QUEUED;
	upload_end(&r, &e);
	CU_ASSERT_EQUAL(e.reason, R_NONE);
}

static const struct unit_test tests[] = {
	UNIT(a_problem_has_what_rfc_9457_and_our_users_want),
	UNIT(stations_do_not_learn_what_is_inside),
	UNIT(each_reason_makes_a_problem_a_text_and_a_page),
	UNIT(an_unknown_reason_has_no_page),
	UNIT(a_detail_that_is_no_utf8_does_not_spoil_the_problem),
	UNIT(json_that_cannot_be_made_is_a_500),
	UNIT(fractions_read_as_they_were_configured),
	UNIT(who_need_not_ask_again_is_not_told_when),
	UNIT(a_final_state_without_a_reason_gets_one),
};
extern const struct unit_suite reply_suite;
UNIT_SUITE(reply_suite, tests);
