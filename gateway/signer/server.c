/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Connections: many, one thread, none of them waited for. Each is in one of three phases; a turn moves each
 * a little, so that nobody's long question, or silence, holds up another.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "gateway/signer/job.h"
#include "gateway/signer/socket.h"

#define CONNS_PER_ROLE	16u
#define CONNS		(SIGNER_ROLES * CONNS_PER_ROLE)
#define CHUNK		(64u * 1024)	/* octets read from one peer in one turn */
#define SLICE		8u		/* items done for one peer in one turn */
#define FRAME_MS	30000		/* a frame that has begun, and an answer, must pass within this */

enum phase {
	READING,
	WORKING,
	WRITING
};

struct conn {
	int fd;				/* -1: free place */
	enum signer_role role;
	struct signer_peer peer;
	enum phase phase;
	uint8_t head[SIGN_HEAD];
	size_t head_len;
	const struct sign_rule *rule;	/* known when the head is complete */
	size_t body_len;
	struct buf in;			/* the body so far */
	struct buf out;			/* the answer's frame */
	size_t sent;
	struct job job;
	int64_t deadline;		/* ms of the monotonic clock; 0: none, between frames */
};

struct signer_server {
	const struct signer_conf *conf;
	struct sign_state state;
	struct sockaddr_un path[SIGNER_ROLES];
	int listener[SIGNER_ROLES];	/* -1: not open */
	struct conn conn[CONNS];
	uint8_t chunk[CHUNK];
};

/* --- the end of a connection --- */

static void
drop(struct conn *c)
{
	(void)close(c->fd);
	c->fd = -1;
	buf_free(&c->in);
	buf_free(&c->out);
}

/* A peer that does what it must not: told in the log, not to the peer. */
static void
drop_for(struct conn *c, const struct err *e)
{
	struct log_line l;

	log_begin(&l, LOG_WARN, "signer.closed");
	log_u64(&l, "uid", c->peer.uid);
	log_i64(&l, "pid", c->peer.pid);
	log_u64(&l, "role", c->role);
	log_err(&l, e);
	log_end(&l);
	drop(c);
}

/* --- reading --- */

static void
await_frame(struct conn *c)
{
	c->phase = READING;
	c->head_len = 0;
	c->rule = NULL;
	c->deadline = 0;
	c->sent = 0;
	buf_free(&c->in);
	buf_free(&c->out);
}

/* The head is complete: the rule's limit is met before memory is. */
static int
check_head(struct conn *c, struct err *e)
{
	struct rd r;
	size_t len;
	unsigned type;

	rd_init(&r, (struct mem){ c->head, SIGN_HEAD });
	len = rd_u32(&r);
	type = rd_u8(&r);
	c->rule = sign_rule_find(type, c->role);
	if (c->rule == NULL)
		return err_set(e, R_SIGNER_QUESTION, "type %u is not for this socket", type);
	if (len < 1 || len > c->rule->max)
		return err_set(e, R_SIGNER_QUESTION, "%s: a frame of %zu octets", c->rule->name, len);
	c->body_len = len - 1;
	buf_init(&c->in, c->body_len);
	return 0;
}

static int
begin_work(struct signer_server *s, struct conn *c, struct err *e)
{
	c->phase = WORKING;
	c->deadline = 0;
	buf_init(&c->out, LIM_SIGN_ANSWER);
	buf_add_u32(&c->out, 0);		/* the length, when it is known */
	buf_add_u8(&c->out, (uint8_t)((unsigned)c->rule->type | SIGN_ANSWER));
	FAILPOINT_OF(c->rule->name, "asked");
	return job_begin(&c->job, &s->state, c->rule, buf_mem(&c->in), &c->out, e);
}

/* As many octets as are still missing from the head or the body, and no more: the next frame waits. */
static size_t
missing(const struct conn *c)
{
	size_t n = c->rule == NULL ? SIGN_HEAD - c->head_len : c->body_len - c->in.len;

	return n < CHUNK ? n : CHUNK;
}

