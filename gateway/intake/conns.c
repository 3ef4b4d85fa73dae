/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/conns.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "gateway/intake/conns_priv.h"
#include "gateway/intake/hello.h"

#define SPARE_SOURCES 4096	/* addresses that are remembered without a connection */
#define SPARE_FDS 1024		/* descriptors of others, below our highest */
#define LOOK_AT 64		/* of the oldest strangers, when one must go */
#define CROWD 8			/* so many strangers of one address are its own fault */
#define GRACE_MS 2000		/* a client's, to go on with the handshake that we began with it */
#define WAIT_MS 30000		/* one that waits for its handshake so long is past help */
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
enter_rank(struct conns *l, struct conn *c)
{
	c->from->strangers++;
	l->n_strangers++;
	if (c->guest)
		TAILQ_INSERT_TAIL(&l->guests, c, rank);
	else
		TAILQ_INSERT_TAIL(&l->strangers, c, rank);
}

static void
leave_rank(struct conns *l, struct conn *c)
{
	if (c->ended)
		return;
	if (c->waiting) {
		l->n_waiting--;
		c->from->waiting--;
	} else if (c->stage != CONN_PROVEN) {
		l->n_parked -= is_the_gates(c);
		if (c->guest)
			TAILQ_REMOVE(&l->guests, c, rank);
		else
			TAILQ_REMOVE(&l->strangers, c, rank);
		l->n_strangers--;
		c->from->strangers--;
	} else if (c->resting) {
		TAILQ_REMOVE(&l->resting, c, rank);
	}
	c->resting = c->waiting = false;
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

/* Did it come, or its handshake begin, so lately that the next step may be on its way? */
static bool
has_grace(const struct conn *c, int64_t now)
{
	switch (c->stage) {
	case CONN_PARKED:
		return now - c->since < GRACE_MS && !c->from->penalised;
	case CONN_GREETING:
		return true;
	case CONN_SHAKING:
		return now - c->since < GRACE_MS;
	default:
		return false;
	}
}

/*
 * Is it the client that is slow? Not, as long as we have something of it that we did not look at: whoever
 * only waits for us is not to go. Those of a penalised address wait, and may go.
 */
static bool
is_idle(const struct conn *c)
{
	if (c->stage == CONN_PARKED)
		return hello_look(c->fd, false) != HELLO_WHOLE;
	return c->stage != CONN_SHAKING || !has_unread(c->fd);
}

/* The oldest idle one of s in the list: one whose handshake has not begun, if there is one. */
static struct conn *
oldest_of(struct conn_list *list, const struct source *s, int64_t now)
{
	struct conn *c, *oldest = NULL;
	int n = 0;

	for (c = TAILQ_FIRST(list); c != NULL && n < LOOK_AT; c = TAILQ_NEXT(c, rank)) {
		if (c->from != s || has_grace(c, now) || (oldest != NULL && !is_the_gates(c)))
			continue;
		n++;
		if (!is_idle(c))
			continue;
		if (is_the_gates(c))
			return c;
		oldest = c;
	}
	return oldest;
}

static struct conn *
oldest_stranger_of(struct conns *l, const struct source *s, int64_t now)
{
	struct conn *c = oldest_of(&l->strangers, s, now);

	return c != NULL ? c : oldest_of(&l->guests, s, now);
}

/*
 * The oldest idle one of the address with most strangers, among the oldest; guests only when there is nobody else.
 * inside: one that the library has.
 */
static struct conn *
worst_stranger(struct conns *l, bool inside, int64_t now)
{
	struct conn_list *list = TAILQ_EMPTY(&l->strangers) ? &l->guests : &l->strangers;
	struct conn *c, *worst = NULL;
	int n = 0;

	for (c = TAILQ_FIRST(list); c != NULL && n < LOOK_AT; c = TAILQ_NEXT(c, rank)) {
		if ((inside && is_the_gates(c)) || has_grace(c, now))
			continue;
		n++;
		if ((worst == NULL || c->from->strangers > worst->from->strangers) && is_idle(c))
			worst = c;
	}
	return worst;
}

/* Of those who wait, the newest of the address with most of them, among the newest. */
static struct conn *
worst_waiting(struct conns *l)
{
	struct conn *c, *worst = NULL;
	int n = 0;

	for (size_t class = CONN_LOW; class-- > 0 && worst == NULL;)
		for (c = TAILQ_LAST(&l->queue[class], conn_list); c != NULL && n < LOOK_AT;
		    c = TAILQ_PREV(c, conn_list, wait), n++)
			if (worst == NULL || c->from->waiting > worst->from->waiting)
				worst = c;
	return worst;
}

static bool
crowd_out(struct conns *l, struct conn *c, int64_t now)
{
	if (c == NULL)
		return false;
	if (c->stage != CONN_PROVEN && !c->waiting && c->from->strangers > CROWD)
		offend(l, c->from, OFFENCE_CROWDED, now);
	end(l, c);
	l->crowded_out++;
	return true;
}

/* Those who have grace come on top of what strangers may have: they take half of the other places, and no more. */
static bool
is_tight(const struct conns *l)
{
	const unsigned others = l->limits.max > l->limits.strangers ? l->limits.max - l->limits.strangers : 0;

	return l->n_strangers >= l->limits.strangers + others / 2;
}

static bool
make_room_in_table(struct conns *l, int64_t now)
{
	return l->n_live < l->limits.max || crowd_out(l, worst_stranger(l, false, now + GRACE_MS), now) ||
	    crowd_out(l, TAILQ_FIRST(&l->resting), now) ||
	    (l->n_waiting > 0 && crowd_out(l, worst_waiting(l), now));
}

/* Makes room for one more of s, which is counted in it already. Where all are busy with us, one more may wait too. */
static bool
make_room(struct conns *l, struct source *s, int64_t now)
{
	if (source_is_penalised(l->sources, s, now) && !source_is_known(s, now))
		return false;
	if (s->open - s->waiting > l->limits.per_address &&
	    !crowd_out(l, oldest_stranger_of(l, s, now), now) && s->strangers == 0)
		return false;
	if (l->n_strangers >= l->limits.strangers)
		(void)crowd_out(l, worst_stranger(l, false, is_tight(l) ? now + GRACE_MS : now), now);
	return make_room_in_table(l, now);
}

/*
 * May the handshake of one that waits begin? Some places are left to those who come and say nothing yet. A guest
 * does not wait until the grace of strangers ends.
 */
static bool
may_begin(struct conns *l, const struct conn *c, int64_t now)
{
	const bool guest = c->guest && !TAILQ_EMPTY(&l->strangers);

	if (!c->waiting)
		return true;
	if (c->from->open - c->from->waiting >= l->limits.per_address &&
	    !crowd_out(l, oldest_stranger_of(l, c->from, now), now))
		return false;
	return l->n_strangers - l->n_parked < l->limits.strangers - l->limits.strangers / 8 ||
	    crowd_out(l, worst_stranger(l, true, guest ? now + GRACE_MS : now), now);
}

/* --- the gate's side --- */

static struct conn *
admit(struct conns *l, int fd, struct source *s, int64_t now, int64_t deadline)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->since = now;
	c->deadline = deadline;
	c->from = s;
	c->guest = source_is_known(s, now) && !source_is_penalised(l->sources, s, now) &&
	    s->strangers + s->waiting < CROWD;
	enter_rank(l, c);
	l->n_parked++;
	l->n_live++;
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
	if (c->class != CONN_LOW) {
		leave_rank(l, c);
		c->waiting = true;
		c->from->waiting++;
		l->n_waiting++;
		c->left_ms = c->deadline - now;
		c->deadline = now + WAIT_MS;
	}
	c->stage = CONN_QUEUED;
	TAILQ_INSERT_TAIL(&l->queue[c->class], c, wait);
	if (l->n_waiting > l->limits.strangers)
		(void)crowd_out(l, worst_waiting(l), now);
	pthread_mutex_unlock(&l->lock);
}

