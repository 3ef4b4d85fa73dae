/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Hooks: programs that make whoever uses the pair load it. No shell, a small environment, a time limit after which
 * the hook and what it started are ended.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/program.h"
#include "common/base/alloc.h"
#include "common/base/clock.h"

#define ARGS_MAX	32

struct hook_env {
	char var[6][4200];
	char *v[7];
};

static void
env_set(struct hook_env *h, const char *name, const char *dir, const char *value)
{
	size_t n = 0;

	while (h->v[n] != NULL)
		n++;
	snprintf(h->var[n], sizeof(h->var[n]), "%s=%s%s", name, dir, value);
	h->v[n] = h->var[n];
}

static void
env_fill(struct hook_env *h, const char *store, const char *event)
{
	memset(h->v, 0, sizeof(h->v));
	env_set(h, "PATH", "", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	env_set(h, "NEMRA_CERT", store, "/current/cert.pem");
	env_set(h, "NEMRA_KEY", store, "/current/key.pem");
	env_set(h, "NEMRA_CHAIN", store, "/current/chain.pem");
	env_set(h, "NEMRA_FULLCHAIN", store, "/current/fullchain.pem");
	env_set(h, "NEMRA_EVENT", "", event);
}

/* text is cut in place. */
static int
split(char *text, char *argv[ARGS_MAX + 1])
{
	char *rest = text, *word;
	int n = 0;

	while ((word = strsep(&rest, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (n == ARGS_MAX)
			return -1;
		argv[n++] = word;
	}
	argv[n] = NULL;
	return n > 0 ? 0 : -1;
}

static int
start(char *const argv[], struct hook_env *env, pid_t *pid)
{
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	(void)sigemptyset(&none);
	rc = posix_spawnattr_init(&attr);
	if (rc != 0)
		return rc;
	rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	if (rc == 0)
		rc = posix_spawnattr_setpgroup(&attr, 0);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (rc == 0)
		rc = posix_spawn(pid, argv[0], NULL, &attr, argv, env->v);
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

/* Until it has ended or the time is over. */
static bool
ended_in_time(pid_t pid, int64_t timeout_ms)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int64_t until = clock_mono_ms() + timeout_ms, left;
	int n = -1;

	if (p.fd < 0)
		return false;
	while ((left = until - clock_mono_ms()) > 0) {
		n = poll(&p, 1, (int)left);
		if (n > 0 || (n < 0 && errno != EINTR))
			break;
	}
	(void)close(p.fd);
	return n > 0;
}

static int
wait_for(pid_t pid, const struct hook *h, struct err *e)
{
	bool in_time = ended_in_time(pid, h->timeout);
	int status = 0;

	if (!in_time)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, R_HOOK_FAILED, "%.180s", h->exec);
	if (!in_time)
		return err_set(e, R_HOOK_FAILED, "%.180s: it took longer than %lld ms", h->exec,
		    (long long)h->timeout);
	if (WIFSIGNALED(status))
		return err_set(e, R_HOOK_FAILED, "%.180s: ended by signal %d", h->exec, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(e, R_HOOK_FAILED, "%.180s: exit status %d", h->exec, WEXITSTATUS(status));
	return 0;
}

static int
run_one(const struct hook *h, struct hook_env *env, struct err *e)
{
	char *argv[ARGS_MAX + 1], *text = mem_strdup(h->exec);
	pid_t pid;
	int rc = -1;

	if (text == NULL)
		return err_set(e, R_NO_MEMORY, "hook");
	if (split(text, argv) != 0)
		err_set(e, R_HOOK_FAILED, "%.180s: more than %d arguments", h->exec, ARGS_MAX);
	else if ((errno = start(argv, env, &pid)) != 0)
		err_sys(e, R_HOOK_FAILED, "%.180s", h->exec);
	else
		rc = wait_for(pid, h, e);
	free(text);
	return rc;
}

int
hooks_run(const struct agent_conf *c, const char *event, struct err *e)
{
	struct hook_env *env = mem_calloc(1, sizeof(*env));
	int rc = 0;

	if (env == NULL)
		return err_set(e, R_NO_MEMORY, "hooks");
	env_fill(env, c->store, event);
	for (size_t i = 0; i < c->n_hooks && rc == 0; i++)
		rc = run_one(&c->hooks[i], env, e);
	free(env);
	return rc;
}
