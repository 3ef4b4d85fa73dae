/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * nemra-agent: enrol a station and install what comes. See nemra-agent(8).
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/priv.h"
#include "agent/program.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/pki/memory.h"
#include "common/pki/text.h"

#define CONF_DEFAULT "/etc/nemra-agent/agent.yaml"

struct options {
	const char *conf;
	const char *out;		/* csr: file; NULL: standard output */
	const char *file;		/* install: the chain */
	bool json, raw, force;
	int wait;			/* 0: as configured, 1: for ever, -1: not at all */
};

struct program {
	struct options o;
	struct agent_conf conf;
	struct blob device_cert, operator_trust;
	struct nemra_agent *agent;
	const char *event;		/* for hooks */
};

static int
fail(const struct nemra_error *e)
{
	bool more = e->detail[0] != '\0';

	fprintf(stderr, "nemra-agent: %s: %s%s%s%s\n", e->reason, e->sentence, more ? " (" : "", e->detail,
	    more ? ")" : "");
	fprintf(stderr, "  cause: %s\n  fix:   %s\n", e->cause, e->fix);
	return e->status;
}

static int
fail_err(const struct err *e)
{
	struct nemra_error ne;

	error_from(&ne, e);
	return fail(&ne);
}

/* --- putting it together --- */

