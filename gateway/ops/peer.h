/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who is at the other end of a unix socket: the kernel says so.
 */
#ifndef NEMRA_OPS_PEER_H
#define NEMRA_OPS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* Users who are administrators beside root. */
struct admins {
	uid_t own;		/* the daemon's */
	uid_t *uid;
	size_t n;
};

/* Resolves the names; one that does not exist is logged and left out. */
void admins_resolve(char *const *names, size_t n, struct admins *out);
void admins_free(struct admins *a);

struct peer {
	uid_t uid;
	bool admin;
	char who[64];		/* "1000:alice" */
};

/* R_OPERATOR_UNKNOWN when the kernel does not say. */
int peer_of(int fd, const struct admins *a, struct peer *out, struct err *e) MUSTUSE;

#endif
