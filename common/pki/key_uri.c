/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys that are not files: PKCS#11 tokens, TPM handles. OpenSSL 3's providers are asked first; where
 * there is no PKCS#11 provider (Debian 12), the pkcs11 engine is.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <string.h>

#include "common/pki/key_int.h"

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

#ifndef OPENSSL_NO_ENGINE
/* The key keeps the engine alive. */
static EVP_PKEY *
from_engine(const char *uri)
{
	ENGINE *engine;
	EVP_PKEY *k = NULL;

	ENGINE_load_builtin_engines();
	engine = ENGINE_by_id("pkcs11");
	/* Or it would write the URI, and the PIN in it, to stderr when something is wrong. */
	if (engine != NULL && ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 1) == 1 &&
	    ENGINE_init(engine) == 1) {
		k = ENGINE_load_private_key(engine, uri, NULL, NULL);
		ENGINE_finish(engine);
	}
	ENGINE_free(engine);
	return k;
}
#else
static EVP_PKEY *
from_engine(const char *uri)
{
	(void)uri;
	return NULL;
}
#endif

EVP_PKEY *
key_open_uri(const char *uri, struct err *e)
{
	EVP_PKEY *k = NULL;

	/* A file goes by its name, so that its mode is looked at. */
	if (strncmp(uri, "file:", 5) == 0) {
		err_set(e, R_KEY_UNUSABLE, "give the path of a file without file:");
		return NULL;
	}
	k = from_store(uri);
	if (k == NULL && strncmp(uri, "pkcs11:", 7) == 0)
		k = from_engine(uri);
	/* The URI may hold a PIN, so it is in no message. */
	if (k == NULL)
		err_set(e, R_KEY_UNUSABLE, "no provider or engine of OpenSSL opens this URI");
	ERR_clear_error();
	return k;
}
