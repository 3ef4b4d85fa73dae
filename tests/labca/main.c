/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-labca: a CMP CA for the lab, the demo and the tests. It issues real certificates for the keys it
 * is given and misbehaves when it is told to. Not part of the product.
 */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "tests/labca/labca.h"
#include "tests/labca/server.h"

enum { EXIT_USAGE = 2 };

static const char usage[] =
"usage: nemra-labca --dir DIR [--port N] [--days N] [--no-implicit] [--delay MS] [--p10cr-id N]\n"
"       nemra-labca --dir DIR --init [--subject NAME]\n"
"\n"
"A CMP CA for the lab and the tests. It is NOT part of the product.\n"
"\n"
"  --dir DIR       holds ca.key, ca.crt, ra-trust.pem, mode, port, log.jsonl, messages/\n"
"  --port N        on 127.0.0.1; 0 (default) takes a free one; written to DIR/port\n"
"  --days N        validity of the certificates, default 365\n"
"  --no-implicit   never grants implicitConfirm\n"
"  --delay MS      so long until it looks at a message: a CA far away; default 0\n"
"  --p10cr-id N    certReqId of the answer to p10cr: -1 (default, RFC 9483) or 0\n"
"  --init          makes ca.key and ca.crt unless they are there, and ends\n"
"  --subject NAME  for --init, default \"CN=Lab Operator CA,O=Example Operator\"\n"
"\n"
"DIR/mode holds one word, or a word and for how many messages:\n"
"  ok slow wait refuse lose-before lose-after wrong-key wrong-nonce wrong-tid\n"
"  unprotected http503 reissue tid-in-use down\n";

struct options {
	const char *dir;
	const char *subject;
	long port;
	long days;
	long p10cr_id;
	long delay_ms;
	bool init;
	bool no_implicit;
};

static int
read_number(const char *text, long min, long max, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return *text == '\0' || *end != '\0' || *out < min || *out > max ? -1 : 0;
}

static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "port", required_argument, NULL, 'p' },
		{ "days", required_argument, NULL, 'D' },
		{ "no-implicit", no_argument, NULL, 'n' },
		{ "delay", required_argument, NULL, 'y' },
		{ "p10cr-id", required_argument, NULL, 'P' },
		{ "init", no_argument, NULL, 'i' },
		{ "subject", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c, rc = 0;

	*o = (struct options){ .subject = "CN=Lab Operator CA,O=Example Operator", .days = 365,
	    .p10cr_id = -1 };
	while (rc == 0 && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'd': o->dir = optarg; break;
		case 'p': rc = read_number(optarg, 0, UINT16_MAX, &o->port); break;
		case 'D': rc = read_number(optarg, 1, 36500, &o->days); break;
		case 'n': o->no_implicit = true; break;
		case 'y': rc = read_number(optarg, 0, 60000, &o->delay_ms); break;
		case 'P': rc = read_number(optarg, -1, 0, &o->p10cr_id); break;
		case 'i': o->init = true; break;
		case 's': o->subject = optarg; break;
		case 'h': fputs(usage, stdout); exit(EXIT_SUCCESS);
		default: rc = -1;
		}
	}
	return rc != 0 || o->dir == NULL || optind != argc ? -1 : 0;
}

static int
write_port(const char *dir, uint16_t port, struct err *e)
{
	char path[PATH_MAX], text[16];

	snprintf(path, sizeof(path), "%s/port", dir);
	snprintf(text, sizeof(text), "%u\n", port);
	return file_write(path, mem_str(text), 0644, e);
}

/* Until SIGTERM or SIGINT, which are blocked in all threads. */
static int
serve(struct labca *l, uint16_t port, struct err *e)
{
	struct server *s = NULL;
	struct log_line line;
	sigset_t end;
	int sig;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	if (pthread_sigmask(SIG_BLOCK, &end, NULL) != 0 || server_start(l, &port, &s, e) != 0)
		return -1;
	if (write_port(l->dir, port, e) != 0) {
		server_stop(s);
		return -1;
	}
	log_begin(&line, LOG_NOTICE, "labca.ready");
	log_u64(&line, "port", port);
	log_str(&line, "dir", l->dir);
	log_str(&line, "note", "a test CA, not part of the product");
	log_end(&line);
	while (sigwait(&end, &sig) != 0)
		continue;
	server_stop(s);
	return 0;
}

static int
run(const struct options *o, struct err *e)
{
	struct labca l = { .dir = o->dir, .days = (int)o->days, .no_implicit = o->no_implicit,
	    .p10cr_id = o->p10cr_id, .delay_ms = o->delay_ms, .lock = PTHREAD_MUTEX_INITIALIZER };
	int rc = -1;

	if (mkdir(o->dir, 0755) != 0 && access(o->dir, W_OK) != 0)
		return err_sys(e, R_FILE_IO, "%s", o->dir);
	if (o->init)
		return ca_init(o->dir, o->subject, e);
	if (ca_load(o->dir, &l.ca, e) != 0 || journal_open(o->dir, &l.journal, e) != 0 ||
	    txns_load(l.journal, &l.txns, e) != 0)
		goto out;
	rc = serve(&l, (uint16_t)o->port, e);
out:
	txns_free(l.txns);
	journal_close(l.journal);
	ca_clear(&l.ca);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct err e;

	log_open("nemra-labca");
	if (read_options(argc, argv, &o) != 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	err_clear(&e);
	if (run(&o, &e) != 0) {
		log_failure(LOG_ERROR, "labca.failed", &e);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
