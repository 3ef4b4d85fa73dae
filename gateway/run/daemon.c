/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Start-up that every daemon shares: the process is made safe before the first octet of configuration is
 * read, and the configuration is right before the daemon's own first line runs.
 */
#include "gateway/run/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/enc.h"
#include "common/base/log.h"
#include "common/pki/memory.h"

#define DEFAULT_CONF "/etc/nemra/nemra.yaml"
#define PRIVATE_DB "host=/var/lib/nemra/pg/run dbname=nemra"

/* Exit statuses of the manual. */
enum { EXIT_USAGE = 1, EXIT_CONF = 4, EXIT_LOCAL = 6 };

static int signal_fd = -1;

static const enum log_level levels[] = { LOG_ERROR, LOG_WARN, LOG_NOTICE, LOG_INFO, LOG_TRACE };

/*
 * What a daemon may inherit. A list of what is allowed: libraries read proxies, configuration files, key
 * logs and database passwords out of variables that nobody here thinks of.
 */
static const char *const kept[] = {
	"PATH", "HOME", "TZ", "TMPDIR",
	"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY", "INVOCATION_ID",
	"JOURNAL_STREAM", "RUNTIME_DIRECTORY", "STATE_DIRECTORY",
	"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "GCOV_PREFIX", "GCOV_PREFIX_STRIP",
	"LLVM_PROFILE_FILE",
};

static bool
is_kept(const char *entry)
{
	size_t len = strcspn(entry, "=");

	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (strlen(kept[i]) == len && strncmp(kept[i], entry, len) == 0)
			return true;
	return false;
}

void
daemon_clean_environment(void)
{
	char **to = environ;

	for (char **from = environ; from != NULL && *from != NULL; from++)
		if (is_kept(*from))
			*to++ = *from;
	if (environ != NULL)
		*to = NULL;
	if (setenv("LC_ALL", "C", 1) != 0 || setlocale(LC_ALL, "C") == NULL) {
		perror("locale");
		exit(EXIT_LOCAL);
	}
}

static void
harden(void)
{
	const struct rlimit none = { 0, 0 };

	daemon_clean_environment();
	(void)umask(077);
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
		perror("no core dumps");
		exit(EXIT_LOCAL);
	}
	pki_memory_watch();
	/* What the caller left open is none of our business; a kernel before 5.9 cannot say so. */
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
}

/* All threads that start later inherit the mask: signals come through the descriptor alone. */
static void
catch_signals(void)
{
	sigset_t set;

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR || sigemptyset(&set) != 0 ||
	    sigaddset(&set, SIGTERM) != 0 || sigaddset(&set, SIGINT) != 0 ||
	    sigaddset(&set, SIGHUP) != 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0) {
		perror("signals");
		exit(EXIT_LOCAL);
	}
}

int
daemon_signal_fd(void)
{
	return signal_fd;
}

int
daemon_signal(void)
{
	struct signalfd_siginfo info;
	ssize_t n;

	do
		n = read(signal_fd, &info, sizeof(info));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

/*
 * A pipe whose reader hangs would stop whoever logs. The flag that prevents it belongs to the open file, which others
 * share; so the same pipe is opened once more. Where that is refused, log_end() still asks before it writes.
 */
static void
own_stderr(void)
{
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) != 0 || !S_ISFIFO(st.st_mode))
		return;
	fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)dup2(fd, STDERR_FILENO);
	(void)close(fd);
}

static void
print_help(const struct daemon_info *d)
{
	printf("Usage: %s [-c FILE] [--check]\n%s\n\n"
	    "  -c, --config FILE  configuration, default " DEFAULT_CONF "\n"
	    "      --check        read and check the configuration, print it as it takes effect, and end\n"
	    "      --help         print this and end\n"
	    "      --version      print the version and end\n\n"
	    "Exit status: 0 ended in order, 1 usage, 4 configuration, 6 local key, file or socket.\n"
	    "SIGTERM and SIGINT end it. %s%s. Manual: %s(8), nemra.yaml(5).\n",
	    d->name, d->summary, d->reloads != NULL ? "SIGHUP reads anew: " : "A changed configuration needs a restart",
	    d->reloads != NULL ? d->reloads : "", d->name);
}

