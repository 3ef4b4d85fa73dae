/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/program.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "tests/unit/unit.h"

/* Runs one script as the hook of a store in dir. */
static int
run_script(const char *dir, const char *script, const char *args, int64_t timeout, struct err *e)
{
	struct hook hook = { .timeout = timeout };
	struct agent_conf c = { .hooks = &hook, .n_hooks = 1 };
	char path[200], exec[300], store[200];

	snprintf(path, sizeof(path), "%s/hook", dir);
	CU_ASSERT_EQUAL_FATAL(file_write(path, mem_str(script), 0700, e), 0);
	snprintf(exec, sizeof(exec), "%s%s", path, args);
	snprintf(store, sizeof(store), "%s/store", dir);
	hook.exec = exec;
	c.store = store;
	return hooks_run(&c, "enrolled", e);
}

static void
a_hook_gets_its_arguments_and_only_our_environment(void)
{
	const char *dir = unit_tmp();
	struct blob b = { NULL, 0 };
	char script[400], path[200], expect[1000];
	struct err e;

	CU_ASSERT_EQUAL(setenv("SECRET_OF_THE_PARENT", "1", 1), 0);
	snprintf(script, sizeof(script), "#!/bin/sh\ncd %s\n"
	    "echo \"$#:$1:$2\" > out\nenv | grep -E 'NEMRA|SECRET' | sort >> out\n", dir);
	CU_ASSERT_EQUAL(run_script(dir, script, "  one\ttwo ", 10000, &e), 0);
	snprintf(path, sizeof(path), "%s/out", dir);
	CU_ASSERT_EQUAL_FATAL(file_read(path, 4096, &b, &e), 0);
	snprintf(expect, sizeof(expect), "2:one:two\n"
	    "NEMRA_CERT=%s/store/current/cert.pem\nNEMRA_CHAIN=%s/store/current/chain.pem\n"
	    "NEMRA_EVENT=enrolled\nNEMRA_FULLCHAIN=%s/store/current/fullchain.pem\n"
	    "NEMRA_KEY=%s/store/current/key.pem\n", dir, dir, dir, dir);
	CU_ASSERT_TRUE(mem_eq(mem_of(&b), mem_str(expect)));
	blob_free(&b);
	(void)unsetenv("SECRET_OF_THE_PARENT");
}

static void
a_hook_that_fails_is_said_with_how(void)
{
	const char *dir = unit_tmp();
	struct err e;

	CU_ASSERT_EQUAL(run_script(dir, "#!/bin/sh\nexit 3\n", "", 10000, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_HOOK_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "exit status 3"));
	CU_ASSERT_EQUAL(run_script(dir, "#!/bin/sh\nkill -TERM $$\n", "", 10000, &e), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "signal 15"));
	CU_ASSERT_EQUAL(run_script(dir, "#!/nonexistent/interpreter\n", "", 10000, &e), -1);
	CU_ASSERT_EQUAL(e.reason, R_HOOK_FAILED);
}

static void
a_hook_that_hangs_is_killed_with_its_children(void)
{
	const char *dir = unit_tmp();
	int64_t start = clock_mono_ms();
	struct blob b = { NULL, 0 };
	char script[300], path[200];
	struct err e;

	snprintf(script, sizeof(script), "#!/bin/sh\nsleep 100 &\necho $! > %s/pid\nwait\n", dir);
	CU_ASSERT_EQUAL(run_script(dir, script, "", 300, &e), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "not ready after 300 ms"));
	CU_ASSERT_TRUE(clock_mono_ms() - start < 5000);
	snprintf(path, sizeof(path), "%s/pid", dir);
	if (file_read(path, 32, &b, &e) == 0) {
		pid_t pid = (pid_t)strtol((const char *)b.p, NULL, 10);
		int tries = 0;

		while (kill(pid, 0) == 0 && tries++ < 200) {	/* init may not have fetched it yet */
			char state[64], line[256] = "";
			FILE *f;

			snprintf(state, sizeof(state), "/proc/%d/stat", (int)pid);
			f = fopen(state, "r");
			if (f == NULL || fgets(line, sizeof(line), f) == NULL || strstr(line, ") Z") != NULL)
				tries = 1000;
			if (f != NULL)
				(void)fclose(f);
			(void)usleep(10000);
		}
		CU_ASSERT_TRUE(tries != 201);
	}
	blob_free(&b);
}

static void
too_many_arguments_are_refused(void)
{
	const char *dir = unit_tmp();
	char args[200] = "";
	struct err e;

	for (int i = 0; i < 31; i++)
		strncat(args, " a", sizeof(args) - strlen(args) - 1);
	CU_ASSERT_EQUAL(run_script(dir, "#!/bin/sh\nexit 0\n", args, 10000, &e), 0);
	strncat(args, " a", sizeof(args) - strlen(args) - 1);
	CU_ASSERT_EQUAL(run_script(dir, "#!/bin/sh\nexit 0\n", args, 10000, &e), -1);
}

static const struct unit_test tests[] = {
	UNIT(a_hook_gets_its_arguments_and_only_our_environment),
	UNIT(a_hook_that_fails_is_said_with_how),
	UNIT(a_hook_that_hangs_is_killed_with_its_children),
	UNIT(too_many_arguments_are_refused),
};
extern const struct unit_suite hooks_suite;
UNIT_SUITE(hooks_suite, tests);
