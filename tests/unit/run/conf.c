/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/unit/run/folder.h"
#include "tests/unit/unit.h"

static void
the_example_of_the_package_is_taken(void)
{
	struct nemra_conf c;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(nemra_conf_load("deploy/examples/nemra.yaml", &c, &e), 0);
	CU_ASSERT_EQUAL(c.profiles.n, 2);
	CU_ASSERT_STRING_EQUAL(c.profiles.v[0].name, "enb");
	CU_ASSERT_STRING_EQUAL(c.profiles.v[1].name, "gnb");
	CU_ASSERT_PTR_NOT_NULL(nemra_conf_ca(&c, "core"));
	CU_ASSERT_PTR_NULL(nemra_conf_ca(&c, "other"));
	CU_ASSERT_STRING_EQUAL(c.trust.factory[0].ca, "/etc/nemra/keys/acme-factory.pem");
	nemra_conf_free(&c);
}

static void
defaults_are_those_of_the_manual(void)
{
	struct nemra_conf c;
	struct err e;

	(void)folder_make("{}");
	CU_ASSERT_EQUAL_FATAL(folder_load(&c, &e), 0);
	CU_ASSERT_STRING_EQUAL(c.database.url, "");
	CU_ASSERT_EQUAL(c.database.durability, 0);
	CU_ASSERT_STRING_EQUAL(c.https.listen, "[::]:8443");
	CU_ASSERT_FALSE(c.https.tls12);
	CU_ASSERT_EQUAL(c.https.max_connections, 4096);
	CU_ASSERT_EQUAL(c.https.timeout, 30000);
	CU_ASSERT_STRING_EQUAL(c.ops.socket, "/run/nemra/ops.sock");
	CU_ASSERT_EQUAL(c.ops.n_admins, 0);
	CU_ASSERT_STRING_EQUAL(c.signer.run, "/run/nemra");
	CU_ASSERT_EQUAL(c.signer.n_names, 0);
	CU_ASSERT_EQUAL(c.log.level, 3);
	CU_ASSERT_EQUAL(c.profiles.n, 0);
	CU_ASSERT_PTR_NULL(nemra_conf_reserved(&c, 0));
	nemra_conf_free(&c);
}

static void
a_ca_has_defaults_of_its_own(void)
{
	struct nemra_conf c;
	struct err e;
	const char *path = folder_make(CORE);
	char root[256];

	CU_ASSERT_EQUAL_FATAL(folder_load(&c, &e), 0);
	CU_ASSERT_EQUAL(c.cas[0].batch.strategy, 0);
	CU_ASSERT_EQUAL(c.cas[0].batch.max, 200);
	CU_ASSERT_EQUAL(c.cas[0].batch.wait, 500);
	CU_ASSERT_EQUAL(c.cas[0].pace.parallel, 8);
	CU_ASSERT_TRUE(c.cas[0].pace.rate == 0);
	CU_ASSERT_EQUAL(c.cas[0].timeout, 15000);
	snprintf(root, sizeof(root), "%.*s/root.pem", (int)(strrchr(path, '/') - path), path);
	CU_ASSERT_STRING_EQUAL(c.cas[0].trust[0], root);
	nemra_conf_free(&c);
}

struct bad {
	const char *text, *detail;
};

static void
bad_values_are_refused_before_a_socket_opens(void)
{
	static const struct bad bad[] = {
		{ "database: { url: \"host=x password=y\" }", ":1:18: database.url: holds a password" },
		{ "database: { url: \"postgresql://u:p@h/db\" }", "database.url: holds a password" },
		{ "database: { durability: fast }", "durability: bad value; allowed: local, synchronous" },
		{ "trust: { factory: [ { vendor: v } ] }", ":1:21: trust.factory[0].ca: is missing" },
		{ "trust: { factory: [ { vendor: v, ca: a, serial: subject.shoe } ] }",
		    "trust.factory[0].serial: unknown; allowed: subject.serialNumber" },
		{ "trust: { factory: [ { vendor: v, ca: a, pattern: \"(\" } ] }",
		    "trust.factory[0].pattern: not a POSIX extended regular expression" },
		{ "signer: { ra_key: \"pkcs11:token=t;object=k?pin-value=4711\" }",
		    ":1:19: signer.ra_key: a PIN does not belong" },
		{ "signer: { ra_key: \"pkcs11:token=t\" }", "signer.ra_key: a pkcs11: URI names a token" },
		{ "signer: { token_env: [ SOFTHSM2_CONF ] }", "signer.token_env: not NAME=VALUE" },
		{ "signer: { token_env: [ LD_PRELOAD=/x.so ] }", "signer.token_env: LD_… and OPENSSL_… are not" },
		{ "https: { listen: 8443 }", ":1:18: https.listen: not an address to listen at" },
		{ "https: { tls12: false }", "https.tls12: bad value; allowed: yes, no" },
		{ "https: { max_connections: 0 }", "allowed: a whole number, from 1 to 100000" },
		{ "https: { timeout: 30 }", "https.timeout: bad value; allowed: a time" },
		{ "ops: { operators: [ x ] }", "ops.operators: operators by certificate are not supported" },
		{ "signer: { names: [ \"no name\" ] }", "signer.names: not a distinguished name" },
		{ "signer: { names: [ \"CN=a+O=b\" ] }", "signer.names: not a distinguished name" },
		{ "signer: { dns_names: [ \"*.example\" ] }", "signer.dns_names: not a host name" },
		{ "signer: { rate: 50 }", "signer.rate: bad value; allowed: a rate like 50/s" },
		{ "cas: [ { name: \"a b\" } ]", "cas[0].name: bad name" },
		{ "cas: [ { name: a, url: \"ftp://x/\" } ]", "cas[0].url: not a URL" },
		{ "cas: [ { name: a, url: \"http:///p\" } ]", "cas[0].url: not a URL" },
		{ "cas: [ { name: a, url: \"http://u:p@h/p\" } ]", "cas[0].url: holds a user name" },
		{ "cas: [ { name: a, url: \"http://h/p\", recipient: x } ]",
		    "cas[0].recipient: not a distinguished name" },
		{ "cas: [ { name: a, url: \"http://h/p\", recipient: CN=x, trust: [] } ]",
		    "cas[0].trust: is missing or an empty list" },
		{ "cas: [ { name: a, backend: acme } ]", "cas[0].backend: bad value; allowed: cmp" },
		{ "log: { level: debug }", "allowed: error, warn, notice, info, trace" },
		{ "logs: {}", ":1:1: unknown key \"logs\"" },
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		(void)folder_make(bad[i].text);
		CU_ASSERT_TRUE(folder_refused(bad[i].detail));
	}
}