/* A text that the file leaves out is empty there and NULL to the library. */
static const char *
given(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static void
fill_config(const struct program *p, bool with_device, struct nemra_agent_config *c)
{
	const struct agent_conf *y = &p->conf;

	*c = (struct nemra_agent_config){
		.station = given(y->station), .profile = given(y->profile),
		.subject = given(y->subject), .key_type = given(y->key),
		.dns = (const char *const *)y->san_dns, .n_dns = y->n_san_dns,
		.ip = (const char *const *)y->san_ip, .n_ip = y->n_san_ip,
		.form = (enum nemra_form)y->request, .no_envelope = !y->envelope,
		.device_cert = { p->device_cert.p, p->device_cert.len },
		.device_key = with_device ? y->device.key : NULL,
		.operator_trust = { p->operator_trust.p, p->operator_trust.len },
		.wait_s = p->o.wait > 0 ? -1 : p->o.wait < 0 ? 0 : y->wait / 1000,
		.retry_first_s = (uint32_t)(y->retry.first / 1000),
		.retry_most_s = (uint32_t)(y->retry.most / 1000),
		.read_template = json_template, .read_problem = json_problem,
	};
}

/* Configuration, files, store, agent. An exit status. */
static int
program_open(struct program *p, bool read_only, bool with_device)
{
	const struct agent_conf *y = &p->conf;
	struct nemra_agent_config c;
	struct nemra_error ne;
	struct err e;

	if (agent_conf_load(p->o.conf, &p->conf, &e) != 0) {
		(void)fail_err(&e);
		return 4;
	}
	if ((with_device && file_read(y->device.cert, LIM_TRUST_FILE, &p->device_cert, &e) != 0) ||
	    (given(y->operator_trust) != NULL &&
	    file_read(y->operator_trust, LIM_TRUST_FILE, &p->operator_trust, &e) != 0))
		return fail_err(&e);
	fill_config(p, with_device, &c);
	if (nemra_store_folder(y->store, read_only, &c.store, &ne) != 0 ||
	    nemra_agent_new(&c, &p->agent, &ne) != 0)
		return fail(&ne);
	return 0;
}

static void
program_close(struct program *p)
{
	nemra_agent_free(p->agent);
	agent_conf_free(&p->conf);
	blob_free(&p->device_cert);
	blob_free(&p->operator_trust);
}

/* --- what the loop needs --- */

static void
host_sleep(void *self, int64_t mono_ms, const struct nemra_error *why)
{
	struct log_line l;

	log_begin(&l, LOG_INFO, "enrol.waits");
	log_i64(&l, "ms", mono_ms - clock_mono_ms());
	log_str(&l, "reason", why->reason);
	log_str(&l, "detail", why->detail);
	log_end(&l);
	nemra_host_default.sleep_until(self, mono_ms, why);
}

static int
host_hooks(void *self, struct nemra_error *ne)
{
	const struct program *p = self;
	struct err e;

	if (hooks_run(&p->conf, p->event, &e) == 0)
		return 0;
	error_from(ne, &e);
	return -1;
}

static int
run(struct program *p)
{
	const struct agent_conf *c = &p->conf;
	const struct nemra_https https = { .gateway = c->gateway, .trust_file = c->trust,
		.cert_file = c->device.cert, .key_file = c->device.key,
		.connect_ms = (long)c->connect_timeout, .total_ms = (long)c->timeout };
	const struct nemra_host host = { .self = p, .now = nemra_host_default.now,
		.sleep_until = host_sleep, .hooks = host_hooks };
	struct nemra_transport t;
	struct nemra_error ne;
	int rc;

	if (nemra_transport_https(&https, &t, &ne) != 0)
		return fail(&ne);
	rc = nemra_agent_run(p->agent, &t, &host, &ne) == 0 ? 0 : fail(&ne);
	t.free(t.self);
	return rc;
}

/* --- verbs --- */

static int
verb_enrol(struct program *p)
{
	nemra_agent_aim(p->agent, p->o.force ? NEMRA_ENROL_NOW : NEMRA_ENROL);
	return run(p);
}

static int
write_request(const struct program *p)
{
	struct nemra_bytes r = nemra_agent_get0_request(p->agent, !p->o.raw);
	struct buf b;
	struct err e;
	int rc;

	if (r.len == 0) {
		err_set(&e, R_USAGE, "the pending request has no PKCS#10 form; use --raw");
		return fail_err(&e);
	}
	buf_init(&b, NEMRA_VALUE);
	if (p->o.raw)
		buf_add(&b, r.p, r.len);
	else
		pem_add(&b, "CERTIFICATE REQUEST", (struct mem){ r.p, r.len });
	if (!buf_ok(&b))
		rc = err_set(&e, R_NO_MEMORY, "request");
	else if (p->o.out != NULL)
		rc = file_write(p->o.out, buf_mem(&b), 0644, &e);
	else if (fwrite(b.p, 1, b.len, stdout) != b.len || fflush(stdout) != 0)
		rc = err_sys(&e, R_FILE_IO, "standard output");
	else
		rc = 0;
	buf_free(&b);
	return rc == 0 ? 0 : fail_err(&e);
}

static int
verb_csr(struct program *p)
{
	int rc;

	nemra_agent_aim(p->agent, NEMRA_REQUEST);
	rc = run(p);
	return rc == 0 ? write_request(p) : rc;
}

/* With a file: a chain that came by hand. Without: the hooks once more. */
static int
verb_install(struct program *p)
{
	struct blob chain = { NULL, 0 };
	struct nemra_error ne;
	struct err e;
	int rc;

	p->event = p->o.file != NULL ? "enrolled" : "retried";
	nemra_agent_aim(p->agent, p->o.file != NULL ? NEMRA_INSTALL : NEMRA_HOOKS_AGAIN);
	if (p->o.file == NULL)
		return run(p);
	if (file_read(p->o.file, NEMRA_VALUE, &chain, &e) != 0)
		return fail_err(&e);
	rc = nemra_agent_offer(p->agent, (struct nemra_bytes){ chain.p, chain.len }, &ne);
	blob_free(&chain);
	return rc == 0 ? run(p) : fail(&ne);
}

/* The exit status says the state: 0 a certificate is in use, 5 a request is under way, 9 hooks are owed, 6 nothing. */
static int
status_code(enum nemra_state s)
{
	switch (s) {
	case NEMRA_NOTHING:
		return 6;
	case NEMRA_READY:
	case NEMRA_PENDING:
		return 5;
	case NEMRA_NOT_HOOKED:
		return 9;
	case NEMRA_INSTALLED:
		break;
	}
	return 0;
}

static int
verb_status(struct program *p)
{
	enum nemra_state state;
	struct nemra_error ne;

	return status_print(p->agent, p->o.json, &state, &ne) == 0 ? status_code(state) : fail(&ne);
}

/* --- command line --- */

static const struct verb {
	const char *name;
	int (*run)(struct program *p);
	bool read_only, with_device, takes_file;
} verbs[] = {
	/* what    how            reads only  device key  takes a file */
	{ "enrol",   verb_enrol,   false,      true,       false },
	{ "status",  verb_status,  true,       false,      false },
	{ "csr",     verb_csr,     false,      true,       false },
	{ "install", verb_install, false,      false,      true },
};

static const char help[] =
    "Usage: nemra-agent [-c FILE] VERB [OPTION]...\n"
    "  enrol              get a certificate from the gateway and install it\n"
    "    --wait           go on until there is an outcome, however long it takes\n"
    "    --no-wait        one attempt; exit status 5 while the request is pending\n"
    "    --force          also when the certificate in use need not be renewed yet\n"
    "  status             show what is in use and what is under way\n"
    "    -o, --output table|json\n"
    "  csr                make key and request, to be carried by hand\n"
    "    --out FILE       write there instead of standard output\n"
    "    --raw            the bytes that would be uploaded, not the PKCS#10 as PEM\n"
    "  install [FILE]     install the chain in FILE for the pending key; without FILE run the hooks again\n"
    "  -c, --config FILE  default " CONF_DEFAULT "\n"
    "  -h, --help; -V, --version\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' }, { "wait", no_argument, NULL, 'w' },
	{ "no-wait", no_argument, NULL, 'n' }, { "force", no_argument, NULL, 'f' },
	{ "out", required_argument, NULL, 'O' }, { "raw", no_argument, NULL, 'r' },
	{ "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 },
};

static bool
read_option(struct options *o, int c)
{
	switch (c) {
	case 'c': o->conf = optarg; return true;
	case 'w': o->wait = 1; return true;
	case 'n': o->wait = -1; return true;
	case 'f': o->force = true; return true;
	case 'O': o->out = optarg; return true;
	case 'r': o->raw = true; return true;
	case 'o': o->json = strcmp(optarg, "json") == 0; return o->json || strcmp(optarg, "table") == 0;
	default: return false;
	}
}

int
main(int argc, char **argv)
{
	struct program p = { .o = { .conf = CONF_DEFAULT }, .event = "enrolled" };
	const struct verb *v = NULL;
	bool ok = true;
	int c, status;

	pki_memory_watch();
	log_open("nemra-agent");
	(void)signal(SIGPIPE, SIG_IGN);
	while (ok && (c = getopt_long(argc, argv, "c:o:hV", long_options, NULL)) != -1) {
		if (c == 'h' || c == 'V')
			return printf("%s", c == 'h' ? help : "nemra-agent " NEMRA_VERSION "\n") > 0 ? 0 : 1;
		ok = read_option(&p.o, c);
	}
	for (size_t i = 0; ok && optind < argc && i < COUNT_OF(verbs); i++)
		if (strcmp(argv[optind], verbs[i].name) == 0)
			v = &verbs[i];
	if (v == NULL || argc - optind > (v->takes_file ? 2 : 1)) {
		fputs(help, stderr);
		return 1;
	}
	p.o.file = argc - optind == 2 ? argv[optind + 1] : NULL;
	status = program_open(&p, v->read_only, v->with_device);
	if (status == 0)
		status = v->run(&p);
	program_close(&p);
	return status;
}
