/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/net_http/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct line {
	int fd;
	SSL *tls;
};

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

static ssize_t
line_read(struct line *l, void *p, size_t n)
{
	return l->tls != NULL ? SSL_read(l->tls, p, (int)n) : read(l->fd, p, n);
}

static void
line_write(struct line *l, const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && (l->tls != NULL ? SSL_write(l->tls, text, (int)len) : write(l->fd, text, len)) <= 0)
		return;
}

/* Is a whole request in text? The bodies of these tests hold no blank line. */
static bool
is_whole(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, "\r\nContent-Length:");
	size_t body = length == NULL ? 0 : (size_t)strtoul(length + 17, NULL, 10);

	return end != NULL && strlen(end + 4) >= body;
}

/* Waits for fd or for the order to stop. */
static bool
readable(const struct peer *p, const struct line *l)
{
	struct pollfd f[2] = { { .fd = l->fd, .events = POLLIN }, { .fd = p->stop[0], .events = POLLIN } };

	if (l->tls != NULL && SSL_pending(l->tls) > 0)
		return true;
	return poll(f, 2, -1) > 0 && f[1].revents == 0;
}

static bool
read_request(struct peer *p, struct line *l)
{
	char text[sizeof(p->last)];
	size_t len = 0;

	while (len + 1 < sizeof(text)) {
		ssize_t n;

		if (!readable(p, l))
			return false;
		n = line_read(l, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		if (is_whole(text)) {
			memcpy(p->last, text, len + 1);
			return true;
		}
	}
	return false;
}

static void
serve(struct peer *p, struct line *l)
{
	while (read_request(p, l)) {
		const char *a = p->answer[atomic_load(&p->requests)];

		if (a != NULL)
			atomic_fetch_add(&p->requests, 1);
		if (a == NULL || strcmp(a, PEER_CLOSE) == 0)
			return;
		if (strcmp(a, PEER_SILENT) == 0)
			continue;
		line_write(l, a);
		if (p->close_after)
			return;
	}
}

static void *
run(void *arg)
{
	struct peer *p = arg;
	struct line door = { .fd = p->listener };

	while (readable(p, &door)) {
		struct line l = { .fd = accept(p->listener, NULL, NULL) };

		if (l.fd < 0)
			break;
		atomic_fetch_add(&p->connections, 1);
		if (p->tls != NULL) {
			l.tls = SSL_new(p->tls);
			SSL_set_fd(l.tls, l.fd);
		}
		if (l.tls == NULL || SSL_accept(l.tls) == 1)
			serve(p, &l);
		if (l.tls != NULL)
			(void)SSL_shutdown(l.tls);
		SSL_free(l.tls);
		(void)close(l.fd);
	}
	return NULL;
}

static int
listen_unix(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	return fd < 0 || bind(fd, (const struct sockaddr *)&un, sizeof(un)) != 0 ? -1 : fd;
}

static int
listen_tcp(int *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&in, sizeof(in)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) != 0)
		return -1;
	*port = ntohs(in.sin_port);
	return fd;
}

void
peer_start(struct peer *p)
{
	p->listener = p->path != NULL ? listen_unix(p->path) : listen_tcp(&p->port);
	if (p->listener < 0 || listen(p->listener, 16) != 0 || pipe(p->stop) != 0)
		die("peer");
	snprintf(p->url, sizeof(p->url), "%s://127.0.0.1:%d/x", p->tls != NULL ? "https" : "http", p->port);
	if (pthread_create(&p->thread, NULL, run, p) != 0)
		die("peer");
}

void
peer_stop(struct peer *p)
{
	(void)close(p->stop[1]);
	(void)pthread_join(p->thread, NULL);
	(void)close(p->stop[0]);
	(void)close(p->listener);
}
