#include "tests/mock/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/num.h"
#include "tests/mock/pictures.h"

#define CAP 4000
#define PER_PAGE_MAX 500

char *query_get(const char *query, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = query; p; p = strchr(p, '&')) {
		char *out, *to;

		p += *p == '&';
		if (strncmp(p, name, n) != 0 || p[n] != '=')
			continue;
		out = to = xstrndup(p + n + 1, strcspn(p + n + 1, "&"));
		for (p = out; *p; p++) {
			if (p[0] == '%' && p[1] && p[2]) {
				char hex[3] = { p[1], p[2], '\0' };

				*to++ = (char)strtol(hex, NULL, 16);
				p += 2;
			} else {
				*to++ = *p == '+' ? ' ' : *p;
			}
		}
		*to = '\0';
		return out;
	}
	return NULL;
}

static int64_t query_i64(const char *query, const char *name, int64_t otherwise)
{
	char *text = query_get(query, name);
	int64_t v;

	if (!text || num_parse_i64(text, &v))
		v = otherwise;
	free(text);
	return v;
}

static void fail(struct buf *b, int code, const char *message)
{
	buf_printf(b, "{\"stat\":\"fail\",\"code\":%d,\"message\":\"%s\"}", code, message);
}

/* ---- one photo */

static void put_text(struct json_out *w, bool old, const char *key, const char *text)
{
	json_key(w, key);
	if (old && strcmp(key, "title") == 0) {
		json_open(w, '{');
		json_key(w, "_content");
		json_put_str(w, text);
		json_close(w, '}');
	} else if (strchr(text, '\xff')) {
		/* Bytes that are no UTF-8, as old accounts have them. */
		buf_printf(w->b, "\"%s\"", text);
		w->comma = true;
	} else {
		json_put_str(w, text);
	}
}

static void put_number(struct json_out *w, bool old, const char *key, int64_t v)
{
	char text[32];

	json_key(w, key);
	if (old) {
		snprintf(text, sizeof(text), "%" PRId64, v);
		json_put_str(w, text);
	} else {
		json_put_i64(w, v);
	}
}

static const char *title_of(const struct entry *e)
{
	static const char *const titles[] = {
		"Family at the lake",
		"tab\there",
		"line\nbreak # and \"quotes\"",
		"back\\slash",
		"\xe5\xae\xb6\xe6\x97\x8f",
		"\xf0\x9f\x98\x80 smile",
		"",
		"caf\xc3\xa9 # 3",
		"CRLF\r\n",
		"<b>&amp;</b>",
		"Gr\xff\xfe\xdf"
		"e",
	};

	return titles[mix(e->draw, 20) % (sizeof(titles) / sizeof(titles[0]))];
}

static void put_size(struct json_out *w, const struct answer_options *o, const struct entry *e, const char *suffix,
		     int width, int height, bool old)
{
	char key[32], *url = xasprintf("%s/%d/%" PRId64 "_%08x_%s.jpg", o->images, 65535, e->id,
				       (unsigned)mix(e->draw, 21), suffix);

	snprintf(key, sizeof(key), "url_%s", suffix);
	put_text(w, old, key, url);
	snprintf(key, sizeof(key), "width_%s", suffix);
	put_number(w, old, key, width);
	snprintf(key, sizeof(key), "height_%s", suffix);
	put_number(w, old, key, height);
	free(url);
}

