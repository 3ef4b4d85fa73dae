/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/clock.h"
#include "gateway/intake/hello.h"

#define EVENTS 64
#define ACCEPTS 64		/* at a time, before others have their turn */
#define TICK_MS 250
#define PACE_MS 5		/* while somebody waits for a handshake */
#define SHORT_OF_FDS_MS 10

struct gate {
	struct gate_options o;
	pthread_t thread;
	int epoll;
	int spare;		/* a descriptor to give up when there are no more */
	atomic_bool stopping;
	atomic_llong pulse;
};

/* Resets the connection: it leaves nothing behind, in this kernel either. */
static void
turn_away(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* Without a descriptor for it, a client would wait for ever in the kernel's queue, and we would spin. */
static void
refuse_one(struct gate *g)
{
	int fd;

	if (g->spare < 0) {
		(void)poll(NULL, 0, SHORT_OF_FDS_MS);
	} else {
		close(g->spare);
		fd = accept4(g->o.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			turn_away(fd);
	}
	g->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
park(struct gate *g, int fd, const struct sockaddr *from, int64_t now)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd };
	struct conn *c = conns_admit(g->o.conns, fd, from, now, now + g->o.handshake_ms);

	if (c == NULL)
		turn_away(fd);
	else if (epoll_ctl(g->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		conns_drop(g->o.conns, c, 0, now);
}

static void
accept_some(struct gate *g, int64_t now)
{
	struct sockaddr_storage from;
	socklen_t len;
	int fd;

	for (int i = 0; i < ACCEPTS; i++) {
		len = sizeof(from);
		fd = accept4(g->o.fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			park(g, fd, (struct sockaddr *)&from, now);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			refuse_one(g);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
	}
}

static void
on_parked(struct gate *g, int fd, uint32_t events, int64_t now)
{
	struct conn *c = conns_parked(g->o.conns, fd);

	if (c == NULL)
		return;
	switch (hello_look(fd, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)) {
	case HELLO_WAIT:
		return;
	case HELLO_WHOLE:
		(void)epoll_ctl(g->epoll, EPOLL_CTL_DEL, fd, NULL);
		conns_queue(g->o.conns, c, now);
		return;
	case HELLO_GONE:
		conns_drop(g->o.conns, c, 0, now);
		return;
	case HELLO_CUT:
		conns_drop(g->o.conns, c, OFFENCE_NO_REQUEST, now);
		return;
	case HELLO_NO_TLS:
		conns_drop(g->o.conns, c, OFFENCE_NO_TLS, now);
		return;
	}
}

static void
hand_over(struct gate *g)
{
	struct conn *c;

	while ((c = conns_next(g->o.conns, clock_mono_ms())) != NULL)
		if (!g->o.take(g->o.arg, c->fd))
			conns_lost(g->o.conns, c);
}

static void
round_once(struct gate *g)
{
	const int wake = conns_wake_fd(g->o.conns);
	struct epoll_event ev[EVENTS];
	uint64_t count;
	int64_t now;
	int n;

	n = epoll_wait(g->epoll, ev, EVENTS, conns_anybody_waits(g->o.conns) ? PACE_MS : TICK_MS);
	now = clock_mono_ms();
	for (int i = 0; i < n; i++) {
		if (ev[i].data.fd == g->o.fd)
			accept_some(g, now);
		else if (ev[i].data.fd != wake)
			on_parked(g, ev[i].data.fd, ev[i].events, now);
		else if (read(wake, &count, sizeof(count)) < 0)
			continue;
	}
	hand_over(g);
}

static void *
run(void *arg)
{
	struct gate *g = arg;
	int64_t swept = 0, now;

	while (!atomic_load(&g->stopping)) {
		round_once(g);
		now = clock_mono_ms();
		atomic_store(&g->pulse, now);
		if (now - swept >= TICK_MS) {
			(void)conns_sweep(g->o.conns, now);
			swept = now;
		}
	}
	conns_drop_all(g->o.conns);
	return NULL;
}

static int
watch(int epoll, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
}

static void
gate_free(struct gate *g)
{
	if (g->epoll >= 0)
		close(g->epoll);
	if (g->spare >= 0)
		close(g->spare);
	free(g);
}

int
gate_start(const struct gate_options *o, struct gate **out, struct err *e)
{
	struct gate *g = xcalloc(1, sizeof(*g));

	g->o = *o;
	atomic_init(&g->stopping, false);
	atomic_init(&g->pulse, clock_mono_ms());
	g->epoll = epoll_create1(EPOLL_CLOEXEC);
	g->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (g->epoll < 0 || watch(g->epoll, o->fd) != 0 || watch(g->epoll, conns_wake_fd(o->conns)) != 0 ||
	    pthread_create(&g->thread, NULL, run, g) != 0) {
		gate_free(g);
		return err_sys(e, R_INTERNAL, "the thread that accepts");
	}
	*out = g;
	return 0;
}

int64_t
gate_pulse(struct gate *g)
{
	return atomic_load(&g->pulse);
}

void
gate_stop(struct gate *g)
{
	const uint64_t one = 1;

	atomic_store(&g->stopping, true);
	/* fails only when the counter is full: then the thread is awake anyway */
	if (write(conns_wake_fd(g->o.conns), &one, sizeof(one)) < 0)
		(void)0;
	pthread_join(g->thread, NULL);
	gate_free(g);
}
