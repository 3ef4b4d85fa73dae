/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tokens through OpenSSL's engine "pkcs11": where there is no provider for them (Debian 12).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "common/pki/key_token.h"

#include <openssl/engine.h>

#ifndef OPENSSL_NO_ENGINE
/* The key keeps the engine alive; with the last key the engine lets the module go. */
enum token_outcome
key_engine_open(const struct token_uri *u, UI_METHOD *ui, struct token_pin *pin, struct token_key *out)
{
	ENGINE *engine;
	EVP_PKEY *k = NULL;

	ENGINE_load_builtin_engines();
	engine = ENGINE_by_id("pkcs11");
	if (engine == NULL)
		return TOKEN_NO_DRIVER;
	/* QUIET, or it would write to stderr what is wrong */
	if (ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 1) == 1 &&
	    (u->module == NULL || ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", u->module, 0) == 1) &&
	    ENGINE_init(engine) == 1) {
		k = ENGINE_load_private_key(engine, u->key, ui, pin);
		ENGINE_finish(engine);
	}
	ENGINE_free(engine);
	if (k == NULL)
		return TOKEN_FAILED;
	*out = (struct token_key){ .pkey = k };
	return TOKEN_OPENED;
}
#else
enum token_outcome
key_engine_open(const struct token_uri *u, UI_METHOD *ui, struct token_pin *pin, struct token_key *out)
{
	(void)u;
	(void)ui;
	(void)pin;
	(void)out;
	return TOKEN_NO_DRIVER;
}
#endif
