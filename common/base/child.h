/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Another program, run to its end: no shell, a given environment, a time limit.
 */
#ifndef NEMRA_BASE_CHILD_H
#define NEMRA_BASE_CHILD_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/*
 * argv[0] is a path, not searched for. 0: it ended by itself with exit status 0; else -1 with reason and what
 * happened. When the time is over, it and all it started (its process group) are killed.
 */
int child_run(char *const argv[], char *const env[], int64_t timeout_ms, enum reason reason, struct err *e) MUSTUSE;

#endif
