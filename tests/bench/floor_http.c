/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One POST of 600 octets and its answer on a kept connection, the server's side: libmicrohttpd in a thread of its own,
 * the client in this one.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/floor.h"

#define ROUNDS 5000
#define BODY 600

static const char content[BODY];

static enum MHD_Result
answer(void *self, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
    size_t *size, void **state)
{
	struct MHD_Response *r;
	enum MHD_Result rc;

	(void)self, (void)url, (void)method, (void)version, (void)data;
	if (*state == NULL) {
		*state = self;
		return MHD_YES;
	}
	if (*size > 0) {
		*size = 0;
		return MHD_YES;
	}
	r = MHD_create_response_from_buffer(BODY, (void *)(uintptr_t)content, MHD_RESPMEM_PERSISTENT);
	rc = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return rc;
}

static int64_t
process_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One exchange; the answer ends BODY octets after its empty line. */
static int
exchange(int fd, const char *request, size_t len)
{
	char in[2048];
	size_t have = 0;
	const char *end;
	ssize_t n;

	if (write(fd, request, len) != (ssize_t)len)
		return -1;
	for (;;) {
		n = read(fd, in + have, sizeof(in) - have);
		if (n <= 0)
			return -1;
		have += (size_t)n;
		end = memmem(in, have, "\r\n\r\n", 4);
		if (end != NULL && have - (size_t)(end - in) - 4 == BODY)
			return 0;
	}
}

static int
talk(uint16_t port, struct figures *f)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc = -1, n = 0;
	const int one = 1;
	char request[1024];
	int64_t all, mine;
	int head = snprintf(request, sizeof(request), "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
	    "Content-Type: application/pkcs10\r\nContent-Length: %d\r\n\r\n", BODY);

	memset(request + head, 'x', BODY);
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || exchange(fd, request, (size_t)head + BODY) != 0)
		goto out;
	all = process_ns();
	mine = thread_ns();
	while (n < ROUNDS && exchange(fd, request, (size_t)head + BODY) == 0)
		n++;
	figure_add(f, "HTTP exchange, server", (double)(process_ns() - all - (thread_ns() - mine)) / 1e3 / ROUNDS);
	rc = n == ROUNDS ? 0 : -1;
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

int
floor_http(struct figures *f, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	static char started;
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, &started,
	    MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_END);
	const union MHD_DaemonInfo *info;
	int rc = -1;

	if (d == NULL)
		return err_set(e, R_INTERNAL, "HTTP");
	info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
	if (info != NULL)
		rc = talk(info->port, f);
	MHD_stop_daemon(d);
	return rc == 0 ? 0 : err_set(e, R_INTERNAL, "HTTP");
}
