/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NEMRA_OPS_LISTEN_H
#define NEMRA_OPS_LISTEN_H

#include "common/base/attr.h"
#include "common/base/err.h"

/*
 * A listening unix socket at path. Everybody may connect: who may do something is asked of the kernel for
 * each connection. What a dead process left there is replaced; a living one is not (R_FILE_IO).
 */
int listen_unix(const char *path, int *fd, struct err *e) MUSTUSE;

#endif
