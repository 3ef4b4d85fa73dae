/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "agent/program.h"
#include "common/conf/conf.h"

#define AT(field) offsetof(struct agent_conf, field)

static int
check_gateway(const void *value, struct err *e)
{
	const char *url = *(char *const *)value;

	if (strncmp(url, "https://", 8) != 0 || url[8] == '\0' || strpbrk(url, " \t?#@") != NULL)
		return err_set(e, R_CONFIG, "https://HOST[:PORT]");
	return 0;
}

static int
check_exec(const void *value, struct err *e)
{
	return **(char *const *)value == '/' ? 0 :
	    err_set(e, R_CONFIG, "an absolute path, with arguments behind blanks");
}

static const char *const forms[] = { "both", "pkcs10", "crmf", NULL };

static const struct conf_key device_keys[] = {
	{ .name = "cert", .kind = CONF_PATH, .offset = AT(device.cert) - AT(device), .must = true },
	{ .name = "key", .kind = CONF_TEXT, .offset = AT(device.key) - AT(device), .must = true },
	{ .name = NULL },
};

static const struct conf_key hook_keys[] = {
	{ .name = "exec", .kind = CONF_TEXT, .offset = offsetof(struct hook, exec), .must = true,
	    .check = check_exec },
	{ .name = "timeout", .kind = CONF_TIME, .offset = offsetof(struct hook, timeout), .min = 100,
	    .max = 3600000, .dflt = "30s" },
	{ .name = NULL },
};

static const struct conf_key retry_keys[] = {
	{ .name = "first", .kind = CONF_TIME, .offset = AT(retry.first) - AT(retry), .min = 1000,
	    .max = 3600000, .dflt = "1s" },
	{ .name = "most", .kind = CONF_TIME, .offset = AT(retry.most) - AT(retry), .min = 1000,
	    .max = 86400000, .dflt = "5m" },
	{ .name = NULL },
};

static const struct conf_key keys[] = {
	{ .name = "gateway", .kind = CONF_TEXT, .offset = AT(gateway), .max = 512, .must = true,
	    .check = check_gateway },
	{ .name = "trust", .kind = CONF_PATH, .offset = AT(trust), .must = true },
	{ .name = "operator_trust", .kind = CONF_PATH, .offset = AT(operator_trust) },
	{ .name = "device", .kind = CONF_MAP, .offset = AT(device), .sub = device_keys, .must = true },
	{ .name = "store", .kind = CONF_PATH, .offset = AT(store), .must = true },
	{ .name = "request", .kind = CONF_CHOICE, .offset = AT(request), .dflt = "both", .choice = forms },
	{ .name = "envelope", .kind = CONF_BOOL, .offset = AT(envelope), .dflt = "yes" },
	{ .name = "station", .kind = CONF_TEXT, .offset = AT(station), .max = 64 },
	{ .name = "profile", .kind = CONF_TEXT, .offset = AT(profile), .max = 64 },
	{ .name = "subject", .kind = CONF_TEXT, .offset = AT(subject), .max = 1023 },
	{ .name = "san_dns", .kind = CONF_LIST, .offset = AT(san_dns), .max = NEMRA_NAMES },
	{ .name = "san_ip", .kind = CONF_LIST, .offset = AT(san_ip), .max = NEMRA_NAMES },
	{ .name = "key", .kind = CONF_TEXT, .offset = AT(key), .max = 31 },
	{ .name = "hooks", .kind = CONF_MAPS, .offset = AT(hooks), .sub = hook_keys, .max = 16,
	    .size = sizeof(struct hook) },
	{ .name = "wait", .kind = CONF_TIME, .offset = AT(wait), .max = 31 * 86400000ull, .dflt = "15m" },
	{ .name = "retry", .kind = CONF_MAP, .offset = AT(retry), .sub = retry_keys },
	{ .name = "connect_timeout", .kind = CONF_TIME, .offset = AT(connect_timeout), .min = 100,
	    .max = 600000, .dflt = "10s" },
	{ .name = "timeout", .kind = CONF_TIME, .offset = AT(timeout), .min = 100, .max = 600000,
	    .dflt = "30s" },
	{ .name = NULL },
};

int
agent_conf_load(const char *path, struct agent_conf *out, struct err *e)
{
	memset(out, 0, sizeof(*out));
	return conf_load(path, keys, out, e);
}

void
agent_conf_free(struct agent_conf *c)
{
	conf_free(keys, c);
}
