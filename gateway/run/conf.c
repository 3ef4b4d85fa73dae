/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table of nemra.yaml. docs/nemra.yaml.5.scd has an entry for each key.
 */
#include "gateway/run/conf.h"

#include <stdio.h>
#include <string.h>

#include "gateway/run/conf_priv.h"

#define OFF(field) .offset = offsetof(struct nemra_conf, field)
#define LIST(list, count) .offset = CONF_LIST_AT(struct nemra_conf, list, count)
#define SECTION(name, keys) { name, CONF_MAP, .offset = 0, .sub = keys }
#define END { .name = NULL }

static const char *const durabilities[] = { "local", "synchronous", NULL };
static const char *const backends[] = { "cmp", NULL };
static const char *const strategies[] = { "auto", "single", NULL };
static const char *const levels[] = { "error", "warn", "notice", "info", "trace", NULL };

static const struct conf_key database_keys[] = {
	{ "url", CONF_TEXT, OFF(database.url), .max = 1024, .check = check_db_url },
	{ "durability", CONF_CHOICE, OFF(database.durability), .choice = durabilities },
	END
};

#define FACTORY(field) .offset = offsetof(struct conf_factory, field)
static const struct conf_key factory_keys[] = {
	{ "vendor", CONF_TEXT, FACTORY(vendor), .min = 1, .max = 64, .must = true },
	{ "ca", CONF_PATH, FACTORY(ca), .min = 1, .must = true },
	{ "crl", CONF_PATH, FACTORY(crl) },
	{ "serial", CONF_TEXT, FACTORY(serial), .max = 64, .dflt = "subject.serialNumber",
	    .check = check_cert_field },
	{ "pattern", CONF_TEXT, FACTORY(pattern), .min = 1, .max = 256, .dflt = "^(.+)$",
	    .check = check_regex },
	{ "bind_first", CONF_BOOL, FACTORY(bind_first), .dflt = "yes" },
	END
};

static const struct conf_key trust_keys[] = {
	{ "factory", CONF_MAPS, LIST(trust.factory, trust.n_factory), .max = 64, .sub = factory_keys,
	    .size = sizeof(struct conf_factory) },
	{ "operator", CONF_PATHS, LIST(trust.operators, trust.n_operators), .max = 64 },
	{ "operator_crl", CONF_PATH, OFF(trust.operator_crl) },
	END
};

static const struct conf_key https_keys[] = {
	{ "listen", CONF_TEXT, OFF(https.listen), .dflt = "[::]:8443", .check = check_listen },
	{ "cert", CONF_PATH, OFF(https.cert) },
	{ "key", CONF_PATH, OFF(https.key) },
	{ "tls12", CONF_BOOL, OFF(https.tls12) },
	{ "max_connections", CONF_UINT, OFF(https.max_connections), .min = 1, .max = 100000, .dflt = "4096" },
	{ "per_address", CONF_UINT, OFF(https.per_address), .min = 1, .max = 100000, .dflt = "256" },
	{ "per_station", CONF_UINT, OFF(https.per_station), .min = 1, .max = 100000, .dflt = "16" },
	{ "max_strangers", CONF_UINT, OFF(https.max_strangers), .min = 1, .max = 100000, .dflt = "1024" },
	{ "handshake", CONF_TIME, OFF(https.handshake), .min = 1000, .max = 60000, .dflt = "10s" },
	{ "penalty", CONF_TIME, OFF(https.penalty), .max = 3600000, .dflt = "60s" },
	{ "timeout", CONF_TIME, OFF(https.timeout), .min = 1000, .max = 600000, .dflt = "30s" },
	{ "requests_per_minute", CONF_UINT, OFF(https.requests_per_minute), .min = 1, .max = 100000,
	    .dflt = "60" },
	{ "open_requests", CONF_UINT, OFF(https.open_requests), .min = 1, .max = 100000, .dflt = "16" },
	END
};

