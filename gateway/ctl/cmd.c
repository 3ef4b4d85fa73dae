/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ctl/cmd.h"

#include <string.h>

static const struct option_info options[OPT_COUNT] = {
	[OPT_HELP] = { "help", 'h', NULL, "Show how it is used." },
	[OPT_VERSION] = { "version", 0, NULL, "Show the version." },
	[OPT_URL] = { "url", 0, "URL", "Talk to unix:/PATH instead of $NEMRA_OPS_URL or unix:/run/nemra/ops.sock." },
	[OPT_OUTPUT] = { "output", 'o', "FORMAT", "table (default), json or csv." },
	[OPT_NO_COLOR] = { "no-color", 0, NULL, "No colours; $NO_COLOR does the same." },
	[OPT_WHERE] = { "where", 0, "EXPR", "Only what fits: KEY OP VALUE, comma means and; OP is = != < <= > >=." },
	[OPT_LIMIT] = { "limit", 0, "N", "At most so many." },
	[OPT_DRY_RUN] = { "dry-run", 0, NULL, "Say what would happen; change nothing." },
	[OPT_YES] = { "yes", 'y', NULL, "Do not ask before changing many." },
	[OPT_WHY] = { "why", 0, "TEXT", "The reason, for the audit trail." },
	[OPT_CONTINUE] = { "continue-on-error", 0, NULL, "Take the lines that are right, whatever the others are." },
	[OPT_ERRORS] = { "errors", 0, "FILE",
	    "Where lines that were not taken are listed (default FILE.errors.csv)." },
	[OPT_FORMAT] = { "format", 0, "FORMAT", "csv or ndjson, when the file's name does not say." },
	[OPT_PROGRESS] = { "progress", 0, "HOW", "auto (a bar on a terminal), json (a line a second) or none." },
	[OPT_VENDOR] = { "vendor", 0, "TEXT", "Vendor, as trust.factory names it." },
	[OPT_MODEL] = { "model", 0, "TEXT", "Model." },
	[OPT_SERIAL] = { "serial", 0, "TEXT", "Serial number in the factory certificate." },
	[OPT_REGION] = { "region", 0, "TEXT", "Region." },
	[OPT_PROFILE] = { "profile", 0, "NAME", "Profile." },
	[OPT_SUBJECT] = { "subject", 0, "DN", "Subject of its own, instead of the profile's." },
	[OPT_SAN_DNS] = { "san-dns", 0, "NAMES", "DNS names of its own, joined by ';'." },
	[OPT_SAN_IP] = { "san-ip", 0, "ADDRESSES", "IP addresses of its own, joined by ';'." },
	[OPT_DEVICE_KEY] = { "device-key", 0, "HEX", "SHA-256 of the device key's SubjectPublicKeyInfo." },
	[OPT_SSH_KEY] = { "ssh-key", 0, "KEY", "Public key for SFTP, as in authorized_keys." },
	[OPT_STATE] = { "state", 0, "STATE", "active or blocked." },
	[OPT_EXPECT] = { "expect", 0, "SEQ:MAC", "Head of an earlier run, which must be found again." },
	[OPT_CONFIG] = { "config", 'c', "FILE", "Configuration file (default /etc/nemra/nemra.yaml)." },
};

#define LIST (OPT(WHERE) | OPT(LIMIT))

static const struct command table[] = {
	{ "station", "import", "FILE", 1, 1,
	    OPT(DRY_RUN) | OPT(CONTINUE) | OPT(ERRORS) | OPT(FORMAT) | OPT(PROGRESS),
	    "Add and change stations from CSV or NDJSON (- reads standard input).", cmd_station_import },
	{ "station", "export", "", 0, 0, LIST,
	    "Write stations as CSV (or, with -o json, NDJSON) that can be imported again.", cmd_station_export },
	{ "station", "list", "", 0, 0, LIST, "List stations.", cmd_station_list },
	{ "station", "show", "NAME", 1, 1, 0, "Show one station.", cmd_station_show },
	{ "station", "add", "NAME", 1, 1, OPT(DRY_RUN) | OPTS_STATION,
	    "Add a station, or change what is given of one.", cmd_station_add },
	{ "station", "block", "NAME", 1, 1, OPT(DRY_RUN) | OPT(WHY),
	    "Refuse everything a station asks for; station add --state active undoes it.", cmd_station_block },
	{ "request", "list", "", 0, 0, LIST, "List requests.", cmd_request_list },
	{ "request", "show", "ID", 1, 1, 0, "Show one request: timeline, reason, messages.", cmd_request_show },
	{ "request", "approve", "[ID...]", 0, 1000, LIST | OPT(DRY_RUN) | OPT(YES) | OPT(WHY),
	    "Let held requests go, by id or by --where.", cmd_request_approve },
	{ "request", "deny", "[ID...]", 0, 1000, LIST | OPT(DRY_RUN) | OPT(YES) | OPT(WHY),
	    "Refuse held requests, by id or by --where; --why is a must.", cmd_request_deny },
	{ "request", "retry", "[ID...]", 0, 1000, LIST | OPT(DRY_RUN) | OPT(YES) | OPT(WHY),
	    "Begin requests in doubt anew, as other attempts; --why is a must.", cmd_request_retry },
	{ "request", "cancel", "[ID...]", 0, 1000, LIST | OPT(DRY_RUN) | OPT(YES) | OPT(WHY),
	    "Give up requests in doubt, or such that have not left; --why is a must.", cmd_request_cancel },
	{ "certificate", "list", "", 0, 0, LIST, "List certificates.", cmd_certificate_list },
	{ "certificate", "show", "ID", 1, 1, 0,
	    "Show one certificate, decoded, by its key or its request.", cmd_certificate_show },
	{ "certificate", "export", "ID", 1, 1, 0, "Write one certificate and its chain as PEM.",
	    cmd_certificate_export },
	{ "ca", "list", "", 0, 0, 0, "List the CAs and whether they answer.", cmd_ca_list },
	{ "ca", "pause", "NAME", 1, 1, OPT(WHY), "Send nothing more to a CA; --why is a must.", cmd_ca_pause },
	{ "ca", "resume", "NAME", 1, 1, OPT(WHY), "Send to a paused CA again.", cmd_ca_resume },
	{ "audit", "list", "", 0, 0, LIST, "List audit events.", cmd_audit_list },
	{ "audit", "verify", "", 0, 0, OPT(EXPECT),
	    "Check the audit trail from its first link to its last.", cmd_audit_verify },
	{ "config", "check", "", 0, 0, OPT(CONFIG),
	    "Check the configuration; the daemons need not run.", cmd_config_check },
	{ "status", NULL, "", 0, 0, 0, "Is it well, and if not, what is the matter and what to do.", cmd_status },
	{ "completion", NULL, "", 0, 0, 0, "Write completion for bash: . <(nemractl completion)", cmd_completion },
};

const struct option_info *
option_info(enum ctl_opt o)
{
	return &options[o];
}

const struct command *
commands(size_t *n)
{
	*n = COUNT_OF(table);
	return table;
}

const struct command *
command_find(const char *noun, const char *verb)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (strcmp(table[i].noun, noun) == 0 &&
		    (table[i].verb == NULL || (verb != NULL && strcmp(table[i].verb, verb) == 0)))
			return &table[i];
	return NULL;
}

bool
noun_known(const char *noun)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (strcmp(table[i].noun, noun) == 0)
			return true;
	return false;
}
