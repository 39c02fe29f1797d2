#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/num.h"
#include "flickr-fetch/api.h"
#include "flickr-fetch/utf.h"

/* ---- fields that may be numbers or strings */

static int64_t field_i64(const struct json *v, int64_t otherwise)
{
	int64_t n;
	double d;

	if (json_i64(v, &n) == 0)
		return n;
	if (json_kind(v) == JSON_KIND_STR && num_parse_i64(json_str(v), &n) == 0)
		return n;
	if (json_f64(v, &d) == 0 && d >= -9e15 && d <= 9e15)
		return (int64_t)d;
	return otherwise;
}

/* A copy of the text of v: a string, a number, or {"_content": ...}; "" for anything else. */
static char *field_str(const struct json *v)
{
	int64_t n;
	char *s;

	if (json_kind(v) == JSON_KIND_OBJECT)
		v = json_get(v, "_content");
	if (json_i64(v, &n) == 0)
		return xasprintf("%" PRId64, n);
	if (json_kind(v) != JSON_KIND_STR)
		return xstrdup("");
	s = xstrdup(json_str(v));
	utf_restore(s);
	return s;
}

/* An id becomes a file's name: nothing but a decimal number will do. */
static int64_t field_id(const struct json *v)
{
	const char *s = json_str(v);
	int64_t id;

	if (s && (s[0] < '1' || s[0] > '9'))
		return 0;
	id = field_i64(v, 0);
	return id > 0 ? id : 0;
}

/* ---- a photo */

static void choose_size(struct photo *p, const struct json *v, const struct api_sizes *want)
{
	const char *suffix;
	char name[32];
	int i;

	for (i = 0; (suffix = api_size_suffix(i, want)); i++) {
		const struct json *url;
		int64_t w, h;

		if (!*suffix)
			continue;
		snprintf(name, sizeof(name), "url_%s", suffix);
		url = json_get(v, name);
		if (json_kind(url) != JSON_KIND_STR || !*json_str(url))
			continue;
		snprintf(name, sizeof(name), "width_%s", suffix);
		w = field_i64(json_get(v, name), 0);
		snprintf(name, sizeof(name), "height_%s", suffix);
		h = field_i64(json_get(v, name), 0);
		if (w < 0 || h < 0 || w > INT_MAX || h > INT_MAX)
			w = h = 0;
		if (strcmp(suffix, "o") != 0 && (w > want->max_side || h > want->max_side))
			continue;
		p->url = field_str(url);
		p->width = (int)w;
		p->height = (int)h;
		return;
	}
}

static bool plain_word(const char *s)
{
	return *s && strlen(s) < 100 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-@.") == strlen(s);
}

static char *page_address(const char *alias, const char *owner, int64_t id)
{
	const char *who = plain_word(alias) ? alias : plain_word(owner) ? owner : NULL;

	if (!who)
		return xasprintf("https://www.flickr.com/photo.gne?id=%" PRId64, id);
	return xasprintf("https://www.flickr.com/photos/%s/%" PRId64, who, id);
}

/* 0, or -1 for an entry that is no photo. */
static int parse_photo(struct photo *p, const struct json *v, const struct api_sizes *want)
{
	const struct json *media = json_get(v, "media");
	char *alias;
	int64_t id = field_id(json_get(v, "id"));

	if (!id || (json_str(media) && strcmp(json_str(media), "photo") != 0))
		return -1;
	p->id = id;
	p->owner = field_str(json_get(v, "owner"));
	p->owner_name = field_str(json_get(v, "ownername"));
	p->title = field_str(json_get(v, "title"));
	p->tags = field_str(json_get(v, "tags"));
	p->date_taken = field_str(json_get(v, "datetaken"));
	p->date_upload = field_i64(json_get(v, "dateupload"), 0);
	p->license = field_i64(json_get(v, "license"), -1);
	alias = field_str(json_get(v, "pathalias"));
	p->page = page_address(alias, p->owner, id);
	free(alias);
	choose_size(p, v, want);
	return 0;
}

