/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signer/client.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/signer/socket.h"
#include "tests/unit/signer/fixture.h"
#include "tests/unit/unit.h"

static struct fixture fx;

static int
ask_txid(struct signer *s, struct err *e)
{
	static const uint8_t upload[32] = { 1 };
	struct signer_txid t = { "gnb-1", { upload, 32 }, 0, { 0 } };

	return signer_txids(s, &t, 1, e);
}

static void
a_signer_that_is_not_there_is_away(void)
{
	struct signer *s = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(signer_new("/nonexistent/signer.sock", &s, &e), 0);
	CU_ASSERT_EQUAL(ask_txid(s, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_SIGNER_AWAY);
	signer_free(s);
	CU_ASSERT_EQUAL(signer_new("", &s, &e), -1);
}

static void
a_client_finds_a_restarted_signer_by_itself(void)
{
	struct signer *s = NULL;
	struct err e;

	fx_files(&fx);
	fx_run(&fx);
	CU_ASSERT_EQUAL_FATAL(signer_new(fx_socket(&fx, ROLE_DISPATCH), &s, &e), 0);
	CU_ASSERT_EQUAL(ask_txid(s, &e), 0);
	CU_ASSERT_EQUAL(ask_txid(s, &e), 0);
	fx_end(&fx);
	CU_ASSERT_EQUAL(ask_txid(s, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_SIGNER_AWAY);
	fx_run(&fx);
	CU_ASSERT_EQUAL(ask_txid(s, &e), 0);
	fx_end(&fx);
	fx_run(&fx);
	CU_ASSERT_EQUAL(ask_txid(s, &e), 0);	/* in one call, over the connection that died */
	signer_free(s);
	fx_end(&fx);
}

static void
a_question_on_the_wrong_socket_is_not_answered(void)
{
	struct signer *s = NULL;
	struct err e;

	fx_files(&fx);
	fx_run(&fx);
	CU_ASSERT_EQUAL_FATAL(signer_new(fx_socket(&fx, ROLE_HTTPD), &s, &e), 0);
	CU_ASSERT_EQUAL(ask_txid(s, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_SIGNER_AWAY);
	signer_free(s);
	fx_end(&fx);
}

/* --- a signer that is not one --- */

struct impostor {
	int listener;
	struct mem says;
};

static void *
pretend(void *arg)
{
	struct impostor *im = arg;
	uint8_t sink[4096];
	int fd = accept4(im->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && recv(fd, sink, sizeof(sink), 0) > 0 && im->says.len > 0)
		(void)!send(fd, im->says.p, im->says.len, MSG_NOSIGNAL);
	(void)close(fd);
	return NULL;
}

/* The reason why a client does not take these octets for an answer to n parts of one octet. */
static enum reason
reason_of(struct mem says, size_t n)
{
	struct impostor im = { .says = says };
	struct cmp_sign_item it[2] = { { .part = mem_str("x") }, { .part = mem_str("y") } };
	struct signer *s = NULL;
	struct sockaddr_un at;
	pthread_t thread;
	struct err e = { R_NONE, "" };

	CU_ASSERT_EQUAL_FATAL(signer_socket_path(unit_tmp(), ROLE_DISPATCH, &at, &e), 0);
	CU_ASSERT_EQUAL_FATAL(signer_listen(&at, false, &im.listener, &e), 0);
	CU_ASSERT_EQUAL_FATAL(fcntl(im.listener, F_SETFL, 0), 0);	/* so that the thread waits */
	CU_ASSERT_EQUAL_FATAL(signer_new(at.sun_path, &s, &e), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, pretend, &im), 0);
	if (signer_sign_cmp(s, it, n, &e) == 0)
		e.reason = it[0].err.reason;
	CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
	for (size_t i = 0; i < n; i++)
		blob_free(&it[i].signature);
	signer_free(s);
	(void)close(im.listener);
	return e.reason;
}

#define REASON_OF(n, ...) \
	reason_of((struct mem){ (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }) }, n)

static void
answers_of_another_form_are_not_believed(void)
{
	const uint8_t t = SIGN_CMP | SIGN_ANSWER;

	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 7, t, 0, 1, 1, 0, 1, 0xaa), R_NONE);
	CU_ASSERT_EQUAL(reason_of(MEM_NONE, 1), R_SIGNER_AWAY);
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 7, t, 0, 1), R_SIGNER_AWAY);			/* cut */
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 7, SIGN_CMP, 0, 1, 1, 0, 1, 0xaa), R_SIGNER_QUESTION);
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 0, t), R_SIGNER_QUESTION);
	CU_ASSERT_EQUAL(REASON_OF(1, 0xff, 0, 0, 0, t), R_SIGNER_QUESTION);			/* too long */
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 3, t, 0, 0), R_SIGNER_QUESTION);			/* no item */
	CU_ASSERT_EQUAL(REASON_OF(2, 0, 0, 0, 7, t, 0, 1, 1, 0, 1, 0xaa), R_SIGNER_QUESTION);	/* one of two */
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 6, t, 0, 1, 1, 0, 0), R_SIGNER_QUESTION);		/* empty */
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 8, t, 0, 1, 1, 0, 1, 0xaa, 0), R_SIGNER_QUESTION);
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 7, t, 0, 1, 1, 0, 2, 0xaa), R_SIGNER_QUESTION);
}

static void
a_refusal_brings_its_reason_along(void)
{
	const uint8_t t = SIGN_CMP | SIGN_ANSWER;

	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 17, t, 0, 1, 0, 11, 'S', 'I', 'G', 'N', 'E', 'R', '_', 'B', 'U', 'S',
	    'Y', 0, 0), R_SIGNER_QUESTION);		/* the length is one short */
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 18, t, 0, 1, 0, 11, 'S', 'I', 'G', 'N', 'E', 'R', '_', 'B', 'U', 'S',
	    'Y', 0, 0), R_SIGNER_BUSY);
	CU_ASSERT_EQUAL(REASON_OF(1, 0, 0, 0, 8, t, 0, 1, 0, 1, 'X', 0, 0), R_SIGNER_REFUSED);
}

static const struct unit_test tests[] = {
	UNIT(a_signer_that_is_not_there_is_away),
	UNIT(a_client_finds_a_restarted_signer_by_itself),
	UNIT(a_question_on_the_wrong_socket_is_not_answered),
	UNIT(answers_of_another_form_are_not_believed),
	UNIT(a_refusal_brings_its_reason_along),
};
extern const struct unit_suite client_suite;
UNIT_SUITE(client_suite, tests);
