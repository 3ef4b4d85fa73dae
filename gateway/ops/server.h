/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The operators' HTTP server. A thread a connection: operators are few, and one whose command takes long holds
 * up nobody else.
 */
#ifndef NEMRA_OPS_SERVER_H
#define NEMRA_OPS_SERVER_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/ops/api.h"

struct ops_options {
	const char *socket;
	char *const *admins;		/* user names */
	size_t n_admins;
	struct db_options db;
	const struct profiles *profiles;	/* what a station may be given; lent */
	/* signer_audit_check() on signer-ops.sock */
	int (*audit_check)(void *arg, int64_t seq, const uint8_t prev[32], const struct mem *content,
	    const uint8_t (*mac)[32], size_t n, size_t *bad, struct err *e);
	void *audit_arg;
	/* Does the signer answer? As in watch.h. */
	int (*signer)(void *arg, struct err *e);
	void *signer_arg;
};

struct ops_server;

/* Listens when it returns; the database may be away. */
int ops_server_start(const struct ops_options *o, struct ops_server **out, struct err *e) MUSTUSE;

/* To be called about every second: the server's sign of life. */
void ops_server_turn(struct ops_server *s);

/* Lets calls that are being answered end. */
void ops_server_stop(struct ops_server *s);

#endif
