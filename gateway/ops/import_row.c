/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One row of text into a station, every value checked: what is wrong with a name is told at the import, not at
 * the first enrolment.
 */
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/enc.h"
#include "common/base/limits.h"
#include "common/pki/name.h"
#include "common/pki/text.h"
#include "gateway/ops/import_priv.h"

#define TEXT_MAX	256u
#define SSH_KEY_MAX	8192u

static int take_name(const char *v, struct ops_station *out, struct err *e);
static int take_subject(const char *v, struct ops_station *out, struct err *e);
static int take_san_dns(const char *v, struct ops_station *out, struct err *e);
static int take_san_ip(const char *v, struct ops_station *out, struct err *e);
static int take_device_key(const char *v, struct ops_station *out, struct err *e);
static int take_ssh_key(const char *v, struct ops_station *out, struct err *e);
static int take_state(const char *v, struct ops_station *out, struct err *e);

/* Either a checking function, or a text of at most max octets at offset. */
static const struct {
	const char *name;
	unsigned field;
	int (*take)(const char *v, struct ops_station *out, struct err *e);
	size_t max;
	size_t offset;
} columns[IC_COLUMNS] = {
	[IC_STATION] = { "station", 0, take_name, 0, 0 },
	[IC_VENDOR] = { "vendor", OSF_VENDOR, NULL, TEXT_MAX, offsetof(struct ops_station, s.vendor) },
	[IC_MODEL] = { "model", OSF_MODEL, NULL, TEXT_MAX, offsetof(struct ops_station, s.model) },
	[IC_SERIAL] = { "serial", OSF_SERIAL, NULL, TEXT_MAX, offsetof(struct ops_station, s.serial) },
	[IC_REGION] = { "region", OSF_REGION, NULL, TEXT_MAX, offsetof(struct ops_station, s.region) },
	[IC_PROFILE] = { "profile", OSF_PROFILE, NULL, LIM_PROFILE_NAME,
	    offsetof(struct ops_station, s.profile) },
	[IC_SUBJECT] = { "subject", OSF_SUBJECT, take_subject, 0, 0 },
	[IC_SAN_DNS] = { "san_dns", OSF_SAN_DNS, take_san_dns, 0, 0 },
	[IC_SAN_IP] = { "san_ip", OSF_SAN_IP, take_san_ip, 0, 0 },
	[IC_DEVICE_KEY] = { "device_key", OSF_DEVICE_KEY, take_device_key, 0, 0 },
	[IC_SSH_KEY] = { "ssh_key", OSF_SSH_KEY, take_ssh_key, 0, 0 },
	[IC_STATE] = { "state", OSF_STATE, take_state, 0, 0 },
};

int
import_column_find(struct mem name)
{
	for (int i = 0; i < IC_COLUMNS; i++)
		if (mem_eq(name, mem_str(columns[i].name)))
			return i;
	return -1;
}

const char *
import_column_name(enum import_column c)
{
	return columns[c].name;
}

void
import_row_reset(struct import_row *r, size_t line)
{
	memset(r->value, 0, sizeof(r->value));
	r->used = 0;
	r->line = line;
}

static bool
has_control(struct mem text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] < 0x20 || text.p[i] == 0x7f)
			return true;
	return false;
}

int
import_row_set(struct import_row *r, enum import_column c, struct mem text, struct err *e)
{
	char *to = r->space + r->used;

	if (r->value[c] != NULL)
		return err_set(e, R_IMPORT_LINE, "%s stands twice", columns[c].name);
	if (!utf8_ok(text) || has_control(text))
		return err_set(e, R_IMPORT_LINE, "%s: not UTF-8, or a control character",
		    columns[c].name);
	if (text.len >= sizeof(r->space) - r->used)
		return err_set(e, R_IMPORT_LINE, "the row has more than %u octets", IMPORT_ROW);
	if (text.len > 0)
		memcpy(to, text.p, text.len);
	to[text.len] = '\0';
	r->used += text.len + 1;
	r->value[c] = to;
	return 0;
}

static int
take_name(const char *v, struct ops_station *out, struct err *e)
{
	if (!station_name_ok(v))
		return err_set(e, R_IMPORT_LINE, "station: 1 to %d of A-Z a-z 0-9 . _ -, "
		    "beginning with a letter or digit", LIM_STATION_NAME);
	out->s.name = xstrdup(v);
	return 0;
}

static int
take_subject(const char *v, struct ops_station *out, struct err *e)
{
	struct blob der = { NULL, 0 };
	struct err why;
	int rc = 0;

	err_clear(&why);
	if (strlen(v) > LIM_SUBJECT)
		return err_set(e, R_IMPORT_LINE, "subject: longer than %u octets", LIM_SUBJECT);
	if (*v != '\0' && (name_parse(v, &der, &why) != 0 || name_check(mem_of(&der), &why) != 0))
		rc = err_set(e, R_IMPORT_LINE, "subject: %.200s", why.detail);
	else
		out->s.subject = xstrdup(v);
	blob_free(&der);
	return rc;
}

static int
check_dns(const char *v, struct err *e)
{
	return dns_name_check(mem_str(v), e);
}

static int
check_ip(const char *v, struct err *e)
{
	uint8_t ip[16];
	size_t len;

	return ip_parse(v, ip, &len, e);
}

