/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CSV that a spreadsheet may open: RFC 4180, every value quoted, and "'" before what would be a formula. The
 * import takes that "'" off again.
 */
#ifndef NEMRA_CTL_CSV_H
#define NEMRA_CTL_CSV_H

#include <stdio.h>

/* first: no comma before it. NULL is the empty value. */
void csv_put(FILE *to, const char *value, int first);
void csv_end(FILE *to);		/* CR LF */

#endif
