/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files, whole: read with a limit, written so that a crash leaves the old or the new one.
 */
#ifndef NEMRA_BASE_FILE_H
#define NEMRA_BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* All of a regular file of at most max octets. */
int file_read(const char *path, size_t max, struct blob *out, struct err *e) MUSTUSE;

/*
 * As file_read, for a private key: refused (R_KEY_FILE_OPEN) when group or others may read or
 * write it, or when it belongs neither to us nor to root. A credential of systemd's, directly
 * in $CREDENTIALS_DIRECTORY, may show a group's right to read. The caller uses blob_cleanse().
 */
int file_read_secret(const char *path, size_t max, struct blob *out, struct err *e) MUSTUSE;

/* Writes path.tmp-PID beside it, fsyncs, renames, fsyncs the folder. */
int file_write(const char *path, struct mem data, mode_t mode, struct err *e) MUSTUSE;

int file_fsync_dir(const char *dir, struct err *e) MUSTUSE;

#endif
