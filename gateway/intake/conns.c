/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/conns.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "gateway/intake/conns_priv.h"

#define SPARE_SOURCES 4096	/* addresses that are remembered without a connection */
#define SPARE_FDS 1024		/* descriptors of others, below our highest */
#define LOOK_AT 64		/* of the oldest strangers, when one must go */
#define CROWD 8			/* so many strangers of one address are its own fault */
#define GREETINGS 8		/* handshakes that wait for the library's threads: what is more, waits with us */
#define GREETING_MS 50		/* one whose first message was read and led nowhere does not hold up the next */
#define GREETING_MAX_MS 2000	/* nor does any for longer */
#define LOW_GAP_MS 5		/* between two handshakes of penalised addresses */
#define NEW_SHARE 4		/* each so many-th handshake is one of CONN_NEW */
#define ASKS_BURST_MIN 10.0

struct conns *
conns_new(const struct conns_limits *limits)
{
	struct conns *l = xcalloc(1, sizeof(*l));

	l->limits = *limits;
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->n_fd = (size_t)limits->max + SPARE_FDS;
	l->by_fd = xcalloc(l->n_fd, sizeof(*l->by_fd));
	l->sources = sources_new((size_t)limits->max + SPARE_SOURCES, limits->penalty_ms);
	pthread_mutex_init(&l->lock, NULL);
	TAILQ_INIT(&l->all);
	TAILQ_INIT(&l->strangers);
	TAILQ_INIT(&l->guests);
	TAILQ_INIT(&l->resting);
	TAILQ_INIT(&l->greeting);
	for (size_t i = 0; i < CONN_CLASSES; i++)
		TAILQ_INIT(&l->queue[i]);
	return l;
}

void
conns_free(struct conns *l)
{
	if (l == NULL)
		return;
	if (l->wake >= 0)
		close(l->wake);
	sources_free(l->sources);
	pthread_mutex_destroy(&l->lock);
	free(l->by_fd);
	free(l);
}

int
conns_wake_fd(const struct conns *l)
{
	return l->wake;
}

/* --- places; under lock from here to the next rule --- */

static bool
is_the_gates(const struct conn *c)
{
	return c->stage == CONN_PARKED || c->stage == CONN_QUEUED;
}

static bool
anybody_waits(const struct conns *l)
{
	for (size_t i = 0; i < CONN_CLASSES; i++)
		if (!TAILQ_EMPTY(&l->queue[i]))
			return true;
	return false;
}

static void
leave_wait(struct conns *l, struct conn *c)
{
	const uint64_t one = 1;

	if (c->stage == CONN_QUEUED)
		TAILQ_REMOVE(&l->queue[c->class], c, wait);
	if (c->stage != CONN_GREETING)
		return;
	TAILQ_REMOVE(&l->greeting, c, wait);
	l->n_greeting--;
	/* fails only when the counter is full: then the gate is awake anyway */
	if (anybody_waits(l) && write(l->wake, &one, sizeof(one)) < 0)
		return;
}

static void
set_stage(struct conns *l, struct conn *c, enum conn_stage to)
{
	leave_wait(l, c);
	c->stage = to;
}

static void
leave_rank(struct conns *l, struct conn *c)
{
	if (c->ended)
		return;
	if (c->stage != CONN_PROVEN) {
		if (c->guest)
			TAILQ_REMOVE(&l->guests, c, rank);
		else
			TAILQ_REMOVE(&l->strangers, c, rank);
		l->n_strangers--;
		c->from->strangers--;
	} else if (c->resting) {
		TAILQ_REMOVE(&l->resting, c, rank);
	}
	c->resting = false;
}

static struct conn **
key_chain(struct conns *l, const struct conn *c)
{
	uint32_t h;

	memcpy(&h, c->key, sizeof(h));
	return &l->by_key[h & (CONN_KEYS - 1)];
}

static void
leave_key(struct conns *l, struct conn *c)
{
	struct conn **at = key_chain(l, c);

	while (*at != NULL && *at != c)
		at = &(*at)->same_key;
	if (*at != NULL)
		*at = c->same_key;
}

/* Out of all lists, and gone; the socket is the caller's. */
static void
forget(struct conns *l, struct conn *c)
{
	leave_wait(l, c);
	leave_rank(l, c);
	if (!c->ended)
		l->n_live--;
	if (c->stage == CONN_PROVEN)
		leave_key(l, c);
	TAILQ_REMOVE(&l->all, c, all);
	if (l->by_fd[c->fd] == c)
		l->by_fd[c->fd] = NULL;
	sources_release(l->sources, c->from);
	identity_free(&c->id);
	free(c);
}

