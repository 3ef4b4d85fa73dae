/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file in parts that end with a row, each small enough for one call; a part of CSV begins with the header row.
 */
#ifndef NEMRA_CTL_CHUNK_H
#define NEMRA_CTL_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

#define CHUNK_MAX (512u * 1024)		/* without the header */

struct chunker {
	int fd;
	bool csv;
	struct buf header;		/* the first row of CSV */
	uint8_t *data;			/* what was read and not handed out */
	size_t len;
	size_t part;			/* of it, the part that is lent */
	bool eof;
	bool began;
	size_t line;			/* number of the next part's first line */
	uint64_t taken;			/* octets handed out */
};

int chunker_open(struct chunker *k, const char *path, bool csv, struct err *e) MUSTUSE;	/* "-": standard input */
void chunker_close(struct chunker *k);

/*
 * The next part in *body (header and rows, freed by buf_free) and the number of its first row's line, 0 for
 * the first part; more is false after the last.
 */
int chunker_next(struct chunker *k, struct buf *body, size_t *line, bool *more, struct err *e) MUSTUSE;

#endif
