/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a daemon can never do again, whoever takes it over: Landlock, landlock(7), where the kernel has it.
 */
#ifndef NEMRA_RUN_CONFINE_H
#define NEMRA_RUN_CONFINE_H

#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct confinement {
	const char *sockets;	/* folder in which unix sockets are made and removed; NULL: none */
	bool writes;		/* code of somebody else runs inside (a PKCS#11 module) that writes files */
	bool tcp_listens;	/* TCP counts from Linux 6.7 */
	bool tcp_connects;
};

/*
 * From here on the process and its later threads read files, and write and execute none; they make no file but
 * sockets in that folder, open no TCP port and no connection but as said, and signal nobody else. A file that is
 * open stays open. To be called before the first thread. Returns the kernel's Landlock version, 0 where there is
 * none (its permissions and systemd's are all there is then), -1 with an error.
 */
int confine(const struct confinement *c, struct err *e) MUSTUSE;

#endif
