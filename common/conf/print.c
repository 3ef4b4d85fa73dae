/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The configuration in effect, a line a key.
 */
#include <inttypes.h>
#include <string.h>

#include "common/base/enc.h"
#include "common/conf/internal.h"

#define LINE_MAX_OCTETS (20u * 1024)	/* a text of CONF_TEXT_MAX octets with all of them escaped */

struct print {
	struct conf_path path;
	void (*line)(void *arg, const char *text);
	void *arg;
};

static void
print_rate(struct buf *b, double rate)
{
	if (rate == (double)(uint64_t)rate)
		buf_printf(b, "%.0f/s", rate);
	else if (rate * 60 == (double)(uint64_t)(rate * 60))
		buf_printf(b, "%.0f/m", rate * 60);
	else
		buf_printf(b, "%.0f/h", rate * 3600);
}

static void
print_value(const struct conf_key *k, const void *field, struct buf *b)
{
	char text[32];

	switch (k->kind) {
	case CONF_TEXT:
	case CONF_PATH:
		enc_printable(b, mem_str(*(char *const *)field), 2 * CONF_TEXT_MAX);
		break;
	case CONF_BOOL:
		buf_add_str(b, *(const bool *)field ? "yes" : "no");
		break;
	case CONF_UINT:
		buf_printf(b, "%" PRIu64, *(const uint64_t *)field);
		break;
	case CONF_SIZE:
		conf_print_size(*(const uint64_t *)field, text, sizeof(text));
		buf_add_str(b, text);
		break;
	case CONF_TIME:
		conf_print_time((uint64_t)*(const int64_t *)field, text, sizeof(text));
		buf_add_str(b, text);
		break;
	case CONF_RATE:
		print_rate(b, *(const double *)field);
		break;
	case CONF_FRACTION:
		buf_printf(b, "%.9g", *(const double *)field);
		break;
	case CONF_CHOICE:
		buf_add_str(b, k->choice[*(const int *)field]);
		break;
	case CONF_LIST:
	case CONF_PATHS:
	case CONF_MAPS:
		buf_add_str(b, "[]");		/* entries have lines of their own */
		break;
	case CONF_MAP:
		break;
	}
}

static void
print_line(struct print *p, const struct conf_key *k, const void *field)
{
	struct buf b;
	const char *text;

	buf_init(&b, LINE_MAX_OCTETS);
	buf_printf(&b, "%s = ", p->path.text);
	print_value(k, field, &b);
	text = buf_text(&b);
	if (text != NULL)
		p->line(p->arg, text);
	buf_free(&b);
}

static void print_map(struct print *p, const struct conf_key *keys, const uint8_t *in);

static void
print_list(struct print *p, const struct conf_key *k, const struct conf_list *l)
{
	static const struct conf_key entry = { .name = "", .kind = CONF_TEXT };
	size_t len = p->path.len;

	if (l->n == 0) {
		print_line(p, k, l);
		return;
	}
	for (size_t i = 0; i < l->n; i++) {
		conf_path_index(&p->path, i);
		if (k->kind == CONF_MAPS)
			print_map(p, k->sub, (const uint8_t *)l->v + i * k->size);
		else
			print_line(p, &entry, (char *const *)l->v + i);
		conf_path_back(&p->path, len);
	}
}

static void
print_map(struct print *p, const struct conf_key *keys, const uint8_t *in)
{
	size_t len = p->path.len;

	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		const uint8_t *field = in + k->offset;

		conf_path_key(&p->path, k->name);
		if (k->kind == CONF_MAP)
			print_map(p, k->sub, field);
		else if (k->kind == CONF_LIST || k->kind == CONF_PATHS || k->kind == CONF_MAPS)
			print_list(p, k, (const struct conf_list *)(const void *)field);
		else
			print_line(p, k, field);
		conf_path_back(&p->path, len);
	}
}

void
conf_print(const struct conf_key *keys, const void *in, void (*line)(void *arg, const char *text),
    void *arg)
{
	struct print p = { .line = line, .arg = arg };

	print_map(&p, keys, in);
}
