/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/signer/socket.h"
#include "tests/unit/signer/fixture.h"
#include "tests/unit/unit.h"

/* The server is turned by hand here: what it does, it does between two lines of a test. */
static struct fixture fx;

static void
set_up(void)
{
	fx_files(&fx);
	fx_open(&fx);
}

static void
tear_down(void)
{
	fx_end(&fx);
}

static void
turn(void)
{
	for (unsigned i = 0; i < 4; i++)
		signer_server_turn(fx.server, 0, -1);
}

static int
dial(enum signer_role role)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", fx_socket(&fx, role));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		(void)close(fd);
		return -1;
	}
	turn();
	return fd;
}

static void
put(int fd, const void *p, size_t len)
{
	CU_ASSERT_EQUAL_FATAL(send(fd, p, len, MSG_NOSIGNAL), (ssize_t)len);
	turn();
}

enum state {
	CLOSED = -2,
	SILENT = -1
};

/* Octets that came, or what else. */
static int
state_of(int fd)
{
	static uint8_t got[65536];
	ssize_t n = recv(fd, got, sizeof(got), 0);

	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return CLOSED;
	return n < 0 ? SILENT : (int)n;
}

/* What a connection of this role makes of these octets. */
static int
answer_to(enum signer_role role, const void *p, size_t len)
{
	int fd = dial(role), s;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	put(fd, p, len);
	s = state_of(fd);
	(void)close(fd);
	turn();
	return s;
}

#define ANSWER_TO(role, ...) \
	answer_to(role, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void
everybody_may_ask_for_the_credential(void)
{
	set_up();
	for (enum signer_role r = 0; r < SIGNER_ROLES; r++)
		CU_ASSERT_TRUE(ANSWER_TO(r, 0, 0, 0, 1, SIGN_CREDENTIAL) > 100);
	tear_down();
}

static void
each_question_belongs_to_its_socket(void)
{
	static const struct {
		uint8_t type;
		unsigned roles;
	} t[] = {
		{ SIGN_CMP, 1u << ROLE_DISPATCH }, { SIGN_TXID, 1u << ROLE_DISPATCH },
		{ SIGN_AUDIT, 1u << ROLE_DISPATCH }, { SIGN_AUDIT_CHECK, 1u << ROLE_OPS },
	};

	set_up();
	for (size_t i = 0; i < COUNT_OF(t); i++)
		for (enum signer_role r = 0; r < SIGNER_ROLES; r++)	/* the head alone decides */
			CU_ASSERT_EQUAL(ANSWER_TO(r, 0, 0, 0, 100, t[i].type),
			    (t[i].roles & (1u << r)) != 0 ? SILENT : CLOSED);
	for (unsigned type = 0; type < 256; type++)
		if (type < SIGN_CREDENTIAL || type > SIGN_AUDIT_CHECK)
			CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 100, (uint8_t)type), CLOSED);
	tear_down();
}

static void
put_u32(uint8_t *p, size_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static int
head_of(enum signer_role role, uint8_t type, size_t len)
{
	uint8_t head[SIGN_HEAD] = { 0, 0, 0, 0, type };

	put_u32(head, len);
	return answer_to(role, head, sizeof(head));
}

static void
a_frame_beyond_its_limit_closes_the_connection_at_its_head(void)
{
	set_up();
	CU_ASSERT_EQUAL(head_of(ROLE_DISPATCH, SIGN_CMP, LIM_SIGN_CMP - 1), SILENT);
	CU_ASSERT_EQUAL(head_of(ROLE_DISPATCH, SIGN_CMP, LIM_SIGN_CMP), SILENT);
	CU_ASSERT_EQUAL(head_of(ROLE_DISPATCH, SIGN_CMP, LIM_SIGN_CMP + 1), CLOSED);
	CU_ASSERT_EQUAL(head_of(ROLE_DISPATCH, SIGN_TXID, LIM_SIGN_TXID), SILENT);
	CU_ASSERT_EQUAL(head_of(ROLE_DISPATCH, SIGN_TXID, LIM_SIGN_TXID + 1), CLOSED);
	CU_ASSERT_EQUAL(head_of(ROLE_DISPATCH, SIGN_AUDIT, LIM_SIGN_AUDIT + 1), CLOSED);
	CU_ASSERT_EQUAL(head_of(ROLE_OPS, SIGN_AUDIT_CHECK, LIM_SIGN_AUDIT + 1), CLOSED);
	CU_ASSERT_EQUAL(head_of(ROLE_OPS, SIGN_CREDENTIAL, 2), CLOSED);
	CU_ASSERT_EQUAL(head_of(ROLE_OPS, SIGN_CREDENTIAL, 0), CLOSED);
	CU_ASSERT_EQUAL(head_of(ROLE_DISPATCH, SIGN_CMP, UINT32_MAX), CLOSED);
	tear_down();
}

static void
a_body_of_another_form_closes_the_connection(void)
{
	set_up();
	/* no count, no items, one octet too many, an item that is cut, one that is empty */
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 1, SIGN_CMP), CLOSED);
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 3, SIGN_CMP, 0, 0), CLOSED);
	CU_ASSERT_TRUE(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 8, SIGN_CMP, 0, 1, 0, 0, 0, 1, 5) > 0);
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 9, SIGN_CMP, 0, 1, 0, 0, 0, 1, 5, 5), CLOSED);
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 8, SIGN_CMP, 0, 1, 0, 0, 0, 2, 5), CLOSED);
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 7, SIGN_CMP, 0, 1, 0, 0, 0, 0), CLOSED);
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 7, SIGN_CMP, 2, 1, 0, 0, 0, 0), CLOSED);
	/* a station's name without octets, and one with a NUL */
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 40, SIGN_TXID, 0, 1, 0,
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1,
	    0, 0, 0, 0), CLOSED);
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 41, SIGN_TXID, 0, 1, 1, 0,
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1,
	    0, 0, 0, 0), CLOSED);
	CU_ASSERT_EQUAL(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 41, SIGN_TXID, 0, 1, 1, 'a',
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1,
	    0, 0, 0, 0), 5 + 2 + 16);
	tear_down();
}

