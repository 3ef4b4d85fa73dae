/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Linked into a test program, it is told by oom_arm(). As a library in LD_PRELOAD it is told by the environment,
 * and then counts for the process, not a thread: NEMRA_OOM_AT=k, NEMRA_OOM_FOR_GOOD=1, NEMRA_OOM_LOG=file,
 * which receives "failed at k of PROGRAM" or, at the end, "seen n". NEMRA_OOM_PROGRAM: only in that program.
 */
#include "tests/oom/hook.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The sanitizer's own functions, or glibc's. */
#ifdef __SANITIZE_ADDRESS__
#define REAL(f) __interceptor_##f
#else
#define REAL(f) __libc_##f
#endif

void *REAL(malloc)(size_t n);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *p, size_t n);
void *REAL(memalign)(size_t align, size_t n);
void REAL(free)(void *p);

static __thread bool armed, paused, for_ever, failed;
static __thread long left;
static atomic_long live;

/* --- for the process --- */

static atomic_bool whole;	/* the counters below are in use */
static atomic_long seen;
static long fail_at;
static bool whole_for_good;
static int log_fd = -1;

static void
tell(const char *what, long n)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "%s %ld pid %ld\n", what, n, (long)getpid());

	if (log_fd >= 0 && len > 0)
		(void)!write(log_fd, line, (size_t)len);
}

__attribute__((constructor)) static void
read_environment(void)
{
	const char *at = getenv("NEMRA_OOM_AT"), *program = getenv("NEMRA_OOM_PROGRAM"), *log = getenv("NEMRA_OOM_LOG");

	if (at == NULL || (program != NULL && strcmp(program, program_invocation_short_name) != 0))
		return;
	if (log != NULL)
		log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	fail_at = strtol(at, NULL, 10);
	whole_for_good = getenv("NEMRA_OOM_FOR_GOOD") != NULL;
	atomic_store(&whole, true);
}

__attribute__((destructor)) static void
tell_seen(void)
{
	if (atomic_load(&whole))
		tell("seen", atomic_load(&seen));
}

static bool
process_fails(void)
{
	long n;

	if (!atomic_load_explicit(&whole, memory_order_relaxed))
		return false;
	n = atomic_fetch_add(&seen, 1);
	if (n == fail_at)
		tell("failed at", n);
	return fail_at >= 0 && (n == fail_at || (whole_for_good && n > fail_at));
}

/* --- for a thread --- */

static bool
fails(void)
{
	if (!armed || paused)
		return process_fails();
	if (left-- > 0)
		return false;
	if (left < -1 && !for_ever)
		return false;
	failed = true;
	return true;
}

void
oom_arm(long k, bool for_good)
{
	left = k;
	for_ever = for_good;
	failed = false;
	paused = false;
	armed = true;
}

bool
oom_disarm(void)
{
	armed = false;
	return failed;
}

void
oom_pause(void)
{
	paused = true;
}

void
oom_resume(void)
{
	paused = false;
}

long
oom_live(void)
{
	return atomic_load(&live);
}

/* --- in the place of libc's --- */

static void *
count(void *p)
{
	if (p != NULL)
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	return p;
}

static void *
none(void)
{
	errno = ENOMEM;
	return NULL;
}

void *
malloc(size_t n)
{
	return fails() ? none() : count(REAL(malloc)(n));
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? none() : count(REAL(calloc)(n, size));
}

void *
realloc(void *p, size_t n)
{
	void *to;

	if (n > 0 && fails())
		return none();
	to = REAL(realloc)(p, n);
	if (p == NULL)
		(void)count(to);
	else if (n == 0 && to == NULL)
		atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	return to;
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	return __builtin_mul_overflow(n, size, &all) ? none() : realloc(p, all);
}

int
posix_memalign(void **p, size_t align, size_t n)
{
	void *to = fails() ? NULL : count(REAL(memalign)(align, n));

	if (to == NULL)
		return ENOMEM;
	*p = to;
	return 0;
}

void *
aligned_alloc(size_t align, size_t n)
{
	return fails() ? none() : count(REAL(memalign)(align, n));
}

/*
 * glibc's regcomp() frees twice, and leaks, when an allocation of its own fails (CVE-2025-8058, mended in 2.42), so
 * here it fails as one: those inside do not.
 */
int
regcomp(regex_t *r, const char *pattern, int flags)
{
	int (*real)(regex_t *, const char *, int);
	bool was = paused;
	int rc;

	if (fails())
		return REG_ESPACE;
	*(void **)&real = dlsym(RTLD_NEXT, "regcomp");
	paused = true;
	rc = real(r, pattern, flags);
	paused = was;
	return rc;
}

char *
strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *to = malloc(len + 1);

	if (to == NULL)
		return NULL;
	to[len] = '\0';
	return memcpy(to, s, len);
}

char *
strdup(const char *s)
{
	return strndup(s, SIZE_MAX);
}

void
free(void *p)
{
	if (p != NULL)
		atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	REAL(free)(p);
}
