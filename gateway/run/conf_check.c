/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Is a value one that the gateway can work with? Asked before any socket opens.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/pki/alg.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "common/pki/name.h"
#include "common/pki/wanted.h"
#include "gateway/run/conf_priv.h"

/* A list's field is a pointer with its count right behind it. */
struct texts {
	char **v;
	size_t n;
};

static const char *
text_of(const void *value)
{
	return *(const char *const *)value;
}

int
check_cert_field(const void *value, struct err *e)
{
	if (!cert_field_known(text_of(value)))
		return err_set(e, R_CONFIG, "unknown; allowed: subject.serialNumber, subject.CN, san.dns, "
		    "san.uri and their like");
	return 0;
}

int
check_regex(const void *value, struct err *e)
{
	regex_t r;
	char why[64];
	int rc = regcomp(&r, text_of(value), REG_EXTENDED);

	if (rc == 0) {
		regfree(&r);
		return 0;
	}
	(void)regerror(rc, &r, why, sizeof(why));
	return err_set(e, R_CONFIG, "not a POSIX extended regular expression: %s", why);
}

/* Everybody may read this file, so a password has no place in it. */
int
check_db_url(const void *value, struct err *e)
{
	const char *url = text_of(value);
	const char *user = strstr(url, "://");
	const char *at = user != NULL ? strchr(user + 3, '@') : NULL;

	if (strstr(url, "password") != NULL ||
	    (at != NULL && memchr(user + 3, ':', (size_t)(at - user - 3)) != NULL))
		return err_set(e, R_CONFIG, "holds a password; use passfile=, a client certificate or peer");
	return 0;
}

int
check_http_url(const void *value, struct err *e)
{
	const char *url = text_of(value);
	const char *host = strncmp(url, "http://", 7) == 0 ? url + 7
	    : strncmp(url, "https://", 8) == 0 ? url + 8 : NULL;

	if (host == NULL || *host == '\0' || *host == '/' || strpbrk(url, " \"<>\\") != NULL)
		return err_set(e, R_CONFIG, "not a URL; allowed: http://HOST[:PORT]/PATH or https://...");
	if (strcspn(host, "@") < strcspn(host, "/"))
		return err_set(e, R_CONFIG, "holds a user name; allowed: http://HOST[:PORT]/PATH");
	return 0;
}

static int
check_dn_text(const char *text, struct err *e)
{
	struct blob der = { NULL, 0 };
	struct err why;
	int rc = name_parse(text, &der, &why);

	if (rc == 0 && (name_is_null(mem_of(&der)) || name_check(mem_of(&der), &why) != 0))
		rc = -1;
	blob_free(&der);
	if (rc != 0)
		return err_set(e, R_CONFIG, "not a distinguished name; allowed: CN=name,O=organisation");
	return 0;
}

int
check_dn(const void *value, struct err *e)
{
	return check_dn_text(text_of(value), e);
}

int
check_dns(const void *value, struct err *e)
{
	const struct texts *l = value;

	for (size_t i = 0; i < l->n; i++)
		if (check_dn_text(l->v[i], e) != 0)
			return -1;
	return 0;
}

int
check_hosts(const void *value, struct err *e)
{
	const struct texts *l = value;

	for (size_t i = 0; i < l->n; i++)
		if (dns_name_check(mem_str(l->v[i]), NULL) != 0)
			return err_set(e, R_CONFIG, "not a host name; allowed: ran.example");
	return 0;
}

