/*
 * mock-flickr: a Flickr for tests, on loopback, that cheats as the real one does and fails as asked
 *
 *	build/tests/mock-flickr --photos 5000 --ready ready &
 *
 * writes `URL` lines and settings as shell variables to the file `ready` once it listens. GET /mock/stats tells what it saw,
 * /mock/withdraw?id=ID takes a photo down, /mock/fault?spec=500:10 changes what goes wrong. --expect lists what exists.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "common/err.h"
#include "common/io.h"
#include "common/num.h"
#include "common/opt.h"
#include "tests/mock/answer.h"
#include "tests/mock/count.h"
#include "tests/mock/pictures.h"
#include "tests/mock/server.h"

struct mock {
	struct catalogue cat;
	struct answer_options answer;
	uint64_t seed;
	double api_limit, image_limit; /* a second; more than that is answered with 429; 0: none */
	double retry_after;
	struct count api, image;
	uint64_t requests, foreign, nameless, ok_images, faults[N_FAULTS], refused;
};

/* ---- faults */

static void gzip(struct server_reply *r)
{
	struct buf out = { 0 };
	z_stream z = { 0 };

	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		die(EXIT_CODE_FAILED, "zlib");
	z.avail_out = (uInt)deflateBound(&z, r->body.len) + 64;
	z.next_out = buf_reserve(&out, z.avail_out);
	z.next_in = (unsigned char *)r->body.data;
	z.avail_in = (uInt)r->body.len;
	deflate(&z, Z_FINISH);
	out.len = z.total_out;
	deflateEnd(&z);
	buf_release(&r->body);
	r->body = out;
	buf_add_str(&r->headers, "Content-Encoding: gzip\r\n");
}

static void html(struct server_reply *r, int status)
{
	r->status = status;
	r->type = "text/html";
	buf_reset(&r->body);
	buf_printf(&r->body, "<!DOCTYPE html><html><body><h1>%d</h1>Bad panda!</body></html>", status);
}

static void say_later(struct mock *m, const struct server_request *q, struct server_reply *r, int status)
{
	html(r, status);
	buf_printf(&r->headers, "Retry-After: %.0f\r\n", m->retry_after);
	early_set(q->path, server_now() + m->retry_after);
}

static void spoil(struct mock *m, const struct server_request *q, struct server_reply *r, enum fault f)
{
	switch (f) {
	case FAULT_429_AFTER:
		say_later(m, q, r, 429);
		break;
	case FAULT_503_AFTER:
		say_later(m, q, r, 503);
		break;
	case FAULT_429:
		html(r, 429);
		break;
	case FAULT_500:
	case FAULT_502:
		html(r, f == FAULT_500 ? 500 : 502);
		break;
	case FAULT_HTML:
		html(r, 200);
		break;
	case FAULT_TRUNCATE:
	case FAULT_STALL:
		r->stop_at = r->body.len / 2;
		r->stall = f == FAULT_STALL;
		break;
	case FAULT_LENGTH:
		r->length = (int64_t)r->body.len / 3;
		break;
	case FAULT_DROP:
		r->drop = true;
		break;
	case FAULT_GZIP:
		gzip(r);
		break;
	case FAULT_CHUNKED:
		r->chunked = true;
		break;
	case FAULT_HUGE:
		buf_reset(&r->body);
		r->zeros = UINT64_C(1) << 30;
		break;
	case FAULT_REDIRECT:
		html(r, 302);
		buf_printf(&r->headers, "Location: https://localhost:1%s\r\n", q->path);
		break;
	default:
		break;
	}
}

/* ---- images: /65535/ID_SECRET_l.jpg */

static void image(struct mock *m, const char *path, struct server_reply *r)
{
	const char *p = strchr(path + 1, '/');
	char id[32] = "";
	int64_t n = 0;
	struct entry *e;

	if (p)
		snprintf(id, sizeof(id), "%.*s", (int)strcspn(p + 1, "_"), p + 1);
	e = num_parse_i64(id, &n) == 0 ? catalogue_find(&m->cat, n) : NULL;
	r->type = "image/jpeg";
	if (strstr(path, "photo_unavailable")) {
		pictures_placeholder(&r->body);
	} else if (!e || e->kind == KIND_GONE_404 || e->kind == KIND_PRIVATE || e->kind == KIND_WITHDRAWN) {
		html(r, 404);
	} else if (e->kind == KIND_GONE_410) {
		html(r, 410);
	} else if (e->kind == KIND_PLACEHOLDER) {
		html(r, 302);
		buf_printf(&r->headers, "Location: %s/pw/images/en-us/photo_unavailable.png\r\n", m->answer.images);
	} else if (e->kind == KIND_FOREIGN) {
		html(r, 302);
		buf_printf(&r->headers, "Location: https://localhost:1/evil.jpg\r\n");
	} else {
		pictures_body(&m->cat, e, &r->body);
		m->ok_images++;
	}
}

