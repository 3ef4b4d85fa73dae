/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * UUIDs of version 7 (RFC 9562 section 5.7): sortable by time, 74 random bits. And randomness.
 */
#ifndef NEMRA_BASE_UUID_H
#define NEMRA_BASE_UUID_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

#define UUID_TEXT 37

struct uuid {
	uint8_t b[16];
};

struct uuid uuid_new(void);				/* time from clock_wall_us() */
void uuid_print(const struct uuid *u, char out[UUID_TEXT]);	/* lower case, with hyphens */
int uuid_parse(const char *s, struct uuid *out, struct err *e) MUSTUSE;	/* that form exactly */

/* getrandom(2); does not return when the kernel cannot give any. */
void random_fill(void *p, size_t len);

/* Uniform in [0, n); n > 0. */
uint32_t random_below(uint32_t n);

#endif