static const struct conf_key cmp_keys[] = {
	{ "listen", CONF_TEXT, OFF(cmp.listen), .check = check_listen_or_none },
	{ "legacy_paths", CONF_LIST, LIST(cmp.legacy_paths, cmp.n_legacy_paths), .max = 16 },
	END
};

static const struct conf_key sftp_keys[] = {
	{ "listen", CONF_TEXT, OFF(sftp.listen), .check = check_listen_or_none },
	{ "host_key", CONF_PATH, OFF(sftp.host_key) },
	{ "sessions", CONF_UINT, OFF(sftp.sessions), .min = 1, .max = 4096, .dflt = "64" },
	END
};

static const struct conf_key ops_keys[] = {
	{ "socket", CONF_PATH, OFF(ops.socket), .min = 1, .max = 100, .dflt = "/run/nemra/ops.sock" },
	{ "admins", CONF_LIST, LIST(ops.admins, ops.n_admins), .max = 256 },
	{ "listen", CONF_TEXT, OFF(ops.listen), .check = check_listen_or_none },
	{ "operators", CONF_LIST, LIST(ops.operators, ops.n_operators), .check = check_operators },
	END
};

static const struct conf_key signer_keys[] = {
	{ "run", CONF_PATH, OFF(signer.run), .min = 1, .max = 80, .dflt = "/run/nemra" },
	{ "ra_key", CONF_PATH, OFF(signer.ra_key), .check = check_key },
	{ "ra_cert", CONF_PATH, OFF(signer.ra_cert) },
	{ "audit_key", CONF_PATH, OFF(signer.audit_key) },
	{ "txid_key", CONF_PATH, OFF(signer.txid_key) },
	{ "token_env", CONF_LIST, LIST(signer.token_env, signer.n_token_env), .max = 16, .check = check_env },
	{ "bundle_key", CONF_PATH, OFF(signer.bundle_key) },
	{ "names", CONF_LIST, LIST(signer.names, signer.n_names), .max = 64, .check = check_dns },
	{ "dns_names", CONF_LIST, LIST(signer.dns_names, signer.n_dns_names), .max = 64,
	    .check = check_hosts },
	{ "rate", CONF_RATE, OFF(signer.rate), .max = 1000000 },
	{ "dispatch_users", CONF_LIST, LIST(signer.dispatch_users, signer.n_dispatch_users), .max = 16 },
	{ "httpd_users", CONF_LIST, LIST(signer.httpd_users, signer.n_httpd_users), .max = 16 },
	{ "ops_users", CONF_LIST, LIST(signer.ops_users, signer.n_ops_users), .max = 16 },
	END
};

#define CA(field) .offset = offsetof(struct conf_ca, field)
static const struct conf_key batch_keys[] = {
	{ "strategy", CONF_CHOICE, CA(batch.strategy), .choice = strategies },
	{ "max", CONF_UINT, CA(batch.max), .min = 1, .max = 500, .dflt = "200" },
	{ "wait", CONF_TIME, CA(batch.wait), .max = 60000, .dflt = "500ms" },
	END
};

static const struct conf_key pace_keys[] = {
	{ "rate", CONF_RATE, CA(pace.rate), .max = 1000000 },
	{ "parallel", CONF_UINT, CA(pace.parallel), .min = 1, .max = 256, .dflt = "8" },
	END
};

static const struct conf_key ca_keys[] = {
	{ "name", CONF_TEXT, CA(name), .min = 1, .max = 64, .must = true, .check = check_name },
	{ "backend", CONF_CHOICE, CA(backend), .choice = backends },
	{ "url", CONF_TEXT, CA(url), .min = 1, .max = 1024, .must = true, .check = check_http_url },
	{ "recipient", CONF_TEXT, CA(recipient), .min = 1, .max = 1024, .must = true, .check = check_dn },
	{ "trust", CONF_PATHS, .offset = CONF_LIST_AT(struct conf_ca, trust, n_trust), .max = 64, .must = true },
	{ "tls_trust", CONF_PATH, CA(tls_trust) },
	{ "batch", CONF_MAP, .offset = 0, .sub = batch_keys },
	{ "pace", CONF_MAP, .offset = 0, .sub = pace_keys },
	{ "implicit_confirm", CONF_BOOL, CA(implicit_confirm) },
	{ "timeout", CONF_TIME, CA(timeout), .min = 1000, .max = 600000, .dflt = "15s" },
	END
};

