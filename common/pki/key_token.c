/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/key_token.h"

#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"

/* PKCS#11 v3.0 section 5.1.6, return values that speak of the PIN */
static const struct {
	int value;
	const char *what;
} pin_errors[] = {
	{ 0xa0, "it is wrong (CKR_PIN_INCORRECT)" },
	{ 0xa1, "it has characters that the token does not take (CKR_PIN_INVALID)" },
	{ 0xa2, "it is too short or too long (CKR_PIN_LEN_RANGE)" },
	{ 0xa3, "it has expired (CKR_PIN_EXPIRED)" },
	{ 0xa4, "it is locked (CKR_PIN_LOCKED)" },
	{ 0x102, "the token has none yet (CKR_USER_PIN_NOT_INITIALIZED)" },
};

/* Both drivers give PKCS#11's return value as the reason of an error of a library of their own. */
static const char *
pin_error(unsigned long code)
{
	for (size_t i = 0; ERR_GET_LIB(code) >= ERR_LIB_USER && i < COUNT_OF(pin_errors); i++)
		if (ERR_GET_REASON(code) == pin_errors[i].value)
			return pin_errors[i].what;
	return NULL;
}

/* The first error is nearest to the token, the later ones tell who passed it on. Empties OpenSSL's queue. */
static int
fail(const struct token_uri *u, const struct token_pin *pin, struct err *e)
{
	const char *wrong = NULL, *why = NULL;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (why == NULL)
			why = ERR_reason_error_string(code);
		if (wrong == NULL)
			wrong = pin_error(code);
	}
	ERR_clear_error();
	if (wrong != NULL)
		return err_set(e, R_TOKEN_PIN, "%.120s: %s", u->key, wrong);
	if (pin->asked && !pin->known)
		return err_set(e, R_TOKEN_PIN, "%.120s: it wants one, and the URI has no pin-source", u->key);
	if (pin->asked && why == NULL)	/* the provider does not tell; what may be a wrong PIN is not tried again */
		return err_set(e, R_TOKEN_PIN, "%.120s: it is wrong, or the token has no such private key", u->key);
	return err_set(e, R_KEY_UNUSABLE, "%.120s: no such token, or no such private key in it (%s)", u->key,
	    why != NULL ? why : "nothing found");
}

static int
give_pin(UI *ui, UI_STRING *s)
{
	struct token_pin *pin = UI_get0_user_data(ui);
	bool first = !pin->asked;

	pin->asked = true;
	return first && pin->known && UI_set_result(ui, s, pin->text) == 0 ? 1 : 0;
}

static int
read_pin(const char *file, struct token_pin *pin, struct err *e)
{
	struct blob text = { NULL, 0 };
	int rc = -1;

	if (file_read_secret(file, TOKEN_PIN_MAX, &text, e) != 0)
		return -1;
	while (text.len > 0 && (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r'))
		text.p[--text.len] = '\0';
	if (text.len == 0 || memchr(text.p, '\0', text.len) != NULL) {
		err_set(e, R_TOKEN_PIN, "%s holds none", file);
	} else {
		memcpy(pin->text, text.p, text.len);
		pin->known = true;
		rc = 0;
	}
	blob_cleanse(&text);
	return rc;
}

static int
open_by_driver(const struct token_uri *u, UI_METHOD *ui, struct token_pin *pin, struct token_key *out,
    struct err *e)
{
	enum token_outcome got = key_provider_open(u, ui, pin, out);

	if (got == TOKEN_NO_DRIVER)
		got = key_engine_open(u, ui, pin, out);
	switch (got) {
	case TOKEN_OPENED:
		ERR_clear_error();
		return 0;
	case TOKEN_FAILED:
		return fail(u, pin, e);
	case TOKEN_NO_DRIVER:
		break;
	}
	ERR_clear_error();
	return err_set(e, R_KEY_UNUSABLE, "OpenSSL has neither a provider nor an engine for PKCS#11: install "
	    "pkcs11-provider, or libengine-pkcs11-openssl on Debian 12");
}

int
key_token_open(const char *uri, struct token_key *out, struct err *e)
{
	UI_METHOD *ui = UI_create_method("nemra");
	struct token_pin pin = { .known = false };
	struct token_uri u;
	int rc = -1;

	if (token_uri_parse(uri, &u, e) != 0)
		goto out;
	if (ui == NULL || UI_method_set_reader(ui, give_pin) != 0)
		err_set(e, R_NO_MEMORY, "token");
	else if (u.module != NULL && access(u.module, R_OK) != 0)
		err_sys(e, R_KEY_UNUSABLE, "module-path %s", u.module);
	else if (u.pin_file == NULL || read_pin(u.pin_file, &pin, e) == 0)
		rc = open_by_driver(&u, ui, &pin, out, e);
	token_uri_free(&u);
out:
	mem_cleanse(&pin, sizeof(pin));
	UI_destroy_method(ui);
	return rc;
}
