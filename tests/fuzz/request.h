/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every parsed request must stand: each octet that it lends can be read, and its names are what
 * the parser promises.
 */
#ifndef NEMRA_FUZZ_REQUEST_H
#define NEMRA_FUZZ_REQUEST_H

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/pki/wanted.h"

/* A broken promise ends the program, so that the fuzzer keeps the input. */
static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* Reads all of it, so that the sanitizer sees a bad pointer. */
static void
read_all(struct mem m)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < m.len; i++)
		sum = (uint8_t)(sum + m.p[i]);
	(void)sum;
}

static void
look_at_wanted(const struct wanted *w)
{
	char type[KEY_TYPE_TEXT];
	struct err e;
	struct buf b;

	read_all(w->subject);
	read_all(w->spki);
	key_type_print(w->key, type);
	must(w->key.kind != KK_NONE);
	must(name_check(w->subject, &e) == 0);
	for (size_t i = 0; i < w->n_san; i++) {
		read_all(w->san[i].value);
		must(w->san[i].kind != SAN_DNS || dns_name_check(w->san[i].value, &e) == 0);
	}
	for (size_t i = 0; i < w->n_ext; i++) {
		read_all(w->ext[i].value);
		must(strlen(w->ext[i].oid) > 0);
	}
	for (size_t i = 0; i < w->n_eku; i++)
		must(eku_oid(w->eku[i]) == w->eku[i]);
	must(wanted_agree(w, w, &e) == 0);
	buf_init(&b, 1024 * 1024);
	name_print(w->subject, &b);
	san_print(w->san, w->n_san, &b);
	must(buf_ok(&b));
	buf_free(&b);
}

#endif