/* Its place is free at once; the library closes it when its thread comes round. */
static void
end(struct conns *l, struct conn *c)
{
	int fd = c->fd;

	if (is_the_gates(c)) {
		forget(l, c);
		close(fd);
		return;
	}
	if (c->ended)
		return;
	leave_rank(l, c);
	l->n_live--;
	c->ended = true;
	c->deadline = 0;
	(void)shutdown(fd, SHUT_RDWR);
}

static void
offend(struct conns *l, struct source *s, double points, int64_t now)
{
	if (points > 0)
		(void)source_offend(l->sources, s, points, now);
}

/* --- crowds --- */

/* The oldest of s in the list: one whose handshake has not begun, if there is one. */
static struct conn *
oldest_of(struct conn_list *list, const struct source *s)
{
	struct conn *c, *oldest = NULL;

	for (c = TAILQ_FIRST(list); c != NULL; c = TAILQ_NEXT(c, rank)) {
		if (c->from != s)
			continue;
		if (is_the_gates(c))
			return c;
		if (oldest == NULL)
			oldest = c;
	}
	return oldest;
}

static struct conn *
oldest_stranger_of(struct conns *l, const struct source *s)
{
	struct conn *c = oldest_of(&l->strangers, s);

	return c != NULL ? c : oldest_of(&l->guests, s);
}

/* The oldest of the address with most strangers, among the oldest; guests only when there is nobody else. */
static struct conn *
worst_stranger(struct conns *l)
{
	struct conn *c, *worst = NULL;
	int n = 0;

	for (c = TAILQ_FIRST(&l->strangers); c != NULL && n < LOOK_AT; c = TAILQ_NEXT(c, rank), n++)
		if (worst == NULL || c->from->strangers > worst->from->strangers)
			worst = c;
	return worst != NULL ? worst : TAILQ_FIRST(&l->guests);
}

static bool
crowd_out(struct conns *l, struct conn *c, int64_t now)
{
	if (c == NULL)
		return false;
	if (c->stage != CONN_PROVEN && c->from->strangers > CROWD)
		offend(l, c->from, OFFENCE_CROWDED, now);
	end(l, c);
	l->crowded_out++;
	return true;
}

/* Makes room for one more of s, which is counted in it already. */
static bool
make_room(struct conns *l, struct source *s, int64_t now)
{
	if (source_is_penalised(l->sources, s, now) && !source_is_known(s, now))
		return false;
	if (s->open > l->limits.per_address && !crowd_out(l, oldest_stranger_of(l, s), now))
		return false;
	if (l->n_strangers >= l->limits.strangers && !crowd_out(l, worst_stranger(l), now))
		return false;
	return l->n_live < l->limits.max || crowd_out(l, worst_stranger(l), now) ||
	    crowd_out(l, TAILQ_FIRST(&l->resting), now);
}

/* --- the gate's side --- */

static struct conn *
admit(struct conns *l, int fd, struct source *s, int64_t now, int64_t deadline)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->deadline = deadline;
	c->from = s;
	c->guest = source_is_known(s, now) && !source_is_penalised(l->sources, s, now) && s->strangers < CROWD;
	s->strangers++;
	l->n_strangers++;
	l->n_live++;
	if (c->guest)
		TAILQ_INSERT_TAIL(&l->guests, c, rank);
	else
		TAILQ_INSERT_TAIL(&l->strangers, c, rank);
	TAILQ_INSERT_TAIL(&l->all, c, all);
	/* one that the library closed without a word */
	if (l->by_fd[fd] != NULL)
		forget(l, l->by_fd[fd]);
	l->by_fd[fd] = c;
	return c;
}

struct conn *
conns_admit(struct conns *l, int fd, const struct sockaddr *from, int64_t now, int64_t deadline)
{
	struct conn *c = NULL;
	struct source *s;

	if (fd < 0 || (size_t)fd >= l->n_fd)
		return NULL;
	pthread_mutex_lock(&l->lock);
	s = sources_hold(l->sources, from, now);
	if (s != NULL && make_room(l, s, now)) {
		c = admit(l, fd, s, now, deadline);
		source_print(from, c->source);
	} else {
		l->turned_away++;
		if (s != NULL) {
			s->turned_away++;
			sources_release(l->sources, s);
		}
	}
	pthread_mutex_unlock(&l->lock);
	return c;
}

struct conn *
conns_parked(struct conns *l, int fd)
{
	struct conn *c = NULL;

	pthread_mutex_lock(&l->lock);
	if (fd >= 0 && (size_t)fd < l->n_fd && l->by_fd[fd] != NULL && l->by_fd[fd]->stage == CONN_PARKED)
		c = l->by_fd[fd];
	pthread_mutex_unlock(&l->lock);
	return c;
}

