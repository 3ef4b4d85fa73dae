/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL keeps private numbers in its secure heap, but decodes them through ordinary memory, and what it has
 * freed there stays until somebody else writes over it. In this process it is wiped.
 */
#include "gateway/signer/memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "common/base/alloc.h"
#include "common/base/log.h"
#include "common/pki/memory.h"

#define SECURE_HEAP (256u * 1024)	/* for all keys, also while new ones are loaded */
#define SECURE_LEAST 32

static void *
take(size_t n, const char *file, int line)
{
	void *p;

	(void)file;
	(void)line;
	p = n == 0 ? NULL : mem_grow(NULL, n, 1);
	if (p == NULL && n > 0)
		pki_memory_failed();
	return p;
}

static void
give(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	if (p != NULL)
		OPENSSL_cleanse(p, malloc_usable_size(p));
	free(p);
}

/* Never in place: what a block was left behind is wiped as well. */
static void *
move(void *p, size_t n, const char *file, int line)
{
	size_t old = p == NULL ? 0 : malloc_usable_size(p);
	void *to = take(n, file, line);

	if (to == NULL && n > 0)
		return NULL;
	if (to != NULL && old > 0)
		memcpy(to, p, old < n ? old : n);
	give(p, file, line);
	return to;
}

bool
signer_memory_wipe(void)
{
	CRYPTO_malloc_fn now;

	CRYPTO_get_mem_functions(&now, NULL, NULL);
	return now == take || CRYPTO_set_mem_functions(take, move, give) == 1;
}

/* Under a limit that holds, an allocation would fail where one that can be swapped would do. */
static bool
lock_everything(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit r;

	(void)setrlimit(RLIMIT_MEMLOCK, &all);		/* when we may */
	return getrlimit(RLIMIT_MEMLOCK, &r) == 0 && r.rlim_cur == RLIM_INFINITY &&
	    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

static void
tell(enum log_level level, const char *what)
{
	struct log_line l;

	log_begin(&l, level, "signer.memory_not_locked");
	log_str(&l, "what", what);
	log_str(&l, "fix", "set LimitMEMLOCK=infinity, or turn swap off");
	log_end(&l);
}

int
signer_memory_lock(struct err *e)
{
	int rc;

	if (CRYPTO_secure_malloc_initialized() == 1)
		return 0;
	rc = CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST);
	if (rc == 0)
		return err_set(e, R_NO_MEMORY, "no secure heap");
	if (!lock_everything())
		tell(rc == 2 ? LOG_WARN : LOG_NOTICE,
		    rc == 2 ? "keys can be swapped out" : "copies in use can be swapped out");
	return 0;
}
