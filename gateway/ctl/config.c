/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * config check: a configuration that is broken may be why no daemon runs; so the daemon's own reader is called
 * as a program.
 */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/ctl/api.h"

#define DAEMON	"nemra-opsd"
#define CONFIG	"/etc/nemra/nemra.yaml"

extern char **environ;

/* Beside this program, where an installation and a build have it; else where the system has daemons. */
static void
find_daemon(char *path, size_t size)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/local/sbin" };
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		snprintf(slash + 1, size - (size_t)(slash + 1 - path), "%s", DAEMON);
		if (access(path, X_OK) == 0)
			return;
	}
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		snprintf(path, size, "%s/%s", folders[i], DAEMON);
		if (access(path, X_OK) == 0)
			return;
	}
	snprintf(path, size, "%s", DAEMON);
}

/* Its exit status; -1 when it could not be run to its end. */
static int
run(char *const *argv, struct err *e)
{
	int status = 0, rc;
	pid_t pid;

	rc = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (rc != 0) {
		errno = rc;
		return err_sys(e, R_FILE_IO, "%s", argv[0]);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, R_FILE_IO, "%s", argv[0]);
	if (!WIFEXITED(status))
		return err_set(e, R_INTERNAL, "%s was ended by a signal", argv[0]);
	return WEXITSTATUS(status);
}

enum ctl_exit
cmd_config_check(struct ctl *c)
{
	char daemon[PATH_MAX], file[PATH_MAX], check[] = "--check", option[] = "--config";
	char *argv[] = { daemon, check, option, file, NULL };
	struct err e;
	int rc;

	find_daemon(daemon, sizeof(daemon));
	snprintf(file, sizeof(file), "%s", c->opt[OPT_CONFIG] != NULL ? c->opt[OPT_CONFIG] : CONFIG);
	fflush(stdout);
	rc = run(argv, &e);
	return rc < 0 ? say_err(&e) : (enum ctl_exit)rc;
}