/* ---- control */

static void stats(struct mock *m, struct buf *b)
{
	int i;

	buf_printf(b, "api_calls\t%" PRIu64 "\nimage_requests\t%" PRIu64 "\n", m->api.total, m->image.total);
	for (i = 0; i < COUNT_WINDOWS; i++)
		buf_printf(b, "api_most_in_%g_s\t%" PRIu64 "\nimage_most_in_%g_s\t%" PRIu64 "\n", count_window[i],
			   m->api.most[i], count_window[i], m->image.most[i]);
	buf_printf(b,
		   "early\t%" PRIu64 "\nforeign_host\t%" PRIu64 "\nwithout_agent\t%" PRIu64 "\nimages_served\t%" PRIu64
		   "\nrefused\t%" PRIu64 "\n",
		   early_total(), m->foreign, m->nameless, m->ok_images, m->refused);
	for (i = 1; i < N_FAULTS; i++)
		if (m->faults[i])
			buf_printf(b, "fault_%s\t%" PRIu64 "\n", fault_name((enum fault)i), m->faults[i]);
}

static void control(struct mock *m, const char *path, struct server_reply *r)
{
	const char *query = strchr(path, '?');
	char *value = NULL;
	struct err e = { 0 };
	int64_t id;

	if (strncmp(path, "/mock/stats", 11) == 0) {
		stats(m, &r->body);
	} else if (strncmp(path, "/mock/withdraw", 14) == 0 && query && (value = query_get(query + 1, "id"))) {
		struct entry *entry = num_parse_i64(value, &id) == 0 ? catalogue_find(&m->cat, id) : NULL;

		if (entry)
			entry->kind = KIND_WITHDRAWN;
		else
			r->status = 404;
	} else if (strncmp(path, "/mock/fault", 11) == 0) {
		faults_clear();
		value = query ? query_get(query + 1, "spec") : NULL;
		if (value && faults_add(value, &e))
			r->status = 400;
	} else {
		r->status = 404;
	}
	free(value);
}

static void answer(void *data, const struct server_request *q, struct server_reply *r)
{
	struct mock *m = data;
	bool api = strncmp(q->path, "/services/rest/", 15) == 0;
	double now = server_now(), limit = api ? m->api_limit : m->image_limit;
	uint64_t rate;
	enum fault f;

	if (strncmp(q->path, "/mock/", 6) == 0) {
		control(m, q->path, r);
		return;
	}
	m->requests++;
	m->foreign += strcmp(q->host, "127.0.0.1") != 0;
	m->nameless += strncmp(q->agent, "frl-flickr-fetch/", 17) != 0;
	early_check(q->path, now);
	rate = count_add(api ? &m->api : &m->image, now);
	if (limit > 0 && (double)rate > limit) {
		m->refused++;
		say_later(m, q, r, 429);
		return;
	}
	f = faults_draw(m->seed, m->requests, api);
	m->faults[f]++;
	if (api) {
		const char *query = strchr(q->path, '?');

		r->type = "application/json";
		answer_api(&m->answer, &m->cat, query ? query + 1 : "", m->api.total, f, &r->body);
	} else {
		image(m, q->path, r);
	}
	spoil(m, q, r, f);
}

/* ---- the program */

/* id, whether licence and tags match, what it is, the photo it repeats. */
static int expect(const struct mock *m, uint64_t licences)
{
	static const char *const kinds[] = { "ok",    "same", "gone",	 "gone",   "gone",    "wrong",
					     "wrong", "bad",  "foreign", "nosize", "private", "withdrawn" };
	uint64_t tags[2] = { ~UINT64_C(0), ~UINT64_C(0) };
	size_t i;

	printf("id\tdate\tlicence\tkind\tsame\n");
	for (i = 0; i < m->cat.n; i++) {
		const struct entry *e = &m->cat.entry[i];

		if (catalogue_matches(e, tags, licences))
			printf("%" PRId64 "\t%" PRId64 "\t%d\t%s\t%" PRId64 "\n", e->id, e->date, e->licence,
			       kinds[e->kind], e->kind == KIND_SAME ? m->cat.entry[e->same_as].id : 0);
	}
	return io_finish(0);
}

static int parse_fault(void *data, const char *arg, struct err *e)
{
	(void)data;
	return faults_add(arg, e);
}

