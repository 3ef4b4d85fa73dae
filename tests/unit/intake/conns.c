/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/intake/conns.h"
#include "gateway/intake/listen.h"
#include "tests/unit/unit.h"

static void
only_those_whose_time_is_over_are_shut_down(void)
{
	struct conns *l = conns_new();
	struct conn *late, *intime, *ours;
	int a[2], b[2], c[2];
	char x;

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, c), 0);
	late = conns_add(l, a[0], NULL, 1000);
	intime = conns_add(l, b[0], NULL, 1001);
	ours = conns_add(l, c[0], NULL, 500);
	conns_deadline(l, ours, 0);
	CU_ASSERT_EQUAL(conns_sweep(l, 1000), 1);
	CU_ASSERT_EQUAL(read(a[1], &x, 1), 0);
	CU_ASSERT_EQUAL(recv(b[1], &x, 1, MSG_DONTWAIT), -1);
	CU_ASSERT_EQUAL(recv(c[1], &x, 1, MSG_DONTWAIT), -1);
	CU_ASSERT_EQUAL(conns_sweep(l, 1000), 0);
	conns_remove(l, intime);
	conns_remove(l, late);
	conns_remove(l, ours);
	CU_ASSERT_EQUAL(conns_sweep(l, INT64_MAX), 0);
	conns_free(l);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
		close(c[i]);
	}
}

static void
addresses_are_printed_without_port(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char out[CONN_SOURCE];

	CU_ASSERT_EQUAL(inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr), 1);
	conns_print_address((struct sockaddr *)&v4, out);
	CU_ASSERT_STRING_EQUAL(out, "192.0.2.7");
	CU_ASSERT_EQUAL(inet_pton(AF_INET6, "2001:db8::7", &v6.sin6_addr), 1);
	conns_print_address((struct sockaddr *)&v6, out);
	CU_ASSERT_STRING_EQUAL(out, "2001:db8::7");
	CU_ASSERT_EQUAL(inet_pton(AF_INET6, "::ffff:192.0.2.7", &v6.sin6_addr), 1);
	conns_print_address((struct sockaddr *)&v6, out);
	CU_ASSERT_STRING_EQUAL(out, "192.0.2.7");
	conns_print_address(NULL, out);
	CU_ASSERT_STRING_EQUAL(out, "local");
}

static void
busy_is_counted(void)
{
	struct conns *l = conns_new();

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
	UNIT(addresses_are_printed_without_port),
	UNIT(busy_is_counted),
	UNIT(an_address_to_listen_at_is_host_and_port),
};
extern const struct unit_suite conns_suite;
UNIT_SUITE(conns_suite, tests);