static void put_photo(struct json_out *w, const struct answer_options *o, const struct catalogue *c,
		      const struct entry *e, bool old)
{
	struct buf tags = { 0 };
	time_t taken = (time_t)(e->date - (int64_t)(mix(e->draw, 22) % 1000000));
	char text[64];
	struct tm tm;
	int t, width, height;

	json_open(w, '{');
	snprintf(text, sizeof(text), "%" PRId64, e->id);
	put_text(w, old, "id", text);
	snprintf(text, sizeof(text), "%u@N0%u", (unsigned)mix(e->draw, 23) % 100000000,
		 (unsigned)mix(e->draw, 24) % 10);
	put_text(w, old, "owner", text);
	put_text(w, old, "title", title_of(e));
	put_text(w, old, "ownername", mix(e->draw, 25) % 7 ? "Ada L." : "Zo\xc3\xab \xf0\x9f\x8e\x88");
	put_number(w, old, "license", e->licence);
	put_number(w, old, "dateupload", e->date);
	gmtime_r(&taken, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	put_text(w, old, "datetaken", text);
	put_text(w, old, "media", "photo");
	for (t = 0; t < c->n_tags; t++)
		if (e->tags[t / 64] >> t % 64 & 1)
			buf_printf(&tags, "%s%s", tags.len ? " " : "", c->tag[t]);
	put_text(w, old, "tags", tags.data ? tags.data : "");
	buf_release(&tags);
	put_number(w, old, "ispublic", 1);
	if (e->kind != KIND_NO_SIZE) {
		pictures_size(e, &width, &height);
		/* Some photos are small: the next size down is the largest there is. */
		put_size(w, o, e, mix(e->draw, 26) % 10 ? "l" : "c", width, height, old);
	}
	json_close(w, '}');
}

/* ---- search */

struct search {
	uint64_t tags[2], licences;
	int64_t from, to;
	int page, per_page;
};

static int parse_search(struct search *s, const struct catalogue *c, const char *query)
{
	char *tags = query_get(query, "tags"), *licences = query_get(query, "license"), *word, *save = NULL;
	int64_t id;
	int t;

	memset(s, 0, sizeof(*s));
	for (word = tags ? strtok_r(tags, ",", &save) : NULL; word; word = strtok_r(NULL, ",", &save))
		for (t = 0; t < c->n_tags; t++)
			if (strcmp(word, c->tag[t]) == 0)
				s->tags[t / 64] |= UINT64_C(1) << t % 64;
	for (word = licences ? strtok_r(licences, ",", &save) : NULL; word; word = strtok_r(NULL, ",", &save))
		if (num_parse_i64(word, &id) == 0 && id >= 0 && id < 64)
			s->licences |= UINT64_C(1) << id;
	if (!licences)
		s->licences = ~UINT64_C(0);
	free(tags);
	free(licences);
	s->from = query_i64(query, "min_upload_date", 0);
	s->to = query_i64(query, "max_upload_date", INT64_C(1) << 40);
	s->page = (int)query_i64(query, "page", 1);
	s->per_page = (int)query_i64(query, "per_page", 100);
	if (s->page < 1)
		s->page = 1;
	if (s->per_page < 1 || s->per_page > PER_PAGE_MAX)
		s->per_page = PER_PAGE_MAX;
	return s->tags[0] || s->tags[1] ? 0 : -1;
}

/* Results number first .. first + n - 1 into found; returns how many there are in all. */
static size_t collect(const struct catalogue *c, const struct search *s, size_t first, size_t n,
		      const struct entry **found, size_t *n_found)
{
	size_t i, seen = 0;

	*n_found = 0;
	for (i = catalogue_first(c, s->from); i < c->n && c->entry[i].date <= s->to; i++) {
		if (!catalogue_matches(&c->entry[i], s->tags, s->licences))
			continue;
		if (seen >= first && seen < first + n)
			found[(*n_found)++] = &c->entry[i];
		seen++;
	}
	return seen;
}

static void put_malformed(struct json_out *w, enum fault fault)
{
	json_open(w, '{');
	json_key(w, "id");
	if (fault == FAULT_TRAVERSAL)
		json_put_str(w, "../../../tmp/evil");
	else
		json_open(w, '['), json_close(w, ']');
	json_key(w, "url_l");
	json_put_str(w, "https://live.staticflickr.com/1/2_3_l.jpg");
	json_close(w, '}');
	json_put_i64(w, 7);
	json_put_str(w, "photo");
}

static void search(const struct answer_options *o, const struct catalogue *c, const char *query, uint64_t n,
		   enum fault fault, struct buf *b)
{
	const struct entry *found[PER_PAGE_MAX];
	struct search s;
	struct json_out w = { .b = b };
	bool old = o->dialect == 1 || (o->dialect == 2 && n % 2);
	size_t first, total, shown, i, skip;

	if (parse_search(&s, c, query)) {
		fail(b, 3, "Parameterless searches have been disabled");
		return;
	}
	first = (size_t)(s.page - 1) * (size_t)s.per_page;
	if (first >= CAP && o->error_20) {
		fail(b, 20, "Excessive photo offset in search");
		return;
	}
	if (first >= CAP)
		first = CAP - (size_t)s.per_page;
	/* Photos were taken down since page 1 was read, or others came in before: up to four places either way. */
	if (!o->honest && s.page > 1) {
		skip = mix(o->seed, n) % 9;
		first = first + skip - 4;
	}
	total = collect(c, &s, first, (size_t)s.per_page, found, &i);
	shown = i;
	/* Now and then one is missing. */
	if (!o->honest && shown > 1 && mix(o->seed + 1, n) % 50 == 0)
		memmove(&found[shown / 2], &found[shown / 2 + 1], (shown - shown / 2 - 1) * sizeof(found[0])), shown--;
	if (!o->honest && total > 20)
		total = total * (92 + mix(o->seed + 2, n) % 17) / 100;
	if (old)
		buf_add_str(b, "jsonFlickrApi(");
	json_open(&w, '{');
	json_key(&w, "photos");
	json_open(&w, '{');
	put_number(&w, old, "page", s.page);
	put_number(&w, old, "pages", (int64_t)((total + (size_t)s.per_page - 1) / (size_t)s.per_page));
	put_number(&w, old, "perpage", s.per_page);
	put_number(&w, old, "total", (int64_t)total);
	json_key(&w, "photo");
	json_open(&w, '[');
	for (i = 0; i < shown; i++) {
		if (i == shown / 2 && (fault == FAULT_MALFORMED || fault == FAULT_TRAVERSAL))
			put_malformed(&w, fault);
		put_photo(&w, o, c, found[i], old);
	}
	json_close(&w, ']');
	json_close(&w, '}');
	json_key(&w, "stat");
	json_put_str(&w, "ok");
	json_close(&w, '}');
	if (old)
		buf_add_char(b, ')');
}

static void info(const struct catalogue *c, const char *query, struct buf *b)
{
	const struct entry *e = catalogue_find(c, query_i64(query, "photo_id", 0));

	if (!e || e->kind == KIND_GONE_404 || (e->kind == KIND_WITHDRAWN && e->draw % 2))
		fail(b, 1, "Photo not found");
	else if (e->kind == KIND_PRIVATE || e->kind == KIND_WITHDRAWN)
		fail(b, 2, "Permission denied");
	else
		buf_printf(b,
			   "{\"photo\":{\"id\":\"%" PRId64
			   "\",\"title\":{\"_content\":\"x\"},\"visibility\":{\"ispublic\":1,"
			   "\"isfriend\":0,\"isfamily\":0}},\"stat\":\"ok\"}",
			   e->id);
}

void answer_api(const struct answer_options *o, const struct catalogue *c, const char *query, uint64_t n,
		enum fault fault, struct buf *b)
{
	char *method = query_get(query, "method"), *key = query_get(query, "api_key");

	if (fault == FAULT_API_100 || !key || strcmp(key, "0123456789abcdef") != 0)
		fail(b, 100, "Invalid API Key (Key has invalid format)");
	else if (fault == FAULT_API_10)
		fail(b, 10, "Sorry, the Flickr search API is not currently available.");
	else if (fault == FAULT_API_105)
		fail(b, 105, "Service currently unavailable");
	else if (fault == FAULT_API_20)
		fail(b, 20, "Excessive photo offset in search");
	else if (fault == FAULT_API_95)
		fail(b, 95, "SSL is required");
	else if (fault == FAULT_API_201)
		fail(b, 201, "Sorry, the Flickr API service is not currently available.");
	else if (method && strcmp(method, "flickr.photos.search") == 0)
		search(o, c, query, n, fault, b);
	else if (method && strcmp(method, "flickr.photos.getInfo") == 0)
		info(c, query, b);
	else
		fail(b, 112, "Method not found");
	free(method);
	free(key);
}
