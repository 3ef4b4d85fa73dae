/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/intake/gate.h"
#include "gateway/intake/listen.h"
#include "tests/unit/unit.h"

#define WAIT_MS 10000

struct rig {
	struct conns *conns;
	struct gate *gate;
	int fd;
	unsigned port;
	atomic_int taken;	/* the last descriptor that was handed over; -1: none */
};

static bool
take(void *arg, int fd)
{
	struct rig *r = arg;

	CU_ASSERT_PTR_NOT_NULL(conns_take(r->conns, fd));
	atomic_store(&r->taken, fd);
	return true;
}

static void
rig_open(struct rig *r)
{
	const struct conns_limits limits = { 100, 100, 100, 100, 0, 0 };
	struct gate_options o = { .handshake_ms = 60000, .take = take, .arg = r };
	struct err e;

	r->conns = conns_new(&limits);
	atomic_init(&r->taken, -1);
	CU_ASSERT_EQUAL_FATAL(listen_open("127.0.0.1:0", &r->fd, &r->port, &e), 0);
	o.fd = r->fd;
	o.conns = r->conns;
	CU_ASSERT_EQUAL_FATAL(gate_start(&o, &r->gate, &e), 0);
}

static void
rig_close(struct rig *r)
{
	gate_stop(r->gate);
	close(r->fd);
	conns_free(r->conns);
}

static void
reach(const struct rig *r, int fd)
{
	const struct timeval patience = { .tv_sec = WAIT_MS / 1000 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)r->port) };

	CU_ASSERT_EQUAL(inet_pton(AF_INET, "127.0.0.1", &a.sin_addr), 1);
	CU_ASSERT_EQUAL(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
}

static int
client(const struct rig *r)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	reach(r, fd);
	return fd;
}

/* Did the gate end it? */
static bool
is_ended(int fd)
{
	char x;

	ssize_t n = recv(fd, &x, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* Handed over within the time; then it is ended, as the library would. */
static bool
is_taken(struct rig *r)
{
	int fd = -1;

	for (int i = 0; i < WAIT_MS && fd < 0; i++) {
		fd = atomic_exchange(&r->taken, -1);
		if (fd < 0)
			(void)poll(NULL, 0, 1);
	}
	if (fd < 0)
		return false;
	conns_remove(r->conns, conns_take(r->conns, fd), 0);
	close(fd);
	return true;
}

static void
say(int fd, const void *octets, size_t n)
{
	CU_ASSERT_EQUAL(send(fd, octets, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* A record of 8 octets, which holds a ClientHello of 4. */
static const uint8_t hello[] = { 22, 3, 1, 0, 8, 1, 0, 0, 4, 'x', 'x', 'x', 'x' };

static void
only_a_whole_client_hello_is_handed_over(void)
{
	struct rig r;
	int fd;

	rig_open(&r);
	fd = client(&r);
	for (size_t i = 0; i < sizeof(hello); i++) {
		CU_ASSERT_EQUAL(atomic_load(&r.taken), -1);
		say(fd, hello + i, 1);
	}
	CU_ASSERT_TRUE(is_taken(&r));
	close(fd);
	rig_close(&r);
}

static void
what_begins_no_tls_is_ended_at_once(void)
{
	static const struct {
		const char *octets;
		size_t n;
	} bad[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 18 },
		{ "\x15\x03\x01\x00\x02\x02\x28", 7 },			/* an alert */
		{ "\x16\x02\x00\x00\x08", 5 },				/* SSL 2 */
		{ "\x16\x03\x01\x00\x00", 5 },				/* an empty record */
		{ "\x16\x03\x01\x00\x04", 5 },				/* no message fits */
		{ "\x16\x03\x01\x40\x01", 5 },				/* longer than a record may be */
		{ "\x16\x03\x01\x00\x08\x02", 6 },			/* a ServerHello */
		{ "\x16\x03\x01\x00\x08\x01\x00\x00\x05", 9 },		/* goes on in another record */
		{ "\x16\x03\x01\x00\x08\x01\x01\x00\x04", 9 },
	};
	struct rig r;
	int fd;

	rig_open(&r);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		fd = client(&r);
		say(fd, bad[i].octets, bad[i].n);
		CU_ASSERT_TRUE(is_ended(fd));
		close(fd);
	}
	CU_ASSERT_EQUAL(atomic_load(&r.taken), -1);
	rig_close(&r);
}

/* No more descriptors: who comes is refused, not left to wait, and later ones come in. */
static void
without_descriptors_it_goes_on(void)
{
	struct rlimit before, none;
	struct rig r;
	int fd, top;

	rig_open(&r);
	fd = client(&r);
	say(fd, hello, sizeof(hello));
	CU_ASSERT_TRUE(is_taken(&r));
	close(fd);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	top = dup(fd);			/* the next that accept() would give */
	close(top);
	none = before;
	none.rlim_cur = (rlim_t)top;
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &none), 0);
	reach(&r, fd);
	CU_ASSERT_TRUE(is_ended(fd));
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &before), 0);
	close(fd);
	fd = client(&r);
	say(fd, hello, sizeof(hello));
	CU_ASSERT_TRUE(is_taken(&r));
	close(fd);
	rig_close(&r);
}

static void
who_says_nothing_stays_with_the_gate_and_goes_with_it(void)
{
	struct rig r;
	int fd;

	rig_open(&r);
	fd = client(&r);
	(void)poll(NULL, 0, 50);
	CU_ASSERT_EQUAL(atomic_load(&r.taken), -1);
	rig_close(&r);
	CU_ASSERT_TRUE(is_ended(fd));
	close(fd);
}

static const struct unit_test tests[] = {
	UNIT(only_a_whole_client_hello_is_handed_over),
	UNIT(what_begins_no_tls_is_ended_at_once),
	UNIT(without_descriptors_it_goes_on),
	UNIT(who_says_nothing_stays_with_the_gate_and_goes_with_it),
};
extern const struct unit_suite gate_suite;
UNIT_SUITE(gate_suite, tests);
