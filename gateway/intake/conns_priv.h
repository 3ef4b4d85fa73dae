/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table, for conns.c, which admits and ends connections, and conns_report.c, which counts.
 */
#ifndef NEMRA_INTAKE_CONNS_PRIV_H
#define NEMRA_INTAKE_CONNS_PRIV_H

#include <pthread.h>

#include "gateway/intake/conns.h"

#define CONN_KEYS 4096u		/* a power of two */

TAILQ_HEAD(conn_list, conn);

struct conns {
	struct conns_limits limits;
	int wake;

	pthread_mutex_t lock;		/* for all below, and the fields of connections that are the table's */
	struct sources *sources;
	struct conn_list all;
	struct conn_list strangers;	/* by rank: oldest first */
	struct conn_list guests;	/* by rank: of them, those that come from where stations came from */
	struct conn_list resting;	/* by rank: stations between two requests, longest first */
	struct conn_list queue[CONN_CLASSES];	/* by wait */
	struct conn_list greeting;	/* by wait */
	unsigned n_greeting, n_live, n_strangers, n_waiting, turn;
	unsigned n_parked;	/* strangers that are the gate's */
	int64_t low_at;
	size_t busy;
	struct tokens lines;
	uint64_t turned_away, crowded_out, timed_out, unsaid;
	struct conn *by_key[CONN_KEYS];
	struct conn **by_fd;
	size_t n_fd;
};

#endif
