/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/enc.h"

#define VALUE_MAX	256u
#define JOURNAL		"/run/systemd/journal/socket"

static const char *program = "nemra";
static enum log_level threshold = LOG_INFO;
static int journal = -1;
static atomic_uint_fast64_t lost;	/* lines since the log was last whole */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static bool torn;			/* under it: the last line's newline is missing */

bool
log_is_journal(int fd, const char *journal_stream)
{
	char mine[64];
	struct stat st;

	if (journal_stream == NULL || fstat(fd, &st) != 0)
		return false;
	snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(mine, journal_stream) == 0;
}

int
log_to_journal(const char *path, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(e, R_FILE_IO, "path too long");
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, R_FILE_IO, "%s", path);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		err_sys(e, R_FILE_IO, "%s", path);
		(void)close(fd);
		return -1;
	}
	if (journal >= 0)
		(void)close(journal);
	journal = fd;
	return 0;
}

void
log_open(const char *name)
{
	program = name;
	if (log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM")) &&
	    log_to_journal(JOURNAL, NULL) != 0)
		journal = -1;	/* stderr is the way, and the journal reads that too */
}

/* NEMRA_KEY=value: values are escaped before, so that none can end its line. */
static void
add_field(struct log_line *l, const char *key, struct mem value)
{
	struct buf *f = &l->fields;

	if (journal < 0)
		return;
	buf_add_str(f, "NEMRA_");
	for (const char *c = key; *c != '\0'; c++)
		buf_add_u8(f, (uint8_t)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' :
		    *c >= '0' && *c <= '9' ? *c : '_'));
	buf_add_u8(f, '=');
	buf_add_mem(f, value);
	buf_add_u8(f, '\n');
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
	l->fields = (struct buf){ l->field_space, 0, sizeof(l->field_space), sizeof(l->field_space) - 2,
		false, false };
	if (!l->on)
		return;
	buf_printf(&l->b, "<%d>%s: %s", (int)level, program, event);
	if (journal >= 0)
		buf_printf(&l->fields, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n", (int)level, program);
	add_field(l, "event", mem_str(event));
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
	add_field(l, key, buf_mem(&v));
}

void
log_str(struct log_line *l, const char *key, const char *value)
{
	log_mem(l, key, mem_str(value));
}

void
log_u64(struct log_line *l, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	log_str(l, key, text);
}

void
log_i64(struct log_line *l, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	log_str(l, key, text);
}

void
log_hex(struct log_line *l, const char *key, struct mem value)
{
	char text[65];

	if (value.len > 32)
		value.len = 32;
	hex_print(value, text);
	log_str(l, key, text);
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

/* The text without its "<N>program: ", which the journal has as fields. -1: it did not take it. */
static int
send_to_journal(struct log_line *l)
{
	size_t skip = strlen("<N>") + strlen(program) + strlen(": ");

	if (journal < 0 || l->b.len < skip || !buf_ok(&l->fields))
		return -1;
	buf_add_str(&l->fields, "MESSAGE=");
	buf_add(&l->fields, l->b.p + skip, l->b.len - skip);
	buf_add_u8(&l->fields, '\n');
	if (!buf_ok(&l->fields))
		return -1;
	return send(journal, l->fields.p, l->fields.len, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Without waiting, if need be in part: how many octets. */
static size_t
put(const uint8_t *p, size_t len)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n = send(STDERR_FILENO, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK)
		n = poll(&ready, 1, 0) == 1 ? write(STDERR_FILENO, p, len) : -1;
	return n > 0 ? (size_t)n : 0;
}

static bool
put_text(const uint8_t *p, size_t len)
{
	size_t n;

	(void)pthread_mutex_lock(&writing);
	if (torn && put((const uint8_t *)"\n", 1) == 1)
		torn = false;
	n = torn ? 0 : put(p, len);
	torn = torn || (n > 0 && n < len);
	(void)pthread_mutex_unlock(&writing);
	return n == len;
}

/* A log that cannot be written must not stop the work. What is lost is counted, and told when there is room. */
static bool
put_line(struct log_line *l)
{
	if (send_to_journal(l) == 0)
		return true;
	l->space[l->b.len] = '\n';
	if (put_text(l->space, l->b.len + 1))
		return true;
	atomic_fetch_add(&lost, 1);
	return false;
}

static void
tell_lost(void)
{
	uint64_t n = atomic_exchange(&lost, 0);
	struct log_line l;

	if (n == 0)
		return;
	log_begin(&l, LOG_ERROR, "log.lost");
	log_u64(&l, "lines", n);
	if (!put_line(&l))
		atomic_fetch_add(&lost, n - 1);		/* that line itself is none of those */
}

void
log_end(struct log_line *l)
{
	if (l->on && put_line(l))
		tell_lost();
}

uint64_t
log_lost(void)
{
	if (atomic_load(&lost) > 0)
		tell_lost();
	return atomic_load(&lost);
}

void
log_failure(enum log_level level, const char *event, const struct err *e)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_err(&l, e);
	log_end(&l);
}