static NORETURN void
usage(const struct daemon_info *d)
{
	fprintf(stderr, "Try: %s --help\n", d->name);
	exit(EXIT_USAGE);
}

/* -1 when stdout is full or closed: then the answer did not arrive. */
static NORETURN void
end_printed(void)
{
	exit(fflush(stdout) == 0 ? 0 : EXIT_LOCAL);
}

struct options {
	const char *conf;
	bool check;
};

static struct options
read_options(int argc, char **argv, const struct daemon_info *d)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { DEFAULT_CONF, false };
	int c;

	while ((c = getopt_long(argc, argv, "c:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.conf = optarg;
			break;
		case 'k':
			o.check = true;
			break;
		case 'h':
			print_help(d);
			end_printed();
		case 'V':
			printf("%s %s\n", d->name, NEMRA_VERSION);
			end_printed();
		default:
			usage(d);
		}
	}
	if (optind != argc) {
		fprintf(stderr, "%s: %s: there are no arguments beside options\n", d->name, argv[optind]);
		usage(d);
	}
	return o;
}

static void
print_line(void *arg, const char *text)
{
	(void)arg;
	puts(text);
}

static NORETURN void
end_checked(const struct nemra_conf *conf)
{
	const char *key;

	nemra_conf_print(conf, print_line, NULL);
	for (size_t i = 0; (key = nemra_conf_reserved(conf, i)) != NULL; i++)
		printf("# %s has no effect in this version\n", key);
	end_printed();
}

static void
log_reserved(const struct nemra_conf *conf)
{
	struct log_line l;
	const char *key;

	for (size_t i = 0; (key = nemra_conf_reserved(conf, i)) != NULL; i++) {
		log_begin(&l, LOG_NOTICE, "config.no_effect");
		log_str(&l, "key", key);
		log_end(&l);
	}
}

/* A person called --check: no line for a log. */
static NORETURN void
end_refused(const struct daemon_info *d, bool person, const struct err *e)
{
	struct buf b;

	buf_init(&b, 4096);
	enc_printable(&b, mem_str(e->detail), sizeof(e->detail));
	if (person && buf_ok(&b))
		fprintf(stderr, "%s: %s\n", d->name, buf_text(&b));
	else
		log_failure(LOG_ERROR, "config.refused", e);
	buf_free(&b);
	exit(EXIT_CONF);
}

void
daemon_start(int argc, char **argv, const struct daemon_info *d, struct nemra_conf *conf)
{
	struct options o;
	struct err e;

	harden();
	o = read_options(argc, argv, d);
	own_stderr();
	log_open(d->name);
	if (nemra_conf_load(o.conf, conf, &e) != 0)
		end_refused(d, o.check, &e);
	if (o.check)
		end_checked(conf);
	log_set_level(levels[conf->log.level]);
	log_reserved(conf);
	catch_signals();
}

void
daemon_confine(const struct confinement *c)
{
	struct confinement may = *c;
	struct log_line l;
	struct err e;
	int version;

#ifdef NEMRA_COVERAGE
	may.writes = true;	/* its counts, at the end */
#endif
	version = confine(&may, &e);
	if (version < 0) {
		log_failure(LOG_ERROR, "daemon.not_confined", &e);
		exit(EXIT_LOCAL);
	}
	log_begin(&l, LOG_INFO, "daemon.confined");
	log_i64(&l, "landlock", version);
	log_end(&l);
}

const char *
daemon_db_url(const struct nemra_conf *conf)
{
	return conf->database.url[0] != '\0' ? conf->database.url : PRIVATE_DB;
}
