/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/listen.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

static bool
somebody_listens(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive;

	if (fd < 0)
		return true;
	/* EAGAIN: its queue is full, so it lives. */
	alive = connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 || errno == EAGAIN;
	(void)close(fd);
	return alive;
}

static int
clear_path(const struct sockaddr_un *a, struct err *e)
{
	struct stat st;

	if (lstat(a->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : err_sys(e, R_FILE_IO, "%s", a->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, R_FILE_IO, "%s is there and no socket", a->sun_path);
	if (somebody_listens(a))
		return err_set(e, R_FILE_IO, "another process listens on %s", a->sun_path);
	if (unlink(a->sun_path) != 0)
		return err_sys(e, R_FILE_IO, "%s", a->sun_path);
	return 0;
}

int
listen_unix(const char *path, int *fd, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	mode_t mask;
	int s, rc;

	if (strlen(path) >= sizeof(a.sun_path))
		return err_set(e, R_CONFIG, "ops.socket: %.64s… is longer than %zu octets", path,
		    sizeof(a.sun_path) - 1);
	memcpy(a.sun_path, path, strlen(path));
	if (clear_path(&a, e) != 0)
		return -1;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return err_sys(e, R_FILE_IO, "socket");
	mask = umask(0111);
	rc = bind(s, (const struct sockaddr *)&a, sizeof(a));
	(void)umask(mask);
	if (rc != 0 || listen(s, BACKLOG) != 0) {
		err_sys(e, R_FILE_IO, "%s", path);
		(void)close(s);
		return -1;
	}
	*fd = s;
	return 0;
}