static const struct conf_key log_keys[] = {
	{ "level", CONF_CHOICE, OFF(log.level), .choice = levels, .dflt = "info" },
	END
};

const struct conf_key nemra_keys[] = {
	SECTION("database", database_keys),
	SECTION("trust", trust_keys),
	SECTION("https", https_keys),
	SECTION("cmp", cmp_keys),
	SECTION("sftp", sftp_keys),
	SECTION("ops", ops_keys),
	SECTION("signer", signer_keys),
	{ "cas", CONF_MAPS, LIST(cas, n_cas), .max = 64, .sub = ca_keys, .size = sizeof(struct conf_ca) },
	SECTION("log", log_keys),
	END
};

const struct conf_ca *
nemra_conf_ca(const struct nemra_conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_cas; i++)
		if (strcmp(c->cas[i].name, name) == 0)
			return &c->cas[i];
	return NULL;
}

const char *
nemra_conf_reserved(const struct nemra_conf *c, size_t i)
{
	const struct {
		const char *key;
		bool set;
	} reserved[] = {
		{ "cmp.listen", c->cmp.listen[0] != '\0' },
		{ "cmp.legacy_paths", c->cmp.n_legacy_paths > 0 },
		{ "sftp.listen", c->sftp.listen[0] != '\0' },
		{ "sftp.host_key", c->sftp.host_key[0] != '\0' },
		{ "ops.listen", c->ops.listen[0] != '\0' },
		{ "signer.bundle_key", c->signer.bundle_key[0] != '\0' },
	};

	for (size_t k = 0; k < COUNT_OF(reserved); k++)
		if (reserved[k].set && i-- == 0)
			return reserved[k].key;
	return NULL;
}

/* A CA's name is a key: in the database, in metrics, in profiles. */
static int
check_cas(const struct nemra_conf *c, const char *path, struct err *e)
{
	char key[32];

	for (size_t i = 0; i < c->n_cas; i++) {
		if (nemra_conf_ca(c, c->cas[i].name) != &c->cas[i]) {
			(void)snprintf(key, sizeof(key), "cas[%zu].name", i);
			return conf_refuse(path, nemra_keys, key, e, "another CA has this name");
		}
		if (strncmp(c->cas[i].url, "https:", 6) == 0 && c->cas[i].tls_trust[0] == '\0') {
			(void)snprintf(key, sizeof(key), "cas[%zu].url", i);
			return conf_refuse(path, nemra_keys, key, e, "https needs tls_trust");
		}
	}
	return 0;
}

int
nemra_conf_load(const char *path, struct nemra_conf *out, struct err *e)
{
	struct nemra_conf c;

	memset(&c, 0, sizeof(c));
	if (conf_load(path, nemra_keys, &c, e) != 0)
		return -1;
	if (check_cas(&c, path, e) != 0 || profiles_load(path, &c, &c.profiles, e) != 0) {
		nemra_conf_free(&c);
		return -1;
	}
	*out = c;
	return 0;
}

void
nemra_conf_free(struct nemra_conf *c)
{
	profiles_free(&c->profiles);
	conf_free(nemra_keys, c);
}

void
nemra_conf_print(const struct nemra_conf *c, void (*line)(void *arg, const char *text), void *arg)
{
	conf_print(nemra_keys, c, line, arg);
	profiles_print(&c->profiles, line, arg);
}
