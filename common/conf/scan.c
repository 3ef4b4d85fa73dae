/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One pass over the events of a file. libcyaml takes more than a configuration should mean (a text cut
 * at its NUL, an empty file, a second document, tags, null as a text) and keeps no positions that could
 * be trusted, so this pass refuses the former and knows the latter.
 */
#include <string.h>
#include <yaml.h>

#include "common/base/enc.h"
#include "common/conf/internal.h"

#define KEY_SHOWN 40u

struct scan {
	const struct conf_file *f;
	yaml_parser_t parser;
	struct conf_path path;
	struct err *e;
	const char *find;	/* NULL: only check */
	struct conf_pos found;	/* line 0: not yet */
};

static struct conf_pos
pos_of(yaml_mark_t m)
{
	return (struct conf_pos){ m.line + 1, m.column + 1 };
}

/* The reader names an octet, not a line. */
static struct conf_pos
pos_of_offset(struct mem text, size_t offset)
{
	struct conf_pos at = { 1, 1 };

	for (size_t i = 0; i < offset && i < text.len; i++) {
		if (text.p[i] == '\n')
			at = (struct conf_pos){ at.line + 1, 1 };
		else if ((text.p[i] & 0xc0) != 0x80)	/* not the inside of a UTF-8 character */
			at.column++;
	}
	return at;
}

static int
fail_here(struct scan *s, const yaml_event_t *ev, const char *what)
{
	struct conf_pos at = pos_of(ev->start_mark);

	return conf_fail(s->f, &at, s->path.text, s->e, "%s", what);
}

static int
fail_syntax(struct scan *s)
{
	const yaml_parser_t *y = &s->parser;
	struct conf_pos at;

	if (y->error == YAML_MEMORY_ERROR)
		return err_set(s->e, R_NO_MEMORY, "%s", s->f->name);
	at = y->error == YAML_READER_ERROR ? pos_of_offset(s->f->text, y->problem_offset)
	    : pos_of(y->problem_mark);
	return conf_fail(s->f, &at, s->path.text, s->e, "not YAML: %s",
	    y->problem != NULL ? y->problem : "cannot be read");
}

/* Anchors and tags give a text a second meaning that nobody sees. */
static int
check_plain(struct scan *s, const yaml_event_t *ev)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch ((int)ev->type) {
	case YAML_ALIAS_EVENT:
		return fail_here(s, ev, "aliases are not allowed; write it out");
	case YAML_SCALAR_EVENT:
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
		break;
	case YAML_DOCUMENT_START_EVENT:
		if (ev->data.document_start.version_directive != NULL ||
		    ev->data.document_start.tag_directives.start !=
		    ev->data.document_start.tag_directives.end)
			return fail_here(s, ev, "directives are not allowed");
		break;
	}
	if (anchor != NULL)
		return fail_here(s, ev, "anchors are not allowed");
	if (tag != NULL)
		return fail_here(s, ev, "tags are not allowed; every value is a text");
	return 0;
}

/* The next event, to be deleted by the caller; deleted already on failure. */
static int
next_event(struct scan *s, yaml_event_t *ev)
{
	if (yaml_parser_parse(&s->parser, ev) != 1)
		return fail_syntax(s);
	if (check_plain(s, ev) == 0)
		return 0;
	yaml_event_delete(ev);
	return -1;
}

static bool
is_null(const yaml_event_t *ev)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	if (ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < COUNT_OF(nulls); i++)
		if (strcmp((const char *)ev->data.scalar.value, nulls[i]) == 0)
			return true;
	return false;
}

static int
check_scalar(struct scan *s, const yaml_event_t *ev)
{
	const yaml_char_t *p = ev->data.scalar.value;

	if (ev->type != YAML_SCALAR_EVENT)
		return fail_here(s, ev, "a single value is expected here, not a list or map");
	if (is_null(ev))
		return fail_here(s, ev, "there is no value; an empty text is \"\"");
	for (size_t i = 0; i < ev->data.scalar.length; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return fail_here(s, ev, "control characters are not allowed in a value");
	return 0;
}

/* Remembers the place when it is the one looked for, or the deepest map around it so far. */
static void
note(struct scan *s, const yaml_event_t *ev)
{
	size_t len = s->path.len;

	if (s->find == NULL || strncmp(s->path.text, s->find, len) != 0)
		return;
	if (len == 0 || s->find[len] == '\0' || s->find[len] == '.' || s->find[len] == '[')
		s->found = pos_of(ev->start_mark);
}

static int scan_value(struct scan *s, const struct conf_key *k);
static int scan_map(struct scan *s, const struct conf_key *keys);

static void
fail_unknown(struct scan *s, struct conf_pos at, struct mem key)
{
	struct buf shown;
	const char *text;

	buf_init(&shown, 4 * KEY_SHOWN + 8);
	enc_printable(&shown, key, KEY_SHOWN);
	text = buf_text(&shown);
	conf_fail(s->f, &at, s->path.text, s->e, "unknown key \"%s\"", text != NULL ? text : "");
	buf_free(&shown);
}

/* The key of this event in the table, and that it is the first of its name in this map. */
static const struct conf_key *
known_key(struct scan *s, const yaml_event_t *ev, const struct conf_key *keys, uint64_t *seen)
{
	struct conf_pos at = pos_of(ev->start_mark);
	struct mem text;

	if (ev->type != YAML_SCALAR_EVENT) {
		fail_here(s, ev, "a key is expected here, not a list or map");
		return NULL;
	}
	text = (struct mem){ ev->data.scalar.value, ev->data.scalar.length };
	for (size_t i = 0; keys[i].name != NULL; i++) {
		if (!mem_eq(text, mem_str(keys[i].name)))
			continue;
		if ((*seen & (UINT64_C(1) << i)) != 0) {
			conf_fail(s->f, &at, s->path.text, s->e, "key \"%s\" is there twice",
			    keys[i].name);
			return NULL;
		}
		*seen |= UINT64_C(1) << i;
		return &keys[i];
	}
	fail_unknown(s, at, text);
	return NULL;
}

/* After MAPPING-START; up to and with its end. */
static int
scan_map(struct scan *s, const struct conf_key *keys)
{
	const struct conf_key *k;
	uint64_t seen = 0;
	size_t len = s->path.len;
	yaml_event_t ev;
	int rc = 0;

	while (rc == 0) {
		if (next_event(s, &ev) != 0)
			return -1;
		if (ev.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&ev);
			return 0;
		}
		k = known_key(s, &ev, keys, &seen);
		yaml_event_delete(&ev);
		if (k == NULL)
			return -1;
		conf_path_key(&s->path, k->name);
		rc = scan_value(s, k);
		conf_path_back(&s->path, len);
	}
	return rc;
}

