/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory. In common/ and in the agent a failed allocation is an ordinary error; the x…
 * forms end the process and are for gateway/ and the mains alone: a daemon restarts, and
 * the store is transactional.
 */
#ifndef NEMRA_BASE_ALLOC_H
#define NEMRA_BASE_ALLOC_H

#include <stddef.h>

#include "common/base/attr.h"

/* Zeroed; NULL when there is no memory or n * size overflows. Freed by free(). */
void *mem_calloc(size_t n, size_t size) MUSTUSE;

/* Grows to n elements; the old block stays valid on failure (NULL). New bytes are not zeroed. */
void *mem_grow(void *p, size_t n, size_t size) MUSTUSE;

char *mem_strdup(const char *s) MUSTUSE;
char *mem_strndup(const char *s, size_t len) MUSTUSE;

void *xcalloc(size_t n, size_t size);
void *xgrow(void *p, size_t n, size_t size);
char *xstrdup(const char *s);

/* Says so and ends the process, as those do; for a library's own failed allocation. */
NORETURN void mem_exhausted(void);

#endif
