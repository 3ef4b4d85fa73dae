/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The process that holds the RA key. It opens its keys, then its sockets, then reads its first octet. Who may
 * ask for what is one table, in signer.c; how it is asked, docs/decisions/signer-protocol.md.
 */
#ifndef NEMRA_SIGNER_SIGNER_H
#define NEMRA_SIGNER_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/attr.h"
#include "common/base/err.h"

enum signer_role {
	ROLE_DISPATCH,
	ROLE_HTTPD,
	ROLE_OPS,
	SIGNER_ROLES
};

/* Users that may connect, beside the signer's own. */
struct signer_users {
	uid_t *v;
	size_t n;
};

/* Lent to the server for its life. */
struct signer_conf {
	const char *run;			/* folder of the sockets */
	const char *ra_key, *ra_cert, *audit_key, *txid_key;
	char *const *names;			/* DNs that subjects must begin with, at least one */
	size_t n_names;
	char *const *dns_names;			/* what DNS names must end with; none: anything */
	size_t n_dns_names;
	double rate;				/* signatures per second; 0: no limit */
	struct signer_users users[SIGNER_ROLES];
};

struct signer_server;

/* Keys are loaded, then sockets are opened. R_CONFIG, R_KEY_FILE_OPEN, R_KEY_UNUSABLE, R_FILE_IO. */
int signer_server_new(const struct signer_conf *conf, struct signer_server **out,
    struct err *e) MUSTUSE;

/* Loads keys and certificate again; on failure the old ones stay. */
int signer_server_reload(struct signer_server *s, struct err *e) MUSTUSE;

/* Serves for at most wait_ms, or until wake_fd (-1: none) is readable. */
void signer_server_turn(struct signer_server *s, int wait_ms, int wake_fd);

/* Closes and removes the sockets, wipes the keys. */
void signer_server_free(struct signer_server *s);

/* Is this user one of them? own: the signer's. */
bool signer_user_ok(const struct signer_users *users, uid_t own, uid_t peer);

#endif