static int
take_octets(struct signer_server *s, struct conn *c, size_t n, struct err *e)
{
	if (c->rule == NULL) {
		memcpy(c->head + c->head_len, s->chunk, n);
		c->head_len += n;
		if (c->head_len == SIGN_HEAD && check_head(c, e) != 0)
			return -1;
	} else {
		buf_add(&c->in, s->chunk, n);
		if (!buf_ok(&c->in))
			return err_set(e, R_NO_MEMORY, "%s", c->rule->name);
	}
	if (c->deadline == 0)
		c->deadline = clock_mono_ms() + FRAME_MS;
	if (c->rule != NULL && c->in.len == c->body_len)
		return begin_work(s, c, e);
	return 0;
}

static void
serve_reading(struct signer_server *s, struct conn *c)
{
	ssize_t n = recv(c->fd, s->chunk, missing(c), 0);
	struct err e;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (c->head_len > 0) {
			err_set(&e, R_SIGNER_QUESTION, "the peer left in the middle of a frame");
			drop_for(c, &e);
		} else {
			drop(c);
		}
		return;
	}
	if (take_octets(s, c, (size_t)n, &e) != 0)
		drop_for(c, &e);
}

/* --- working and writing --- */

static void
put_length(struct buf *b)
{
	size_t len = b->len - 4;

	for (unsigned i = 0; i < 4; i++)
		b->p[i] = (uint8_t)(len >> (24 - 8 * i));
}

static void
serve_working(struct conn *c)
{
	struct err e;
	bool finished;

	if (job_work(&c->job, SLICE, &finished, &e) != 0) {
		drop_for(c, &e);
		return;
	}
	if (!finished)
		return;
	FAILPOINT_OF(c->rule->name, "worked");
	put_length(&c->out);
	c->phase = WRITING;
	c->deadline = clock_mono_ms() + FRAME_MS;
}

static void
serve_writing(struct conn *c)
{
	ssize_t n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop(c);		/* gone before its answer: nobody's fault */
		return;
	}
	c->sent += (size_t)n;
	if (c->sent == c->out.len) {
		FAILPOINT_OF(c->rule->name, "told");
		await_frame(c);
	}
}

static void
serve(struct signer_server *s, struct conn *c)
{
	switch (c->phase) {
	case READING:
		serve_reading(s, c);
		break;
	case WORKING:
		serve_working(c);
		break;
	case WRITING:
		serve_writing(c);
		break;
	}
}

static void
check_deadline(struct conn *c, int64_t now)
{
	struct err e;

	if (c->deadline == 0 || now < c->deadline)
		return;
	err_set(&e, R_SIGNER_QUESTION, "%s took too long", c->phase == READING ? "a frame" : "an answer");
	drop_for(c, &e);
}

/* --- new connections --- */

static struct conn *
free_place(struct signer_server *s, enum signer_role role)
{
	for (size_t i = role * CONNS_PER_ROLE; i < (role + 1) * CONNS_PER_ROLE; i++)
		if (s->conn[i].fd < 0)
			return &s->conn[i];
	return NULL;
}

static void
accept_one(struct signer_server *s, enum signer_role role, struct conn *c)
{
	struct signer_peer peer;
	struct log_line l;

	if (signer_accept(s->listener[role], &peer) != 0)
		return;
	if (!signer_user_ok(&s->conf->users[role], geteuid(), peer.uid)) {
		log_begin(&l, LOG_WARN, "signer.peer_refused");
		log_u64(&l, "uid", peer.uid);
		log_i64(&l, "pid", peer.pid);
		log_str(&l, "socket", s->path[role].sun_path);
		log_end(&l);
		(void)close(peer.fd);
		return;
	}
	memset(c, 0, sizeof(*c));
	c->fd = peer.fd;
	c->peer = peer;
	c->role = role;
	await_frame(c);
}

/* --- a turn --- */

struct watch {
	struct pollfd fd[SIGNER_ROLES + CONNS + 1];
	struct conn *conn[SIGNER_ROLES + CONNS + 1];	/* NULL: a listener or the wake descriptor */
	nfds_t n;
	int wait_ms;
};

static void
watch_fd(struct watch *w, int fd, short events, struct conn *c)
{
	w->fd[w->n] = (struct pollfd){ .fd = fd, .events = events };
	w->conn[w->n++] = c;
}

