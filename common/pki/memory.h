/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Want of memory inside OpenSSL must not look like a bad message: a good certificate would be refused for ever. The
 * error queue tells it in 3.0; since 3.2 not where a block could not grow. So the allocator tells.
 */
#ifndef NEMRA_PKI_MEMORY_H
#define NEMRA_PKI_MEMORY_H

#include <stdbool.h>

/* Makes OpenSSL allocate here. Belongs at the start of main(): after its first allocation it changes nothing. */
void pki_memory_watch(void);

/* Said by an allocator that has just returned NULL to OpenSSL: this one, or a program's own in its place. */
void pki_memory_failed(void);

/* Has this thread been told so since the last call? */
bool pki_memory_has_failed(void);

#endif
