/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/run/daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/attr.h"
#include "tests/unit/run/folder.h"
#include "tests/unit/unit.h"

static const struct daemon_info info = { "nemra-test", "is tested", NULL };

/* Runs daemon_start() in a process of its own; its exit status, 42 when it came back. */
static int
start_status(const char *const *args, void (*then)(void))
{
	char *argv[8] = { (char *)(uintptr_t)"nemra-test" };
	int argc = 1, status, null;
	pid_t pid = fork();

	if (pid == 0) {
		struct nemra_conf conf;

		null = open("/dev/null", O_RDWR);
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		for (; args[argc - 1] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)args[argc - 1];
		daemon_start(argc, argv, &info, &conf);
		if (then != NULL)
			then();
		nemra_conf_free(&conf);
		_exit(42);
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
the_exit_status_says_what_was_wrong(void)
{
	const char *file = folder_make("{}");
	const char *const help[] = { "--help", NULL }, *const version[] = { "--version", NULL };
	const char *const wrong[] = { "--nonsense", NULL }, *const extra[] = { "-c", file, "extra", NULL };
	const char *const absent[] = { "-c", "/nonexistent/n.yaml", NULL };
	const char *const check[] = { "-c", file, "--check", NULL };
	const char *const start[] = { "--config", file, NULL };

	CU_ASSERT_EQUAL(start_status(help, NULL), 0);
	CU_ASSERT_EQUAL(start_status(version, NULL), 0);
	CU_ASSERT_EQUAL(start_status(wrong, NULL), 1);
	CU_ASSERT_EQUAL(start_status(extra, NULL), 1);
	CU_ASSERT_EQUAL(start_status(absent, NULL), 4);
	CU_ASSERT_EQUAL(start_status(check, NULL), 0);
	CU_ASSERT_EQUAL(start_status(start, NULL), 42);
	(void)folder_make("log: { level: loud }");
	{
		const char *const bad[] = { "-c", file, "--check", NULL };

		CU_ASSERT_EQUAL(start_status(bad, NULL), 4);
	}
}

enum { INHERITED = 100 };	/* a descriptor that was open before */

static void
exit_unless_safe(void)
{
	struct rlimit core;
	bool ok = prctl(PR_GET_DUMPABLE) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 &&
	    umask(0) == 077 && getenv("http_proxy") == NULL && getenv("PGPASSWORD") == NULL &&
	    signal(SIGPIPE, SIG_IGN) == SIG_IGN && daemon_signal() == 0 && raise(SIGHUP) == 0 &&
	    daemon_signal() == SIGHUP && raise(SIGTERM) == 0 && daemon_signal() == SIGTERM &&
	    fcntl(INHERITED, F_GETFD) == -1;

	_exit(ok ? 43 : 44);
}

static void
a_started_daemon_leaves_no_core_and_hears_signals_through_its_descriptor(void)
{
	const char *const start[] = { "-c", folder_make("{}"), NULL };

	CU_ASSERT_EQUAL(setenv("http_proxy", "http://x", 1), 0);
	CU_ASSERT_EQUAL(setenv("PGPASSWORD", "x", 1), 0);
	CU_ASSERT_EQUAL(dup2(STDERR_FILENO, INHERITED), INHERITED);
	CU_ASSERT_EQUAL(start_status(start, exit_unless_safe), 43);
	CU_ASSERT_EQUAL(close(INHERITED), 0);
	CU_ASSERT_EQUAL(unsetenv("http_proxy"), 0);
	CU_ASSERT_EQUAL(unsetenv("PGPASSWORD"), 0);
}

static void
only_known_variables_stay_in_the_environment(void)
{
	static const char *const gone[] = {
		"http_proxy", "HTTPS_PROXY", "all_proxy", "OPENSSL_CONF", "SSLKEYLOGFILE",
		"GNUTLS_SYSTEM_PRIORITY_FILE", "PGPASSWORD", "PGSERVICE", "LD_PRELOAD", "LANG", "CURL_HOME",
	};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		bool ok = true;

		for (size_t i = 0; i < COUNT_OF(gone); i++)
			ok &= setenv(gone[i], "x", 1) == 0;
		ok &= setenv("WATCHDOG_USEC", "7", 1) == 0;
		daemon_clean_environment();
		for (size_t i = 0; i < COUNT_OF(gone); i++)
			ok &= getenv(gone[i]) == NULL;
		ok &= getenv("WATCHDOG_USEC") != NULL && strcmp(getenv("LC_ALL"), "C") == 0;
		_exit(ok ? 0 : 1);
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

static void
systemd_is_told_that_the_daemon_is_ready(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char got[256];
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/n", unit_tmp());
	CU_ASSERT_EQUAL_FATAL(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	CU_ASSERT_EQUAL(setenv("NOTIFY_SOCKET", at.sun_path, 1), 0);
	daemon_alive();
	n = recv(fd, got, sizeof(got) - 1, 0);
	CU_ASSERT_EQUAL_FATAL(n, 10);
	CU_ASSERT_EQUAL(memcmp(got, "WATCHDOG=1", 10), 0);
	CU_ASSERT_EQUAL(unsetenv("NOTIFY_SOCKET"), 0);
	daemon_alive();
	CU_ASSERT_EQUAL(recv(fd, got, sizeof(got) - 1, 0), -1);
	(void)close(fd);
}

static void
without_a_url_the_database_is_the_private_cluster(void)
{
	static char none[] = "", url[] = "host=db";
	struct nemra_conf c = { .database = { none, 0 } };

	CU_ASSERT_STRING_EQUAL(daemon_db_url(&c), "host=/var/lib/nemra/pg/run dbname=nemra");
	c.database.url = url;
	CU_ASSERT_STRING_EQUAL(daemon_db_url(&c), "host=db");
}

static const struct unit_test tests[] = {
	UNIT(the_exit_status_says_what_was_wrong),
	UNIT_AS(reg_cve_2024_6387_work_in_a_signal_handler,
	    a_started_daemon_leaves_no_core_and_hears_signals_through_its_descriptor),
	UNIT(only_known_variables_stay_in_the_environment),
	UNIT(systemd_is_told_that_the_daemon_is_ready),
	UNIT(without_a_url_the_database_is_the_private_cluster),
};
extern const struct unit_suite daemon_suite;
UNIT_SUITE(daemon_suite, tests);
