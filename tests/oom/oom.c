/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oom/oom.h"

#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 50000	/* no scenario needs so many allocations */

#ifdef __SANITIZE_ADDRESS__
int __lsan_do_recoverable_leak_check(void);

static bool
leaks(void)
{
	return __lsan_do_recoverable_leak_check() != 0;
}
#else
static bool
leaks(void)
{
	return false;
}
#endif

/* A child ends by _exit() or abort(), and what it took must count all the same: see make coverage. */
#ifdef NEMRA_COVERAGE
void __gcov_dump(void);
void __gcov_reset(void);

static void
keep_counts(int signo)
{
	(void)signo;
	(void)oom_disarm();
	__gcov_dump();
}

static void
count_from_here(void)
{
	__gcov_reset();
	(void)signal(SIGABRT, keep_counts);
}
#else
static void
keep_counts(int signo)
{
	(void)signo;
}

static void
count_from_here(void)
{
}
#endif

/* How one run ended; the exit status of a child. */
enum end {
	END_WHOLE,		/* nothing failed any more */
	END_HELD,
	END_BROKEN,
	END_ABORTED		/* process.abort */
};

static long
from_env(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s != NULL && *s != '\0' ? strtol(s, NULL, 10) : otherwise;
}

/* Does it say that something here went wrong, and not that the input is bad? */
static bool
ours_alone(enum reason r)
{
	enum reason_class c = reason_info(r)->class;

	return r != R_NONE && (c == RC_RETRY || c == RC_INTERNAL);
}

static enum end
judge(int rc, bool failed, unsigned kind, const struct err *e)
{
	char text[400];

	if (rc == 0 && (kind & OOM_BAD) != 0) {
		fputs("a bad input is accepted\n", stderr);
		return END_BROKEN;
	}
	if (rc != 0 && (kind & OOM_BAD) == 0 && (!failed || !ours_alone(e->reason))) {
		err_print(e, text, sizeof(text));
		fprintf(stderr, "a good input is refused: %s\n", text);
		return END_BROKEN;
	}
	return failed ? END_HELD : END_WHOLE;
}

static enum end
run_one(int (*run)(struct err *), long k, bool for_good, unsigned kind)
{
	struct err e = { R_NONE, "" };
	long live = oom_live();
	enum end end;
	bool failed;
	int rc;

	oom_arm(k, for_good);
	rc = run(&e);
	failed = oom_disarm();
	ERR_clear_error();
	end = judge(rc, failed, kind, &e);
	if (oom_live() > live && leaks()) {
		fputs("a leak\n", stderr);
		return END_BROKEN;
	}
	return end;
}

static bool
said_why(int fd)
{
	char text[4096];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return false;
	text[n] = '\0';
	if (strstr(text, "process.abort") != NULL && strstr(text, "NO_MEMORY") != NULL)
		return true;
	fputs(text, stderr);
	return false;
}

/* The assertions of a child count for its parent, and a fatal one ends it. */
static enum end
in_child(int (*run)(struct err *), long k, bool for_good, unsigned kind)
{
	unsigned before = CU_get_number_of_failures();
	jmp_buf fatal;
	enum end end;

	CU_get_current_test()->pJumpBuf = &fatal;
	if (setjmp(fatal) != 0)
		return END_BROKEN;
	end = run_one(run, k, for_good, kind);
	if (CU_get_number_of_failures() == before)
		return end;
	fputs("an assertion\n", stderr);
	return END_BROKEN;
}

/* In a child, for code that may end its process. */
static enum end
run_child(int (*run)(struct err *), long k, bool for_good, unsigned kind)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC), status = 0;
	enum end end = END_BROKEN;
	pid_t child;

	CU_ASSERT_FATAL(fd >= 0);
	(void)fflush(NULL);
	child = fork();
	CU_ASSERT_FATAL(child >= 0);
	if (child == 0) {
		(void)dup2(fd, STDERR_FILENO);
		count_from_here();
		end = in_child(run, k, for_good, kind);
		keep_counts(0);
		_exit((int)end);
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) <= END_HELD)
		end = (enum end)WEXITSTATUS(status);
	else if (said_why(fd))
		end = END_ABORTED;
	(void)close(fd);
	return end;
}

static void
sweep(const char *name, int (*run)(struct err *), unsigned kind, bool for_good)
{
	long every = from_env("OOM_EVERY", 1), k = from_env("OOM_OFFSET", 0) % every;
	unsigned count[END_ABORTED + 1] = { 0 };
	enum end end;

	do {
		end = (kind & OOM_MAY_END) != 0 ? run_child(run, k, for_good, kind) : run_one(run, k, for_good, kind);
		count[end]++;
		if (end == END_BROKEN)
			fprintf(stderr, "%s: allocation %ld%s\n", name, k, for_good ? " and all after it" : "");
		k += every;
	} while (end != END_WHOLE && k < MOST && count[END_BROKEN] < 5);
	CU_ASSERT_EQUAL(count[END_BROKEN], 0);
	CU_ASSERT_EQUAL(end, END_WHOLE);
	printf("%-44s %s %5u failures met, %u ended the process\n", name, for_good ? "for good" : "once    ",
	    count[END_HELD] + count[END_ABORTED], count[END_ABORTED]);
}

void
oom_sweep(const char *name, int (*run)(struct err *), unsigned kind)
{
	struct err e = { R_NONE, "" };

	/* First use fills caches that stay; and the baseline is as it should be. */
	for (int i = 0; i < 2; i++)
		if ((run(&e) != 0) != ((kind & OOM_BAD) != 0)) {
			fprintf(stderr, "%s, with memory enough: %s %s\n", name, reason_info(e.reason)->id, e.detail);
			CU_FAIL_FATAL("not as it should be");
		}
	sweep(name, run, kind, false);
	sweep(name, run, kind, true);
}
