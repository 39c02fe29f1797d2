#include "flickr-fetch/api.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flickr-fetch/licence.h"

/* The sizes by the suffix of their "url_" field, largest first, with the longest side they can have. */
static const struct {
	const char *suffix;
	int side;
} sizes_known[] = {
	{ "6k", 6144 }, { "5k", 5120 }, { "4k", 4096 }, { "3k", 3072 }, { "k", 2048 }, { "h", 1600 }, { "l", 1024 },
	{ "c", 800 },	{ "z", 640 },	{ "m", 500 },	{ "w", 400 },	{ "n", 320 },  { "s", 240 },  { "t", 100 },
};

enum { N_SIZES = sizeof(sizes_known) / sizeof(sizes_known[0]) };

const char *api_size_suffix(int i, const struct api_sizes *want)
{
	if (want->original) {
		if (i == 0)
			return "o";
		i--;
	}
	if (i >= N_SIZES)
		return NULL;
	return sizes_known[i].side <= want->max_side ? sizes_known[i].suffix : "";
}

void photo_release(struct photo *p)
{
	free(p->owner);
	free(p->owner_name);
	free(p->title);
	free(p->tags);
	free(p->page);
	free(p->date_taken);
	free(p->url);
	memset(p, 0, sizeof(*p));
}

void photo_copy(struct photo *dst, const struct photo *src)
{
	*dst = *src;
	dst->owner = xstrdup(src->owner);
	dst->owner_name = xstrdup(src->owner_name);
	dst->title = xstrdup(src->title);
	dst->tags = xstrdup(src->tags);
	dst->page = xstrdup(src->page);
	dst->date_taken = xstrdup(src->date_taken);
	dst->url = src->url ? xstrdup(src->url) : NULL;
}

/* ---- requests */

static void add_encoded(struct buf *b, const char *text)
{
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			     (*p && strchr("-_.~", *p));

		if (plain)
			buf_add_char(b, (char)*p);
		else
			buf_printf(b, "%%%02X", *p);
	}
}

static void add_head(struct buf *b, const char *base, const char *key, const char *method)
{
	buf_printf(b, "%s%cmethod=%s&format=json&nojsoncallback=1&api_key=", base, strchr(base, '?') ? '&' : '?',
		   method);
	add_encoded(b, key);
}

void api_search_url(struct buf *b, const char *base, const char *key, const struct api_query *q)
{
	struct buf list = { 0 };
	const char *suffix;
	int i;

	add_head(b, base, key, "flickr.photos.search");
	tags_text(q->tags, q->tag_first, q->tag_n, &list);
	buf_add_str(b, "&tag_mode=any&tags=");
	add_encoded(b, list.data);
	buf_reset(&list);
	licence_add_text(&list, q->licences);
	buf_add_str(b, "&license=");
	add_encoded(b, list.data);
	buf_printf(b, "&min_upload_date=%" PRId64 "&max_upload_date=%" PRId64, q->from, q->to);
	buf_printf(b, "&sort=date-posted-asc&media=photos&safe_search=%d&per_page=%d&page=%d", q->safe_search,
		   q->per_page, q->page);
	buf_add_str(b, "&extras=license%2Cdate_upload%2Cdate_taken%2Cowner_name%2Cpath_alias%2Ctags%2Cmedia");
	for (i = 0; (suffix = api_size_suffix(i, q->sizes)); i++)
		if (*suffix)
			buf_printf(b, "%%2Curl_%s", suffix);
	buf_release(&list);
}

void api_info_url(struct buf *b, const char *base, const char *key, int64_t id)
{
	add_head(b, base, key, "flickr.photos.getInfo");
	buf_printf(b, "&photo_id=%" PRId64, id);
}

/* ---- failures */

enum api_action api_failure(const struct api_reply *r, bool info)
{
	/* Said under several codes, 0 and 201 among them. */
	if (strstr(r->message, "not currently available") || strstr(r->message, "ervice unavailable"))
		return API_RETRY;
	switch (r->code) {
	case 1:
	case 2:
		return info ? API_GONE : API_STOP;
	case 10:
	case 105:
	case 106:
		return API_RETRY;
	case 20:
		return API_SPLIT;
	case 100:
		return API_KEY;
	}
	return API_STOP;
}
