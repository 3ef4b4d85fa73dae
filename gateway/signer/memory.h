/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where keys may lie in memory, and how they leave it.
 */
#ifndef NEMRA_SIGNER_MEMORY_H
#define NEMRA_SIGNER_MEMORY_H

#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/*
 * From here on OpenSSL wipes whatever it frees, in the whole process. To be called before it allocates for the
 * first time; false: that was too late. Called again it says whether it is still so.
 */
bool signer_memory_wipe(void);

/*
 * The secure heap, from which OpenSSL takes private numbers: locked, not in a core dump, guard pages around it. Where
 * the limit allows it, all other memory is locked, too; where not, the log says so. R_NO_MEMORY.
 */
int signer_memory_lock(struct err *e) MUSTUSE;

#endif
