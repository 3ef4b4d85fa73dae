/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads the rest of fd, which fstat says is size long: one octet more would show growth. */
static int
read_all(int fd, const char *path, size_t size, struct blob *out, struct err *e)
{
	struct buf b;
	uint8_t *p;
	size_t got = 0;
	ssize_t n;
	int rc = -1;

	buf_init(&b, size + 1);
	p = buf_room(&b, size + 1);
	if (p == NULL) {
		err_set(e, R_NO_MEMORY, "%s", path);
		goto out;
	}
	while (got < size + 1) {
		n = read(fd, p + got, size + 1 - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(e, R_FILE_IO, "%s", path);
			goto out;
		}
		if (n == 0)
			break;
		got += (size_t)n;
	}
	if (got != size) {
		err_set(e, R_FILE_IO, "%s changed while it was read", path);
		goto out;
	}
	b.len = size;
	rc = buf_take(&b, out, e);
out:
	buf_cleanse(&b);
	return rc;
}

/*
 * A file that systemd handed to this service alone (systemd.exec(5), Credentials). Newer ones leave it to root and add
 * an access list, which shows as a right of the group.
 */
static bool
is_credential(const char *path)
{
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
	size_t len = dir != NULL ? strlen(dir) : 0;

	return len > 0 && strncmp(path, dir, len) == 0 && path[len] == '/' && strchr(path + len + 1, '/') == NULL;
}

static int
check_secret(const struct stat *st, const char *path, struct err *e)
{
	mode_t others = is_credential(path) ? 037 : 077;

	if ((st->st_mode & others) != 0)
		return err_set(e, R_KEY_FILE_OPEN, "%s has mode %04o", path,
		    (unsigned)(st->st_mode & 07777));
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return err_set(e, R_KEY_FILE_OPEN, "%s belongs to user %u", path,
		    (unsigned)st->st_uid);
	return 0;
}

static int
read_checked(const char *path, size_t max, bool secret, struct blob *out, struct err *e)
{
	struct stat st;
	int fd, rc = -1;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, R_FILE_IO, "%s", path);
	if (fstat(fd, &st) != 0)
		err_sys(e, R_FILE_IO, "%s", path);
	else if (!S_ISREG(st.st_mode))
		err_set(e, R_FILE_IO, "%s is not a regular file", path);
	else if ((uintmax_t)st.st_size > max)
		err_set(e, R_TOO_LONG, "%s has more than %zu octets", path, max);
	else if (!secret || check_secret(&st, path, e) == 0)
		rc = read_all(fd, path, (size_t)st.st_size, out, e);
	(void)close(fd);
	return rc;
}

int
file_read(const char *path, size_t max, struct blob *out, struct err *e)
{
	return read_checked(path, max, false, out, e);
}

int
file_read_secret(const char *path, size_t max, struct blob *out, struct err *e)
{
	return read_checked(path, max, true, out, e);
}

static int
write_all(int fd, struct mem data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.p, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data.p += n;
		data.len -= (size_t)n;
	}
	return 0;
}

int
file_fsync_dir(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(e, R_FILE_IO, "%s", dir);
	rc = fsync(fd) == 0 ? 0 : err_sys(e, R_FILE_IO, "fsync %s", dir);
	(void)close(fd);
	return rc;
}

static int
fsync_parent(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (slash == NULL)
		return file_fsync_dir(".", e);
	if (slash == path)
		return file_fsync_dir("/", e);
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	return file_fsync_dir(dir, e);
}

int
file_write(const char *path, struct mem data, mode_t mode, struct err *e)
{
	char tmp[PATH_MAX];
	int fd, n, rc = -1;

	n = snprintf(tmp, sizeof(tmp), "%s.tmp-%ld", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_set(e, R_FILE_IO, "path too long");
	(void)unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return err_sys(e, R_FILE_IO, "%s", tmp);
	if (fchmod(fd, mode) != 0 || write_all(fd, data) != 0 || fsync(fd) != 0) {
		err_sys(e, R_FILE_IO, "%s", tmp);
		(void)close(fd);
		goto out;
	}
	if (close(fd) != 0) {
		err_sys(e, R_FILE_IO, "%s", tmp);
		goto out;
	}
	if (rename(tmp, path) != 0) {
		err_sys(e, R_FILE_IO, "%s", path);
		goto out;
	}
	return fsync_parent(path, e);
out:
	(void)unlink(tmp);
	return rc;
}
