/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * An inventory row as the gateway's code sees it.
 */
#ifndef NEMRA_CORE_STATION_H
#define NEMRA_CORE_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/base/uuid.h"

struct station {
	struct uuid id;
	char *name;		/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
	char *vendor;		/* "" when not known, as all texts here */
	char *model;
	char *serial;
	char *region;
	char *profile;		/* "" = the one and only, else by name */
	char *subject;		/* own subject as text; "" = the profile's */
	char **san_dns;		/* own names; none = the profile's */
	size_t n_san_dns;
	char **san_ip;
	size_t n_san_ip;
	bool has_device_key;
	uint8_t device_key[32];	/* SHA-256 of the SubjectPublicKeyInfo */
	bool blocked;
};

bool station_name_ok(const char *name);
void texts_free(char **v, size_t n);	/* the texts and the list */
void station_free(struct station *s);	/* frees the fields, not s */

#endif
