/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One event, one line: "<6>request.refused request=… reason=KEY_TOO_WEAK …". The line is
 * written with one write(2) to stderr. Where stderr is the journal of systemd the event goes there
 * by its native protocol, each value as a field of its own: NEMRA_REQUEST, NEMRA_REASON …
 * Values from outside are escaped and cut. No key, password or whole certificate, at any
 * level. The one who decides logs; nobody logs on the way up.
 */
#ifndef NEMRA_BASE_LOG_H
#define NEMRA_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* syslog priorities */
enum log_level {
	LOG_ERROR = 3,
	LOG_WARN = 4,
	LOG_NOTICE = 5,
	LOG_INFO = 6,
	LOG_TRACE = 7
};

#define LOG_LINE 2048

struct log_line {
	struct buf b;
	uint8_t space[LOG_LINE];
	struct buf fields;	/* for the journal */
	uint8_t field_space[3 * LOG_LINE];
	bool on;
};

/* Program name in each line; once, before threads start. Finds out whether stderr is the journal. */
void log_open(const char *program);

/* From now on to the journal that listens at this socket; what it does not take goes to stderr. */
int log_to_journal(const char *socket, struct err *e) MUSTUSE;

/* Is the open file fd what $JOURNAL_STREAM ("DEVICE:INODE", systemd.exec(5)) names? */
bool log_is_journal(int fd, const char *journal_stream);
void log_set_level(enum log_level level);
int log_level_parse(const char *s, enum log_level *out, struct err *e) MUSTUSE;

/* event is a constant "object.verb". Thread-safe. */
void log_begin(struct log_line *l, enum log_level level, const char *event);
void log_str(struct log_line *l, const char *key, const char *value);	/* ours or outside's: escaped */
void log_mem(struct log_line *l, const char *key, struct mem value);	/* text, escaped */
void log_u64(struct log_line *l, const char *key, uint64_t value);
void log_i64(struct log_line *l, const char *key, int64_t value);
void log_hex(struct log_line *l, const char *key, struct mem value);	/* at most 32 octets */
void log_err(struct log_line *l, const struct err *e);			/* reason=… detail=… */
void log_end(struct log_line *l);		/* never waits and never fails: see log_lost() */

/*
 * Lines that could not be written (a full disk, a reader that hangs) since the log was last whole. Tries first to tell
 * of them: "log.lost lines=N", which any later line does too.
 */
uint64_t log_lost(void);

/* The whole of it for the simple case: an event with a failure. */
void log_failure(enum log_level level, const char *event, const struct err *e);

#endif