/* What a module may need. What would change how programs are loaded or random numbers made is not among it. */
int
check_env(const void *value, struct err *e)
{
	const struct texts *l = value;

	for (size_t i = 0; i < l->n; i++) {
		size_t n = strspn(l->v[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

		if (n == 0 || n > 64 || l->v[i][n] != '=')
			return err_set(e, R_CONFIG, "not NAME=VALUE; allowed: SOFTHSM2_CONF=/etc/nemra/softhsm2.conf");
		if (strncmp(l->v[i], "LD_", 3) == 0 || strncmp(l->v[i], "OPENSSL_", 8) == 0)
			return err_set(e, R_CONFIG, "LD_… and OPENSSL_… are not for a token's module");
	}
	return 0;
}

int
check_key(const void *value, struct err *e)
{
	return key_uri_check(text_of(value), e);
}

/* What is shown in URLs, file names and metrics. */
int
check_name(const void *value, struct err *e)
{
	if (!station_name_ok(text_of(value)))
		return err_set(e, R_CONFIG, "bad name; allowed: letters, digits, '.', '_', '-', at most 64");
	return 0;
}

int
check_operators(const void *value, struct err *e)
{
	const struct texts *l = value;

	if (l->n > 0)
		return err_set(e, R_CONFIG, "operators by certificate are not supported; allowed: []");
	return 0;
}

int
check_key_types(const void *value, struct err *e)
{
	const struct texts *l = value;
	struct key_type t;

	for (size_t i = 0; i < l->n; i++)
		if (key_type_parse(l->v[i], &t, NULL) != 0)
			return err_set(e, R_CONFIG, "unknown key type %.24s; allowed: ec-p256, ec-p384, "
			    "ec-p521, rsa-2048 to rsa-8192, ed25519", l->v[i]);
	return 0;
}

int
check_ekus(const void *value, struct err *e)
{
	const struct texts *l = value;

	for (size_t i = 0; i < l->n; i++)
		if (eku_oid(l->v[i]) == NULL)
			return err_set(e, R_CONFIG, "unknown usage %.24s; allowed: clientAuth, serverAuth and "
			    "their like, or dotted decimal", l->v[i]);
	return 0;
}

/* --- names with ${...}: tried with a station that has everything --- */

static int
expand(const char *pattern, bool dn, struct buf *out, struct err *e)
{
	static char x[] = "x1", none[] = "";
	const struct station everything = { .name = x, .vendor = x, .model = x, .serial = x, .region = x,
		.profile = none, .subject = none };
	struct err why;

	if (profile_expand(pattern, &everything, dn, out, &why) == 0 && buf_text(out) != NULL)
		return 0;
	return err_set(e, R_CONFIG, "bad pattern; allowed: ${station} ${vendor} ${serial} ${region} ${model}");
}

int
check_subject(const void *value, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, LIM_SUBJECT);
	if (expand(text_of(value), true, &b, e) == 0)
		rc = check_dn_text(buf_text(&b), e);
	buf_free(&b);
	return rc;
}

static int
check_dns_pattern(const char *pattern, struct err *e)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, LIM_SUBJECT);
	if (expand(pattern, false, &b, e) == 0 && dns_name_check(buf_mem(&b), NULL) != 0)
		err_set(e, R_CONFIG, "not a host name: letters, digits, hyphens and dots");
	else if (buf_ok(&b) && b.len > 0)
		rc = 0;
	buf_free(&b);
	return rc;
}

int
check_san_dns(const void *value, struct err *e)
{
	const struct texts *l = value;

	for (size_t i = 0; i < l->n; i++)
		if (check_dns_pattern(l->v[i], e) != 0)
			return -1;
	return 0;
}

int
check_san_ip(const void *value, struct err *e)
{
	const struct texts *l = value;
	uint8_t addr[16];
	size_t len;

	for (size_t i = 0; i < l->n; i++)
		if (ip_parse(l->v[i], addr, &len, NULL) != 0)
			return err_set(e, R_CONFIG, "not an address; allowed: 192.0.2.1, 2001:db8::1");
	return 0;
}

/* --- addresses to listen at --- */

static int
parse_port(const char *text, uint16_t *port)
{
	unsigned v = 0;

	if (*text == '\0' || strlen(text) > 5 || (text[0] == '0' && text[1] != '\0'))
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		v = v * 10 + (unsigned)(*text - '0');
	}
	if (v > UINT16_MAX)
		return -1;
	*port = (uint16_t)v;
	return 0;
}

int
nemra_conf_listen(const char *text, char host[256], uint16_t *port, struct err *e)
{
	const char *start = text, *end = strrchr(text, ':');
	uint8_t addr[16];
	char copy[256];
	size_t len;

	if (end == NULL || end == text || parse_port(end + 1, port) != 0)
		goto bad;
	if (text[0] == '[' && (start++, *--end != ']'))
		goto bad;
	len = (size_t)(end - start);
	if (len == 0 || len >= sizeof(copy))
		goto bad;
	memcpy(copy, start, len);
	copy[len] = '\0';
	/* in brackets an IPv6 address, without them anything but one */
	if ((strchr(copy, ':') != NULL) != (text[0] == '['))
		goto bad;
	if (ip_parse(copy, addr, &len, NULL) != 0 && dns_name_check(mem_str(copy), NULL) != 0)
		goto bad;
	memcpy(host, copy, sizeof(copy));
	return 0;
bad:
	return err_set(e, R_CONFIG, "not an address to listen at; allowed: 192.0.2.1:8443, [::1]:8443");
}

int
check_listen(const void *value, struct err *e)
{
	char host[256];
	uint16_t port;

	return nemra_conf_listen(text_of(value), host, &port, e);
}

int
check_listen_or_none(const void *value, struct err *e)
{
	return text_of(value)[0] == '\0' ? 0 : check_listen(value, e);
}
