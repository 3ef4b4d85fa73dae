/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ops/peer.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/log.h"

#define PASSWD_TEXT 16384

void
admins_resolve(char *const *names, size_t n, struct admins *out)
{
	struct log_line l;

	out->uid = xcalloc(n + 1, sizeof(*out->uid));
	out->n = 0;
	out->own = geteuid();
	for (size_t i = 0; i < n; i++) {
		const struct passwd *pw = getpwnam(names[i]);

		if (pw != NULL) {
			out->uid[out->n++] = pw->pw_uid;
			continue;
		}
		log_begin(&l, LOG_WARN, "ops.admin_unknown");
		log_str(&l, "user", names[i]);
		log_end(&l);
	}
}

void
admins_free(struct admins *a)
{
	free(a->uid);
	a->uid = NULL;
	a->n = 0;
}

static bool
is_admin(const struct admins *a, uid_t uid)
{
	if (uid == 0 || uid == a->own)
		return true;
	for (size_t i = 0; i < a->n; i++)
		if (a->uid[i] == uid)
			return true;
	return false;
}

int
peer_of(int fd, const struct admins *a, struct peer *out, struct err *e)
{
	struct passwd pw, *found = NULL;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	char text[PASSWD_TEXT];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 || len != sizeof(cred))
		return err_sys(e, R_OPERATOR_UNKNOWN, "SO_PEERCRED");
	out->uid = cred.uid;
	out->admin = is_admin(a, cred.uid);
	if (getpwuid_r(cred.uid, &pw, text, sizeof(text), &found) != 0 || found == NULL)
		snprintf(out->who, sizeof(out->who), "%lu:?", (unsigned long)cred.uid);
	else
		snprintf(out->who, sizeof(out->who), "%lu:%s", (unsigned long)cred.uid, pw.pw_name);
	return 0;
}