void
conns_queue(struct conns *l, struct conn *c, int64_t now)
{
	pthread_mutex_lock(&l->lock);
	c->class = source_is_penalised(l->sources, c->from, now) ? CONN_LOW
	    : source_is_known(c->from, now) ? CONN_KNOWN : CONN_NEW;
	c->stage = CONN_QUEUED;
	TAILQ_INSERT_TAIL(&l->queue[c->class], c, wait);
	pthread_mutex_unlock(&l->lock);
}

/*
 * Those from where stations came, now and then a newcomer, and last and slowly the penalised: of these the
 * newest, for the oldest are given up by the time their turn would come.
 */
static struct conn *
pick(struct conns *l, int64_t now)
{
	struct conn *known = TAILQ_FIRST(&l->queue[CONN_KNOWN]), *new = TAILQ_FIRST(&l->queue[CONN_NEW]);
	struct conn *low = TAILQ_LAST(&l->queue[CONN_LOW], conn_list);

	if (known != NULL && (new == NULL || ++l->turn % NEW_SHARE != 0))
		return known;
	if (new != NULL)
		return new;
	if (low == NULL || now - l->low_at < LOW_GAP_MS)
		return NULL;
	l->low_at = now;
	return low;
}

/* Has the library read anything from it? What a client sends later cannot hide it. */
static bool
was_read(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int pending = 0;

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 || ioctl(fd, FIONREAD, &pending) != 0)
		return true;
	return info.tcpi_bytes_received > (uint64_t)pending + 1;	/* a FIN may count as one */
}

/*
 * A hello that must be sent again, or is no good, leads to no call of conns_greeted(): who sent it makes
 * room when it was read. While it was not, the library has more to do than it can, and the others wait.
 */
static void
expire_greetings(struct conns *l, int64_t now)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&l->greeting); c != NULL; c = next) {
		next = TAILQ_NEXT(c, wait);
		if (now - c->greeted_at >= GREETING_MAX_MS ||
		    (now - c->greeted_at >= GREETING_MS && was_read(c->fd)))
			set_stage(l, c, CONN_SHAKING);
	}
}

struct conn *
conns_next(struct conns *l, int64_t now)
{
	struct conn *c;

	pthread_mutex_lock(&l->lock);
	expire_greetings(l, now);
	c = l->n_greeting < GREETINGS ? pick(l, now) : NULL;
	if (c != NULL) {
		set_stage(l, c, CONN_GREETING);
		c->greeted_at = now;
		TAILQ_INSERT_TAIL(&l->greeting, c, wait);
		l->n_greeting++;
	}
	pthread_mutex_unlock(&l->lock);
	return c;
}

bool
conns_anybody_waits(struct conns *l)
{
	bool any;

	pthread_mutex_lock(&l->lock);
	any = anybody_waits(l);
	pthread_mutex_unlock(&l->lock);
	return any;
}

void
conns_drop(struct conns *l, struct conn *c, double offence, int64_t now)
{
	pthread_mutex_lock(&l->lock);
	offend(l, c->from, offence, now);
	end(l, c);
	pthread_mutex_unlock(&l->lock);
}

void
conns_drop_all(struct conns *l)
{
	struct conn *c, *next;

	pthread_mutex_lock(&l->lock);
	for (c = TAILQ_FIRST(&l->all); c != NULL; c = next) {
		next = TAILQ_NEXT(c, all);
		if (is_the_gates(c))
			end(l, c);
	}
	pthread_mutex_unlock(&l->lock);
}

void
conns_lost(struct conns *l, struct conn *c)
{
	pthread_mutex_lock(&l->lock);
	forget(l, c);
	pthread_mutex_unlock(&l->lock);
}

/* --- the library's side --- */

struct conn *
conns_take(struct conns *l, int fd)
{
	struct conn *c = NULL;

	pthread_mutex_lock(&l->lock);
	if (fd >= 0 && (size_t)fd < l->n_fd)
		c = l->by_fd[fd];
	if (c != NULL)
		c->taken = true;
	pthread_mutex_unlock(&l->lock);
	return c;
}

void
conns_greeted(struct conns *l, int fd)
{
	pthread_mutex_lock(&l->lock);
	if (fd >= 0 && (size_t)fd < l->n_fd && l->by_fd[fd] != NULL && l->by_fd[fd]->stage == CONN_GREETING)
		set_stage(l, l->by_fd[fd], CONN_SHAKING);
	pthread_mutex_unlock(&l->lock);
}

