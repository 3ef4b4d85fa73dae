/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"

void *
mem_calloc(size_t n, size_t size)
{
	return calloc(n, size);
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	return reallocarray(p, n, size);
}

char *
mem_strndup(const char *s, size_t len)
{
	char *to;

	if (len == SIZE_MAX)
		return NULL;
	to = mem_calloc(len + 1, 1);
	if (to != NULL && len > 0)
		memcpy(to, s, len);
	return to;
}

char *
mem_strdup(const char *s)
{
	return mem_strndup(s, strlen(s));
}

NORETURN void
mem_exhausted(void)
{
	struct err e;

	err_set(&e, R_NO_MEMORY, "allocation failed");
	log_failure(LOG_ERROR, "process.abort", &e);
	abort();
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = mem_calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (p == NULL)
		mem_exhausted();
	return p;
}

void *
xgrow(void *p, size_t n, size_t size)
{
	p = mem_grow(p, n == 0 ? 1 : n, size == 0 ? 1 : size);
	if (p == NULL)
		mem_exhausted();
	return p;
}

char *
xstrdup(const char *s)
{
	char *p = mem_strdup(s);

	if (p == NULL)
		mem_exhausted();
	return p;
}
