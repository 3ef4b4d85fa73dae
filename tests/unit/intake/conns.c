/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/intake/conns.h"
#include "gateway/intake/listen.h"
#include "tests/unit/unit.h"

/* A table, and socket pairs for it: ours is [0], the client's [1]. */
#define PAIRS 40
#define LATER 2000	/* ms: a silent client has no grace any more */

struct rig {
	struct conns *l;
	int pair[PAIRS][2];
	struct conn *c[PAIRS];
};

static void
rig_open(struct rig *r, struct conns_limits limits)
{
	memset(r, 0, sizeof(*r));
	r->l = conns_new(&limits);
	for (size_t i = 0; i < PAIRS; i++)
		CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, r->pair[i]), 0);
}

static void
rig_close(struct rig *r)
{
	for (size_t i = 0; i < PAIRS; i++) {
		if (r->c[i] != NULL && r->c[i]->stage > CONN_QUEUED)
			conns_remove(r->l, r->c[i], 0);
		close(r->pair[i][1]);
	}
	conns_drop_all(r->l);
	conns_free(r->l);
}

static struct sockaddr_in
address(const char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	CU_ASSERT_EQUAL(inet_pton(AF_INET, text, &a.sin_addr), 1);
	return a;
}

static bool
comes(struct rig *r, size_t i, const char *from, int64_t now)
{
	struct sockaddr_in a = address(from);

	r->c[i] = conns_admit(r->l, r->pair[i][0], (struct sockaddr *)&a, now, now + 1000);
	return r->c[i] != NULL;
}

/* Through the gate, as far as the library. */
static bool
enters(struct rig *r, size_t i, const char *from, int64_t now)
{
	struct conn *c;

	if (!comes(r, i, from, now))
		return false;
	conns_queue(r->l, r->c[i], now);
	c = conns_next(r->l, now);
	CU_ASSERT_PTR_EQUAL(c, r->c[i]);
	CU_ASSERT_PTR_EQUAL(conns_take(r->l, r->pair[i][0]), r->c[i]);
	conns_greeted(r->l, r->pair[i][0]);
	return true;
}

static bool
proves(struct rig *r, size_t i, uint8_t key)
{
	struct err e;

	memset(r->c[i]->id.device_key, key, SHA256_LEN);
	return conns_prove(r->l, r->c[i], &e) == 0;
}

static bool
is_open(const struct rig *r, size_t i)
{
	char x;

	return recv(r->pair[i][1], &x, 1, MSG_DONTWAIT) == -1;
}

static const struct conns_limits wide = { 1000, 1000, 1000, 1000, 0, 60000 };

static void
only_those_whose_time_is_over_are_shut_down(void)
{
	struct rig r;

	rig_open(&r, wide);
	CU_ASSERT_TRUE(enters(&r, 0, "192.0.2.1", 0));
	CU_ASSERT_TRUE(enters(&r, 1, "192.0.2.1", 1));
	CU_ASSERT_TRUE(enters(&r, 2, "192.0.2.1", 0));
	CU_ASSERT_TRUE(comes(&r, 3, "192.0.2.1", 0));
	conns_deadline(r.l, r.c[2], 0);
	CU_ASSERT_EQUAL(conns_sweep(r.l, 1000), 2);
	r.c[3] = NULL;			/* was the gate's, so it is gone */
	CU_ASSERT_FALSE(is_open(&r, 0));
	CU_ASSERT_TRUE(is_open(&r, 1));
	CU_ASSERT_TRUE(is_open(&r, 2));
	CU_ASSERT_FALSE(is_open(&r, 3));
	CU_ASSERT_EQUAL(conns_sweep(r.l, 1000), 0);
	rig_close(&r);
}

static void
strangers_crowd_out_the_oldest_of_the_biggest_crowd(void)
{
	struct rig r;

	rig_open(&r, (struct conns_limits){ 100, 4, 100, 100, 0, 0 });
	CU_ASSERT_TRUE(enters(&r, 0, "192.0.2.9", 0));
	CU_ASSERT_TRUE(enters(&r, 1, "192.0.2.1", 0));
	CU_ASSERT_TRUE(enters(&r, 2, "192.0.2.1", 0));
	CU_ASSERT_TRUE(enters(&r, 3, "192.0.2.1", 0));
	CU_ASSERT_TRUE(enters(&r, 4, "192.0.2.2", LATER));
	CU_ASSERT_TRUE(is_open(&r, 0) && !is_open(&r, 1) && is_open(&r, 2) && is_open(&r, 3) && is_open(&r, 4));
	rig_close(&r);
}

