/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Standard output and error into memory, and out again.
 */
#ifndef NEMRA_TESTS_CTL_CAPTURE_H
#define NEMRA_TESTS_CTL_CAPTURE_H

void capture_begin(void);

/* What was written since; valid until the next capture. */
const char *capture_end(void);

#endif
