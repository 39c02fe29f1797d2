/* pth.c - from a pickle's values to named, dense tensors */
#include "tools/weights/pth.h"

#include <stdlib.h>
#include <string.h>

/* A container may hold itself: depth and steps are bounded. */
enum { MAX_DEPTH = 12, MAX_STEPS = 1 << 20 };

struct collector {
	struct weights *w;
	const struct pth_source *source;
	struct buf name; /* of the dict being walked, with a dot at its end */
	int steps;
	struct err *e;
};

/* Copies the elements at offset + index * stride, last dimension fastest. */
static void gather(uint8_t *dst, const uint8_t *src, const struct pickle_tensor *t, size_t size)
{
	int64_t index[SHAPE_MAX] = { 0 }, count = shape_count(&t->shape), at = t->storage->first + t->offset;
	int n = t->shape.n;

	for (int64_t i = 0; i < count; i++) {
		memcpy(dst + (size_t)i * size, src + (size_t)at * size, size);
		for (int d = n - 1; d >= 0; d--) {
			at += t->stride[d];
			if (++index[d] < t->shape.dim[d])
				break;
			at -= index[d] * t->stride[d];
			index[d] = 0;
		}
	}
}

static bool is_dense(const struct pickle_tensor *t)
{
	int64_t step = 1;

	for (int d = t->shape.n - 1; d >= 0; d--) {
		if (t->shape.dim[d] != 1 && t->stride[d] != step)
			return false;
		step *= t->shape.dim[d];
	}
	return true;
}

static int add_tensor(struct collector *c, const char *name, const struct pickle_tensor *t)
{
	size_t size = dtype_size(t->storage->dtype);
	const uint8_t *src;
	struct weight *out = weights_add(c->w, name, t->storage->dtype, &t->shape, c->e);

	if (!out)
		return -1;
	if (out->bytes == 0)
		return 0;
	if (c->source->find(c->source->data, t->storage, &src, c->e))
		return -1;
	if (is_dense(t))
		memcpy(out->data, src + (size_t)(t->storage->first + t->offset) * size, out->bytes);
	else
		gather(out->data, src, t, size);
	return 0;
}

static int walk(struct collector *c, const struct pickle_value *v, int depth);

/* The value called `key` in the dict being walked. */
static int walk_member(struct collector *c, const char *key, const struct pickle_value *v, int depth)
{
	size_t len = c->name.len;
	int rc = 0;

	if (++c->steps > MAX_STEPS)
		return err_set(c->e, "more than %d values", MAX_STEPS);
	buf_add_str(&c->name, key);
	if (v->kind == PICKLE_TENSOR) {
		rc = add_tensor(c, c->name.data, v->tensor);
		if (rc)
			err_prefix(c->e, "tensor '%.200s'", c->name.data);
	} else if (v->kind == PICKLE_DICT) {
		buf_add_char(&c->name, '.');
		rc = walk(c, v, depth + 1);
	}
	c->name.len = len;
	c->name.data[len] = '\0';
	return rc;
}

static int walk(struct collector *c, const struct pickle_value *v, int depth)
{
	if (depth > MAX_DEPTH || c->name.len > 4096)
		return err_set(c->e, "dictionaries are nested more than %d deep", MAX_DEPTH);
	for (size_t i = 0; i + 1 < v->seq.n; i += 2) {
		const struct pickle_value *key = v->seq.item[i];

		/* Numbered members are an optimiser's state, no weights. */
		if (key->kind != PICKLE_STR)
			continue;
		if (strlen(key->str.s) != key->str.len)
			return err_set(c->e, "a name with a NUL in it");
		if (walk_member(c, key->str.s, v->seq.item[i + 1], depth))
			return -1;
	}
	return 0;
}

/* The dict with the weights, in the dict v. */
static const struct pickle_value *descend(const struct pickle_value *v)
{
	static const char *const usual[] = { "state_dict", "model_state_dict", "model", "net" };

	for (int depth = 0; depth < 4; depth++) {
		const struct pickle_value *inner = NULL;

		for (size_t i = 0; i < sizeof usual / sizeof *usual && !inner; i++) {
			inner = pickle_get(v, usual[i]);
			if (inner && inner->kind != PICKLE_DICT)
				inner = NULL;
		}
		if (!inner)
			break;
		v = inner;
	}
	return v;
}

static const struct pickle_value *find_key(const struct pickle_value *v, const char *key, struct err *e)
{
	char *copy = xstrdup(key), *rest = copy, *part;

	while (v && (part = strsep(&rest, ".")) != NULL)
		v = pickle_get(v, part);
	free(copy);
	if (!v || v->kind != PICKLE_DICT) {
		err_set(e, "has no dictionary '%.200s'", key);
		return NULL;
	}
	return v;
}

/* "'epoch', 'ema', ..": what there is, for the message that nothing was found. */
static void list_keys(struct buf *b, const struct pickle_value *dict)
{
	int listed = 0;

	for (size_t i = 0; i + 1 < dict->seq.n && listed < 8; i += 2)
		if (dict->seq.item[i]->kind == PICKLE_STR)
			buf_printf(b, "%s'%.40s'", listed++ ? ", " : "", dict->seq.item[i]->str.s);
	if (!listed)
		buf_add_str(b, "no keys");
}

int pth_collect(struct weights *w, const struct pickle_value *root, const char *key, const struct pth_source *source,
		struct err *e)
{
	struct collector c = { .w = w, .source = source, .e = e };
	int rc = -1;

	buf_add_str(&c.name, "");
	if (root->kind == PICKLE_TENSOR && !key) {
		rc = add_tensor(&c, "tensor", root->tensor);
		goto out;
	}
	if (root->kind != PICKLE_DICT) {
		err_set(e, "holds no dictionary of tensors");
		goto out;
	}
	root = key ? find_key(root, key, e) : descend(root);
	if (!root)
		goto out;
	rc = walk(&c, root, 0);
	if (rc == 0 && w->n == 0) {
		struct buf keys = { 0 };

		list_keys(&keys, root);
		rc = err_set(e, "no tensors in its dictionary (%s); --key names another", keys.data);
		buf_release(&keys);
	}
out:
	buf_release(&c.name);
	return rc;
}
