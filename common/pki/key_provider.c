/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tokens through OpenSSL's provider "pkcs11" (Debian 13). It lives in a library context of its own, so that it
 * is asked for the token's keys and for nothing else: in the default one it would offer itself for every digest.
 */
#include "common/pki/key_token.h"

#include <openssl/conf.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <pthread.h>

#include "common/base/buf.h"

/* One context for all keys: two of them in one module would end each other's sessions. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static OSSL_LIB_CTX *shared;
static unsigned users;

static void
print_conf(struct buf *b, const char *module)
{
	buf_add_str(b, "openssl_conf=all\n[all]\nproviders=list\n[list]\ndefault=plain\npkcs11=token\n"
	    "[plain]\nactivate=1\n[token]\nactivate=1\n");
	if (module != NULL)
		buf_printf(b, "pkcs11-module-path=%s\n", module);
}

/* The way to give a provider its parameters that all versions of OpenSSL 3 have. */
static bool
load(OSSL_LIB_CTX *ctx, struct mem text)
{
	CONF *conf = NCONF_new_ex(ctx, NULL);
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.len);
	bool ok;

	OPENSSL_load_builtin_modules();
	ok = conf != NULL && bio != NULL && NCONF_load_bio(conf, bio, NULL) == 1 &&
	    CONF_modules_load(conf, NULL, 0) == 1 && OSSL_PROVIDER_available(ctx, "pkcs11") == 1;
	BIO_free(bio);
	NCONF_free(conf);
	return ok;
}

static OSSL_LIB_CTX *
context_new(const char *module)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();
	struct buf b;

	buf_init(&b, 8192);
	print_conf(&b, module);
	if (ctx != NULL && (!buf_ok(&b) || !load(ctx, buf_mem(&b)))) {
		OSSL_LIB_CTX_free(ctx);
		ctx = NULL;
	}
	buf_free(&b);
	return ctx;
}

static OSSL_LIB_CTX *
context_hold(const char *module)
{
	OSSL_LIB_CTX *ctx;

	(void)pthread_mutex_lock(&lock);
	if (shared == NULL)
		shared = context_new(module);
	ctx = shared;
	if (ctx != NULL)
		users++;
	(void)pthread_mutex_unlock(&lock);
	return ctx;
}

void
key_provider_release(OSSL_LIB_CTX *ctx)
{
	if (ctx == NULL)
		return;
	(void)pthread_mutex_lock(&lock);
	if (--users == 0) {
		OSSL_LIB_CTX_free(shared);
		shared = NULL;
	}
	(void)pthread_mutex_unlock(&lock);
}

static EVP_PKEY *
find(const char *uri, OSSL_LIB_CTX *ctx, UI_METHOD *ui, struct token_pin *pin)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, ctx, "provider=pkcs11", ui, pin, NULL, NULL, NULL);
	EVP_PKEY *k = NULL;

	if (store != NULL)
		(void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
	while (store != NULL && k == NULL && OSSL_STORE_eof(store) != 1) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info == NULL)
			break;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			k = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return k;
}

/* The provider, when it got no PIN, would ask for one at the terminal. Nobody sits there. */
static EVP_PKEY *
find_silently(const char *uri, OSSL_LIB_CTX *ctx, UI_METHOD *ui, struct token_pin *pin)
{
	const UI_METHOD *terminal = UI_get_default_method();
	EVP_PKEY *k;

	UI_set_default_method(UI_null());
	k = find(uri, ctx, ui, pin);
	UI_set_default_method(terminal);
	return k;
}

enum token_outcome
key_provider_open(const struct token_uri *u, UI_METHOD *ui, struct token_pin *pin, struct token_key *out)
{
	OSSL_LIB_CTX *ctx = context_hold(u->module);
	EVP_PKEY *k;

	if (ctx == NULL)
		return TOKEN_NO_DRIVER;
	k = find_silently(u->key, ctx, ui, pin);
	if (k == NULL) {
		key_provider_release(ctx);
		return TOKEN_FAILED;
	}
	*out = (struct token_key){ .pkey = k, .ctx = ctx };
	return TOKEN_OPENED;
}
