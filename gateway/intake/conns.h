/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The open connections, and who may have one. Until a certificate has proved who is there, a connection is
 * a stranger's: strangers share a part of the table, and when that is full, the oldest of those whose
 * address has most of them goes; those from where stations came last of all. A station is never crowded
 * out by strangers.
 *
 * Who has sent its whole ClientHello and waits for us does not go: when stations come back all at once, as
 * after a power cut, they wait here, as many again as may be strangers, until they have their handshakes.
 * An address that is penalised has no such right.
 *
 * Each connection has a deadline for what its client does next. The library below knows a limit on
 * silence only; a client that sends an octet now and then would stay for ever.
 */
#ifndef NEMRA_INTAKE_CONNS_H
#define NEMRA_INTAKE_CONNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/intake/identity.h"
#include "gateway/intake/sources.h"

enum conn_stage {
	CONN_PARKED,	/* the gate's: its first TLS message is not here yet */
	CONN_QUEUED,	/* the gate's: waits until its handshake may begin */
	CONN_GREETING,	/* the library's: its first message was not read yet */
	CONN_SHAKING,	/* in its handshake, or before its first request */
	CONN_STRANGER,	/* asked something without a good certificate */
	CONN_PROVEN
};

/* Whose handshake comes first. */
enum conn_class {
	CONN_KNOWN,	/* of an address that stations came from */
	CONN_NEW,
	CONN_LOW,	/* of such an address, which is penalised: when nobody else waits */
	CONN_CLASSES
};

struct conn {
	TAILQ_ENTRY(conn) all, rank, wait;	/* the table's, all that is not said to be another's */
	struct conn *same_key;
	enum conn_stage stage;
	enum conn_class class;
	bool waiting;			/* for its handshake: counted among them, and no stranger meanwhile */
	bool guest;			/* a stranger from where stations came from, and one of few there */
	bool taken;			/* by the library */
	bool ended;			/* its socket was shut down: it counts no more */
	bool resting;			/* between two requests */
	int fd;
	int64_t deadline;		/* monotonic ms; 0: it is our turn */
	int64_t since;			/* it came, or its handshake began */
	int64_t left_ms;		/* until its deadline, when it began to wait */
	struct source *from;
	char source[SOURCE_TEXT];	/* numeric address, without port; constant */
	uint8_t key[SHA256_LEN];	/* of CONN_PROVEN: the device key */
	struct identity id;		/* touched only by the thread that serves the connection */
};

struct conns_limits {
	unsigned max;			/* connections */
	unsigned strangers;		/* of them, without a good certificate; as many again may wait */
	unsigned per_address;
	unsigned per_key;		/* of one device key */
	uint64_t asks_per_minute;	/* requests of one address without a good certificate; 0: no limit */
	int64_t penalty_ms;		/* 0: none */
};

struct conns;

struct conns *conns_new(const struct conns_limits *limits);
void conns_free(struct conns *l);

/* --- the gate's side --- */

/* A connection that was accepted, parked; NULL: it is turned away, and the caller closes it. */
struct conn *conns_admit(struct conns *l, int fd, const struct sockaddr *from, int64_t now,
    int64_t deadline);

/* The parked connection on fd; NULL: there is none any more. */
struct conn *conns_parked(struct conns *l, int fd);

/* Its first message is here: it waits for its turn. Of too many who wait, one goes: perhaps this. */
void conns_queue(struct conns *l, struct conn *c, int64_t now);

/* Whose handshake may begin now; NULL: nobody's. It is the library's from now on. */
struct conn *conns_next(struct conns *l, int64_t now);
bool conns_anybody_waits(struct conns *l);

/* Ends one, or all, that are still the gate's. */
void conns_drop(struct conns *l, struct conn *c, double offence, int64_t now);
void conns_drop_all(struct conns *l);

/* The library would not take it, and closed its socket. */
void conns_lost(struct conns *l, struct conn *c);

/* Readable when somebody's handshake may begin. */
int conns_wake_fd(const struct conns *l);

/* --- the library's side --- */

/* The connection on fd starts; NULL: there is none. */
struct conn *conns_take(struct conns *l, int fd);
void conns_greeted(struct conns *l, int fd);
void conns_remove(struct conns *l, struct conn *c, int64_t now);	/* frees it; before the socket is closed */

/* Its certificate is good: a stranger no more. R_TOO_MANY_CONNECTIONS. */
int conns_prove(struct conns *l, struct conn *c, struct err *e) MUSTUSE;

/* A station of the inventory: its address is known from now on. */
void conns_vouch(struct conns *l, struct conn *c, int64_t now);

/* A request begins, of somebody without a good certificate. R_RATE_LIMITED. */
int conns_ask(struct conns *l, struct conn *c, int64_t now, struct err *e) MUSTUSE;

/* A request begins or ends. Between two, the oldest connection of a crowded station or table may be ended. */
void conns_deadline(struct conns *l, struct conn *c, int64_t deadline);
void conns_rest(struct conns *l, struct conn *c, int64_t deadline);

/* It was refused, or behaved badly in another way; counts for strangers alone. */
void conns_offend(struct conns *l, struct conn *c, double points, int64_t now);

/* May a line about this connection be logged? If not, it is counted for the report. */
bool conns_may_log(struct conns *l, struct conn *c, int64_t now);

/* --- everybody's --- */

/* Ends those whose time is over; their threads then see them end. How many. */
size_t conns_sweep(struct conns *l, int64_t now);

/* Requests that are being answered: a shutdown waits a while for them. */
void conns_busy(struct conns *l, int change);
size_t conns_count_busy(struct conns *l);

#define REPORT_SOURCES 8

struct conns_report {
	unsigned open, strangers;
	unsigned penalised;		/* addresses, now */
	/* since the last report */
	uint64_t turned_away;		/* at the gate */
	uint64_t crowded_out;
	uint64_t timed_out;
	uint64_t unsaid;		/* lines that were not logged */
	struct {
		char source[SOURCE_TEXT];
		uint64_t turned_away, unsaid;
		bool penalised;
	} worst[REPORT_SOURCES];
	size_t n_worst;
};

/* What happened since it was last asked. */
void conns_report(struct conns *l, int64_t now, struct conns_report *out);

#endif
