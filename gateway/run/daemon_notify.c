/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * sd_notify(3): one datagram to the socket that systemd names. Spoken directly, because nemra-signer must
 * not link libsystemd, and one way for all daemons is simpler than two.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/run/daemon.h"

/* 0, or -1 with errno. No socket, no message: not under systemd. */
static int
notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path != NULL ? strlen(path) : 0;
	ssize_t n;
	int fd;

	if (len == 0)
		return 0;
	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(to.sun_path)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')		/* abstract */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	n = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static void
notify_or_log(const char *text)
{
	static bool told;
	struct err e;

	if (notify(text) == 0 || told)
		return;
	told = true;
	err_sys(&e, R_INTERNAL, "NOTIFY_SOCKET");
	log_failure(LOG_WARN, "daemon.notify_failed", &e);
}

void
daemon_ready(const char *status)
{
	struct log_line l;
	char text[256];

	(void)snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
	notify_or_log(text);
	log_begin(&l, LOG_NOTICE, "daemon.ready");
	log_str(&l, "version", NEMRA_VERSION);
	log_str(&l, "status", status);
	log_end(&l);
}

void
daemon_stopping(void)
{
	struct log_line l;

	notify_or_log("STOPPING=1");
	log_begin(&l, LOG_NOTICE, "daemon.stopping");
	log_end(&l);
}

/* Called in every turn of a loop; once a second is enough for any watchdog. */
void
daemon_alive(void)
{
	static int64_t last;
	int64_t now = clock_mono_ms();

	if (last != 0 && now - last < 1000)
		return;
	last = now;
	notify_or_log("WATCHDOG=1");
}
