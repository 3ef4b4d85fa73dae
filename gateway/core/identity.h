/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Vendor identity: which factory CA vouches, and where its certificates carry the serial.
 */
#ifndef NEMRA_CORE_IDENTITY_H
#define NEMRA_CORE_IDENTITY_H

#include <regex.h>
#include <stdbool.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct vendor_rule {
	char *vendor;
	char *serial_field;	/* "subject.serialNumber", as cert_field() knows it */
	char *pattern;		/* POSIX extended; the first group, else the whole match, is the serial */
	regex_t regex;
	bool compiled;
	bool bind_first;	/* the device key may be bound at first contact */
};

/* Compiles pattern; R_CONFIG when it is not a regular expression. */
int vendor_rule_compile(struct vendor_rule *r, struct err *e) MUSTUSE;

/* The serial out of the field's text; R_NO_VENDOR_ID when it does not match or is empty. */
int vendor_rule_serial(const struct vendor_rule *r, const char *text, struct buf *serial,
    struct err *e) MUSTUSE;

void vendor_rule_free(struct vendor_rule *r);

#endif