static void
a_proven_station_is_never_crowded_out_by_strangers(void)
{
	struct rig r;

	rig_open(&r, (struct conns_limits){ 4, 2, 100, 100, 0, 0 });
	CU_ASSERT_TRUE(enters(&r, 0, "192.0.2.1", 0) && proves(&r, 0, 1));
	CU_ASSERT_TRUE(enters(&r, 1, "192.0.2.1", 0) && proves(&r, 1, 2));
	for (size_t i = 2; i < 30; i++)
		CU_ASSERT_TRUE(enters(&r, i, "192.0.2.1", LATER * (int64_t)i));
	CU_ASSERT_TRUE(is_open(&r, 0) && is_open(&r, 1));
	CU_ASSERT_TRUE(!is_open(&r, 27) && is_open(&r, 28) && is_open(&r, 29));
	rig_close(&r);
}

static void
who_comes_from_where_stations_came_is_crowded_out_last(void)
{
	struct rig r;

	rig_open(&r, (struct conns_limits){ 100, 4, 100, 100, 0, 0 });
	CU_ASSERT_TRUE(enters(&r, 0, "192.0.2.1", 0) && proves(&r, 0, 1));
	conns_vouch(r.l, r.c[0], 0);
	CU_ASSERT_TRUE(enters(&r, 1, "192.0.2.1", 0));
	for (size_t i = 2; i < 20; i++)
		CU_ASSERT_TRUE(enters(&r, i, i % 2 ? "192.0.2.2" : "192.0.2.3", LATER * (int64_t)i));
	CU_ASSERT_TRUE(is_open(&r, 0) && is_open(&r, 1) && !is_open(&r, 16) && is_open(&r, 17));
	for (size_t i = 20; i < 30; i++)
		CU_ASSERT_TRUE(enters(&r, i, "192.0.2.1", LATER * (int64_t)i));
	CU_ASSERT_FALSE(is_open(&r, 1));
	rig_close(&r);
}

static void
a_full_table_ends_who_rests_longest_and_nobody_who_is_served(void)
{
	struct rig r;

	rig_open(&r, (struct conns_limits){ 3, 3, 100, 100, 0, 0 });
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_TRUE(enters(&r, i, "192.0.2.1", 0) && proves(&r, i, (uint8_t)i));
	CU_ASSERT_FALSE(comes(&r, 3, "192.0.2.2", 0));
	conns_rest(r.l, r.c[1], 1000);
	conns_rest(r.l, r.c[0], 1000);
	CU_ASSERT_TRUE(enters(&r, 4, "192.0.2.2", 0));
	CU_ASSERT_TRUE(is_open(&r, 0) && !is_open(&r, 1) && is_open(&r, 2));
	conns_deadline(r.l, r.c[0], 0);
	CU_ASSERT_TRUE(proves(&r, 4, 9));
	CU_ASSERT_FALSE(comes(&r, 5, "192.0.2.2", 0));
	close(r.pair[3][0]);
	close(r.pair[5][0]);
	rig_close(&r);
}

static void
a_station_has_so_many_connections_and_no_more(void)
{
	struct rig r;

	rig_open(&r, (struct conns_limits){ 100, 100, 100, 2, 0, 0 });
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_TRUE(enters(&r, i, "192.0.2.1", 0));
	CU_ASSERT_TRUE(proves(&r, 0, 7) && proves(&r, 1, 7) && proves(&r, 2, 8));
	CU_ASSERT_FALSE(proves(&r, 3, 7));
	conns_rest(r.l, r.c[1], 1000);
	CU_ASSERT_TRUE(proves(&r, 3, 7));
	CU_ASSERT_TRUE(is_open(&r, 0) && !is_open(&r, 1) && is_open(&r, 2));
	CU_ASSERT_FALSE(proves(&r, 4, 7));
	rig_close(&r);
}

