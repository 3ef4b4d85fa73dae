/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/health.h"

#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "gateway/store/ops.h"
#include "tests/unit/store/fix.h"

/* Says all there is to say, now. */
static void
beat(const char *role)
{
	struct err e;

	while (health_next_ms() > 0)
		CU_ASSERT_EQUAL(usleep(20 * 1000), 0);
	CU_ASSERT_EQUAL(health_turn(fix_db(role), &e), 0);
}

static struct ops_status
status(void)
{
	struct ops_status s;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(ops_status(fix_db("nemra_opsd"), &s, &e), 0);
	return s;
}

static const struct ops_part *
part_of(const struct ops_status *s, const char *part)
{
	for (size_t i = 0; i < s->n_parts; i++)
		if (strcmp(s->part[i].part, part) == 0)
			return &s->part[i];
	return NULL;
}

static void
a_process_says_that_it_lives_and_how_its_parts_are(void)
{
	const struct ops_part *p;
	struct ops_status s;
	struct err why;

	(void)err_set(&why, R_SIGNER_AWAY, "closed");
	health_set("signer", &why, 3);
	beat("nemra_dispatch");
	s = status();
	CU_ASSERT_EQUAL_FATAL(s.n_daemons, 1);
	CU_ASSERT_STRING_EQUAL(s.daemon[0].daemon, "nemra-dispatch");
	CU_ASSERT_STRING_EQUAL(s.daemon[0].host, health_host());
	CU_ASSERT_EQUAL(s.daemon[0].pid, getpid());
	CU_ASSERT(s.daemon[0].silent_ms >= 0 && s.daemon[0].silent_ms < 5000);
	CU_ASSERT_FALSE(s.daemon[0].stopped);
	p = part_of(&s, "signer");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(p->reason, "SIGNER_AWAY");
	CU_ASSERT_STRING_EQUAL(p->detail, "closed");
	CU_ASSERT_EQUAL(p->value, 3);
	CU_ASSERT_EQUAL(p->daemon, 0);
	ops_status_free(&s);

	health_set("signer", NULL, 0);
	beat("nemra_dispatch");
	s = status();
	CU_ASSERT_STRING_EQUAL(part_of(&s, "signer")->reason, "");
	CU_ASSERT_STRING_EQUAL(part_of(&s, "clock")->reason, "");	/* it is the database's host */
	ops_status_free(&s);

	health_drop("signer");
	beat("nemra_dispatch");
	s = status();
	CU_ASSERT_PTR_NULL(part_of(&s, "signer"));
	ops_status_free(&s);
}

static void
a_credential_is_told_of_before_and_after_its_end(void)
{
	health_expires("ra_credential", clock_wall_s() + 40 * 86400);
	CU_ASSERT_EQUAL(health_of("ra_credential"), R_NONE);
	health_expires("ra_credential", clock_wall_s() + 20 * 86400);
	CU_ASSERT_EQUAL(health_of("ra_credential"), R_CREDENTIAL_EXPIRING);
	health_expires("ra_credential", clock_wall_s() - 1);
	CU_ASSERT_EQUAL(health_of("ra_credential"), R_CREDENTIAL_EXPIRED);
	health_drop("ra_credential");
	CU_ASSERT_EQUAL(health_of("ra_credential"), R_NONE);
}

static void
a_volume_is_low_when_little_is_left_of_it(void)
{
	health_space("volume", INT64_C(1) << 40, INT64_C(20) << 30);	/* 2 %, but 20 GiB */
	CU_ASSERT_EQUAL(health_of("volume"), R_NONE);
	health_space("volume", INT64_C(1) << 30, INT64_C(200) << 20);	/* 200 MiB, but 20 % */
	CU_ASSERT_EQUAL(health_of("volume"), R_NONE);
	health_space("volume", INT64_C(1) << 30, INT64_C(90) << 20);
	CU_ASSERT_EQUAL(health_of("volume"), R_SPACE_LOW);
	health_drop("volume");
}

static void
more_parts_than_there_is_room_for_are_left_out(void)
{
	struct health_part part[HEALTH_PARTS + 2];
	char name[32];

	for (int i = 0; i < HEALTH_PARTS + 8; i++) {
		snprintf(name, sizeof(name), "part-%d", i);
		health_set(name, NULL, i);
	}
	CU_ASSERT_EQUAL(health_parts(part, COUNT_OF(part)), HEALTH_PARTS);
	for (int i = 0; i < HEALTH_PARTS + 8; i++) {
		snprintf(name, sizeof(name), "part-%d", i);
		health_drop(name);
	}
	CU_ASSERT_TRUE(health_parts(part, COUNT_OF(part)) < HEALTH_PARTS);
}