static void
a_slow_peer_does_not_hold_up_another(void)
{
	static const uint8_t head[] = { 0, 0, 0, 8, SIGN_CMP, 0, 1, 0 };
	int slow;

	set_up();
	slow = dial(ROLE_DISPATCH);
	for (size_t i = 0; i < sizeof(head); i++) {
		put(slow, head + i, 1);
		CU_ASSERT_TRUE(ANSWER_TO(ROLE_DISPATCH, 0, 0, 0, 1, SIGN_CREDENTIAL) > 100);
	}
	CU_ASSERT_EQUAL(state_of(slow), SILENT);
	put(slow, (const uint8_t[]){ 0, 0, 1, 5 }, 4);
	CU_ASSERT_TRUE(state_of(slow) > 0);
	(void)close(slow);
	tear_down();
}

static void
a_long_question_does_not_hold_up_a_short_one(void)
{
	uint8_t q[SIGN_HEAD + 2 + 64 * 5] = { 0, 0, 0, 0, SIGN_CMP, 0, 64 };
	int busy, other;

	for (size_t i = 0; i < 64; i++)
		q[SIGN_HEAD + 2 + 5 * i + 3] = 1;	/* 64 items of one octet */
	put_u32(q, sizeof(q) - 4);
	set_up();
	busy = dial(ROLE_DISPATCH);
	other = dial(ROLE_DISPATCH);
	CU_ASSERT_EQUAL(send(busy, q, sizeof(q), 0), (ssize_t)sizeof(q));
	CU_ASSERT_EQUAL(send(other, (const uint8_t[]){ 0, 0, 0, 1, SIGN_CREDENTIAL }, 5, 0), 5);
	turn();
	CU_ASSERT_TRUE(state_of(other) > 100);
	CU_ASSERT_EQUAL(state_of(busy), SILENT);
	turn();
	turn();
	CU_ASSERT_TRUE(state_of(busy) > 64);
	(void)close(busy);
	(void)close(other);
	tear_down();
}

static void
a_frame_that_does_not_end_is_given_up(void)
{
	int idle, begun;

	set_up();
	idle = dial(ROLE_DISPATCH);
	begun = dial(ROLE_DISPATCH);
	put(begun, (const uint8_t[]){ 0, 0 }, 2);
	clock_ahead_ms += 29000;
	turn();
	CU_ASSERT_EQUAL(state_of(begun), SILENT);
	clock_ahead_ms += 1001;
	turn();
	CU_ASSERT_EQUAL(state_of(begun), CLOSED);
	CU_ASSERT_EQUAL(state_of(idle), SILENT);	/* between frames there is no hurry */
	(void)close(begun);
	(void)close(idle);
	tear_down();
}

static void
questions_may_follow_each_other_on_one_connection(void)
{
	int fd, first;

	set_up();
	fd = dial(ROLE_OPS);
	/* two at once: the second waits in the socket until the first is answered */
	put(fd, (const uint8_t[]){ 0, 0, 0, 1, SIGN_CREDENTIAL, 0, 0, 0, 1, SIGN_CREDENTIAL }, 10);
	turn();
	first = state_of(fd);
	put(fd, (const uint8_t[]){ 0, 0, 0, 1, SIGN_CREDENTIAL }, 5);
	CU_ASSERT_EQUAL(first, 2 * state_of(fd));
	(void)close(fd);
	tear_down();
}