static void
watch_conn(struct watch *w, struct conn *c, int64_t now)
{
	int64_t left = c->deadline - now;

	if (c->phase == WORKING)
		w->wait_ms = 0;
	else
		watch_fd(w, c->fd, c->phase == READING ? POLLIN : POLLOUT, c);
	if (c->deadline != 0 && left < w->wait_ms)
		w->wait_ms = left > 0 ? (int)left : 0;
}

/* Listeners first, a closed or full one as -1, which poll() skips: their index is the role. */
static void
watch_all(struct signer_server *s, struct watch *w, int wake_fd)
{
	int64_t now = clock_mono_ms();

	for (enum signer_role r = 0; r < SIGNER_ROLES; r++)
		watch_fd(w, free_place(s, r) != NULL ? s->listener[r] : -1, POLLIN, NULL);
	watch_fd(w, wake_fd, POLLIN, NULL);
	for (size_t i = 0; i < CONNS; i++)
		if (s->conn[i].fd >= 0)
			watch_conn(w, &s->conn[i], now);
}

void
signer_server_turn(struct signer_server *s, int wait_ms, int wake_fd)
{
	struct watch w = { .n = 0, .wait_ms = ra_token_wait(&s->state, wait_ms) };
	int64_t now;

	watch_all(s, &w, wake_fd);
	if (poll(w.fd, w.n, w.wait_ms) < 0)
		return;			/* EINTR: the caller turns again */
	for (nfds_t i = SIGNER_ROLES + 1; i < w.n; i++)
		if (w.fd[i].revents != 0)
			serve(s, w.conn[i]);
	ra_token_turn(&s->state);
	now = clock_mono_ms();
	for (size_t i = 0; i < CONNS; i++) {
		if (s->conn[i].fd >= 0 && s->conn[i].phase == WORKING)
			serve_working(&s->conn[i]);
		if (s->conn[i].fd >= 0)
			check_deadline(&s->conn[i], now);
	}
	for (enum signer_role r = 0; r < SIGNER_ROLES; r++)
		if (w.fd[r].revents != 0)
			accept_one(s, r, free_place(s, r));
}

/* --- beginning and end --- */

static int
open_sockets(struct signer_server *s, struct err *e)
{
	for (enum signer_role r = 0; r < SIGNER_ROLES; r++)
		if (signer_socket_path(s->conf->run, r, &s->path[r], e) != 0 ||
		    signer_listen(&s->path[r], s->conf->users[r].n > 0, &s->listener[r], e) != 0)
			return -1;
	return 0;
}

int
signer_server_new(const struct signer_conf *conf, struct signer_server **out, struct err *e)
{
	struct signer_server *s = xcalloc(1, sizeof(*s));

	s->conf = conf;
	for (enum signer_role r = 0; r < SIGNER_ROLES; r++)
		s->listener[r] = -1;
	for (size_t i = 0; i < CONNS; i++)
		s->conn[i].fd = -1;
	rate_init(&s->state.rate, conf->rate, clock_mono_ms());
	if (sign_policy_new(conf, &s->state.policy, e) != 0 ||
	    signer_keys_load(conf, NULL, &s->state.keys, e) != 0 || open_sockets(s, e) != 0) {
		signer_server_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

int
signer_server_reload(struct signer_server *s, struct err *e)
{
	struct signer_keys *k;

	ra_token_let_go(&s->state);
	if (signer_keys_load(s->conf, s->state.keys, &k, e) != 0)
		return -1;
	signer_keys_free(s->state.keys);
	s->state.keys = k;
	s->state.token = (struct token_watch){ .away = false };
	return 0;
}

void
signer_server_free(struct signer_server *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < CONNS; i++)
		if (s->conn[i].fd >= 0)
			drop(&s->conn[i]);
	for (enum signer_role r = 0; r < SIGNER_ROLES; r++)
		if (s->listener[r] >= 0) {
			(void)close(s->listener[r]);
			(void)unlink(s->path[r].sun_path);
		}
	signer_keys_free(s->state.keys);
	sign_policy_free(s->state.policy);
	free(s);
}