/* Values joined by ';' into a list. */
static int
take_list(const char *column, const char *v, int (*check)(const char *v, struct err *e), char ***list,
    size_t *n, struct err *e)
{
	char *copy = xstrdup(v), *next = copy, *one;
	struct err why;
	int rc = 0;

	*list = xcalloc(LIM_SAN, sizeof(**list));
	while (rc == 0 && *v != '\0' && (one = strsep(&next, ";")) != NULL) {
		err_clear(&why);
		if (*n == LIM_SAN)
			rc = err_set(e, R_IMPORT_LINE, "%s: more than %d values", column, LIM_SAN);
		else if (check(one, &why) != 0)
			rc = err_set(e, R_IMPORT_LINE, "%s: \"%.64s\": %.120s", column, one, why.detail);
		else
			(*list)[(*n)++] = xstrdup(one);
	}
	free(copy);
	return rc;
}

static int
take_san_dns(const char *v, struct ops_station *out, struct err *e)
{
	return take_list("san_dns", v, check_dns, &out->s.san_dns, &out->s.n_san_dns, e);
}

static int
take_san_ip(const char *v, struct ops_station *out, struct err *e)
{
	return take_list("san_ip", v, check_ip, &out->s.san_ip, &out->s.n_san_ip, e);
}

static int
take_device_key(const char *v, struct ops_station *out, struct err *e)
{
	struct err why;

	out->s.has_device_key = *v != '\0';
	if (!out->s.has_device_key)
		out->given &= ~(unsigned)OSF_DEVICE_KEY;
	else if (hex_parse(v, out->s.device_key, sizeof(out->s.device_key), &why) != 0)
		return err_set(e, R_IMPORT_LINE, "device_key: the SHA-256 of the key as 64 hexadecimal digits");
	return 0;
}

/* The base64 part begins with the length and name of the type that stands before it (RFC 4253 section 6.6). */
static bool
ssh_key_fits(struct mem type, struct mem text)
{
	struct blob raw = { NULL, 0 };
	struct err why;
	struct rd r;
	bool fits;

	if (base64_parse(text, SSH_KEY_MAX, &raw, &why) != 0)
		return false;
	rd_init(&r, mem_of(&raw));
	fits = mem_eq(rd_bytes(&r, rd_u32(&r)), type) && !r.failed && r.left > 0;
	blob_free(&raw);
	return fits;
}

/* "ssh-ed25519 AAAA… comment", as in authorized_keys without options. */
static int
take_ssh_key(const char *v, struct ops_station *out, struct err *e)
{
	static const char *const types[] = {
		"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
	};
	size_t len = strcspn(v, " ");
	struct mem type = { (const uint8_t *)v, len }, text = MEM_NONE;
	bool known = *v == '\0';

	if (v[len] == ' ')
		text = (struct mem){ (const uint8_t *)v + len + 1, strcspn(v + len + 1, " ") };
	for (size_t i = 0; i < COUNT_OF(types) && strlen(v) <= SSH_KEY_MAX; i++)
		if (mem_eq(type, mem_str(types[i])))
			known = ssh_key_fits(type, text);
	if (!known)
		return err_set(e, R_IMPORT_LINE, "ssh_key: one public key as in authorized_keys, "
		    "Ed25519, ECDSA or RSA");
	out->ssh_key = xstrdup(v);
	return 0;
}

static int
take_state(const char *v, struct ops_station *out, struct err *e)
{
	if (*v == '\0') {
		out->given &= ~(unsigned)OSF_STATE;
		return 0;
	}
	out->s.blocked = strcmp(v, "blocked") == 0;
	if (!out->s.blocked && strcmp(v, "active") != 0)
		return err_set(e, R_IMPORT_LINE, "state: active or blocked");
	return 0;
}

static int
take_text(enum import_column c, const char *v, struct ops_station *out, struct err *e)
{
	if (strlen(v) > columns[c].max)
		return err_set(e, R_IMPORT_LINE, "%s: longer than %zu octets", columns[c].name,
		    columns[c].max);
	*(char **)((char *)out + columns[c].offset) = xstrdup(v);
	return 0;
}

/* What the row does not give is empty text, never NULL. */
static void
fill_empty(struct ops_station *s)
{
	char **text[] = { &s->s.vendor, &s->s.model, &s->s.serial, &s->s.region, &s->s.profile,
		&s->s.subject, &s->ssh_key };

	for (size_t i = 0; i < COUNT_OF(text); i++)
		if (*text[i] == NULL)
			*text[i] = xstrdup("");
}

void
import_station_free(struct ops_station *s)
{
	station_free(&s->s);
	free(s->ssh_key);
	memset(s, 0, sizeof(*s));
}

/* A station without a profile of its own gets the one that its way in says. */
static int
check_profile(const struct profiles *profiles, const char *name, struct err *e)
{
	if (profiles == NULL || name == NULL || *name == '\0' || profile_find(profiles, name) != NULL)
		return 0;
	return err_set(e, R_IMPORT_LINE, "profile: there is no profile %.64s", name);
}

int
import_row_take(const struct import_row *r, const struct profiles *profiles, struct ops_station *out, struct err *e)
{
	struct ops_station s;
	int rc = 0;

	memset(&s, 0, sizeof(s));
	if (r->value[IC_STATION] == NULL)
		return err_set(e, R_IMPORT_LINE, "station is missing");
	for (unsigned c = 0; rc == 0 && c < IC_COLUMNS; c++) {
		const char *v = r->value[c];

		if (v == NULL)
			continue;
		s.given |= columns[c].field;
		rc = columns[c].take != NULL ? columns[c].take(v, &s, e) : take_text(c, v, &s, e);
	}
	if (rc == 0)
		rc = check_profile(profiles, s.s.profile, e);
	if (rc != 0) {
		import_station_free(&s);
		return -1;
	}
	fill_empty(&s);
	*out = s;
	return 0;
}
