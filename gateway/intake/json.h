/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * JSON bodies, made by jansson.
 */
#ifndef NEMRA_INTAKE_JSON_H
#define NEMRA_INTAKE_JSON_H

#include <jansson.h>

#include "gateway/intake/reply.h"

/* Takes j over. NULL (no memory, or text that is not UTF-8) becomes a plain 500. */
void reply_json(struct reply *r, int status, const char *type, json_t *j);

/* An array of texts. */
json_t *json_texts(char *const *v, size_t n);

#endif
