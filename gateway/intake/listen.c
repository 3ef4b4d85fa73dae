/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/intake/listen.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_TEXT 64
#define PORT_TEXT 8
#define BACKLOG 4096		/* the kernel takes what net.core.somaxconn allows */
#define DEAD_PEER_MS 60000	/* for octets that nobody acknowledges */

static int
split(const char *address, char host[HOST_TEXT], char port[PORT_TEXT], struct err *e)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon != NULL ? (size_t)(colon - address) : 0;

	if (colon == NULL || strlen(colon + 1) == 0 || strlen(colon + 1) >= PORT_TEXT)
		return err_set(e, R_CONFIG, "%.100s: HOST:PORT or [HOST]:PORT is meant", address);
	if (len >= 2 && address[0] == '[' && colon[-1] == ']') {
		address++;
		len -= 2;
	}
	if (len >= HOST_TEXT)
		return err_set(e, R_CONFIG, "%.100s: the host is too long", address);
	snprintf(host, HOST_TEXT, "%.*s", (int)len, address);
	snprintf(port, PORT_TEXT, "%s", colon + 1);
	return 0;
}

/*
 * What connections inherit. Not TCP_DEFER_ACCEPT: it would leave those who say nothing in a queue of the
 * kernel that has no limit per address.
 */
static int
set_options(int fd)
{
	const int on = 1, dead = DEAD_PEER_MS;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		return -1;
	return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
}

static int
bind_one(const struct addrinfo *a)
{
	const int off = 0;
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

	if (fd < 0)
		return -1;
	if (set_options(fd) != 0 ||
	    (a->ai_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
	    bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static unsigned
port_of(int fd)
{
	struct sockaddr_storage s;
	socklen_t len = sizeof(s);

	memset(&s, 0, sizeof(s));
	if (getsockname(fd, (struct sockaddr *)&s, &len) != 0)
		return 0;
	if (s.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&s)->sin6_port);
	return ntohs(((struct sockaddr_in *)&s)->sin_port);
}

int
listen_open(const char *address, int *fd, unsigned *port, struct err *e)
{
	const struct addrinfo want = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	char host[HOST_TEXT] = "", service[PORT_TEXT] = "";
	struct addrinfo *list = NULL;
	int rc;

	if (split(address, host, service, e) != 0)
		return -1;
	rc = getaddrinfo(host[0] != '\0' ? host : NULL, service, &want, &list);
	if (rc != 0)
		return err_set(e, R_CONFIG, "%.100s: %s", address, gai_strerror(rc));
	*fd = bind_one(list);
	freeaddrinfo(list);
	if (*fd < 0)
		return err_sys(e, R_CONFIG, "%.100s", address);
	*port = port_of(*fd);
	return 0;
}