#define OTHER "INSERT INTO nemra.daemon_health (instance, daemon, host, pid, version, started_at, seen_at, stopped) "

static const char *
rows(const char *host)
{
	return fix_value_of("SELECT count(*) FROM nemra.daemon_health WHERE host = '%s'", host);
}

static void
a_process_takes_the_place_of_those_that_ended_before_it(void)
{
	/* this process began a while ago: one that ended before it did, one that went silent after it */
	beat("nemra_dispatch");
	fix_sql("UPDATE nemra.daemon_health SET started_at = now() - interval '1 hour'");
	fix_sql_of(OTHER "VALUES (gen_random_uuid(), 'nemra-dispatch', '%s', 1, '0', now() - interval '3 hours', "
	    "now() - interval '2 hours', false)", health_host());
	fix_sql_of(OTHER "VALUES (gen_random_uuid(), 'nemra-dispatch', '%s', 2, '0', now() - interval '3 hours', "
	    "now() - interval '1 minute', false)", health_host());
	fix_sql(OTHER "VALUES (gen_random_uuid(), 'nemra-dispatch', 'elsewhere', 3, '0', now() - interval '3 hours', "
	    "now() - interval '2 hours', false)");
	fix_sql(OTHER "VALUES (gen_random_uuid(), 'nemra-dispatch', 'longago', 4, '0', now() - interval '9 days', "
	    "now() - interval '8 days', false)");
	beat("nemra_dispatch");
	CU_ASSERT_STRING_EQUAL(rows(health_host()), "2");
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT count(*) FROM nemra.daemon_health WHERE pid = 1"), "0");
	CU_ASSERT_STRING_EQUAL(rows("elsewhere"), "1");
	CU_ASSERT_STRING_EQUAL(rows("longago"), "0");
	fix_sql("DELETE FROM nemra.daemon_health WHERE pid < 5");
}

static void
nobody_speaks_for_another_daemon(void)
{
	struct err e;

	health_goodbye(fix_db("nemra_dispatch"));
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT stopped FROM nemra.daemon_health"), "t");
	/* the same process, by another login: neither its name nor the other's row are to be had */
	while (health_next_ms() > 0)
		CU_ASSERT_EQUAL(usleep(20 * 1000), 0);
	CU_ASSERT_EQUAL(health_turn(fix_db("nemra_httpd"), &e), -1);
	CU_ASSERT_STRING_EQUAL(fix_value("SELECT string_agg(daemon, ' ') FROM nemra.daemon_health"), "nemra-dispatch");
}

static void
a_ca_keeps_its_last_error_and_shows_the_present_one(void)
{
	const char *ca = fix_ca();
	struct err e, why;

	(void)err_set(&why, R_CA_UNREACHABLE, "refused");
	CU_ASSERT_EQUAL(work_circuit(fix_db("nemra_dispatch"), ca, CIRCUIT_OPEN, &why, &e), 0);
	(void)err_set(&why, R_CA_NAME_LOOKUP, "ca.test");
	CU_ASSERT_EQUAL(work_ca_note(fix_db("nemra_dispatch"), ca, &why, -1, &e), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT concat_ws(' ', reason, detail, error_reason, error_at IS NOT NULL) "
	    "FROM nemra.ca_health WHERE ca = '%s'", ca), "CA_NAME_LOOKUP ca.test CA_NAME_LOOKUP t");
	err_clear(&why);
	CU_ASSERT_EQUAL(work_circuit(fix_db("nemra_dispatch"), ca, CIRCUIT_CLOSED, &why, &e), 0);
	CU_ASSERT_EQUAL(work_ca_note(fix_db("nemra_dispatch"), ca, &why, 12, &e), 0);
	CU_ASSERT_STRING_EQUAL(fix_value_of("SELECT concat_ws(' ', coalesce(reason, '-'), error_reason, latency_ms) "
	    "FROM nemra.ca_health WHERE ca = '%s'", ca), "- CA_NAME_LOOKUP 12");
}

static const struct unit_test tests[] = {
	UNIT(a_process_says_that_it_lives_and_how_its_parts_are),
	UNIT(a_credential_is_told_of_before_and_after_its_end),
	UNIT(a_volume_is_low_when_little_is_left_of_it),
	UNIT(more_parts_than_there_is_room_for_are_left_out),
	UNIT(a_process_takes_the_place_of_those_that_ended_before_it),
	UNIT(nobody_speaks_for_another_daemon),
	UNIT(a_ca_keeps_its_last_error_and_shows_the_present_one),
};
UNIT_SUITE(health_suite, tests);
