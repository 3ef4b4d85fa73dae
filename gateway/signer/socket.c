/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signer/socket.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 32

static const char *const names[SIGNER_ROLES] = { "dispatch", "httpd", "ops" };

int
signer_socket_path(const char *run, enum signer_role role, struct sockaddr_un *out, struct err *e)
{
	int n;

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(out->sun_path, sizeof(out->sun_path), "%s/signer-%s.sock", run, names[role]);
	if (n < 0 || (size_t)n >= sizeof(out->sun_path))
		return err_set(e, R_CONFIG, "signer.run: %.128s is too long for a socket", run);
	return 0;
}

/* A socket that nobody answers at is a leftover; anything else stays. */
static int
remove_leftover(const struct sockaddr_un *at, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (lstat(at->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : err_sys(e, R_FILE_IO, "%s", at->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, R_FILE_IO, "%s is there and is not a socket", at->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, R_FILE_IO, "socket");
	rc = connect(fd, (const struct sockaddr *)at, sizeof(*at));
	if (rc != 0 && errno == ECONNREFUSED)
		rc = unlink(at->sun_path) == 0 ? 0 : err_sys(e, R_FILE_IO, "%s", at->sun_path);
	else
		rc = err_set(e, R_FILE_IO, "%s: another signer answers there", at->sun_path);
	(void)close(fd);
	return rc;
}

/* The mode is right from the first moment: the umask makes it 0600, and only then it is opened further. */
int
signer_listen(const struct sockaddr_un *at, bool shared, int *fd, struct err *e)
{
	mode_t old;
	int s, rc;

	if (remove_leftover(at, e) != 0)
		return -1;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return err_sys(e, R_FILE_IO, "socket");
	old = umask(0177);
	rc = bind(s, (const struct sockaddr *)at, sizeof(*at));
	(void)umask(old);
	if (rc != 0 || (shared && chmod(at->sun_path, 0660) != 0) || listen(s, BACKLOG) != 0) {
		err_sys(e, R_FILE_IO, "%s", at->sun_path);
		(void)close(s);
		return -1;
	}
	*fd = s;
	return 0;
}

int
signer_accept(int listener, struct signer_peer *out)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || len != sizeof(who)) {
		(void)close(fd);
		return -1;
	}
	*out = (struct signer_peer){ fd, who.uid, who.pid };
	return 0;
}
