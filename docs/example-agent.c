/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A station that enrols, in 60 lines: libnemra-agent with the ready store, transport and loop. Build:
 *	cc -o example example-agent.c -Wl,--gc-sections -lnemra-agent -lcurl -lcrypto
 * Run: example GATEWAY TRUST.pem DEVICE.pem DEVICE.key STATION SUBJECT [DNS-NAME]
 */
#include <nemra-agent.h>
#include <stdio.h>

static int
fail(const struct nemra_error *e)
{
	fprintf(stderr, "%s: %s %s\n", e->reason, e->sentence, e->detail);
	return e->status;
}

static struct nemra_bytes
read_file(const char *path)
{
	static uint8_t text[65536];
	FILE *f = fopen(path, "rb");
	struct nemra_bytes b = { text, f != NULL ? fread(text, 1, sizeof(text), f) : 0 };

	if (f != NULL)
		fclose(f);
	return b;
}

int
main(int argc, char **argv)
{
	struct nemra_agent_config c = { .wait_s = 300 };
	struct nemra_https https = { 0 };
	struct nemra_transport transport;
	struct nemra_agent *agent;
	struct nemra_error e;
	int rc;

	if (argc < 7)
		return 1;
	https.gateway = argv[1];
	https.trust_file = argv[2];
	https.cert_file = argv[3];
	https.key_file = c.device_key = argv[4];
	c.device_cert = read_file(argv[3]);
	c.station = argv[5];
	c.subject = argv[6];
	c.dns = (const char *const *)argv + 7;
	c.n_dns = (size_t)argc - 7;
	if (nemra_store_folder("store", false, &c.store, &e) != 0 || nemra_agent_new(&c, &agent, &e) != 0)
		return fail(&e);
	if (nemra_transport_https(&https, &transport, &e) != 0)
		return fail(&e);
	nemra_agent_aim(agent, NEMRA_ENROL);
	rc = nemra_agent_run(agent, &transport, &nemra_host_default, &e);
	if (rc == 0)
		puts("store/current holds key.pem, cert.pem, chain.pem");
	transport.free(transport.self);
	nemra_agent_free(agent);
	return rc == 0 ? 0 : fail(&e);
}