void
conns_remove(struct conns *l, struct conn *c, int64_t now)
{
	pthread_mutex_lock(&l->lock);
	if (!c->ended && (c->stage == CONN_GREETING || c->stage == CONN_SHAKING))
		offend(l, c->from, OFFENCE_NO_REQUEST, now);
	forget(l, c);
	pthread_mutex_unlock(&l->lock);
}

/* How many the key of c has beside it; *rests is the one that rests longest. */
static unsigned
count_key(struct conns *l, const struct conn *c, struct conn **rests)
{
	unsigned n = 0;

	for (struct conn *o = *key_chain(l, c); o != NULL; o = o->same_key) {
		if (o->ended || memcmp(o->key, c->key, SHA256_LEN) != 0)
			continue;
		n++;
		if (o->resting)
			*rests = o;	/* the chain has the newest first */
	}
	return n;
}

int
conns_prove(struct conns *l, struct conn *c, struct err *e)
{
	struct conn *rests = NULL, **chain;
	bool room = true;

	pthread_mutex_lock(&l->lock);
	if (c->stage != CONN_PROVEN && !c->ended) {
		memcpy(c->key, c->id.device_key, sizeof(c->key));
		if (count_key(l, c, &rests) >= l->limits.per_key)
			room = crowd_out(l, rests, 0);
		if (room) {
			leave_rank(l, c);
			set_stage(l, c, CONN_PROVEN);
			chain = key_chain(l, c);
			c->same_key = *chain;
			*chain = c;
		}
	}
	pthread_mutex_unlock(&l->lock);
	if (!room)
		return err_set(e, R_TOO_MANY_CONNECTIONS, "at most %u", l->limits.per_key);
	return 0;
}

void
conns_vouch(struct conns *l, struct conn *c, int64_t now)
{
	pthread_mutex_lock(&l->lock);
	source_vouch(c->from, now);
	pthread_mutex_unlock(&l->lock);
}

int
conns_ask(struct conns *l, struct conn *c, int64_t now, struct err *e)
{
	const double rate = (double)l->limits.asks_per_minute;
	bool taken = true;

	pthread_mutex_lock(&l->lock);
	if (c->stage != CONN_PROVEN) {
		set_stage(l, c, CONN_STRANGER);
		if (rate > 0)
			taken = tokens_take(&c->from->asks, rate > ASKS_BURST_MIN ? rate : ASKS_BURST_MIN,
			    rate, now);
	}
	pthread_mutex_unlock(&l->lock);
	if (!taken)
		return err_set(e, R_RATE_LIMITED, "%.0f requests a minute of one address without a client "
		    "certificate", rate);
	return 0;
}

void
conns_deadline(struct conns *l, struct conn *c, int64_t deadline)
{
	pthread_mutex_lock(&l->lock);
	if (c->resting) {
		if (c->stage == CONN_PROVEN)
			TAILQ_REMOVE(&l->resting, c, rank);
		c->resting = false;
	}
	if (!c->ended)
		c->deadline = deadline;
	pthread_mutex_unlock(&l->lock);
}

void
conns_rest(struct conns *l, struct conn *c, int64_t deadline)
{
	pthread_mutex_lock(&l->lock);
	if (!c->ended) {
		c->deadline = deadline;
		if (!c->resting && c->stage == CONN_PROVEN)
			TAILQ_INSERT_TAIL(&l->resting, c, rank);
		c->resting = true;
	}
	pthread_mutex_unlock(&l->lock);
}

void
conns_offend(struct conns *l, struct conn *c, double points, int64_t now)
{
	pthread_mutex_lock(&l->lock);
	if (c->stage != CONN_PROVEN)
		offend(l, c->from, points, now);
	pthread_mutex_unlock(&l->lock);
}

/* --- everybody's --- */

/* What a client does not do in time is an offence, unless it only rests between two requests. */
static void
time_out(struct conns *l, struct conn *c, int64_t now)
{
	if (c->stage != CONN_PROVEN && !c->resting)
		offend(l, c->from, OFFENCE_TIMEOUT, now);
	if (!is_the_gates(c) && !c->taken)
		forget(l, c);	/* the library never took it, so its socket is gone */
	else
		end(l, c);
	l->timed_out++;
}

size_t
conns_sweep(struct conns *l, int64_t now)
{
	struct conn *c, *next;
	size_t n = 0;

	pthread_mutex_lock(&l->lock);
	for (c = TAILQ_FIRST(&l->all); c != NULL; c = next) {
		next = TAILQ_NEXT(c, all);
		if (c->deadline == 0 || c->deadline > now)
			continue;
		time_out(l, c, now);
		n++;
	}
	pthread_mutex_unlock(&l->lock);
	return n;
}
