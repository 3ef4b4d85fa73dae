/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What /v1/requests and EST have in common: handing a request in, waiting for it, reading it.
 */
#ifndef NEMRA_INTAKE_UPLOAD_H
#define NEMRA_INTAKE_UPLOAD_H

#include "gateway/intake/exchange.h"

/* Judges the body and asks the store to take it, or refuses. */
enum turn upload_start(struct exchange *x, enum intake_kind kind, const char *door);

/* After that: takes the store's word over, writes the line about it. -1: it was refused, as e says. */
int upload_taken(struct exchange *x, struct err *e) MUSTUSE;

/* Asks to be called again when x->request is worth telling about, or seconds are over. */
enum turn upload_wait(struct exchange *x, int seconds);

/* Asks for x->request as it is now; certificate: with the chain, which is thereby delivered. */
enum turn upload_read(struct exchange *x, bool certificate);

/* Why a request will get no certificate any more; R_NONE when it still may. */
void upload_end(const struct door_read *r, struct err *e);

/* In how many seconds a client should ask again; 0: no need to. */
int upload_retry_after(enum request_state s);

#endif
