/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/request.h"

#include <string.h>

#include "common/base/file.h"
#include "tests/unit/core/states.h"
#include "tests/unit/unit.h"

static void
walk(const enum request_event *ev, size_t n, enum request_state end)
{
	enum request_state s = RQ_NONE;
	struct err e;

	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(request_apply(&s, ev[i], &e), 0);
	CU_ASSERT_EQUAL(s, end);
}

#define WALK(end, ...) do { \
	static const enum request_event ev[] = { __VA_ARGS__ }; \
	walk(ev, COUNT_OF(ev), end); \
} while (0)

static void
the_straight_way_leads_to_installed(void)
{
	WALK(RQ_INSTALLED, EV_UPLOADED, EV_ADMITTED, EV_PREPARED, EV_SENT, EV_ISSUED, EV_CONFIRMED,
	    EV_DELIVERED, EV_INSTALLED);
}

static void
a_held_request_goes_on_when_approved(void)
{
	WALK(RQ_CONFIRMED, EV_UPLOADED, EV_HELD, EV_APPROVED, EV_PREPARED, EV_SENT, EV_WAITING,
	    EV_PREPARED, EV_SENT, EV_WAITING, EV_SENT, EV_ISSUED, EV_PREPARED, EV_SENT,
	    EV_CONFIRMED);
}

static void
a_lost_answer_is_asked_for_with_the_same_bytes_and_then_retried(void)
{
	WALK(RQ_ISSUED, EV_UPLOADED, EV_ADMITTED, EV_PREPARED, EV_SENT, EV_ANSWER_LOST, EV_SENT,
	    EV_ANSWER_LOST, EV_RETRIED, EV_PREPARED, EV_SENT, EV_ISSUED);
}

static void
a_message_that_never_left_may_be_built_anew(void)
{
	WALK(RQ_SENT, EV_UPLOADED, EV_ADMITTED, EV_PREPARED, EV_SENT, EV_NEVER_LEFT, EV_PREPARED,
	    EV_SENT);
}

static void
a_refused_request_is_judged_anew_in_its_row(void)
{
	WALK(RQ_QUEUED, EV_UPLOADED, EV_REFUSED, EV_JUDGED_ANEW, EV_ADMITTED);
}

static void
a_bundle_leaves_and_comes_back(void)
{
	WALK(RQ_CONFIRMED, EV_UPLOADED, EV_ADMITTED, EV_EXPORTED, EV_ISSUED, EV_CONFIRMED);
	WALK(RQ_QUEUED, EV_UPLOADED, EV_ADMITTED, EV_PREPARED, EV_EXPORTED, EV_UNEXPORTED);
}