static void
who_misbehaves_is_turned_away_until_it_has_faded(void)
{
	struct conns_report report;
	struct rig r;
	size_t i = 0;

	rig_open(&r, (struct conns_limits){ 100, 100, 100, 100, 0, 60000 });
	for (; comes(&r, i, "192.0.2.1", 0); i++) {
		conns_drop(r.l, r.c[i], OFFENCE_NO_TLS, 0);
		r.c[i] = NULL;
	}
	CU_ASSERT_EQUAL(i, 10);
	CU_ASSERT_TRUE(comes(&r, 11, "192.0.2.2", 0));
	CU_ASSERT_FALSE(comes(&r, 12, "192.0.2.1", 29000));
	CU_ASSERT_TRUE(comes(&r, 13, "192.0.2.1", 31000));
	conns_report(r.l, 31000, &report);
	CU_ASSERT_EQUAL(report.turned_away, 2);
	CU_ASSERT_EQUAL_FATAL(report.n_worst, 1);
	CU_ASSERT_STRING_EQUAL(report.worst[0].source, "192.0.2.1");
	conns_report(r.l, 31000, &report);
	CU_ASSERT_EQUAL(report.turned_away, 0);
	close(r.pair[10][0]);
	close(r.pair[12][0]);
	rig_close(&r);
}

static void
behind_a_penalised_address_known_stations_still_come_in_last(void)
{
	struct rig r;

	rig_open(&r, wide);
	CU_ASSERT_TRUE(enters(&r, 0, "192.0.2.1", 0) && proves(&r, 0, 1));
	conns_vouch(r.l, r.c[0], 0);
	for (size_t i = 1; i < 11; i++) {
		CU_ASSERT_TRUE(comes(&r, i, "192.0.2.1", 0));
		conns_drop(r.l, r.c[i], OFFENCE_NO_TLS, 0);
		r.c[i] = NULL;
	}
	CU_ASSERT_TRUE(comes(&r, 11, "192.0.2.1", 100) && comes(&r, 12, "192.0.2.1", 100) &&
	    comes(&r, 13, "192.0.2.2", 100));
	for (size_t i = 11; i < 14; i++)
		conns_queue(r.l, r.c[i], 100);
	CU_ASSERT_PTR_EQUAL(conns_next(r.l, 100), r.c[13]);
	CU_ASSERT_PTR_EQUAL(conns_next(r.l, 100), r.c[12]);
	CU_ASSERT_PTR_NULL(conns_next(r.l, 101));
	CU_ASSERT_TRUE(conns_anybody_waits(r.l));
	CU_ASSERT_PTR_EQUAL(conns_next(r.l, 110), r.c[11]);
	CU_ASSERT_FALSE(conns_anybody_waits(r.l));
	rig_close(&r);
}

static void
few_handshakes_begin_at_a_time_and_a_stuck_one_holds_up_none_for_long(void)
{
	struct rig r;
	size_t n = 0;

	rig_open(&r, wide);
	for (size_t i = 0; i < PAIRS; i++) {
		CU_ASSERT_TRUE(comes(&r, i, "192.0.2.1", 0));
		conns_queue(r.l, r.c[i], 0);
	}
	while (conns_next(r.l, 0) != NULL)
		n++;
	CU_ASSERT_TRUE(n > 0 && n < PAIRS / 2);
	conns_greeted(r.l, r.pair[0][0]);
	CU_ASSERT_PTR_NOT_NULL(conns_next(r.l, 0));
	CU_ASSERT_PTR_NULL(conns_next(r.l, 0));
	CU_ASSERT_PTR_NOT_NULL(conns_next(r.l, 1000));
	conns_sweep(r.l, INT64_MAX);
	for (size_t i = 0; i < PAIRS; i++)
		r.c[i] = NULL;		/* the queued are closed, and the library never took the others */
	rig_close(&r);
}

/* Hands over all who may begin, and proves them at once. */
static size_t
serve(struct rig *r, int64_t now)
{
	struct conn *c;
	size_t n = 0;
	struct err e;

	for (; (c = conns_next(r->l, now)) != NULL; n++) {
		CU_ASSERT_PTR_EQUAL(conns_take(r->l, c->fd), c);
		conns_greeted(r->l, c->fd);
		memset(c->id.device_key, (int)(1 + n), SHA256_LEN);
		CU_ASSERT_EQUAL(conns_prove(r->l, c, &e), 0);
	}
	return n;
}

