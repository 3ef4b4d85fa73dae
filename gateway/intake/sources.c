/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/sources.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/uuid.h"

#define CHAINS 4096u		/* a power of two */
#define KNOWN_MS (60 * 60 * 1000)
#define MINUTE_MS 60000.0
#define POINTS_MAX (1.5 * SOURCE_LIMIT)	/* so that the longest penalty is as long as the configuration says */

TAILQ_HEAD(idle_list, source);

struct sources {
	double fade;		/* points a ms; 0: no penalties */
	uint64_t salt;		/* so that nobody can choose whose chain grows */
	struct idle_list idle;	/* longest unused first; unused entries have no net */
	struct source *chain[CHAINS];
	size_t size;
	struct source all[];
};

struct sources *
sources_new(size_t size, int64_t penalty_ms)
{
	struct sources *t = xcalloc(1, sizeof(*t) + size * sizeof(t->all[0]));

	t->size = size;
	t->fade = penalty_ms > 0 ? SOURCE_LIMIT / (double)penalty_ms : 0;
	random_fill(&t->salt, sizeof(t->salt));
	TAILQ_INIT(&t->idle);
	for (size_t i = 0; i < size; i++)
		TAILQ_INSERT_TAIL(&t->idle, &t->all[i], idle);
	return t;
}

void
sources_free(struct sources *t)
{
	free(t);
}

/* --- addresses --- */

/* The IPv4 address in from, also when IPv6 carries it; NULL: none. */
static const void *
ipv4_of(const struct sockaddr *from)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;

	if (from != NULL && from->sa_family == AF_INET)
		return &v4->sin_addr;
	if (from != NULL && from->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return &v6->sin6_addr.s6_addr[12];
	return NULL;
}

static const struct in6_addr *
ipv6_of(const struct sockaddr *from)
{
	if (from == NULL || from->sa_family != AF_INET6)
		return NULL;
	return &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
}

void
source_print(const struct sockaddr *from, char out[SOURCE_TEXT])
{
	const void *v4 = ipv4_of(from), *v6 = ipv6_of(from);
	const char *ok = NULL;

	if (v4 != NULL)
		ok = inet_ntop(AF_INET, v4, out, SOURCE_TEXT);
	else if (v6 != NULL)
		ok = inet_ntop(AF_INET6, v6, out, SOURCE_TEXT);
	if (ok == NULL)
		memcpy(out, "local", sizeof("local"));
}

/* The part of an address that one client cannot change at will. The first octet tells the kind. */
static void
net_of(const struct sockaddr *from, uint8_t net[SOURCE_NET])
{
	const void *v4 = ipv4_of(from);
	const struct in6_addr *v6 = ipv6_of(from);

	memset(net, 0, SOURCE_NET);
	net[0] = v4 != NULL ? 4 : v6 != NULL ? 6 : 1;
	if (v4 != NULL)
		memcpy(net + 1, v4, sizeof(struct in_addr));
	else if (v6 != NULL)
		memcpy(net + 1, v6, 8);
}

/* FNV-1a, started from a secret. */
static struct source **
chain_of(struct sources *t, const uint8_t net[SOURCE_NET])
{
	uint64_t h = 14695981039346656037u ^ t->salt;

	for (size_t i = 0; i < SOURCE_NET; i++)
		h = (h ^ net[i]) * 1099511628211u;
	return &t->chain[(h >> 32) & (CHAINS - 1)];
}

static void
unchain(struct sources *t, struct source *s)
{
	struct source **at = chain_of(t, s->net);

	while (*at != NULL && *at != s)
		at = &(*at)->next;
	if (*at != NULL)
		*at = s->next;
}

struct source *
sources_hold(struct sources *t, const struct sockaddr *from, int64_t now)
{
	uint8_t net[SOURCE_NET];
	struct source **chain, *s;

	net_of(from, net);
	chain = chain_of(t, net);
	for (s = *chain; s != NULL && memcmp(s->net, net, SOURCE_NET) != 0; s = s->next)
		;
	if (s == NULL) {
		s = TAILQ_FIRST(&t->idle);
		if (s == NULL)
			return NULL;
		if (s->net[0] != 0)
			unchain(t, s);
		TAILQ_REMOVE(&t->idle, s, idle);
		*s = (struct source){ .points_at = now, .next = *chain, .open = 1 };
		memcpy(s->net, net, SOURCE_NET);
		source_print(from, s->text);
		*chain = s;
		return s;
	}
	if (s->open++ == 0)
		TAILQ_REMOVE(&t->idle, s, idle);
	return s;
}

void
sources_release(struct sources *t, struct source *s)
{
	if (--s->open == 0)
		TAILQ_INSERT_TAIL(&t->idle, s, idle);
}

/* --- points --- */

static void
fade(const struct sources *t, struct source *s, int64_t now)
{
	if (now > s->points_at)
		s->points -= (double)(now - s->points_at) * t->fade;
	if (s->points < 0)
		s->points = 0;
	s->points_at = now;
	if (s->points < SOURCE_LIMIT / 2)
		s->penalised = false;
}

bool
source_offend(const struct sources *t, struct source *s, double points, int64_t now)
{
	if (t->fade <= 0)
		return false;
	fade(t, s, now);
	s->points = s->points + points < POINTS_MAX ? s->points + points : POINTS_MAX;
	if (s->penalised || s->points < SOURCE_LIMIT)
		return false;
	s->penalised = true;
	return true;
}

bool
source_is_penalised(const struct sources *t, struct source *s, int64_t now)
{
	if (s->penalised)
		fade(t, s, now);
	return s->penalised;
}

void
source_vouch(struct source *s, int64_t now)
{
	s->known_until = now + KNOWN_MS;
}

bool
source_is_known(const struct source *s, int64_t now)
{
	return s->known_until > now;
}

bool
tokens_take(struct tokens *k, double burst, double per_minute, int64_t now)
{
	if (now > k->at)
		k->spent -= (double)(now - k->at) * per_minute / MINUTE_MS;
	if (k->spent < 0)
		k->spent = 0;
	k->at = now;
	if (k->spent + 1 > burst)
		return false;
	k->spent += 1;
	return true;
}

void
sources_each(struct sources *t, void (*f)(struct source *s, void *arg), void *arg)
{
	for (size_t i = 0; i < t->size; i++)
		if (t->all[i].net[0] != 0)
			f(&t->all[i], arg);
}
