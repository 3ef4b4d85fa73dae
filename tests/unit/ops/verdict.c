/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/verdict.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct ops_daemon daemons[4];
static struct ops_part parts[2];
static struct ops_ca ca;
static struct ops_status s;
static struct verdict v;

/* One of each, and all is well. */
static void
well(void)
{
	verdict_free(&v);
	daemons[0] = (struct ops_daemon){ .daemon = "nemra-httpd", .host = "a", .seen_at = 1700000000000000 };
	daemons[1] = (struct ops_daemon){ .daemon = "nemra-dispatch", .host = "a", .seen_at = 1700000000000000 };
	ca = (struct ops_ca){ .ca = "core", .circuit = "closed" };
	memset(parts, 0, sizeof(parts));
	s = (struct ops_status){ .daemon = daemons, .n_daemons = 2, .part = parts, .ca = &ca, .n_ca = 1 };
}

/* The only trouble, or NULL. */
static const struct trouble *
judge(void)
{
	verdict_judge(&v, &s);
	return v.n == 1 ? &v.v[0] : NULL;
}

static void
what_is_well_has_no_trouble(void)
{
	well();
	CU_ASSERT_PTR_NULL(judge());
	CU_ASSERT_EQUAL(v.n, 0);
	CU_ASSERT_STRING_EQUAL(standing_name(v.overall), "well");
}

static void
without_a_door_or_a_dispatcher_it_is_down(void)
{
	const struct trouble *t;

	for (int i = 0; i < 2; i++) {
		well();
		daemons[i].silent_ms = VERDICT_SILENT_MS + 1;
		t = judge();
		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		CU_ASSERT_EQUAL(v.overall, STAND_DOWN);
		CU_ASSERT_EQUAL(t->why.reason, R_DAEMON_AWAY);
		CU_ASSERT_STRING_EQUAL(t->what, daemons[i].daemon);
		CU_ASSERT_PTR_NOT_NULL(strstr(t->why.detail, "last seen at 2023-11-14"));
		well();
		daemons[i].stopped = true;
		CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));
		CU_ASSERT_PTR_NOT_NULL(strstr(t->why.detail, "was stopped at"));
	}
	well();
	s.n_daemons = 1;
	CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));
	CU_ASSERT_PTR_NOT_NULL(strstr(t->why.detail, "never seen"));
	verdict_free(&v);
}

static void
a_sign_of_life_from_a_time_to_come_proves_nothing(void)
{
	well();
	daemons[0].silent_ms = -VERDICT_SILENT_MS - 1;
	CU_ASSERT_PTR_NOT_NULL(judge());
	CU_ASSERT_EQUAL(v.overall, STAND_DOWN);
	verdict_free(&v);
}

static void
one_copy_of_several_that_is_silent_degrades(void)
{
	const struct trouble *t;

	well();
	daemons[2] = (struct ops_daemon){ .daemon = "nemra-httpd", .host = "b", .pid = 7, .silent_ms = 40000 };
	daemons[3] = (struct ops_daemon){ .daemon = "nemra-httpd", .host = "c", .silent_ms = 40000, .stopped = true };
	s.n_daemons = 4;
	CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));
	CU_ASSERT_EQUAL(v.overall, STAND_DEGRADED);
	CU_ASSERT_STRING_EQUAL(t->what, "nemra-httpd on b");
	verdict_free(&v);
}

static void
a_part_counts_while_its_process_lives(void)
{
	const struct trouble *t;

	well();
	parts[0] = (struct ops_part){ .daemon = 1, .part = "clock", .reason = "CLOCK_JUMPED", .detail = "by +1 s" };
	s.n_parts = 1;
	CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));
	CU_ASSERT_EQUAL(v.overall, STAND_DEGRADED);
	CU_ASSERT_STRING_EQUAL(t->what, "clock of nemra-dispatch on a");
	CU_ASSERT_EQUAL(t->why.reason, R_CLOCK_JUMPED);
	well();
	parts[0] = (struct ops_part){ .daemon = 1, .part = "signer", .reason = "SIGNER_AWAY" };
	s.n_parts = 1;
	CU_ASSERT_PTR_NOT_NULL(judge());
	CU_ASSERT_EQUAL(v.overall, STAND_DOWN);
	well();
	parts[0] = (struct ops_part){ .daemon = 1, .part = "signer", .reason = "SIGNER_AWAY" };
	s.n_parts = 1;
	daemons[1].stopped = true;
	CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));	/* the daemon alone */
	CU_ASSERT_EQUAL(t->why.reason, R_DAEMON_AWAY);
	well();
	parts[0] = (struct ops_part){ .daemon = 0, .part = "new", .reason = "OF_A_NEWER_VERSION", .detail = "x" };
	s.n_parts = 1;
	CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));
	CU_ASSERT_PTR_NOT_NULL(strstr(t->why.detail, "OF_A_NEWER_VERSION: x"));
	verdict_free(&v);
}

static void
cas_and_doubt_degrade(void)
{
	const struct trouble *t;

	well();
	ca = (struct ops_ca){ .ca = "core", .circuit = "open", .reason = "CA_NAME_LOOKUP", .detail = "x", .since = 5 };
	CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));
	CU_ASSERT_EQUAL(v.overall, STAND_DEGRADED);
	CU_ASSERT_STRING_EQUAL(t->what, "ca core");
	CU_ASSERT_EQUAL(t->since, 5);
	well();
	ca = (struct ops_ca){ .ca = "core", .circuit = "paused" };
	CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));
	CU_ASSERT_EQUAL(t->why.reason, R_CA_PAUSED);
	well();
	s.in_doubt_waiting = 3;
	CU_ASSERT_PTR_NOT_NULL_FATAL((t = judge()));
	CU_ASSERT_EQUAL(t->why.reason, R_IN_DOUBT);
	CU_ASSERT_STRING_EQUAL(t->why.detail, "3");
	verdict_free(&v);
}

static const struct unit_test tests[] = {
	UNIT(what_is_well_has_no_trouble),
	UNIT(without_a_door_or_a_dispatcher_it_is_down),
	UNIT(a_sign_of_life_from_a_time_to_come_proves_nothing),
	UNIT(one_copy_of_several_that_is_silent_degrades),
	UNIT(a_part_counts_while_its_process_lives),
	UNIT(cas_and_doubt_degrade),
};
UNIT_SUITE(verdict_suite, tests);
