/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The signer's sockets in the file system.
 */
#ifndef NEMRA_SIGNER_SOCKET_H
#define NEMRA_SIGNER_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "gateway/signer/signer.h"

/* RUN/signer-dispatch.sock and its like; R_CONFIG when it is too long for a socket. */
int signer_socket_path(const char *run, enum signer_role role, struct sockaddr_un *out,
    struct err *e) MUSTUSE;

/*
 * Listens there. What a dead signer left is replaced; a living one is not (R_FILE_IO). shared: mode 0660,
 * else 0600.
 */
int signer_listen(const struct sockaddr_un *at, bool shared, int *fd, struct err *e) MUSTUSE;

/* The next connection and its peer, as the kernel knows it. -1: none is waiting. */
struct signer_peer {
	int fd;
	uid_t uid;
	pid_t pid;
};
int signer_accept(int listener, struct signer_peer *out);

#endif
