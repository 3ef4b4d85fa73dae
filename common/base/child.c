/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"

static int
spawn(char *const argv[], char *const env[], pid_t *pid)
{
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	rc = posix_spawnattr_init(&attr);
	if (rc != 0)
		return rc;
	rc = posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawnattr_setpgroup(&attr, 0);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(&attr, &all);
	if (rc == 0)
		rc = posix_spawn(pid, argv[0], NULL, &attr, argv, env);
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

/* Until it has ended or the time is over. */
static bool
ends_in_time(pid_t pid, int64_t timeout_ms)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int64_t until = clock_mono_ms() + timeout_ms, left;
	int n = -1;

	if (p.fd < 0)
		return false;
	while ((left = until - clock_mono_ms()) > 0) {
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0 || (n < 0 && errno != EINTR))
			break;
	}
	(void)close(p.fd);
	return n > 0;
}

int
child_run(char *const argv[], char *const env[], int64_t timeout_ms, enum reason reason, struct err *e)
{
	bool in_time;
	int status = 0;
	pid_t pid = -1;

	errno = spawn(argv, env, &pid);
	if (errno != 0)
		return err_sys(e, reason, "%.180s", argv[0]);
	in_time = ends_in_time(pid, timeout_ms);
	if (!in_time)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, reason, "%.180s", argv[0]);
	if (!in_time)
		return err_set(e, reason, "%.180s: not ready after %lld ms", argv[0], (long long)timeout_ms);
	if (WIFSIGNALED(status))
		return err_set(e, reason, "%.180s: ended by signal %d", argv[0], WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(e, reason, "%.180s: exit status %d", argv[0], WEXITSTATUS(status));
	return 0;
}