static void
two_cas_of_one_name_are_refused_at_the_second(void)
{
	(void)folder_make("cas:\n"
	    "  - { name: a, url: \"http://h/p\", recipient: CN=x, trust: [ r ] }\n"
	    "  - { name: a, url: \"http://h/p\", recipient: CN=x, trust: [ r ] }\n");
	CU_ASSERT_TRUE(folder_refused("nemra.yaml:3:13: cas[1].name: another CA has this name"));
}

static void
https_to_a_ca_needs_a_trust_anchor_for_it(void)
{
	(void)folder_make("cas: [ { name: a, url: \"https://h/p\", recipient: CN=x, trust: [ r ] } ]\n");
	CU_ASSERT_TRUE(folder_refused("cas[0].url: https needs tls_trust"));
}

static void
addresses_to_listen_at_are_host_and_port(void)
{
	static const struct {
		const char *text, *host;
		unsigned port;
	} good[] = {
		{ "[::]:8443", "::", 8443 }, { "127.0.0.1:0", "127.0.0.1", 0 },
		{ "nem.example:65535", "nem.example", 65535 }, { "[2001:db8::1]:1", "2001:db8::1", 1 },
	};
	static const char *const bad[] = {
		"", ":", ":8443", "8443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:080",
		"127.0.0.1:80x", "127.0.0.1:-1", "::1:80", "[::1]80", "[::1", "[]:80", "[127.0.0.1]:80",
		"a b:80", "*:80", "127.0.0.1:99999999999",
	};
	char host[256];
	uint16_t port;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		CU_ASSERT_EQUAL_FATAL(nemra_conf_listen(good[i].text, host, &port, NULL), 0);
		CU_ASSERT_STRING_EQUAL(host, good[i].host);
		CU_ASSERT_EQUAL(port, good[i].port);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (nemra_conf_listen(bad[i], host, &port, NULL) == 0)
			CU_FAIL(bad[i]);
}

static void
keys_without_effect_are_named(void)
{
	struct nemra_conf c;
	struct err e;

	(void)folder_make("cmp: { listen: \"[::]:8080\" }\nsftp: { host_key: k }\n");
	CU_ASSERT_EQUAL_FATAL(folder_load(&c, &e), 0);
	CU_ASSERT_STRING_EQUAL(nemra_conf_reserved(&c, 0), "cmp.listen");
	CU_ASSERT_STRING_EQUAL(nemra_conf_reserved(&c, 1), "sftp.host_key");
	CU_ASSERT_PTR_NULL(nemra_conf_reserved(&c, 2));
	nemra_conf_free(&c);
}

static void
collect(void *arg, const char *line)
{
	buf_printf(arg, "%s\n", line);
}

static void
what_is_printed_names_every_part(void)
{
	struct nemra_conf c;
	struct err e;
	struct buf b;

	(void)folder_make(CORE);
	folder_add("p.yaml", PROFILE("p") "approval: hold\n");
	buf_init(&b, 65536);
	CU_ASSERT_EQUAL_FATAL(folder_load(&c, &e), 0);
	nemra_conf_print(&c, collect, &b);
	CU_ASSERT_PTR_NOT_NULL_FATAL(buf_text(&b));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&b), "cas[0].url = http://ca.example/cmp\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&b), "profiles.p.approval = hold\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&b), "profiles.p.envelope = optional\n"));
	nemra_conf_free(&c);
	buf_free(&b);
}

static const struct unit_test tests[] = {
	UNIT(the_example_of_the_package_is_taken),
	UNIT(defaults_are_those_of_the_manual),
	UNIT(a_ca_has_defaults_of_its_own),
	UNIT(bad_values_are_refused_before_a_socket_opens),
	UNIT(two_cas_of_one_name_are_refused_at_the_second),
	UNIT(https_to_a_ca_needs_a_trust_anchor_for_it),
	UNIT(addresses_to_listen_at_are_host_and_port),
	UNIT(keys_without_effect_are_named),
	UNIT(what_is_printed_names_every_part),
};
extern const struct unit_suite conf_suite;
UNIT_SUITE(conf_suite, tests);
