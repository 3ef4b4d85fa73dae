/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
"usage: nemra-load --lab DIR [OPTION...]\n"
"\n"
"Many base stations in one process, against the gateway of a lab (deploy/lab/lab up -d DIR). Keys, device\n"
"certificates and requests are made ahead and the stations imported; then each station opens a mutual TLS\n"
"connection, uploads, waits for its certificates and checks them: key, names, chain. Prints what an enrolment cost.\n"
"Exit status 0: every certificate came and is right, and database and CA counted the same number.\n"
"\n"
"  --lab DIR        the lab\n"
"  --stations N     default 200\n"
"  --each N         requests of each station, one after the other over its connection; default 1\n"
"  --parallel N     stations at work at a time; default 64\n"
"  --rate N         stations that begin in a second; default 0: as soon as another has ended\n"
"  --patience S     a station that has no certificate after so many seconds has failed; default 120\n"
"  --key KIND       of the requests: p256 (default) or rsa (2048 bits)\n"
"  --form FORM      pkcs10 (default), crmf or envelope (around a PKCS#10, signed by the device key)\n"
"  --door DOOR      v1 (default: upload, then fetch) or est (simpleenroll, PKCS#10 alone)\n"
"  --inventory N    also put N stations into the inventory that never come\n"
"  --prefix TEXT    begins the stations' names; default load-PID\n"
"  --operator-ca F  what certificates must lead to; default the lab's CA\n"
"  --json FILE      the result as JSON\n"
"  --quiet          print nothing but failures\n";

static const char *const keys[] = { [LOAD_P256] = "p256", [LOAD_RSA] = "rsa", NULL };
static const char *const forms[] = { [LOAD_PKCS10] = "pkcs10", [LOAD_CRMF] = "crmf",
	[LOAD_ENVELOPE] = "envelope", NULL };
static const char *const doors[] = { [LOAD_V1] = "v1", [LOAD_EST] = "est", NULL };

const char *
load_key_name(enum load_key k)
{
	return keys[k];
}

const char *
load_form_name(enum load_form f)
{
	return forms[f];
}

const char *
load_door_name(enum load_door d)
{
	return doors[d];
}

void
options_usage(void)
{
	fputs(usage, stderr);
}

static int
read_size(const char *text, size_t min, size_t *out)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || v < min || v > 10000000)
		return -1;
	*out = v;
	return 0;
}

static int
read_word(const char *text, const char *const *words, int *out)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return 0;
		}
	return -1;
}

static int
set(struct options *o, int c, const char *arg)
{
	int word = 0, rc = 0;
	size_t rate = 0;

	switch (c) {
	case 'l': o->lab = arg; break;
	case 'n': rc = read_size(arg, 1, &o->stations); break;
	case 'e': rc = read_size(arg, 1, &o->each); break;
	case 'p': rc = read_size(arg, 1, &o->parallel); break;
	case 'i': rc = read_size(arg, 0, &o->inventory); break;
	case 'w': rc = read_size(arg, 1, &o->patience); break;
	case 'r': rc = read_size(arg, 0, &rate); o->rate = (double)rate; break;
	case 'k': rc = read_word(arg, keys, &word); o->key = (enum load_key)word; break;
	case 'f': rc = read_word(arg, forms, &word); o->form = (enum load_form)word; break;
	case 'd': rc = read_word(arg, doors, &word); o->door = (enum load_door)word; break;
	case 'x': o->prefix = arg; break;
	case 'o': o->operator_ca = arg; break;
	case 'j': o->json = arg; break;
	case 'q': o->quiet = true; break;
	case 'h': fputs(usage, stdout); exit(EXIT_SUCCESS);
	default: rc = -1;
	}
	return rc;
}

int
options_read(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "lab", required_argument, NULL, 'l' },
		{ "stations", required_argument, NULL, 'n' },
		{ "each", required_argument, NULL, 'e' },
		{ "parallel", required_argument, NULL, 'p' },
		{ "inventory", required_argument, NULL, 'i' },
		{ "rate", required_argument, NULL, 'r' },
		{ "patience", required_argument, NULL, 'w' },
		{ "key", required_argument, NULL, 'k' },
		{ "form", required_argument, NULL, 'f' },
		{ "door", required_argument, NULL, 'd' },
		{ "prefix", required_argument, NULL, 'x' },
		{ "operator-ca", required_argument, NULL, 'o' },
		{ "json", required_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	static char prefix[32];
	int c;

	snprintf(prefix, sizeof(prefix), "load-%d", (int)getpid());
	*o = (struct options){ .prefix = prefix, .stations = 200, .each = 1, .parallel = 64,
	    .patience = 120 };
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (set(o, c, optarg) != 0)
			return -1;
	if (o->lab == NULL || optind != argc || strlen(o->prefix) > 40)
		return -1;
	return o->door == LOAD_EST && o->form != LOAD_PKCS10 ? -1 : 0;
}