static void
a_role_has_sixteen_connections_and_no_more(void)
{
	int fd[17];

	set_up();
	for (size_t i = 0; i < 17; i++)
		fd[i] = dial(ROLE_DISPATCH);
	put(fd[16], (const uint8_t[]){ 0, 0, 0, 1, SIGN_CREDENTIAL }, 5);
	CU_ASSERT_EQUAL(state_of(fd[16]), SILENT);		/* it waits */
	CU_ASSERT_TRUE(ANSWER_TO(ROLE_OPS, 0, 0, 0, 1, SIGN_CREDENTIAL) > 100);
	(void)close(fd[3]);
	turn();
	CU_ASSERT_TRUE(state_of(fd[16]) > 100);
	for (size_t i = 0; i < 17; i++)
		if (i != 3)
			(void)close(fd[i]);
	tear_down();
}

static void
root_has_no_place_of_its_own(void)
{
	uid_t list[] = { 1001, 1002 };
	const struct signer_users none = { NULL, 0 }, two = { list, 2 };

	CU_ASSERT_TRUE(signer_user_ok(&none, 1000, 1000));
	CU_ASSERT_FALSE(signer_user_ok(&none, 1000, 0));
	CU_ASSERT_FALSE(signer_user_ok(&none, 1000, 1001));
	CU_ASSERT_TRUE(signer_user_ok(&two, 1000, 1002));
	CU_ASSERT_FALSE(signer_user_ok(&two, 1000, 0));
	CU_ASSERT_FALSE(signer_user_ok(&two, 1000, 1003));
	CU_ASSERT_TRUE(signer_user_ok(&none, 0, 0));
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void
sockets_are_open_to_others_only_when_others_are_configured(void)
{
	uid_t list[] = { 1001 };

	fx_files(&fx);
	fx.conf.users[ROLE_HTTPD] = (struct signer_users){ list, 1 };
	fx_open(&fx);
	CU_ASSERT_EQUAL(mode_of(fx_socket(&fx, ROLE_DISPATCH)), 0600);
	CU_ASSERT_EQUAL(mode_of(fx_socket(&fx, ROLE_HTTPD)), 0660);
	CU_ASSERT_EQUAL(mode_of(fx_socket(&fx, ROLE_OPS)), 0600);
	tear_down();
	CU_ASSERT_EQUAL(access(fx_socket(&fx, ROLE_HTTPD), F_OK), -1);
}

static void
a_leftover_socket_is_replaced_and_a_living_one_is_not(void)
{
	struct fixture twin;
	struct sockaddr_un at;
	struct err e;
	int fd;

	fx_files(&fx);
	CU_ASSERT_EQUAL_FATAL(signer_socket_path(fx.dir, ROLE_DISPATCH, &at, &e), 0);
	CU_ASSERT_EQUAL_FATAL(signer_listen(&at, false, &fd, &e), 0);
	(void)close(fd);				/* as a killed signer leaves it */
	fx_open(&fx);
	twin = fx;
	twin.server = NULL;
	CU_ASSERT_EQUAL(signer_server_new(&twin.conf, &twin.server, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
	CU_ASSERT_TRUE(dial(ROLE_DISPATCH) >= 0);	/* the first one still answers */
	tear_down();
}

static void
what_is_not_a_socket_is_not_removed(void)
{
	struct err e;

	fx_files(&fx);
	fx_write(fx_socket(&fx, ROLE_HTTPD), "x", 1, 0600);
	CU_ASSERT_EQUAL(signer_server_new(&fx.conf, &fx.server, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_FILE_IO);
	CU_ASSERT_EQUAL(access(fx_socket(&fx, ROLE_HTTPD), F_OK), 0);
}

static const struct unit_test tests[] = {
	UNIT(everybody_may_ask_for_the_credential),
	UNIT(each_question_belongs_to_its_socket),
	UNIT(a_frame_beyond_its_limit_closes_the_connection_at_its_head),
	UNIT(a_body_of_another_form_closes_the_connection),
	UNIT(a_slow_peer_does_not_hold_up_another),
	UNIT(a_long_question_does_not_hold_up_a_short_one),
	UNIT(a_frame_that_does_not_end_is_given_up),
	UNIT(questions_may_follow_each_other_on_one_connection),
	UNIT(a_role_has_sixteen_connections_and_no_more),
	UNIT(root_has_no_place_of_its_own),
	UNIT(sockets_are_open_to_others_only_when_others_are_configured),
	UNIT(a_leftover_socket_is_replaced_and_a_living_one_is_not),
	UNIT(what_is_not_a_socket_is_not_removed),
};
extern const struct unit_suite server_suite;
UNIT_SUITE(server_suite, tests);