/* The first of them who may begin: one whose address has no place does not hold up the others. */
static struct conn *
first_of(struct conns *l, enum conn_class class, int64_t now)
{
	struct conn *c;
	int n = 0;

	for (c = TAILQ_FIRST(&l->queue[class]); c != NULL && n < LOOK_AT; c = TAILQ_NEXT(c, wait), n++)
		if (may_begin(l, c, now))
			return c;
	return NULL;
}

/*
 * Those from where stations came, now and then a newcomer, and last and slowly the penalised: of these the
 * newest, for the oldest are given up by the time their turn would come.
 */
static struct conn *
pick(struct conns *l, int64_t now)
{
	const bool newcomer = !TAILQ_EMPTY(&l->queue[CONN_NEW]) && ++l->turn % NEW_SHARE == 0;
	struct conn *c = first_of(l, newcomer ? CONN_NEW : CONN_KNOWN, now);
	struct conn *low = TAILQ_LAST(&l->queue[CONN_LOW], conn_list);

	if (c == NULL)
		c = first_of(l, newcomer ? CONN_KNOWN : CONN_NEW, now);
	if (c != NULL || low == NULL || now - l->low_at < LOW_GAP_MS)
		return c;
	l->low_at = now;
	return low;
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
		if (now - c->since >= GREETING_MAX_MS ||
		    (now - c->since >= GREETING_MS && was_read(c->fd)))
			set_stage(l, c, CONN_SHAKING);
	}
}

/* Its time runs on, as much as was left when it began to wait for us. */
static void
begin(struct conns *l, struct conn *c, int64_t now)
{
	if (c->waiting) {
		leave_rank(l, c);
		enter_rank(l, c);
		c->deadline = now + c->left_ms;
	} else {
		l->n_parked--;
	}
	set_stage(l, c, CONN_GREETING);
	c->since = now;
}

struct conn *
conns_next(struct conns *l, int64_t now)
{
	struct conn *c;

	pthread_mutex_lock(&l->lock);
	expire_greetings(l, now);
	c = l->n_greeting < GREETINGS ? pick(l, now) : NULL;
	if (c != NULL) {
		begin(l, c, now);
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

/* What a client does not do in time is an offence, unless it rests between two requests or waits for us. */
static void
time_out(struct conns *l, struct conn *c, int64_t now)
{
	if (c->stage != CONN_PROVEN && !c->resting && !c->waiting)
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
