/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/base/enc.h"

#define VALUE_MAX 256u

static const char *program = "nemra";
static enum log_level threshold = LOG_INFO;

void
log_open(const char *name)
{
	program = name;
}

void
log_set_level(enum log_level level)
{
	threshold = level;
}

int
log_level_parse(const char *s, enum log_level *out, struct err *e)
{
	static const struct { const char *name; enum log_level level; } levels[] = {
		{ "error", LOG_ERROR }, { "warn", LOG_WARN }, { "notice", LOG_NOTICE },
		{ "info", LOG_INFO }, { "trace", LOG_TRACE },
	};

	for (size_t i = 0; i < COUNT_OF(levels); i++)
		if (strcmp(s, levels[i].name) == 0) {
			*out = levels[i].level;
			return 0;
		}
	return err_set(e, R_BAD_PARAMETER, "log level: error, warn, notice, info or trace");
}

/*
 * The line lives in the caller's frame: a log call needs no heap, so that it works when
 * memory is what is missing. One octet stays free for the newline.
 */
void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	l->on = level <= threshold;
	l->b = (struct buf){ l->space, 0, sizeof(l->space), sizeof(l->space) - 2, false, false };
	if (l->on)
		buf_printf(&l->b, "<%d>%s: %s", (int)level, program, event);
}

void
log_mem(struct log_line *l, const char *key, struct mem value)
{
	uint8_t space[4 * VALUE_MAX + 8];
	struct buf v = { space, 0, sizeof(space), sizeof(space) - 1, false, false };

	if (!l->on)
		return;
	enc_printable(&v, value, VALUE_MAX);
	if (memchr(v.p, ' ', v.len) != NULL || memchr(v.p, '=', v.len) != NULL || v.len == 0)
		buf_printf(&l->b, " %s=\"%.*s\"", key, (int)v.len, (const char *)v.p);
	else
		buf_printf(&l->b, " %s=%.*s", key, (int)v.len, (const char *)v.p);
}

void
log_str(struct log_line *l, const char *key, const char *value)
{
	log_mem(l, key, mem_str(value));
}

void
log_u64(struct log_line *l, const char *key, uint64_t value)
{
	if (l->on)
		buf_printf(&l->b, " %s=%" PRIu64, key, value);
}

void
log_i64(struct log_line *l, const char *key, int64_t value)
{
	if (l->on)
		buf_printf(&l->b, " %s=%" PRId64, key, value);
}

void
log_hex(struct log_line *l, const char *key, struct mem value)
{
	char text[65];

	if (value.len > 32)
		value.len = 32;
	hex_print(value, text);
	if (l->on)
		buf_printf(&l->b, " %s=%s", key, text);
}

void
log_err(struct log_line *l, const struct err *e)
{
	if (e == NULL || e->reason == R_NONE)
		return;
	log_str(l, "reason", reason_info(e->reason)->id);
	if (e->detail[0] != '\0')
		log_str(l, "detail", e->detail);
}

void
log_end(struct log_line *l)
{
	if (!l->on)
		return;
	l->space[l->b.len] = '\n';
	/* A log that cannot be written must not stop the work; there is nobody left to tell. */
	if (write(STDERR_FILENO, l->space, l->b.len + 1) < 0)
		return;
}

void
log_failure(enum log_level level, const char *event, const struct err *e)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_err(&l, e);
	log_end(&l);
}
