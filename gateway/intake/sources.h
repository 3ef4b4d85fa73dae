/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is known about the addresses that connections come from: an IPv4 address, or the /64 of an IPv6
 * one. Offences cost points, points fade by themselves, and who has many is kept out for a while. The
 * table has a fixed size; the address that was unused longest is forgotten first. No lock: the owner's.
 */
#ifndef NEMRA_INTAKE_SOURCES_H
#define NEMRA_INTAKE_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define SOURCE_TEXT 64
#define SOURCE_NET 16

/* What an offence costs. An address is kept out from SOURCE_LIMIT on, until half of that is left. */
#define SOURCE_LIMIT 30.0
#define OFFENCE_REFUSED 1.0	/* a request that was refused, for whom the certificate does not speak */
#define OFFENCE_CROWDED 1.0	/* crowded out, as one of many of its address */
#define OFFENCE_NO_REQUEST 2.0	/* a handshake that failed, or that no request came after */
#define OFFENCE_TIMEOUT 3.0	/* not done in time */
#define OFFENCE_NO_TLS 3.0	/* its first octets are no TLS */

struct tokens {
	double spent;			/* of the burst */
	int64_t at;
};

struct source {
	TAILQ_ENTRY(source) idle;	/* while it has no connection */
	struct source *next;		/* of the same hash */
	uint8_t net[SOURCE_NET];
	char text[SOURCE_TEXT];
	unsigned open;			/* connections */
	unsigned strangers;		/* of these, the owner's count of those without a good certificate */
	unsigned waiting;		/* and of those who wait for us */
	double points;
	int64_t points_at;		/* when points was right */
	bool penalised;
	int64_t known_until;		/* a station of the inventory was here */
	struct tokens asks, lines;
	uint64_t unsaid;		/* lines that were not written */
	uint64_t turned_away;		/* connections, since the last summary */
};

struct sources;

/* size: how many are remembered, more than may have connections at a time. penalty_ms 0: no penalties. */
struct sources *sources_new(size_t size, int64_t penalty_ms);
void sources_free(struct sources *t);

/* The address's entry, which stays while it is held; each hold counts as a connection. */
struct source *sources_hold(struct sources *t, const struct sockaddr *from, int64_t now);
void sources_release(struct sources *t, struct source *s);

/* True when these points made it penalised. */
bool source_offend(const struct sources *t, struct source *s, double points, int64_t now);
bool source_is_penalised(const struct sources *t, struct source *s, int64_t now);

/* A station of the inventory was there: for an hour, a penalty slows its address, but does not shut it out. */
void source_vouch(struct source *s, int64_t now);
bool source_is_known(const struct source *s, int64_t now);

/* Takes one of burst tokens, which come back at per_minute. */
bool tokens_take(struct tokens *k, double burst, double per_minute, int64_t now);

/* Calls f for each source; for summaries. */
void sources_each(struct sources *t, void (*f)(struct source *s, void *arg), void *arg);

/* The address as text; IPv4 in IPv6 as IPv4; "local" for what has none. */
void source_print(const struct sockaddr *from, char out[SOURCE_TEXT]);

#endif
