/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The allocator of the whole process, libraries too: OpenSSL's, libcurl's, libpq's, jansson's and our own
 * allocations all end at malloc(), and this is malloc(). One of them fails, or all from one on.
 */
#ifndef NEMRA_TESTS_OOM_HOOK_H
#define NEMRA_TESTS_OOM_HOOK_H

#include <stdbool.h>

/* From here on, in this thread, the allocation with this number fails, from 0; for_good: all after it too. */
void oom_arm(long k, bool for_good);

/* Ends that. Did one fail? */
bool oom_disarm(void);

/* Between the two: nothing fails and nothing is counted, for what a scenario does around its subject. */
void oom_pause(void);
void oom_resume(void);

/* Blocks that are allocated now, in the process. */
long oom_live(void);

#endif
