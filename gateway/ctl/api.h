/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls to nemra-opsd. Each says on standard error what went wrong (sentence, cause, fix) and returns the exit
 * status that belongs to it.
 */
#ifndef NEMRA_CTL_API_H
#define NEMRA_CTL_API_H

#include <jansson.h>
#include <stdio.h>

#include "common/base/buf.h"
#include "gateway/ctl/cmd.h"

enum ctl_exit api_open(struct ctl *c) MUSTUSE;
void api_close(struct ctl *c);

enum ctl_exit api_get(struct ctl *c, const char *path, json_t **out) MUSTUSE;

/* Not JSON but the bytes of that media type. */
enum ctl_exit api_get_bytes(struct ctl *c, const char *path, const char *type, struct blob *out) MUSTUSE;

enum ctl_exit api_post(struct ctl *c, const char *path, const char *type, struct mem body,
    json_t **out) MUSTUSE;

/* "/api/v1/stations/" and a name, as a path. */
void path_add(struct buf *b, const char *text);

/* The text to the terminal without anything that could move its cursor or turn its lines. */
void say_text(FILE *to, const char *text);

/* What happened here, not there. */
enum ctl_exit say_err(const struct err *e);

#endif