static void write_ready(const char *path, int port, bool plain, const char *cert)
{
	char *text = xasprintf("port=%d\nurl=%s://127.0.0.1:%d\ncert=%s\npid=%d\n", port, plain ? "http" : "https",
			       port, cert, (int)getpid());
	struct err e = { 0 };

	if (io_write_file(path, text, strlen(text), &e))
		die_err(&e);
	free(text);
}

int main(int argc, char **argv)
{
	static const struct opt_program program = {
		.name = "mock-flickr",
		.synopsis = "[OPTION]... TAG...",
		.purpose = "A Flickr for tests, on loopback only.",
		.example = "mock-flickr --photos 5000 --ready ready woman man child",
	};
	static const char *const dialects[] = { "new", "old", "both", NULL };
	struct mock m = { .retry_after = 1 };
	struct catalogue_options co = { .photos = 1000, .since = 1420070400, .until = 1735689599, .trouble = 0.02 };
	struct server_options so = { .cert = "mock.pem", .answer = answer, .data = &m };
	const char *folder = NULL, *ready = NULL;
	bool list = false, error_20 = false;
	uint64_t bytes = 20000, licences = 1u << 4 | 1u << 9 | 1u << 10 | 1u << 11;
	int64_t seed = 1, photos = 1000, burst = 0;
	double trouble = 0.02;
	size_t i;
	int port;
	struct opt options[] = {
		OPT_I64(0, "seed", "N", &seed, 0, 1e15, "of the catalogue and of all that is random"),
		OPT_I64('n', "photos", "N", &photos, 0, 1e7, "in the catalogue"),
		OPT_I64(0, "burst", "N", &burst, 0, 1e7, "of them uploaded in one second"),
		OPT_F64(0, "trouble", "SHARE", &trouble, 0, 1, "of them that cannot be had or are odd"),
		OPT_BYTES(0, "bytes", "N", &bytes, "of a photo"),
		OPT_STR(0, "folder", "DIR", &folder,
			"serve its JPEGs, each as a photo with the first tag and licence 4"),
		OPT_CHOICE(0, "dialect", "NAME", &m.answer.dialect, dialects, "of the JSON: new, old or both"),
		OPT_BOOL(0, "honest", &m.answer.honest, "no shifting pages, no lies about totals"),
		OPT_BOOL(0, "error-20", &error_20, "error 20 beyond 4,000 results instead of repeats"),
		OPT_FN(0, "fault", "NAME:PERCENT[:api|:image]", parse_fault, NULL, "what goes wrong, how often"),
		OPT_F64(0, "api-limit", "N", &m.api_limit, 0, 1e9, "calls in any second before 429; 0: none"),
		OPT_F64(0, "image-limit", "N", &m.image_limit, 0, 1e9, "the same for images"),
		OPT_F64(0, "retry-after", "SECONDS", &m.retry_after, 1, 1e6, "said with a 429 or 503"),
		OPT_INT(0, "port", "N", &so.port, 0, 65535, "0: any"),
		OPT_BOOL(0, "plain", &so.plain, "http, without TLS"),
		OPT_STR(0, "cert", "FILE", &so.cert, "where the certificate is written"),
		OPT_STR(0, "ready", "FILE", &ready, "written when the server listens"),
		OPT_BOOL(0, "expect", &list, "print what exists and matches, and end"),
		OPT_END,
	};
	int first;

	err_program(program.name);
	first = opt_parse(&program, options, argc, argv);
	if (first == argc || argc - first > 128)
		opt_usage(&program, "1 to 128 tags are needed");
	m.seed = m.answer.seed = co.seed = (uint64_t)seed;
	m.answer.error_20 = error_20;
	co.photos = (size_t)photos;
	co.burst = (size_t)burst;
	co.trouble = trouble;
	co.files = pictures_open(folder, (size_t)bytes);
	if (co.files) {
		co.photos = (size_t)co.files;
		co.since = 1704153600; /* 2 January 2024 */
		co.trouble = 0;
	}
	catalogue_make(&m.cat, &co, argv + first, argc - first);
	/* Each file is a photo that anybody may use, and can be found. */
	for (i = 0; co.files && i < m.cat.n; i++) {
		m.cat.entry[i].licence = 4;
		m.cat.entry[i].tags[0] |= 1;
	}
	if (list) {
		int rc = expect(&m, licences);

		free(m.cat.entry);
		return rc;
	}
	port = server_open(&so);
	m.answer.images = xasprintf("%s://127.0.0.1:%d", so.plain ? "http" : "https", port);
	if (ready)
		write_ready(ready, port, so.plain, so.cert);
	server_run();
	free(m.cat.entry);
	free(m.api.at);
	free(m.image.at);
	return 0;
}
