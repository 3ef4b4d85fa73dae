/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Landlock by its system calls: there is no library for it in Debian. The structs and bits are the kernel's
 * (include/uapi/linux/landlock.h) under names of our own, since the header of Debian 12 ends at version 2.
 */
#include "gateway/run/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,	/* version 2 */
	FS_TRUNCATE = 1 << 14,	/* version 3 */
	FS_IOCTL_DEV = 1 << 15,	/* version 5 */

	FS_WRITE_1 = FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_CHAR | FS_MAKE_DIR | FS_MAKE_REG |
	    FS_MAKE_SOCK | FS_MAKE_FIFO | FS_MAKE_BLOCK | FS_MAKE_SYM,

	NET_BIND_TCP = 1 << 0,	/* version 4 */
	NET_CONNECT_TCP = 1 << 1,

	SCOPE_SIGNAL = 1 << 1,	/* version 6 */

	CREATE_RULESET_VERSION = 1,
	RULE_PATH_BENEATH = 1,
};

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

/* The kernel's is packed; ours ends in padding that it does not read. */
struct path_beneath {
	uint64_t allowed;
	int32_t parent;
};

static int
version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION);

	return v > 0 ? (int)v : 0;
}

/* All that this kernel can forbid and that c does not ask for; an older one refuses what it does not know. */
static struct ruleset
forbidden(const struct confinement *c, int v)
{
	struct ruleset r = { .fs = FS_EXECUTE };

	if (!c->writes) {
		r.fs |= FS_WRITE_1;
		r.fs |= v >= 2 ? FS_REFER : 0;
		r.fs |= v >= 3 ? FS_TRUNCATE : 0;
		r.fs |= v >= 5 ? FS_IOCTL_DEV : 0;
	}
	if (v >= 4) {
		r.net |= !c->tcp_listens ? NET_BIND_TCP : 0;
		r.net |= !c->tcp_connects ? NET_CONNECT_TCP : 0;
	}
	if (v >= 6)
		r.scoped = SCOPE_SIGNAL;
	return r;
}

/* The size of the struct tells the kernel what we know. */
static size_t
size_at(int v)
{
	return v >= 6 ? sizeof(struct ruleset) : v >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static int
allow(int rules, const char *path, uint64_t rights, struct err *e)
{
	struct path_beneath p = { .allowed = rights };
	long rc;

	p.parent = open(path, O_PATH | O_CLOEXEC);
	if (p.parent < 0)
		return err_sys(e, R_FILE_IO, "%s", path);
	rc = syscall(SYS_landlock_add_rule, rules, RULE_PATH_BENEATH, &p, 0);
	if (rc != 0)
		err_sys(e, R_INTERNAL, "landlock_add_rule: %s", path);
	(void)close(p.parent);
	return rc == 0 ? 0 : -1;
}

/* Libraries send to /dev/null what nobody wants to see. */
static int
allow_exceptions(int rules, const struct confinement *c, struct err *e)
{
	if (c->writes)
		return 0;
	if (allow(rules, "/dev/null", FS_WRITE_FILE, e) != 0)
		return -1;
	return c->sockets != NULL ? allow(rules, c->sockets, FS_MAKE_SOCK | FS_REMOVE_FILE, e) : 0;
}

int
confine(const struct confinement *c, struct err *e)
{
	int v = version(), rules, rc = -1;
	struct ruleset r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(e, R_INTERNAL, "PR_SET_NO_NEW_PRIVS");
	if (v == 0)
		return 0;
	r = forbidden(c, v);
	rules = (int)syscall(SYS_landlock_create_ruleset, &r, size_at(v), 0);
	if (rules < 0)
		return err_sys(e, R_INTERNAL, "landlock_create_ruleset");
	if (allow_exceptions(rules, c, e) != 0)
		goto out;
	if (syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
		err_sys(e, R_INTERNAL, "landlock_restrict_self");
		goto out;
	}
	rc = v;
out:
	(void)close(rules);
	return rc;
}
