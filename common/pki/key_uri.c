/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names of keys that are not files: RFC 7512 for tokens; anything else is for OpenSSL's stores.
 */
#include <openssl/err.h>
#include <openssl/store.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/buf.h"
#include "common/pki/key_int.h"
#include "common/pki/key_token.h"

#define URI_MAX 1024u
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-"

bool
key_is_uri(const char *s)
{
	size_t len = strcspn(s, ":/");

	/* RFC 3986 section 3.1: a scheme begins with a letter; ours have more than one. */
	if (s[len] != ':' || len < 2)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (i > 0 && s[i] >= '0' && s[i] <= '9')))
			return false;
	return true;
}

/* --- RFC 7512 --- */

/* The value of the attribute in what lies between two separators, or NULL. */
static const char *
value_of(const char *part, size_t len, const char *name, size_t *value_len)
{
	size_t n = strlen(name);

	if (len <= n || strncmp(part, name, n) != 0 || part[n] != '=')
		return NULL;
	*value_len = len - n - 1;
	return part + n + 1;
}

/* Is it an absolute path of plain characters? It is handed on to others, who have escapes of their own. */
static int
take_path(const char *name, const char *v, size_t len, char **out, struct err *e)
{
	if (len > 5 && strncmp(v, "file:", 5) == 0) {
		v += 5;
		len -= 5;
		if (len > 2 && strncmp(v, "//", 2) == 0) {
			v += 2;
			len -= 2;
		}
	}
	if (len == 0 || v[0] != '/' || strspn(v, PLAIN) < len)
		return err_set(e, R_CONFIG, "%s is not the absolute path of a file in letters, digits and /._+-", name);
	if (*out != NULL)
		return err_set(e, R_CONFIG, "%s is given twice", name);
	*out = mem_strndup(v, len);
	return *out != NULL ? 0 : err_set(e, R_NO_MEMORY, "%s", name);
}

static int
read_query(const char *q, struct token_uri *u, struct err *e)
{
	const char *v;
	size_t len, n;

	for (; *q != '\0'; q += len + (q[len] == '&' ? 1 : 0)) {
		len = strcspn(q, "&");
		if ((v = value_of(q, len, "module-path", &n)) != NULL) {
			if (take_path("module-path", v, n, &u->module, e) != 0)
				return -1;
		} else if ((v = value_of(q, len, "pin-source", &n)) != NULL) {
			if (take_path("pin-source", v, n, &u->pin_file, e) != 0)
				return -1;
		} else {	/* not shown: it may be what it should not */
			return err_set(e, R_CONFIG, "after ? a pkcs11: URI has module-path and pin-source alone");
		}
	}
	return 0;
}

/* RFC 7512 section 2.3: token=…;object=… */
static int
read_path(const char *p, size_t total, struct buf *key, struct err *e)
{
	bool token = false, object = false, type = false;
	size_t len, n;

	for (const char *end = p + total; p < end; p += len + 1) {
		len = strcspn(p, ";?");
		if (value_of(p, len, "pin-source", &n) != NULL || value_of(p, len, "module-path", &n) != NULL)
			return err_set(e, R_CONFIG, "in a pkcs11: URI pin-source and module-path stand after ?");
		token = token || value_of(p, len, "token", &n) != NULL || value_of(p, len, "serial", &n) != NULL;
		object = object || value_of(p, len, "object", &n) != NULL || value_of(p, len, "id", &n) != NULL;
		type = type || value_of(p, len, "type", &n) != NULL;
	}
	if (!token || !object)
		return err_set(e, R_CONFIG, "a pkcs11: URI names a token (token or serial) and a key (object or id)");
	if (!type)
		buf_add_str(key, ";type=private");
	return 0;
}

int
token_uri_parse(const char *text, struct token_uri *out, struct err *e)
{
	size_t path = strcspn(text, "?");
	struct token_uri u = { NULL, NULL, NULL };
	struct blob key = { NULL, 0 };
	struct buf b;
	int rc = -1;

	buf_init(&b, URI_MAX);
	buf_add(&b, text, path);
	if (strlen(text) > URI_MAX / 2)
		err_set(e, R_CONFIG, "a pkcs11: URI of more than %u octets", URI_MAX / 2);
	else if (strstr(text, "pin-value") != NULL)
		err_set(e, R_CONFIG, "a PIN does not belong into a configuration: put it into a file of mode 0600 and "
		    "say pin-source=file:/PATH instead of pin-value");
	else if (read_path(text + strlen("pkcs11:"), path - strlen("pkcs11:"), &b, e) == 0 &&
	    read_query(text + path + (text[path] == '?' ? 1 : 0), &u, e) == 0) {
		buf_add_u8(&b, '\0');
		rc = buf_take(&b, &key, e);
	}
	buf_free(&b);
	if (rc != 0) {
		token_uri_free(&u);
		return -1;
	}
	u.key = (char *)key.p;
	*out = u;
	return 0;
}

void
token_uri_free(struct token_uri *u)
{
	free(u->key);
	free(u->module);
	free(u->pin_file);
	*u = (struct token_uri){ NULL, NULL, NULL };
}

int
key_uri_check(const char *uri, struct err *e)
{
	struct token_uri u;

	if (strncmp(uri, "pkcs11:", 7) != 0)
		return 0;
	if (token_uri_parse(uri, &u, e) != 0)
		return -1;
	token_uri_free(&u);
	return 0;
}

/* --- what OpenSSL has by itself --- */

static EVP_PKEY *
from_store(const char *uri)
{
	OSSL_STORE_CTX *ctx = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
	EVP_PKEY *k = NULL;

	if (ctx != NULL)
		(void)OSSL_STORE_expect(ctx, OSSL_STORE_INFO_PKEY);
	while (ctx != NULL && k == NULL && OSSL_STORE_eof(ctx) != 1) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(ctx);

		if (info == NULL && OSSL_STORE_error(ctx) == 1)
			break;
		if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			k = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(ctx);
	return k;
}

int
key_open_uri(const char *uri, struct token_key *out, struct err *e)
{
	EVP_PKEY *k;

	if (strncmp(uri, "pkcs11:", 7) == 0)
		return key_token_open(uri, out, e);
	/* A file goes by its name, so that its mode is looked at. */
	if (strncmp(uri, "file:", 5) == 0)
		return err_set(e, R_KEY_UNUSABLE, "give the path of a file without file:");
	k = from_store(uri);
	ERR_clear_error();
	if (k == NULL)		/* the URI may hold a secret, so it is in no message */
		return err_set(e, R_KEY_UNUSABLE, "no provider of OpenSSL opens this URI");
	*out = (struct token_key){ .pkey = k };
	return 0;
}
