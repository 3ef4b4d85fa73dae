/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One connection to PostgreSQL. Not shared between threads. The store is the queue and the only
 * meeting place of the daemons; all SQL in C is in this folder, parameters always apart from the text.
 */
#ifndef NEMRA_STORE_DB_H
#define NEMRA_STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct db;

struct db_options {
	const char *url;	/* libpq URL or key=value; "" = the private cluster (run/conf says where) */
	const char *role;	/* "nemra_httpd": user name unless the URL names one */
	bool synchronous;	/* demand what database.durability: synchronous demands */
	int patience_s;		/* a statement may take so long; 0: 30 */
};

/*
 * Connects, checks schema version and durability. R_DB_AWAY, R_DB_SCHEMA, R_DB_WEAK. Limits:
 * connect 5 s, statement 30 s or as o says, idle in transaction 10 s. A server that hangs is given up a third later.
 */
int db_open(const struct db_options *o, struct db **out, struct err *e) MUSTUSE;

/* As db_open, into the same struct, after a loss; LISTENs again. Call with a back-off. */
int db_reopen(struct db *db, struct err *e) MUSTUSE;
void db_close(struct db *db);

/* Of the volume of a private cluster on this host (nemra-db): octets in all and free. -1: the database is elsewhere. */
int db_space(const char *url, int64_t *size, int64_t *left) MUSTUSE;

/* The connection was lost: reopen before the next call. */
bool db_is_away(const struct db *db);

/* channel is one of the STORE_… below; the text is kept. */
int db_listen(struct db *db, const char *channel, struct err *e) MUSTUSE;
#define STORE_QUEUE "nemra_queue"	/* there may be something to claim */
#define STORE_NEWS "nemra_news"		/* some request changed its state */
#define STORE_AUDIT "nemra_audit"	/* there are events without a link */

/* Socket to poll; -1 when away. */
int db_fd(const struct db *db);

/* Reads what has come. *notified: at least one NOTIFY. -1: connection lost. */
int db_drain(struct db *db, bool *notified, struct err *e) MUSTUSE;

/* Begin and end of a unit of several calls. A commit whose outcome is not known: R_DB_UNKNOWN. */
int db_begin(struct db *db, struct err *e) MUSTUSE;
int db_commit(struct db *db, struct err *e) MUSTUSE;
void db_rollback(struct db *db);

/* In a transaction now? Asserted false before network I/O. */
bool db_in_transaction(const struct db *db);

#endif
