/*
 * json.h - JSON in (jansson, with caps) and out
 *
 * Texts come from files and the network: their length and the number of values in them are bounded before anything is
 * allocated, and an object with the same key twice is an error.
 */
#ifndef FRL_JSON_H
#define FRL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

/* ---- reading. A value belongs to the root it came from; json_free(root) frees all. */

struct json; /* opaque */

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_INT,
	JSON_KIND_REAL,
	JSON_KIND_STR,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT
};

struct json_limits {
	size_t max_bytes;
	size_t max_values; /* objects, arrays, members and elements together */
};

/*
 * The whole of text must be one object or array, in UTF-8. NULL with line and reason in e (not the text's name: see
 * err_prefix). Free with json_free.
 */
struct json *json_parse(const char *text, size_t len, const struct json_limits *limits, struct err *e);
void json_free(struct json *root);

/* NULL (an absent value) has kind JSON_KIND_NULL. */
enum json_kind json_kind(const struct json *v);
/* The member of that name; NULL when v is no object or has none. */
const struct json *json_get(const struct json *v, const char *key);
/* Elements of an array, members of an object, 0 for others. */
size_t json_size(const struct json *v);
/* Element i of an array, NULL out of range. */
const struct json *json_at(const struct json *v, size_t i);
/* Members in the order of the text: `for (void *it = json_first(v); it; it = json_next(v, it))`. */
void *json_first(const struct json *v);
void *json_next(const struct json *v, void *it);
const char *json_iter_key(void *it);
const struct json *json_iter_value(void *it);

/* Typed values: 0, or -1 when v is of another kind (json_f64 takes integers too). Strings belong to the root. */
int json_i64(const struct json *v, int64_t *out);
int json_f64(const struct json *v, double *out);
int json_bool(const struct json *v, bool *out);
/* NULL when v is no string. */
const char *json_str(const struct json *v);

/* ---- writing into a buf; commas are put where they belong */

struct json_out {
	struct buf *b;
	bool comma; /* the next value needs one before it */
};

void json_open(struct json_out *w, char bracket);  /* '{' or '[' */
void json_close(struct json_out *w, char bracket); /* '}' or ']' */
void json_key(struct json_out *w, const char *key);
/* Text is escaped; a byte sequence that is no UTF-8 becomes U+FFFD. */
void json_put_str(struct json_out *w, const char *text);
void json_put_i64(struct json_out *w, int64_t v);
/* Shortest form that reads back; nan and infinities become null. */
void json_put_f64(struct json_out *w, double v);
void json_put_bool(struct json_out *w, bool v);

#endif
