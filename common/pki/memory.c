/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/memory.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "common/base/alloc.h"

static _Thread_local bool failed;

void
pki_memory_failed(void)
{
	failed = true;
}

bool
pki_memory_has_failed(void)
{
	bool was = failed;

	failed = false;
	return was;
}

static void *
take(size_t n, const char *file, int line)
{
	void *p = n == 0 ? NULL : mem_grow(NULL, n, 1);

	(void)file;
	(void)line;
	if (p == NULL && n > 0)
		pki_memory_failed();
	return p;
}

/* To nothing: freed, as OpenSSL's own would. */
static void *
move(void *p, size_t n, const char *file, int line)
{
	void *to;

	if (n == 0) {
		free(p);
		return NULL;
	}
	(void)file;
	(void)line;
	to = mem_grow(p, n, 1);
	if (to == NULL)
		pki_memory_failed();
	return to;
}

static void
give(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

void
pki_memory_watch(void)
{
	CRYPTO_malloc_fn now;

	CRYPTO_get_mem_functions(&now, NULL, NULL);
	if (now == CRYPTO_malloc)		/* else a program's own, which stay */
		(void)CRYPTO_set_mem_functions(take, move, give);
}
