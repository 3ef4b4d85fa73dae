/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A PKCS#11 module around another one, "real.so" in its own folder. While there is a file "away" in that folder its
 * tokens answer as if they were taken out; each login leaves a line with its outcome in "logins".
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static CK_FUNCTION_LIST *real, ours;
static CK_SLOT_ID used;		/* where the last session was opened */

/* A file in the folder of this module. */
static bool
beside(const char *name, char *out, size_t size)
{
	Dl_info here;
	const char *end;
	int n;

	if (dladdr(&ours, &here) == 0 || (end = strrchr(here.dli_fname, '/')) == NULL)
		return false;
	n = snprintf(out, size, "%.*s/%s", (int)(end - here.dli_fname), here.dli_fname, name);
	return n > 0 && (size_t)n < size;
}

/* With the token go its sessions, and with them the login. */
static bool
is_away(void)
{
	char path[512];

	if (!beside("away", path, sizeof(path)) || access(path, F_OK) != 0)
		return false;
	(void)real->C_CloseAllSessions(used);
	return true;
}

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
	return is_away() ? CKR_TOKEN_NOT_PRESENT : real->C_GetTokenInfo(slot, info);
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR app, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR out)
{
	if (is_away())
		return CKR_TOKEN_NOT_PRESENT;
	used = slot;
	return real->C_OpenSession(slot, flags, app, notify, out);
}

static CK_RV
login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
	CK_RV rv = is_away() ? CKR_DEVICE_REMOVED : real->C_Login(session, user, pin, len);
	char path[512], line[32];
	int fd = beside("logins", path, sizeof(path)) ?
	    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	int n = snprintf(line, sizeof(line), "0x%lx\n", (unsigned long)rv);

	if (fd < 0 || write(fd, line, (size_t)n) != n)
		rv = CKR_FUNCTION_FAILED;
	if (fd >= 0)
		(void)close(fd);
	return rv;
}

static CK_RV
sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	return is_away() ? CKR_DEVICE_REMOVED : real->C_SignInit(session, mechanism, key);
}

static CK_RV
sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len, CK_BYTE_PTR out, CK_ULONG_PTR out_len)
{
	return is_away() ? CKR_DEVICE_REMOVED : real->C_Sign(session, data, len, out, out_len);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list);

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
	CK_C_GetFunctionList get;
	char path[512];
	void *so;

	if (real == NULL) {
		so = beside("real.so", path, sizeof(path)) ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
		get = so == NULL ? NULL : (CK_C_GetFunctionList)dlsym(so, "C_GetFunctionList");
		if (get == NULL || get(&real) != CKR_OK)
			return CKR_GENERAL_ERROR;
		ours = *real;
		ours.C_GetTokenInfo = get_token_info;
		ours.C_OpenSession = open_session;
		ours.C_Login = login;
		ours.C_SignInit = sign_init;
		ours.C_Sign = sign;
	}
	*list = &ours;
	return CKR_OK;
}
