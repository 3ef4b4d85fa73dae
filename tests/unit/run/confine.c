/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/run/confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* What a deed came to: 0, or its errno. */
static int
write_file(const char *folder)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/new", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 ? 0 : errno;
}

static int
read_file(const char *folder)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	(void)folder;
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 ? 0 : errno;
}

static int
make_socket(const char *folder)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/sock", folder);
	rc = bind(s, (const struct sockaddr *)&a, sizeof(a)) == 0 && unlink(a.sun_path) == 0 ? 0 : errno;
	(void)close(s);
	return rc;
}

static int
run_program(const char *folder)
{
	(void)folder;
	(void)execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int
use_null(const char *folder)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)folder;
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 ? 0 : errno;
}

static int
tcp(int (*deed)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	rc = deed(s, (const struct sockaddr *)&a, sizeof(a)) == 0 ? 0 : errno;
	(void)close(s);
	return rc;
}

static int
listen_tcp(const char *folder)
{
	(void)folder;
	return tcp(bind);
}

/* Port 0: a connection that is allowed fails in another way. */
static int
connect_tcp(const char *folder)
{
	(void)folder;
	return tcp(connect);
}

static int
signal_parent(const char *folder)
{
	(void)folder;
	return kill(getppid(), 0) == 0 ? 0 : errno;
}

static int
landlock_version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1);

	return v > 0 ? (int)v : 0;
}

/* The deed in a process that confined itself first; 99: it could not. */
static int
confined(const struct confinement *c, int (*deed)(const char *), const char *folder)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e;

		if (confine(c, &e) != landlock_version())
			_exit(99);
		_exit(deed(folder));
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const struct confinement nothing = { 0 };

/* Where the kernel is too old, the deed works as before. */
static int
denied_since(int version, int err)
{
	return landlock_version() >= version ? err : 0;
}

static void
it_reads_files_and_writes_none(void)
{
	CU_ASSERT_EQUAL(confined(&nothing, read_file, unit_tmp()), 0);
	CU_ASSERT_EQUAL(confined(&nothing, write_file, unit_tmp()), denied_since(1, EACCES));
	CU_ASSERT_EQUAL(confined(&nothing, use_null, unit_tmp()), 0);
}

static void
it_executes_nothing(void)
{
	CU_ASSERT_EQUAL(confined(&nothing, run_program, unit_tmp()), denied_since(1, EACCES));
}

static void
sockets_are_made_in_their_folder_alone(void)
{
	const struct confinement c = { .sockets = unit_tmp() };

	CU_ASSERT_EQUAL(confined(&c, make_socket, unit_tmp()), 0);
	CU_ASSERT_EQUAL(confined(&c, make_socket, "/tmp"), denied_since(1, EACCES));
	CU_ASSERT_EQUAL(confined(&c, write_file, unit_tmp()), denied_since(1, EACCES));
	CU_ASSERT_EQUAL(confined(&nothing, make_socket, unit_tmp()), denied_since(1, EACCES));
}

static void
a_module_of_somebody_else_may_write_and_execute_nothing(void)
{
	const struct confinement c = { .writes = true };

	CU_ASSERT_EQUAL(confined(&c, write_file, unit_tmp()), 0);
	CU_ASSERT_EQUAL(confined(&c, run_program, unit_tmp()), denied_since(1, EACCES));
}

static void
tcp_is_for_those_who_need_it(void)
{
	const struct confinement listens = { .tcp_listens = true }, connects = { .tcp_connects = true };

	CU_ASSERT_EQUAL(confined(&nothing, listen_tcp, NULL), denied_since(4, EACCES));
	CU_ASSERT_EQUAL(confined(&connects, listen_tcp, NULL), denied_since(4, EACCES));
	CU_ASSERT_EQUAL(confined(&listens, listen_tcp, NULL), 0);
	if (landlock_version() >= 4) {
		CU_ASSERT_EQUAL(confined(&nothing, connect_tcp, NULL), EACCES);
		CU_ASSERT_EQUAL(confined(&listens, connect_tcp, NULL), EACCES);
	}
	CU_ASSERT_NOT_EQUAL(confined(&connects, connect_tcp, NULL), EACCES);
}

static void
it_signals_nobody_else(void)
{
	CU_ASSERT_EQUAL(confined(&nothing, signal_parent, NULL), denied_since(6, EPERM));
}

static void
a_socket_folder_that_is_missing_is_an_error(void)
{
	const struct confinement c = { .sockets = "/nonexistent/run" };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = { .reason = R_NONE };
		int rc = confine(&c, &e);

		_exit(rc == -1 && e.reason == R_FILE_IO && strstr(e.detail, "/nonexistent/run") != NULL ? 1 : rc);
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), landlock_version() > 0 ? 1 : 0);
}

static void
new_privileges_are_gone_with_any_kernel(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e;

		_exit(confine(&nothing, &e) >= 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1);
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static const struct unit_test tests[] = {
	UNIT(it_reads_files_and_writes_none),
	UNIT(it_executes_nothing),
	UNIT(sockets_are_made_in_their_folder_alone),
	UNIT(a_module_of_somebody_else_may_write_and_execute_nothing),
	UNIT(tcp_is_for_those_who_need_it),
	UNIT(it_signals_nobody_else),
	UNIT(a_socket_folder_that_is_missing_is_an_error),
	UNIT(new_privileges_are_gone_with_any_kernel),
};
UNIT_SUITE(confine_suite, tests);