static void
what_is_not_in_the_table_changes_nothing(void)
{
	enum request_state s = RQ_SENT;
	struct err e;

	CU_ASSERT_EQUAL(request_apply(&s, EV_CANCELLED, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_WRONG_STATE);
	CU_ASSERT_STRING_EQUAL(e.detail, "sent, and then cancelled");
	CU_ASSERT_EQUAL(s, RQ_SENT);
	s = RQ_IN_DOUBT;
	CU_ASSERT_EQUAL(request_apply(&s, EV_EXPIRED, &e), -1);
	CU_ASSERT_EQUAL(request_apply(&s, EV_DELIVERED, &e), -1);
	CU_ASSERT_EQUAL(s, RQ_IN_DOUBT);
}

static bool
one_event_leads_from(enum request_state from, enum request_state to)
{
	const struct request_trans *t;
	size_t n;

	t = request_transitions(&n);
	for (size_t i = 0; i < n; i++)
		if (t[i].from == from && t[i].to == to)
			return true;
	return false;
}

static void
only_confirmed_leads_to_delivered_and_only_an_issue_to_confirmed(void)
{
	for (enum request_state s = RQ_NONE; s < RQ_STATES; s++) {
		CU_ASSERT_EQUAL(one_event_leads_from(s, RQ_DELIVERED), s == RQ_CONFIRMED);
		CU_ASSERT_EQUAL(one_event_leads_from(s, RQ_CONFIRMED), s == RQ_ISSUED);
		CU_ASSERT_EQUAL(one_event_leads_from(s, RQ_INSTALLED), s == RQ_DELIVERED);
	}
}

static void
the_table_has_one_outcome_for_each_event(void)
{
	const struct request_trans *t;
	size_t n;

	t = request_transitions(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			CU_ASSERT_FALSE(t[i].from == t[k].from && t[i].ev == t[k].ev);
}

/* Marks all that can be reached from s. */
static void
reach(bool seen[RQ_STATES], enum request_state s)
{
	if (seen[s])
		return;
	seen[s] = true;
	for (enum request_state to = RQ_NONE; to < RQ_STATES; to++)
		if (one_event_leads_from(s, to))
			reach(seen, to);
}

static void
every_state_can_be_reached_and_ends(void)
{
	bool from_start[RQ_STATES] = { false };

	reach(from_start, RQ_NONE);
	for (enum request_state s = RQ_NONE; s < RQ_STATES; s++) {
		bool on[RQ_STATES] = { false }, ends = false;

		CU_ASSERT_TRUE(from_start[s]);
		reach(on, s);
		for (enum request_state to = RQ_NONE; to < RQ_STATES; to++)
			ends = ends || (on[to] && request_state_is_final(to));
		CU_ASSERT_TRUE(ends);
	}
}

static void
final_states_are_left_only_out_of_refused(void)
{
	for (enum request_state s = RQ_NONE; s < RQ_STATES; s++)
		for (enum request_state to = RQ_NONE; to < RQ_STATES; to++)
			if (request_state_is_final(s) && s != RQ_REFUSED)
				CU_ASSERT_FALSE(one_event_leads_from(s, to));
}

static void
every_event_is_used(void)
{
	const struct request_trans *t;
	size_t n;

	t = request_transitions(&n);
	for (enum request_event ev = EV_UPLOADED; ev < EV_EVENTS; ev++) {
		bool used = false;

		for (size_t i = 0; i < n; i++)
			used = used || t[i].ev == ev;
		CU_ASSERT_TRUE(used);
	}
}

static void
names_are_there_and_back(void)
{
	for (enum request_state s = RQ_NONE; s < RQ_STATES; s++)
		CU_ASSERT_EQUAL(request_state_parse(request_state_name(s)), s);
	CU_ASSERT_EQUAL(request_state_parse("nonsense"), RQ_NONE);
	CU_ASSERT_EQUAL(request_state_parse(NULL), RQ_NONE);
	CU_ASSERT_STRING_EQUAL(request_state_name(RQ_STATES), "none");
	for (enum request_event ev = EV_UPLOADED; ev < EV_EVENTS; ev++)
		CU_ASSERT_PTR_NOT_NULL(request_event_name(ev));
	CU_ASSERT_STRING_EQUAL(request_event_name(EV_EVENTS), "unknown");
}

static void
open_is_what_the_gateway_still_owes(void)
{
	CU_ASSERT_TRUE(request_state_is_open(RQ_HELD));
	CU_ASSERT_TRUE(request_state_is_open(RQ_IN_DOUBT));
	CU_ASSERT_TRUE(request_state_is_open(RQ_CONFIRMED));
	CU_ASSERT_FALSE(request_state_is_open(RQ_NONE));
	CU_ASSERT_FALSE(request_state_is_open(RQ_DELIVERED));
	CU_ASSERT_FALSE(request_state_is_open(RQ_REFUSED));
}

static void
the_drawing_in_docs_is_this_table(void)
{
	struct blob doc = { NULL, 0 };
	struct buf b;
	struct err e;

	buf_init(&b, STATES_MAX);
	states_draw(&b);
	CU_ASSERT_TRUE(buf_ok(&b));
	CU_ASSERT_EQUAL_FATAL(file_read("docs/states.md", STATES_MAX, &doc, &e), 0);
	CU_ASSERT_TRUE(mem_eq(mem_of(&doc), buf_mem(&b)));
	blob_free(&doc);
	buf_free(&b);
}

static const struct unit_test tests[] = {
	UNIT(the_straight_way_leads_to_installed),
	UNIT(a_held_request_goes_on_when_approved),
	UNIT(a_lost_answer_is_asked_for_with_the_same_bytes_and_then_retried),
	UNIT(a_message_that_never_left_may_be_built_anew),
	UNIT(a_refused_request_is_judged_anew_in_its_row),
	UNIT(a_bundle_leaves_and_comes_back),
	UNIT(what_is_not_in_the_table_changes_nothing),
	UNIT(only_confirmed_leads_to_delivered_and_only_an_issue_to_confirmed),
	UNIT(the_table_has_one_outcome_for_each_event),
	UNIT(every_state_can_be_reached_and_ends),
	UNIT(final_states_are_left_only_out_of_refused),
	UNIT(every_event_is_used),
	UNIT(names_are_there_and_back),
	UNIT(open_is_what_the_gateway_still_owes),
	UNIT(the_drawing_in_docs_is_this_table),
};

UNIT_SUITE(request_suite, tests);
