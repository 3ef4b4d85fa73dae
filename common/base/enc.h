/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Hexadecimal, and text that is safe to show.
 */
#ifndef NEMRA_BASE_ENC_H
#define NEMRA_BASE_ENC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* Lower case, terminated; out has room for 2 * m.len + 1. */
void hex_print(struct mem m, char *out);

/* Exactly len octets from exactly 2 * len digits of either case. */
int hex_parse(const char *s, uint8_t *out, size_t len, struct err *e) MUSTUSE;

/*
 * Appends text from outside so that it stays on its line: control characters, quotes,
 * backslashes, invalid UTF-8 and bidirectional controls become \xHH; cut at max octets
 * of input, then marked with "...".
 */
void enc_printable(struct buf *b, struct mem text, size_t max);

/* Valid UTF-8 without NUL. */
bool utf8_ok(struct mem text);

#endif
