/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where in a file: paths of keys, and errors that name the place.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/conf/internal.h"

#define FILE_SHOWN 64u		/* octets of the file's name, of the path and of the text that are */
#define PATH_SHOWN 48u		/* shown: together they fit struct err, whatever the tables name */
#define TEXT_SHOWN 128u

static void PRINTF(2, 3)
path_add(struct conf_path *p, const char *fmt, ...)
{
	size_t room = sizeof(p->text) - p->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->text + p->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		p->len += (size_t)n < room ? (size_t)n : room - 1;
}

void
conf_path_key(struct conf_path *p, const char *key)
{
	path_add(p, "%s%s", p->len > 0 ? "." : "", key);
}

void
conf_path_index(struct conf_path *p, size_t i)
{
	path_add(p, "[%zu]", i);
}

void
conf_path_back(struct conf_path *p, size_t len)
{
	p->len = len;
	p->text[len] = '\0';
}

/* The last max octets of s say most: the key rather than the first folder. */
static const char *
tail(const char *s, size_t max, const char **dots)
{
	size_t len = strlen(s);

	*dots = len > max ? "..." : "";
	return len > max ? s + len - max : s;
}

int
conf_fail(const struct conf_file *f, const struct conf_pos *at, const char *path, struct err *e,
    const char *fmt, ...)
{
	const char *file_dots, *path_dots;
	const char *file = tail(f->name, FILE_SHOWN, &file_dots);
	const char *key = tail(path, PATH_SHOWN, &path_dots);
	char text[TEXT_SHOWN], pos[48] = "";
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (at != NULL)
		(void)snprintf(pos, sizeof(pos), "%zu:%zu:", at->line, at->column);
	return err_set(e, R_CONFIG, "%s%s:%s %s%s%s%s", file_dots, file, pos, path_dots, key,
	    key[0] != '\0' ? ": " : "", text);
}
