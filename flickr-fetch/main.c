/* frl-flickr-fetch: photos with given tags from Flickr, completely, politely, restartably (frl-flickr-fetch(1)) */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "common/io.h"
#include "common/num.h"
#include "common/progress.h"
#include "flickr-fetch/fetch.h"
#include "flickr-fetch/licence.h"
#include "flickr-fetch/session.h"
#include "flickr-fetch/transfer.h"
#include "flickr-fetch/url.h"

#define FLICKR_BEGAN 1076371200 /* 10 February 2004 */

/* ---- options with a syntax of their own */

/* Unix seconds, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, UTC. */
static int parse_date(void *data, const char *arg, struct err *e)
{
	int64_t *t = data;
	struct tm tm = { 0 };
	const char *end;

	if (num_parse_i64(arg, t) == 0 && *t >= 0 && *t <= UINT32_MAX)
		return 0;
	end = strptime(arg, "%Y-%m-%d", &tm);
	if (end && *end == 'T')
		end = strptime(end + 1, "%H:%M:%S", &tm);
	if (!end || (*end && strcmp(end, "Z") != 0))
		return err_set(e, "'%s' is no date (YYYY-MM-DD, YYYY-MM-DDTHH:MM:SS or unix seconds, UTC)", arg);
	*t = timegm(&tm);
	return 0;
}

static int parse_tag(void *data, const char *arg, struct err *e)
{
	return tags_add_list(data, arg, e);
}

static int parse_tags_file(void *data, const char *arg, struct err *e)
{
	return tags_add_file(data, arg, e);
}

static int parse_licence(void *data, const char *arg, struct err *e)
{
	return licence_parse(data, arg, e);
}

static int parse_size(void *data, const char *arg, struct err *e)
{
	struct api_sizes *s = data;

	s->original = strcmp(arg, "original") == 0;
	if (!s->original && strcmp(arg, "large") != 0)
		return err_set(e, "'%s' is neither 'large' nor 'original'", arg);
	return 0;
}

static int parse_deny(void *data, const char *arg, struct err *e)
{
	return picture_deny_read(data, arg, e);
}

/* ---- the program */

static const struct opt_program program = {
	.name = "frl-flickr-fetch",
	.synopsis = "frl-flickr-fetch -d DIR --tags-default [--since DATE] [OPTION]...\n"
		    "frl-flickr-fetch -d DIR --resume [OPTION]...\n"
		    "frl-flickr-fetch -d DIR --verify | --manifest\n"
		    "frl-flickr-fetch --tags-default --list | --dry-run",
	.purpose =
		"Collects photos with given tags and licences from Flickr, and writes a manifest row for each as soon as it is "
		"safely on disk.",
	.example =
		"frl-flickr-fetch -d photos --tags-default --since 2024-01-01 | frl-detect | frl-crop > shard.bin\n"
		"17 3 * * *  frl-flickr-fetch -d /data/flickr --resume --quiet | frl-detect | frl-crop -o /data/flickr.bin "
		"--append",
	.notice = "This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc.",
};

static void on_signal(int number)
{
	fetch_signal = number;
}