static void
all_stations_of_one_address_at_once_wait_and_none_goes(void)
{
	struct rig r;
	struct conns_report report;
	int64_t now = 0;

	rig_open(&r, (struct conns_limits){ 100, 16, 100, 100, 0, 60000 });
	/* all are there before the first of them says anything, and then are slow to be served */
	for (size_t i = 0; i < 30; i++)
		CU_ASSERT_TRUE(comes(&r, i, "192.0.2.1", now));
	for (size_t i = 0; i < 16; i++)
		conns_queue(r.l, r.c[i], now);
	now += 20000;
	CU_ASSERT_EQUAL(conns_sweep(r.l, now), 14);	/* who said nothing until its deadline */
	for (size_t i = 16; i < 30; i++)
		r.c[i] = NULL;
	for (size_t i = 31; i < 40; i++)
		CU_ASSERT_TRUE(comes(&r, i, "192.0.2.2", now));
	CU_ASSERT_EQUAL(serve(&r, now), 16);
	conns_report(r.l, now, &report);
	CU_ASSERT_EQUAL(report.crowded_out, 0);
	CU_ASSERT_EQUAL(report.turned_away, 0);
	CU_ASSERT_EQUAL(report.strangers, 9);
	for (size_t i = 0; i < 16; i++)
		CU_ASSERT_TRUE(is_open(&r, i));
	rig_close(&r);
}

static void
who_waits_takes_the_place_of_who_is_silent_and_never_the_other_way_round(void)
{
	struct rig r;

	rig_open(&r, (struct conns_limits){ 100, 4, 100, 100, 0, 0 });
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_TRUE(enters(&r, i, "192.0.2.1", 0));
	for (size_t i = 4; i < 8; i++) {
		CU_ASSERT_TRUE(comes(&r, i, "192.0.2.1", LATER / 2));
		conns_queue(r.l, r.c[i], LATER / 2);
	}
	CU_ASSERT_PTR_NULL(conns_next(r.l, LATER / 2));		/* they may be on their way yet */
	for (size_t i = 8; i < 20; i++)
		CU_ASSERT_TRUE(comes(&r, i, "192.0.2.2", LATER / 2));
	CU_ASSERT_PTR_EQUAL(conns_next(r.l, LATER), r.c[4]);
	for (size_t i = 4; i < 8; i++)
		CU_ASSERT_TRUE(is_open(&r, i));
	/* the last of four has sent something that nobody read yet */
	CU_ASSERT_EQUAL(send(r.pair[3][1], "x", 1, 0), 1);
	for (size_t i = 20; i < 40; i++)
		CU_ASSERT_TRUE(comes(&r, i, "192.0.2.1", LATER));
	CU_ASSERT_TRUE(!is_open(&r, 0) && !is_open(&r, 1) && !is_open(&r, 2) && is_open(&r, 3));
	rig_close(&r);
}

static void
of_too_many_who_wait_the_newest_of_the_biggest_crowd_goes(void)
{
	struct conns_report report;
	struct rig r;

	rig_open(&r, (struct conns_limits){ 100, 4, 100, 100, 0, 60000 });
	for (size_t i = 0; i < 6; i++) {
		CU_ASSERT_TRUE(comes(&r, i, i == 5 ? "192.0.2.2" : "192.0.2.1", 0));
		conns_queue(r.l, r.c[i], 0);
	}
	CU_ASSERT_TRUE(is_open(&r, 0) && is_open(&r, 1) && is_open(&r, 2) && is_open(&r, 5));
	CU_ASSERT_TRUE(!is_open(&r, 3) && !is_open(&r, 4));
	r.c[3] = r.c[4] = NULL;
	conns_report(r.l, 0, &report);
	CU_ASSERT_EQUAL(report.crowded_out, 2);
	CU_ASSERT_EQUAL(report.penalised, 0);
	rig_close(&r);
}

