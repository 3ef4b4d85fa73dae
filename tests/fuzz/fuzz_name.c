/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names. The first octet chooses: text of a configuration, or two DER names, cut in the middle. A name from text is one
 * that a request may have, and equals itself in other cases; comparison is the same both ways, and what compares equal
 * is equal in what it shows but for case and white space.
 */
#include <ctype.h>

#include "common/base/enc.h"
#include "common/pki/name.h"
#include "tests/fuzz/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 2048

static void
try_text(const uint8_t *data, size_t size)
{
	struct blob der = { NULL, 0 }, other = { NULL, 0 };
	char text[TEXT_MAX + 1];
	struct err e;

	if (size > TEXT_MAX || memchr(data, 0, size) != NULL)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	if (name_parse(text, &der, &e) != 0) {
		must(e.reason != R_NONE && e.reason != R_INTERNAL);
		return;
	}
	must(name_is_null(mem_of(&der)) || name_check(mem_of(&der), &e) == 0 || e.reason == R_NAME_MALFORMED);
	must(name_equal(mem_of(&der), mem_of(&der)));
	must(name_parse(text, &other, &e) == 0 && mem_eq(mem_of(&der), mem_of(&other)));
	blob_free(&der);
	blob_free(&other);
}

/* Letters and digits alone, small. */
static void
plain(struct mem name, struct buf *out)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	name_print(name, &b);
	must(buf_ok(&b));
	for (size_t i = 0; i < b.len; i++) {
		must(b.p[i] >= 0x20 && b.p[i] < 0x7f);
		if (isalnum(b.p[i]))
			buf_add_u8(out, (uint8_t)tolower(b.p[i]));
	}
	buf_free(&b);
}

static void
try_der(struct mem a, struct mem b)
{
	struct buf text_a, text_b;
	bool good_a, good_b;
	struct err e;

	good_a = name_check(a, &e) == 0;
	good_b = name_check(b, &e) == 0;
	buf_init(&text_a, 1024 * 1024);
	buf_init(&text_b, 1024 * 1024);
	plain(a, &text_a);
	plain(b, &text_b);
	must(name_equal(a, b) == name_equal(b, a));
	must(!good_a || name_equal(a, a));
	if (good_a && good_b && name_equal(a, b))
		must(mem_eq(buf_mem(&text_a), buf_mem(&text_b)));
	buf_free(&text_a);
	buf_free(&text_b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t half;

	if (size < 3)
		return 0;
	if ((data[0] & 1) == 0) {
		try_text(data + 1, size - 1);
		return 0;
	}
	half = 2 + ((size_t)data[1] * (size - 2)) / 255;
	try_der((struct mem){ data + 2, half - 2 }, (struct mem){ data + half, size - half });
	return 0;
}