/* ---- the reply */

/* Parses the text without its callback, mended where strict JSON would refuse it; reads the status. */
static struct json *parse_root(struct api_reply *r, const char *text, size_t len, struct err *e)
{
	static const struct json_limits limits = { .max_bytes = 4 * (size_t)API_MAX_REPLY, .max_values = 400000 };
	static const char callback[] = "jsonFlickrApi(";
	struct buf clean = { .max = 4 * (size_t)API_MAX_REPLY };
	struct json *root = NULL;
	const char *stat;
	char *message;

	memset(r, 0, sizeof(*r));
	r->total = -1;
	if (len > API_MAX_REPLY) {
		err_set(e, "a reply of %zu bytes", len);
		return NULL;
	}
	if (len > strlen(callback) && memcmp(text, callback, strlen(callback)) == 0) {
		text += strlen(callback);
		len -= strlen(callback);
		while (len && strchr("); \r\n", text[len - 1]) && text[len - 1])
			len--;
	}
	if (utf_clean(&clean, text, len) == 0)
		root = json_parse(clean.data ? clean.data : "", clean.len, &limits, e);
	else
		err_set(e, "a reply of too many broken bytes");
	buf_release(&clean);
	if (!root)
		return NULL;
	stat = json_str(json_get(root, "stat"));
	if (!stat) {
		err_set(e, "a reply without a status");
		json_free(root);
		return NULL;
	}
	r->ok = strcmp(stat, "ok") == 0;
	if (!r->ok) {
		r->code = field_i64(json_get(root, "code"), 0);
		message = field_str(json_get(root, "message"));
		snprintf(r->message, sizeof(r->message), "%s", message);
		free(message);
	}
	return root;
}

int api_parse_search(struct api_reply *r, const char *text, size_t len, const struct api_sizes *sizes, struct err *e)
{
	struct json *root = parse_root(r, text, len, e);
	const struct json *photos, *list;
	size_t i, n;
	int rc = 0;

	if (!root)
		return -1;
	if (!r->ok)
		goto out;
	photos = json_get(root, "photos");
	list = json_get(photos, "photo");
	if (json_kind(list) != JSON_KIND_ARRAY) {
		rc = err_set(e, "a reply without photos");
		goto out;
	}
	r->total = field_i64(json_get(photos, "total"), -1);
	n = json_size(list);
	/* No server sends more than it was asked for; this one page would cost our memory. */
	if (n > 10 * API_PER_PAGE) {
		rc = err_set(e, "a page of %zu photos", n);
		goto out;
	}
	r->entries = (int)n;
	r->photo = xcalloc(n ? n : 1, sizeof(*r->photo));
	r->sorted = true;
	for (i = 0; i < n; i++) {
		if (parse_photo(&r->photo[r->n], json_at(list, i), sizes)) {
			r->malformed++;
			continue;
		}
		if (r->photo[r->n].date_upload <= 0 ||
		    (r->n && r->photo[r->n].date_upload < r->photo[r->n - 1].date_upload))
			r->sorted = false;
		r->n++;
	}
out:
	json_free(root);
	return rc;
}

int api_parse_info(struct api_reply *r, const char *text, size_t len, struct err *e)
{
	struct json *root = parse_root(r, text, len, e);
	const struct json *visible;

	if (!root)
		return -1;
	if (r->ok) {
		visible = json_get(json_get(root, "photo"), "visibility");
		r->is_public = field_i64(json_get(visible, "ispublic"), 1) != 0;
		if (!json_get(root, "photo")) {
			json_free(root);
			return err_set(e, "a reply without a photo");
		}
	}
	json_free(root);
	return 0;
}

void api_reply_release(struct api_reply *r)
{
	int i;

	for (i = 0; i < r->n; i++)
		photo_release(&r->photo[i]);
	free(r->photo);
	r->photo = NULL;
	r->n = 0;
}
