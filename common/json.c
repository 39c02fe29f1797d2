/* json.c - JSON in (jansson, with caps) and out */
#include "common/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "common/num.h"

/* ---- reading */

static const json_t *in(const struct json *v)
{
	return (const json_t *)(const void *)v;
}

static json_t *in_mutable(const struct json *v)
{
	/* jansson's readers take non-const pointers although they change nothing. */
	return (json_t *)(uintptr_t)v;
}

static const struct json *wrap(const json_t *v)
{
	return (const struct json *)(const void *)v;
}

/*
 * An upper bound on the values in the text: one more than its commas and brackets outside of strings. jansson spends up
 * to 200 bytes a value, so that a short text can ask for much memory.
 */
static size_t count_values(const char *text, size_t len)
{
	size_t count = 1;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text[i] == ',' || text[i] == '[' || text[i] == '{'))
			count++;
	}
	return count;
}

struct json *json_parse(const char *text, size_t len, const struct json_limits *limits, struct err *e)
{
	json_error_t error;
	json_t *root;

	if (len > limits->max_bytes) {
		err_set(e, "JSON of %zu bytes: at most %zu are read", len, limits->max_bytes);
		return NULL;
	}
	if (count_values(text, len) > limits->max_values) {
		err_set(e, "JSON with more than %zu values", limits->max_values);
		return NULL;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		err_set(e, "line %d of JSON: %s", error.line, error.text);
	return (struct json *)root;
}

void json_free(struct json *root)
{
	json_decref((json_t *)root);
}

enum json_kind json_kind(const struct json *v)
{
	if (!v)
		return JSON_KIND_NULL;
	switch (json_typeof(in(v))) {
	case JSON_OBJECT:
		return JSON_KIND_OBJECT;
	case JSON_ARRAY:
		return JSON_KIND_ARRAY;
	case JSON_STRING:
		return JSON_KIND_STR;
	case JSON_INTEGER:
		return JSON_KIND_INT;
	case JSON_REAL:
		return JSON_KIND_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_KIND_BOOL;
	case JSON_NULL:
		return JSON_KIND_NULL;
	}
	return JSON_KIND_NULL;
}

const struct json *json_get(const struct json *v, const char *key)
{
	return wrap(json_object_get(in(v), key));
}

size_t json_size(const struct json *v)
{
	/* jansson's answers are 0 for a value of another kind. */
	return json_array_size(in(v)) + json_object_size(in(v));
}

const struct json *json_at(const struct json *v, size_t i)
{
	return wrap(json_array_get(in(v), i));
}

void *json_first(const struct json *v)
{
	return json_object_iter(in_mutable(v));
}

void *json_next(const struct json *v, void *it)
{
	return json_object_iter_next(in_mutable(v), it);
}

const char *json_iter_key(void *it)
{
	return json_object_iter_key(it);
}

const struct json *json_iter_value(void *it)
{
	return wrap(json_object_iter_value(it));
}

int json_i64(const struct json *v, int64_t *out)
{
	if (json_kind(v) != JSON_KIND_INT)
		return -1;
	*out = json_integer_value(in(v));
	return 0;
}

int json_f64(const struct json *v, double *out)
{
	if (json_kind(v) != JSON_KIND_INT && json_kind(v) != JSON_KIND_REAL)
		return -1;
	*out = json_number_value(in(v));
	return 0;
}

int json_bool(const struct json *v, bool *out)
{
	if (json_kind(v) != JSON_KIND_BOOL)
		return -1;
	*out = json_is_true(in(v));
	return 0;
}

const char *json_str(const struct json *v)
{
	return json_string_value(in(v));
}

/* ---- writing */

static void before_value(struct json_out *w)
{
	if (w->comma)
		buf_add_char(w->b, ',');
	w->comma = true;
}

void json_open(struct json_out *w, char bracket)
{
	before_value(w);
	buf_add_char(w->b, bracket);
	w->comma = false;
}

void json_close(struct json_out *w, char bracket)
{
	buf_add_char(w->b, bracket);
	w->comma = true;
}

/* Bytes of the UTF-8 sequence at s (shortest form, no surrogates, at most U+10FFFF), 0 when there is none. */
static size_t utf8_length(const unsigned char *s)
{
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		return (s[1] & 0xc0) == 0x80 ? 2 : 0;
	if (s[0] >= 0xe0 && s[0] <= 0xef) {
		unsigned char low = s[0] == 0xe0 ? 0xa0 : 0x80, high = s[0] == 0xed ? 0x9f : 0xbf;
		return s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 ? 3 : 0;
	}
	if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		unsigned char low = s[0] == 0xf0 ? 0x90 : 0x80, high = s[0] == 0xf4 ? 0x8f : 0xbf;
		return s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 && (s[3] & 0xc0) == 0x80 ? 4 : 0;
	}
	return 0;
}

static void put_string(struct buf *b, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	buf_add_char(b, '"');
	while (*s) {
		size_t len = utf8_length(s);

		if (len == 0) {
			buf_add_str(b, "\\ufffd");
			s++;
		} else if (*s == '"' || *s == '\\') {
			buf_add_char(b, '\\');
			buf_add_char(b, (char)*s++);
		} else if (*s < 0x20) {
			buf_printf(b, "\\u%04x", *s++);
		} else {
			buf_add(b, s, len);
			s += len;
		}
	}
	buf_add_char(b, '"');
}

void json_key(struct json_out *w, const char *key)
{
	before_value(w);
	put_string(w->b, key);
	buf_add_char(w->b, ':');
	w->comma = false;
}

void json_put_str(struct json_out *w, const char *text)
{
	before_value(w);
	put_string(w->b, text);
}

void json_put_i64(struct json_out *w, int64_t v)
{
	before_value(w);
	buf_printf(w->b, "%" PRId64, v);
}

void json_put_f64(struct json_out *w, double v)
{
	char text[NUM_SIZE];

	before_value(w);
	buf_add_str(w->b, isfinite(v) ? num_f64(text, v) : "null");
}

void json_put_bool(struct json_out *w, bool v)
{
	before_value(w);
	buf_add_str(w->b, v ? "true" : "false");
}
