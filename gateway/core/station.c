/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/core/station.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool
station_name_ok(const char *name)
{
	size_t n;

	if (name == NULL || !is_alnum(name[0]))
		return false;
	for (n = 1; name[n] != '\0'; n++)
		if (n >= LIM_STATION_NAME || (!is_alnum(name[n]) && strchr("._-", name[n]) == NULL))
			return false;
	return true;
}

void
texts_free(char **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

void
station_free(struct station *s)
{
	free(s->name);
	free(s->vendor);
	free(s->model);
	free(s->serial);
	free(s->region);
	free(s->profile);
	free(s->subject);
	texts_free(s->san_dns, s->n_san_dns);
	texts_free(s->san_ip, s->n_san_ip);
	memset(s, 0, sizeof(*s));
}