/* The loop sees the signal and ends in order; a second one is not waited for. */
static void catch_signals(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	size_t i;

	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void check_usage(const struct config *c, bool paper)
{
	bool needs_dir = !c->list && !c->dry_run;
	int modes = c->list + c->dry_run + c->verify + c->manifest;

	if (modes > 1)
		opt_usage(&program, "--list, --dry-run, --verify and --manifest exclude each other");
	if (needs_dir && !c->dir)
		opt_usage(&program, "no folder: -d DIR");
	if (!needs_dir && !paper && !c->tags.n)
		opt_usage(&program, "no tags: --tags-default, --tag TAG or --tags-file FILE");
	if (c->until && c->until < c->since)
		opt_usage(&program, "--until is before --since");
	if (!url_api_allowed(c->api_url))
		opt_usage(&program, "--api-url must be https, or http on loopback");
}

static int run_in_dir(struct config *c, struct err *e)
{
	const struct transfer_options to = { c->user_agent, c->cacert, c->timeout, c->stall, c->connections };
	struct transfers *t = NULL;
	struct session s;
	int rc = -1;

	if (session_open(&s, c, !c->manifest, e))
		return -1;
	if (c->manifest) {
		rc = manifest_write(c, s.l, NULL, e);
		goto out;
	}
	if (session_query(&s, c, e))
		goto out;
	t = transfers_new(&to, e);
	if (!t)
		goto out;
	rc = c->verify ? fetch_verify(c, s.l, t) : fetch_run(c, s.l, t);
out:
	transfers_free(t);
	session_close(&s);
	return rc;
}

static int run(struct config *c, struct err *e)
{
	const struct transfer_options to = { c->user_agent, c->cacert, c->timeout, c->stall, c->connections };
	struct transfers *t;
	int rc;

	if (!c->list && !c->dry_run)
		return run_in_dir(c, e);
	t = transfers_new(&to, e);
	if (!t)
		return -1;
	rc = c->list ? fetch_list(c, t) : fetch_dry_run(c, t);
	transfers_free(t);
	return rc;
}

int main(int argc, char **argv)
{
	struct config c = {
		.since = FLICKR_BEGAN,
		.safe_search = 1,
		.sizes = { .max_side = 1024 },
		.overlap = 172800,
		.api_rate = 3600,
		.image_rate = 5,
		.connections = 8,
		.timeout = 120,
		.stall = 30,
		.retries = 5,
		.backoff = 2,
		.max_wait = 900,
		.api_url = API_URL,
		.argc = argc,
		.argv = argv,
	};
	bool paper = false;
	const char *key_file = NULL, *contact = NULL;
	struct err e = { 0 };
	int rc;
	struct opt options[] = {
		OPT_GROUP("What to collect"),
		OPT_BOOL(0, "tags-default", &paper, "photos with any of the paper's 100 tags"),
		OPT_FN('t', "tag", "TAG[,TAG]...", parse_tag, &c.tags,
		       "photos with these tags as well; may be given again"),
		OPT_FN(0, "tags-file", "FILE", parse_tags_file, &c.tags, "the same, one tag a line"),
		OPT_FN(0, "since", "DATE", parse_date, &c.since, "uploaded on or after this date (2004-02-10)"),
		OPT_FN(0, "until", "DATE", parse_date, &c.until, "uploaded on or before this date (now)"),
		OPT_FN('l', "license", "LIST", parse_licence, &c.licences,
		       "licences by id or name: by, by-sa, .., by-4.0, cc0, pdm, commons, usgov (" LICENCE_DEFAULT ")"),
		OPT_INT(0, "safe-search", "N", &c.safe_search, 1, 3, "1 safe, 2 moderate, 3 restricted content, too"),
		OPT_INT(0, "max-side", "N", &c.sizes.max_side, 100, 6144,
			"the largest size whose longer side is at most N"),
		OPT_INT(0, "min-side", "N", &c.min_side, 0, 6144, "only photos whose shorter side is at least N"),
		OPT_FN(0, "size", "large|original", parse_size, &c.sizes,
		       "original: the file as uploaded, where one can have it"),
		OPT_I64(0, "limit", "N", &c.limit, 0, 1e12, "stop after N photos; 0: none"),
		OPT_GROUP("What to do"),
		OPT_STR('d', "dir", "DIR", &c.dir, "folder of the photos and their ledger"),
		OPT_BOOL(0, "resume", &c.resume, "go on where the last run stopped, with its query if none is given"),
		OPT_I64(0, "overlap", "SECONDS", &c.overlap, 0, 1e9,
			"how far --resume goes back, since uploads are indexed late"),
		OPT_BOOL(0, "list", &c.list, "write rows of what would be fetched; fetch nothing"),
		OPT_BOOL(0, "dry-run", &c.dry_run, "write how much there is, by period, and what it would cost"),
		OPT_BOOL(0, "verify", &c.verify, "remove photos whose owners took them back; write their keys"),
		OPT_BOOL(0, "manifest", &c.manifest, "write the ledger as a manifest"),
		OPT_GROUP("Manners"),
		OPT_F64(0, "api-rate", "N", &c.api_rate, 1, 1e9, "API calls an hour"),
		OPT_F64(0, "image-rate", "N", &c.image_rate, 0.01, 1e6, "image requests a second to one host"),
		OPT_INT('c', "connections", "N", &c.connections, 1, 64, "image requests at once"),
		OPT_F64(0, "timeout", "SECONDS", &c.timeout, 0.1, 86400, "for a whole transfer"),
		OPT_F64(0, "stall", "SECONDS", &c.stall, 0.1, 86400, "without a byte"),
		OPT_INT(0, "retries", "N", &c.retries, 0, 100, "further attempts after a passing failure"),
		OPT_F64(0, "backoff", "SECONDS", &c.backoff, 0.001, 3600,
			"before the second attempt; doubles, with jitter"),
		OPT_F64(0, "max-wait", "SECONDS", &c.max_wait, 0, 86400,
			"longest pause to sit out; a longer one ends with 75"),
		OPT_STR(0, "contact", "TEXT", &contact,
			"address or URL for the User-Agent, so that people can reach you"),
		OPT_GROUP("Where"),
		OPT_STR(0, "key-file", "FILE", &key_file, "file of mode 600 with the API key (FLICKR_API_KEY)"),
		OPT_STR(0, "api-url", "URL", &c.api_url, "endpoint of the API"),
		OPT_LIST(0, "allow-host", "HOST", &c.allow_host, "images may come from HOST, too"),
		OPT_STR(0, "cacert", "FILE", &c.cacert, "certificate authorities to trust instead of the system's"),
		OPT_FN(0, "deny", "FILE", parse_deny, &c.deny,
		       "SHA-256 hashes, one a line, of pictures that are no photos"),
		OPT_GROUP("Common"),
		OPT_QUIET(&c.common),
		OPT_JSON(&c.common),
		OPT_NO_PG(&c.common),
		OPT_END,
	};

	summary_start();
	err_program(program.name);
	if (argc < 2)
		opt_usage(&program, NULL);
	if (opt_parse(&program, options, argc, argv) < argc)
		opt_usage(&program, "arguments are not expected");
	check_usage(&c, paper);
	if (paper)
		tags_add_paper(&c.tags);
	if (!c.licences && licence_parse(&c.licences, LICENCE_DEFAULT, &e))
		die_err(&e);
	if (!c.manifest && session_key(&c, key_file, &e))
		die_err(&e);
	c.user_agent = xasprintf("frl-flickr-fetch/%s%s%s%s", err_version(), contact ? " (+" : "",
				 contact ? contact : "", contact ? ")" : "");
	catch_signals();
	rc = run(&c, &e);
	if (rc < 0) {
		warn("%s", e.msg);
		rc = e.code;
	}
	tags_release(&c.tags);
	free(c.user_agent);
	free(c.key);
	free(c.deny.hash);
	if (fetch_signal) {
		signal((int)fetch_signal, SIG_DFL);
		raise((int)fetch_signal);
	}
	return io_finish(rc);
}
