/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The open connections, each with a deadline for what its client does next. The library below knows
 * a limit on silence only; a client that sends an octet now and then would stay for ever.
 */
#ifndef NEMRA_INTAKE_CONNS_H
#define NEMRA_INTAKE_CONNS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "gateway/intake/identity.h"

#define CONN_SOURCE 64

struct conn {
	struct conn *prev, *next;
	int fd;
	int64_t deadline;		/* monotonic ms; 0: it is our turn */
	char source[CONN_SOURCE];	/* numeric address, without port */
	struct identity id;		/* touched only by the thread that serves the connection */
};

struct conns;

struct conns *conns_new(void);
void conns_free(struct conns *l);

struct conn *conns_add(struct conns *l, int fd, const struct sockaddr *from, int64_t deadline);
void conns_remove(struct conns *l, struct conn *c);	/* frees it; before the socket is closed */
void conns_deadline(struct conns *l, struct conn *c, int64_t deadline);

/* Shuts down the sockets of those whose time is over; their threads then see them end. How many. */
size_t conns_sweep(struct conns *l, int64_t now);

/* Requests that are being answered: a shutdown waits a while for them. */
void conns_busy(struct conns *l, int change);
size_t conns_count_busy(struct conns *l);

/* The address as text; IPv4 in IPv6 as IPv4; "local" for what has none. */
void conns_print_address(const struct sockaddr *from, char out[CONN_SOURCE]);

#endif
