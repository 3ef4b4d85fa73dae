/*
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NEMRA_TESTS_RA_MEMORY_H
#define NEMRA_TESTS_RA_MEMORY_H

#include <stdbool.h>

/* Puts our allocator, which can fail, under OpenSSL; before OpenSSL has allocated anything. */
bool memory_prepare(void);

#endif