static int
scan_entry(struct scan *s, const struct conf_key *k, const yaml_event_t *ev)
{
	note(s, ev);
	if (k->kind != CONF_MAPS)
		return check_scalar(s, ev);
	if (ev->type != YAML_MAPPING_START_EVENT)
		return fail_here(s, ev, "a map is expected here");
	return scan_map(s, k->sub);
}

/* After SEQUENCE-START; up to and with its end. */
static int
scan_list(struct scan *s, const struct conf_key *k)
{
	size_t len = s->path.len;
	yaml_event_t ev;
	int rc = 0;

	for (size_t n = 0; rc == 0; n++) {
		if (next_event(s, &ev) != 0)
			return -1;
		if (ev.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&ev);
			return 0;
		}
		conf_path_index(&s->path, n);
		if (n == CONF_ENTRIES)
			rc = fail_here(s, &ev, "the list is too long");
		else
			rc = scan_entry(s, k, &ev);
		yaml_event_delete(&ev);
		conf_path_back(&s->path, len);
	}
	return rc;
}

static int
scan_value(struct scan *s, const struct conf_key *k)
{
	yaml_event_t ev;
	int rc = -1;

	if (next_event(s, &ev) != 0)
		return -1;
	note(s, &ev);
	switch (k->kind) {
	case CONF_MAP:
		if (ev.type != YAML_MAPPING_START_EVENT)
			fail_here(s, &ev, "a map is expected here");
		else
			rc = scan_map(s, k->sub);
		break;
	case CONF_LIST:
	case CONF_PATHS:
	case CONF_MAPS:
		if (ev.type != YAML_SEQUENCE_START_EVENT)
			fail_here(s, &ev, "a list is expected here: [ a, b ]");
		else
			rc = scan_list(s, k);
		break;
	case CONF_TEXT:
	case CONF_BOOL:
	case CONF_UINT:
	case CONF_SIZE:
	case CONF_TIME:
	case CONF_RATE:
	case CONF_FRACTION:
	case CONF_CHOICE:
	case CONF_PATH:
		rc = check_scalar(s, &ev);
		break;
	}
	yaml_event_delete(&ev);
	return rc;
}

static int
expect(struct scan *s, int type, const char *else_what)
{
	yaml_event_t ev;
	int rc = 0;

	if (next_event(s, &ev) != 0)
		return -1;
	if ((int)ev.type != type)
		rc = fail_here(s, &ev, else_what);
	else if (type == YAML_MAPPING_START_EVENT)
		note(s, &ev);
	yaml_event_delete(&ev);
	return rc;
}

static int
scan_stream(struct scan *s)
{
	if (expect(s, YAML_STREAM_START_EVENT, "not YAML") != 0 ||
	    expect(s, YAML_DOCUMENT_START_EVENT, "the file is empty") != 0 ||
	    expect(s, YAML_MAPPING_START_EVENT, "a map is expected: key: value") != 0 ||
	    scan_map(s, s->f->keys) != 0 ||
	    expect(s, YAML_DOCUMENT_END_EVENT, "not YAML") != 0)
		return -1;
	return expect(s, YAML_STREAM_END_EVENT, "a second document is not allowed");
}

static int
scan(struct scan *s)
{
	int rc;

	if (yaml_parser_initialize(&s->parser) != 1)
		return err_set(s->e, R_NO_MEMORY, "%s", s->f->name);
	yaml_parser_set_encoding(&s->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&s->parser, s->f->text.p, s->f->text.len);
	rc = scan_stream(s);
	yaml_parser_delete(&s->parser);
	return rc;
}

int
conf_scan(const struct conf_file *f, struct err *e)
{
	struct scan s = { .f = f, .e = e };

	return scan(&s);
}

int
conf_find(const struct conf_file *f, const char *path, struct conf_pos *out)
{
	struct scan s = { .f = f, .find = path };

	if (scan(&s) != 0 || s.found.line == 0)
		return -1;
	*out = s.found;
	return 0;
}
