/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the CA saw and said: DIR/log.jsonl, one JSON object a message, and the messages themselves,
 * DIR/messages/NNNNNN-in.der and -out.der. Both are written before an answer leaves, so that a test
 * may ask "what did the CA get".
 */
#ifndef NEMRA_LABCA_JOURNAL_H
#define NEMRA_LABCA_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct journal;

/* Goes on behind what the folder already holds. */
int journal_open(const char *dir, struct journal **out, struct err *e) MUSTUSE;
void journal_close(struct journal *j);

/* The number of the next exchange. */
uint64_t journal_next(struct journal *j);

enum journal_way {
	JOURNAL_IN,
	JOURNAL_OUT,
	JOURNAL_KEPT		/* the good answer, where a bad one was sent: a repeat gets it */
};

/*
 * Adds number, time, direction, file, SHA-256 and, when der is a CMP message, body and transactionID to
 * what is in more, which it takes over.
 */
int journal_message(struct journal *j, uint64_t n, enum journal_way way, struct mem der, json_t *more,
    struct err *e) MUSTUSE;

/* Keeps the answer of an exchange for its repeats, unlogged, because another one is sent. */
int journal_keep(struct journal *j, uint64_t n, struct mem der, struct err *e) MUSTUSE;

/* The answer of an exchange: what was kept, else what was sent. */
bool journal_has_answer(const struct journal *j, uint64_t n);
int journal_answer(const struct journal *j, uint64_t n, struct blob *der, struct err *e) MUSTUSE;

/* --- states.jsonl: the transactions, the last line of one counts --- */

int journal_state(struct journal *j, const json_t *state, struct err *e) MUSTUSE;
int journal_replay(const struct journal *j, int (*each)(void *self, const json_t *state, struct err *e),
    void *self, struct err *e) MUSTUSE;

#endif
