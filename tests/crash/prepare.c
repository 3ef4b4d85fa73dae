/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stations for the crash rig, made ahead so that load costs nothing but the gateway: device keys and certificates of
 * the factory, and PKCS#10 requests, each for a key of its own, one a line in hex.
 *
 *	prepare FACTORY OUT STATIONS REQUESTS
 *
 * FACTORY holds ca.key, ca.crt and ra-trust.pem. OUT gets NAME.key, NAME.crt and NAME.requests for each station, and
 * "stations": name and SHA-256 of the device key in hex, one a line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/enc.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/pki/csr.h"
#include "common/pki/hash.h"
#include "common/pki/name.h"
#include "common/pki/text.h"
#include "tests/labca/ca.h"

#define DAYS 30

static const struct key_type p256 = { KK_EC_P256, 0 };

static void
need(int rc, const char *what, const struct err *e)
{
	char text[512];

	if (rc == 0)
		return;
	err_print(e, text, sizeof(text));
	fprintf(stderr, "prepare: %s: %s\n", what, text);
	exit(1);
}

/* A PKCS#10 by key for a name, and for a DNS name where there is one. */
static struct blob
request(const struct key *key, const char *subject, const char *dns)
{
	struct blob name = { NULL, 0 }, der = { NULL, 0 };
	struct san san = { .kind = SAN_DNS };
	struct request_names names = { .key_usage = USAGE_DIGITAL_SIGNATURE };
	struct err e;

	need(name_parse(subject, &name, &e), subject, &e);
	names.subject = mem_of(&name);
	if (dns != NULL) {
		san.value = mem_str(dns);
		names.san = &san;
		names.n_san = 1;
	}
	need(csr_build(key, &names, &der, &e), "request", &e);
	blob_free(&name);
	return der;
}

static void
write_device(const struct ca *factory, const char *out, const char *station, FILE *list)
{
	char path[512], subject[128], hex[2 * SHA256_LEN + 1];
	struct blob der = { NULL, 0 }, cert = { NULL, 0 };
	uint8_t hash[SHA256_LEN];
	struct key *key = NULL;
	struct csr *csr = NULL;
	struct buf pem;
	struct err e;

	need(key_new(p256, &key, &e), "key", &e);
	snprintf(path, sizeof(path), "%s/%s.key", out, station);
	need(key_write(key, path, &e), path, &e);
	snprintf(subject, sizeof(subject), "CN=device,serialNumber=SN-%s,O=Lab Vendor", station);
	der = request(key, subject, NULL);
	need(csr_parse(mem_of(&der), &csr, &e), "request", &e);
	need(ca_issue(factory, csr_get0_wanted(csr), MEM_NONE, DAYS, &cert, &e), "certificate", &e);
	buf_init(&pem, LIM_CMP_MSG);
	pem_add(&pem, "CERTIFICATE", mem_of(&cert));
	snprintf(path, sizeof(path), "%s/%s.crt", out, station);
	need(file_write(path, buf_mem(&pem), 0644, &e), path, &e);
	need(sha256(key_get0_spki(key), hash, &e), "hash", &e);
	hex_print((struct mem){ hash, sizeof(hash) }, hex);
	fprintf(list, "%s %s\n", station, hex);
	buf_free(&pem);
	csr_free(csr);
	blob_free(&der);
	blob_free(&cert);
	key_free(key);
}

static void
write_requests(const char *out, const char *station, unsigned n)
{
	char path[512], subject[128], dns[128], hex[2 * LIM_REQUEST + 1];
	struct err e;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.requests", out, station);
	snprintf(subject, sizeof(subject), "CN=%s,O=Example Operator", station);
	snprintf(dns, sizeof(dns), "%s.ran.example", station);
	f = fopen(path, "we");
	need(f == NULL ? err_sys(&e, R_FILE_IO, "open") : 0, path, &e);
	for (unsigned i = 0; i < n; i++) {
		struct key *key = NULL;
		struct blob der;

		need(key_new(p256, &key, &e), "key", &e);
		der = request(key, subject, dns);
		hex_print(mem_of(&der), hex);
		fprintf(f, "%s\n", hex);
		blob_free(&der);
		key_free(key);
	}
	need(fclose(f) != 0 ? err_sys(&e, R_FILE_IO, "write") : 0, path, &e);
}

int
main(int argc, char **argv)
{
	char path[512], station[32];
	struct ca factory;
	struct err e;
	FILE *list;

	if (argc != 5) {
		fprintf(stderr, "usage: prepare FACTORY OUT STATIONS REQUESTS\n");
		return 2;
	}
	need(ca_load(argv[1], &factory, &e), argv[1], &e);
	snprintf(path, sizeof(path), "%s/stations", argv[2]);
	list = fopen(path, "we");
	need(list == NULL ? err_sys(&e, R_FILE_IO, "open") : 0, path, &e);
	for (unsigned long i = 0; i < strtoul(argv[3], NULL, 10); i++) {
		snprintf(station, sizeof(station), "crash-%03lu", i);
		write_device(&factory, argv[2], station, list);
		write_requests(argv[2], station, (unsigned)strtoul(argv[4], NULL, 10));
	}
	need(fclose(list) != 0 ? err_sys(&e, R_FILE_IO, "write") : 0, path, &e);
	ca_clear(&factory);
	return 0;
}
