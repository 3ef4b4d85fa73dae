/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Time enters the program here and nowhere else; tests link another clock.
 */
#ifndef NEMRA_BASE_CLOCK_H
#define NEMRA_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Wall clock, microseconds since 1970-01-01T00:00:00Z. For messageTime, validity and display. */
int64_t clock_wall_us(void);

/* Seconds of the same. */
int64_t clock_wall_s(void);

/* Monotonic clock, milliseconds. For waits, leases and rates. */
int64_t clock_mono_ms(void);

/* RFC 3339 in UTC with Z, milliseconds; size at least CLOCK_TEXT. */
#define CLOCK_TEXT 32
void clock_print(int64_t wall_us, char *out, size_t size);

#endif
