/* checkpoint_state.c - see checkpoint_state.h */
#include "common/nn/checkpoint_state.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/num.h"
#include "common/tsv.h"

static const struct json_limits limits = { 1 << 20, 10000 };

static struct checkpoint_pair *find(const struct checkpoint_state *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->item[i].key, key))
			return &s->item[i];
	return NULL;
}

/* The pair of that key, its value to be set. */
static struct checkpoint_pair *put(struct checkpoint_state *s, const char *key, enum checkpoint_kind kind)
{
	struct checkpoint_pair *p = find(s, key);

	if (!p) {
		s->item = xrealloc_array(s->item, s->n + 1, sizeof *s->item);
		p = &s->item[s->n++];
		*p = (struct checkpoint_pair){ .key = xstrdup(key) };
	}
	free(p->str);
	p->str = NULL;
	p->kind = kind;
	return p;
}

void checkpoint_state_release(struct checkpoint_state *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->item[i].key);
		free(s->item[i].str);
	}
	free(s->item);
	*s = (struct checkpoint_state){ 0 };
}

void checkpoint_state_put_str(struct checkpoint_state *s, const char *key, const char *text)
{
	char *copy = xstrdup(text); /* text may be the old value */

	put(s, key, CHECKPOINT_STR)->str = copy;
}

void checkpoint_state_put_u64(struct checkpoint_state *s, const char *key, uint64_t v)
{
	put(s, key, CHECKPOINT_U64)->u64 = v;
}

void checkpoint_state_put_f64(struct checkpoint_state *s, const char *key, double v)
{
	put(s, key, CHECKPOINT_F64)->f64 = v;
}

void checkpoint_state_remove(struct checkpoint_state *s, const char *key)
{
	struct checkpoint_pair *p = find(s, key);

	if (!p)
		return;
	free(p->key);
	free(p->str);
	memmove(p, p + 1, (size_t)(s->item + --s->n - p) * sizeof *p);
}

bool checkpoint_state_has(const struct checkpoint_state *s, const char *key)
{
	return find(s, key) != NULL;
}

static int absent(const char *key, struct err *e)
{
	return err_set(e, "no '%s'", key);
}

int checkpoint_state_str(const struct checkpoint_state *s, const char *key, const char **v, struct err *e)
{
	const struct checkpoint_pair *p = find(s, key);

	if (!p)
		return absent(key, e);
	if (p->kind != CHECKPOINT_STR)
		return err_set(e, "'%s' is a number, not a text", key);
	*v = p->str;
	return 0;
}

/* A double that is a whole number of 64 bits. */
static bool whole(double v)
{
	return v >= 0 && v < 0x1p64 && v == floor(v) && !signbit(v);
}

int checkpoint_state_u64(const struct checkpoint_state *s, const char *key, uint64_t *v, struct err *e)
{
	const struct checkpoint_pair *p = find(s, key);

	if (!p)
		return absent(key, e);
	if (p->kind == CHECKPOINT_U64)
		*v = p->u64;
	else if (p->kind == CHECKPOINT_F64 && whole(p->f64))
		*v = (uint64_t)p->f64;
	else if (p->kind != CHECKPOINT_STR || num_parse_u64(p->str, v) || *v <= INT64_MAX)
		return err_set(e, "'%s' is not a whole number from 0 on", key);
	return 0;
}

int checkpoint_state_f64(const struct checkpoint_state *s, const char *key, double *v, struct err *e)
{
	const struct checkpoint_pair *p = find(s, key);

	if (!p)
		return absent(key, e);
	if (p->kind == CHECKPOINT_U64)
		*v = (double)p->u64;
	else if (p->kind == CHECKPOINT_F64)
		*v = p->f64;
	else if (num_parse_f64(p->str, v) || isfinite(*v))
		return err_set(e, "'%s' is a text, not a number", key);
	return 0;
}

/* ---- as text. What JSON has no number for (nan, infinities, from 2^63 on) is a text there. */

static void write_value(const struct checkpoint_pair *p, struct json_out *w)
{
	struct buf escaped = { 0 };
	char text[NUM_SIZE];

	if (p->kind == CHECKPOINT_STR) {
		tsv_escape(&escaped, p->str, strlen(p->str));
		json_put_str(w, escaped.len ? escaped.data : "");
		buf_release(&escaped);
	} else if (p->kind == CHECKPOINT_U64 && p->u64 <= INT64_MAX) {
		json_put_i64(w, (int64_t)p->u64);
	} else if (p->kind == CHECKPOINT_U64) {
		snprintf(text, sizeof text, "%" PRIu64, p->u64);
		json_put_str(w, text);
	} else if (!isfinite(p->f64)) {
		json_put_str(w, num_f64(text, p->f64));
	} else {
		json_put_f64(w, p->f64);
		if (!strpbrk(num_f64(text, p->f64), ".e"))
			buf_add_str(w->b, ".0"); /* a real, that keeps the sign of zero */
	}
}

void checkpoint_state_write(const struct checkpoint_state *s, struct buf *b)
{
	struct json_out w = { .b = b };

	json_open(&w, '{');
	for (size_t i = 0; i < s->n; i++) {
		w.comma = false;
		buf_add_str(b, i ? ",\n" : "\n");
		json_key(&w, s->item[i].key);
		write_value(&s->item[i], &w);
	}
	buf_add_char(b, '\n');
	json_close(&w, '}');
}

static int parse_value(struct checkpoint_state *s, const char *key, const struct json *v, struct err *e)
{
	struct buf text = { 0 };
	double f;
	int64_t i;

	if (!json_i64(v, &i) && i >= 0) {
		checkpoint_state_put_u64(s, key, (uint64_t)i);
	} else if (!json_f64(v, &f)) {
		checkpoint_state_put_f64(s, key, f);
	} else if (json_str(v)) {
		if (tsv_unescape(&text, json_str(v))) {
			buf_release(&text);
			return err_set(e, "'%.200s': a bad escape in its text", key);
		}
		checkpoint_state_put_str(s, key, text.len ? text.data : "");
		buf_release(&text);
	} else {
		return err_set(e, "'%.200s' is neither a text nor a number", key);
	}
	return 0;
}

int checkpoint_state_parse(struct checkpoint_state *s, const char *text, size_t len, struct err *e)
{
	struct json *root = json_parse(text, len, &limits, e);
	int rc = -1;

	if (!root)
		return -1;
	if (json_kind(root) != JSON_KIND_OBJECT) {
		err_set(e, "JSON, but no object");
		goto out;
	}
	for (void *it = json_first(root); it; it = json_next(root, it))
		if (parse_value(s, json_iter_key(it), json_iter_value(it), e))
			goto out;
	rc = 0;
out:
	if (rc)
		checkpoint_state_release(s);
	json_free(root);
	return rc;
}