static void
one_address_has_its_share_of_questions_and_of_log_lines(void)
{
	struct conns_report report;
	struct rig r;
	struct err e;
	int asked = 0, said = 0;

	rig_open(&r, (struct conns_limits){ 100, 100, 100, 100, 20, 0 });
	CU_ASSERT_TRUE(enters(&r, 0, "192.0.2.1", 0) && enters(&r, 1, "192.0.2.2", 0));
	while (conns_ask(r.l, r.c[0], 0, &e) == 0)
		asked++;
	CU_ASSERT_EQUAL(asked, 20);
	CU_ASSERT_EQUAL(e.reason, R_RATE_LIMITED);
	CU_ASSERT_EQUAL(conns_ask(r.l, r.c[1], 0, &e), 0);
	CU_ASSERT_EQUAL(conns_ask(r.l, r.c[0], 3100, &e), 0);
	CU_ASSERT_TRUE(proves(&r, 0, 1));
	CU_ASSERT_EQUAL(conns_ask(r.l, r.c[0], 3100, &e), 0);
	while (conns_may_log(r.l, r.c[0], 0))
		said++;
	CU_ASSERT_TRUE(said > 100 && said < 10000);
	CU_ASSERT_TRUE(conns_may_log(r.l, r.c[1], 0));
	conns_report(r.l, 0, &report);
	CU_ASSERT_EQUAL(report.unsaid, 1);
	rig_close(&r);
}

static void
addresses_are_printed_without_port(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char out[SOURCE_TEXT];

	CU_ASSERT_EQUAL(inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr), 1);
	source_print((struct sockaddr *)&v4, out);
	CU_ASSERT_STRING_EQUAL(out, "192.0.2.7");
	CU_ASSERT_EQUAL(inet_pton(AF_INET6, "2001:db8::7", &v6.sin6_addr), 1);
	source_print((struct sockaddr *)&v6, out);
	CU_ASSERT_STRING_EQUAL(out, "2001:db8::7");
	CU_ASSERT_EQUAL(inet_pton(AF_INET6, "::ffff:192.0.2.7", &v6.sin6_addr), 1);
	source_print((struct sockaddr *)&v6, out);
	CU_ASSERT_STRING_EQUAL(out, "192.0.2.7");
	source_print(NULL, out);
	CU_ASSERT_STRING_EQUAL(out, "local");
}

static void
busy_is_counted(void)
{
	struct conns *l = conns_new(&wide);

	conns_busy(l, 1);
	conns_busy(l, 1);
	conns_busy(l, -1);
	CU_ASSERT_EQUAL(conns_count_busy(l), 1);
	conns_free(l);
}

static void
an_address_to_listen_at_is_host_and_port(void)
{
	static const char *const good[] = { "127.0.0.1:0", "[::1]:0", "[127.0.0.1]:0" };
	static const char *const bad[] = { "", "127.0.0.1", "127.0.0.1:", "localhost:0", "127.0.0.1:port",
		"127.0.0.1:123456789", ":", "[::1", "300.0.0.1:0" };
	unsigned port;
	struct err e;
	int fd;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (listen_open(good[i], &fd, &port, &e) != 0) {
			CU_ASSERT_PTR_NOT_NULL(strstr(good[i], "::"));	/* a host without IPv6 */
			continue;
		}
		CU_ASSERT_NOT_EQUAL(port, 0);
		close(fd);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		CU_ASSERT_EQUAL(listen_open(bad[i], &fd, &port, &e), -1);
		CU_ASSERT_EQUAL(e.reason, R_CONFIG);
	}
}

static const struct unit_test tests[] = {
	UNIT(only_those_whose_time_is_over_are_shut_down),
	UNIT(strangers_crowd_out_the_oldest_of_the_biggest_crowd),
	UNIT(a_proven_station_is_never_crowded_out_by_strangers),
	UNIT(who_comes_from_where_stations_came_is_crowded_out_last),
	UNIT(a_full_table_ends_who_rests_longest_and_nobody_who_is_served),
	UNIT(a_station_has_so_many_connections_and_no_more),
	UNIT(who_misbehaves_is_turned_away_until_it_has_faded),
	UNIT(behind_a_penalised_address_known_stations_still_come_in_last),
	UNIT(few_handshakes_begin_at_a_time_and_a_stuck_one_holds_up_none_for_long),
	UNIT(all_stations_of_one_address_at_once_wait_and_none_goes),
	UNIT(who_waits_takes_the_place_of_who_is_silent_and_never_the_other_way_round),
	UNIT(of_too_many_who_wait_the_newest_of_the_biggest_crowd_goes),
	UNIT(one_address_has_its_share_of_questions_and_of_log_lines),
	UNIT(addresses_are_printed_without_port),
	UNIT(busy_is_counted),
	UNIT(an_address_to_listen_at_is_host_and_port),
};
extern const struct unit_suite conns_suite;
UNIT_SUITE(conns_suite, tests);
