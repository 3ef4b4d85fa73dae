/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/program.h"

static json_t *
load(struct nemra_bytes json)
{
	return json_loadb((const char *)json.p, json.len, JSON_REJECT_DUPLICATES, NULL);
}

/* A text of the object, "" when absent; false: it is there but no text, or too long. */
static bool
text_of(const json_t *o, const char *key, char *out, size_t size)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL || json_is_null(v))
		return true;
	if (!json_is_string(v) || json_string_length(v) >= size)
		return false;
	memcpy(out, json_string_value(v), json_string_length(v) + 1);
	return true;
}

/* An array of texts into rows of size octets each. */
static bool
texts_of(const json_t *o, const char *key, char *out, size_t size, size_t max, size_t *n)
{
	const json_t *l = json_object_get(o, key);
	const json_t *v;
	size_t i;

	if (l == NULL || json_is_null(l))
		return true;
	if (!json_is_array(l) || json_array_size(l) > max)
		return false;
	json_array_foreach(l, i, v) {
		if (!json_is_string(v) || json_string_length(v) >= size)
			return false;
		memcpy(out + i * size, json_string_value(v), json_string_length(v) + 1);
	}
	*n = json_array_size(l);
	return true;
}

/* "2/3", or "0.667": more than nothing, not more than the whole. In thousandths. */
static bool
fraction_of(const json_t *o, const char *key, unsigned *num, unsigned *den)
{
	char text[16] = "", *end;
	double f;

	if (!text_of(o, key, text, sizeof(text)))
		return false;
	if (text[0] == '\0')
		return true;
	f = strtod(text, &end);
	if (*end == '/')
		f /= strtod(end + 1, &end);
	if (*end != '\0' || !(f >= 0.001 && f <= 1.0))
		return false;
	*num = (unsigned)(f * 1000);
	*den = 1000;
	return true;
}

static bool
read_profile(const json_t *p, struct nemra_template *t)
{
	const json_t *san = json_object_get(p, "san");
	char envelope[16] = "";

	if (!text_of(p, "name", t->profile, sizeof(t->profile)) ||
	    !text_of(p, "subject", t->subject, sizeof(t->subject)) ||
	    !texts_of(san, "dns", t->dns[0], sizeof(t->dns[0]), NEMRA_NAMES, &t->n_dns) ||
	    !texts_of(san, "ip", t->ip[0], sizeof(t->ip[0]), NEMRA_NAMES, &t->n_ip) ||
	    !texts_of(p, "key_types", t->key_types[0], sizeof(t->key_types[0]),
	    COUNT_OF(t->key_types), &t->n_key_types) ||
	    !texts_of(p, "eku", t->eku[0], sizeof(t->eku[0]), COUNT_OF(t->eku), &t->n_eku) ||
	    !text_of(p, "envelope", envelope, sizeof(envelope)) ||
	    !fraction_of(p, "renew_from", &t->renew_num, &t->renew_den))
		return false;
	t->envelope_required = strcmp(envelope, "required") == 0;
	return t->profile[0] != '\0';
}

static const json_t *
find_profile(const json_t *profiles, const char *name)
{
	const json_t *p;
	size_t i;

	json_array_foreach(profiles, i, p) {
		const char *s = json_string_value(json_object_get(p, "name"));

		if (name == NULL || (s != NULL && strcmp(s, name) == 0))
			return p;
	}
	return NULL;
}

int
json_template(void *arg, struct nemra_bytes json, const char *profile, struct nemra_template *out,
    struct nemra_error *e)
{
	json_t *root = load(json);
	const json_t *profiles = json_object_get(root, "profiles");
	const json_t *p = find_profile(profiles, profile);
	int rc = 0;

	(void)arg;
	if (!json_is_array(profiles) || !text_of(root, "station", out->station, sizeof(out->station)))
		rc = nemra_error_set(e, "PEER_ANSWER", "the template is not understood");
	else if (p == NULL)
		rc = nemra_error_set(e, "PROFILE_UNKNOWN", profile != NULL ? profile : "none is offered");
	else if (!read_profile(p, out))
		rc = nemra_error_set(e, "PEER_ANSWER", "a profile of the template is not understood");
	json_decref(root);
	return rc;
}

int
json_problem(void *arg, struct nemra_bytes json, char *reason, char *detail)
{
	json_t *root = load(json);
	int rc = -1;

	(void)arg;
	if (json_is_object(root) && text_of(root, "reason", reason, NEMRA_TEXT) && reason[0] != '\0')
		rc = 0;
	if (!text_of(root, "detail", detail, NEMRA_TEXT))
		detail[0] = '\0';
	/* a request that waits says in which state */
	if (detail[0] == '\0' && !text_of(root, "state", detail, NEMRA_TEXT))
		detail[0] = '\0';
	json_decref(root);
	return rc;
}

/* --- nemra-agent status --- */

static void
table_line(void *arg, const char *key, const char *value)
{
	(void)arg;
	printf("%-12s%s\n", key, value);
}

static void
json_line(void *arg, const char *key, const char *value)
{
	(void)json_object_set_new(arg, key, json_string(value));
}

int
status_print(struct nemra_agent *a, bool json, enum nemra_state *out, struct nemra_error *e)
{
	json_t *o = json_object();
	int rc = nemra_agent_status(a, json ? json_line : table_line, o, out, e);

	if (rc == 0 && json && (json_dumpf(o, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF))
		rc = nemra_error_set(e, "FILE_IO", "standard output");
	json_decref(o);
	return rc;
}
