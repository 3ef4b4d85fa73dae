/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * CMP over HTTP (RFC 9811) on 127.0.0.1: POST to /.well-known/cmp and below, and to /pkix/.
 */
#ifndef NEMRA_LABCA_SERVER_H
#define NEMRA_LABCA_SERVER_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "tests/labca/labca.h"

struct server;

/* port 0: a free one; *port receives it. */
int server_start(struct labca *l, uint16_t *port, struct server **out, struct err *e) MUSTUSE;
void server_stop(struct server *s);

#endif
