/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/chunk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/alloc.h"

int
chunker_open(struct chunker *k, const char *path, bool csv, struct err *e)
{
	memset(k, 0, sizeof(*k));
	k->csv = csv;
	k->line = 1;
	buf_init(&k->header, CHUNK_MAX);
	k->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (k->fd < 0)
		return err_sys(e, R_FILE_IO, "%s", path);
	k->data = xcalloc(1, CHUNK_MAX);
	return 0;
}

void
chunker_close(struct chunker *k)
{
	if (k->fd > STDIN_FILENO)
		(void)close(k->fd);
	k->fd = -1;
	buf_free(&k->header);
	free(k->data);
	k->data = NULL;
}

static int
fill(struct chunker *k, struct err *e)
{
	memmove(k->data, k->data + k->part, k->len - k->part);
	k->len -= k->part;
	k->part = 0;
	while (k->len < CHUNK_MAX && !k->eof) {
		ssize_t n = read(k->fd, k->data + k->len, CHUNK_MAX - k->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, R_FILE_IO, "reading the import");
		k->eof = n == 0;
		k->len += (size_t)n;
	}
	return 0;
}

/*
 * Where rows end: after the first newline, or after the last, that stands outside quotes. In strict CSV a quote
 * opens or closes, and a doubled one does both. 0: nowhere.
 */
static size_t
row_end(const struct chunker *k, bool first)
{
	bool quoted = false;
	size_t end = 0;

	for (size_t i = 0; i < k->len && !(first && end > 0); i++) {
		if (k->csv && k->data[i] == '"')
			quoted = !quoted;
		else if (k->data[i] == '\n' && !quoted)
			end = i + 1;
	}
	return end;
}

/* A quote that is never closed: the server will say which line; here any line's end must do. */
static size_t
any_line_end(const struct chunker *k)
{
	const uint8_t *nl = memrchr(k->data, '\n', k->len);

	return nl == NULL ? 0 : (size_t)(nl - k->data) + 1;
}

static size_t
count_lines(const uint8_t *p, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += p[i] == '\n';
	return n;
}

int
chunker_next(struct chunker *k, struct buf *body, size_t *line, bool *more, struct err *e)
{
	size_t head;

	if (fill(k, e) != 0)
		return -1;
	k->part = k->eof ? k->len : row_end(k, false);
	if (k->part == 0 && k->len > 0)
		k->part = any_line_end(k);
	if (k->part == 0 && k->len > 0)
		return err_set(e, R_TOO_LONG, "line %zu has more than %u octets", k->line, CHUNK_MAX);
	*line = k->began ? k->line : 0;
	if (!k->began && k->csv) {
		head = row_end(k, true);
		buf_add(&k->header, k->data, head > k->part ? k->part : head);
	} else
		buf_add_mem(body, buf_mem(&k->header));
	buf_add(body, k->data, k->part);
	k->began = true;
	k->line += count_lines(k->data, k->part);
	k->taken += k->part;
	*more = !(k->eof && k->part == k->len);
	return buf_ok(body) && buf_ok(&k->header) ? 0 : err_set(e, R_NO_MEMORY, "the import");
}
