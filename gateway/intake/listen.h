/*
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NEMRA_INTAKE_LISTEN_H
#define NEMRA_INTAKE_LISTEN_H

#include "common/base/attr.h"
#include "common/base/err.h"

/*
 * A listening socket at "HOST:PORT" or "[HOST]:PORT"; the host is numeric, and [::] takes IPv4 too. The
 * port, when it was 0, is the one that was found. R_CONFIG.
 */
int listen_open(const char *address, int *fd, unsigned *port, struct err *e) MUSTUSE;

#endif
