/* safetensors.c - files of named tensors: network weights and checkpoints */
#include "common/nn/safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json.h"
#include "common/le.h"

#define METADATA "__metadata__"

enum {
	MAX_HEADER = 100 * 1000 * 1000, /* the reference implementation's */
	MAX_VALUES = 2 * 1000 * 1000,	/* 200,000 tensors; bounds what a hostile header costs to some 400 MB */
};

static const uint64_t MAX_FILE = UINT64_C(64) << 30;

/* ---- reading */

static int read_meta(struct safetensors *s, const struct json *meta, struct err *e)
{
	if (json_kind(meta) != JSON_KIND_OBJECT)
		return err_set(e, METADATA " is not an object");
	s->meta = xcalloc(json_size(meta) + 1, sizeof *s->meta);
	for (void *it = json_first(meta); it; it = json_next(meta, it)) {
		const char *value = json_str(json_iter_value(it));

		if (!value)
			return err_set(e, METADATA ": the value of '%s' is not a string", json_iter_key(it));
		s->meta[s->n_meta++] = (struct safetensors_meta){ json_iter_key(it), value };
	}
	return 0;
}

static int read_shape(struct shape *shape, const struct json *v, struct err *e)
{
	if (json_kind(v) != JSON_KIND_ARRAY)
		return err_set(e, "no array 'shape'");
	if (json_size(v) > SHAPE_MAX)
		return err_set(e, "%zu dimensions: at most %d are read", json_size(v), SHAPE_MAX);
	*shape = (struct shape){ .n = (int)json_size(v) };
	for (int i = 0; i < shape->n; i++)
		if (json_i64(json_at(v, (size_t)i), &shape->dim[i]) || shape->dim[i] < 0)
			return err_set(e, "dimension %d of 'shape' is not a number of elements", i);
	if (shape_count(shape) < 0)
		return err_set(e, "'shape' has too many elements");
	return 0;
}

/* One member of the header. data_len: bytes after the header. */
static int read_tensor(struct safetensor *t, const struct json *v, const char *data, size_t data_len, struct err *e)
{
	const char *dtype = json_str(json_get(v, "dtype"));
	const struct json *offsets = json_get(v, "data_offsets");
	int64_t begin, end, bytes;

	if (json_kind(v) != JSON_KIND_OBJECT)
		return err_set(e, "not an object");
	if (!dtype)
		return err_set(e, "no string 'dtype'");
	if (dtype_parse(dtype, &t->dtype))
		return err_set(e, "unknown dtype '%.20s'", dtype);
	if (read_shape(&t->shape, json_get(v, "shape"), e))
		return -1;
	if (json_kind(offsets) != JSON_KIND_ARRAY || json_size(offsets) != 2 || json_i64(json_at(offsets, 0), &begin) ||
	    json_i64(json_at(offsets, 1), &end))
		return err_set(e, "'data_offsets' is not a pair of offsets");
	if (begin < 0 || end < begin || (uint64_t)end > data_len)
		return err_set(e, "data_offsets [%" PRId64 ",%" PRId64 "] lie outside the %zu bytes of data", begin,
			       end, data_len);
	bytes = shape_bytes(&t->shape, t->dtype);
	if (bytes != end - begin)
		return err_set(e, "%" PRId64 " bytes where dtype and shape ask for %" PRId64, end - begin, bytes);
	t->data = data + begin;
	t->bytes = (size_t)bytes;
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct safetensor *x = a, *y = b;
	const char *p = x->data, *q = y->data;

	if (p != q)
		return p < q ? -1 : 1;
	/* Empty tensors share their place with the one that follows; names settle the order. */
	if (!x->bytes != !y->bytes)
		return x->bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	const struct safetensor *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* No overlap, no hole, nothing left over: each begins where the one before it ends. */
static int check_places(const struct safetensors *s, const char *data, size_t data_len, struct err *e)
{
	const char *next = data;

	for (size_t i = 0; i < s->n; i++) {
		const char *begin = s->item[i].data;

		if (begin != next)
			return err_set(e, "the data of '%.200s' %s", s->item[i].name,
				       begin < next ? "overlaps with another tensor's" : "comes after a hole");
		next = begin + s->item[i].bytes;
	}
	if (next != data + data_len)
		return err_set(e, "%zu bytes after the last tensor", (size_t)(data + data_len - next));
	return 0;
}

static int read_header(struct safetensors *s, const char *text, size_t len, size_t data_len, struct err *e)
{
	const struct json_limits limits = { MAX_HEADER, MAX_VALUES };
	const char *data = text + len;

	if (len == 0 || text[0] != '{')
		return err_set(e, "the header does not start with '{'");
	s->header = json_parse(text, len, &limits, e);
	if (!s->header)
		return -1;
	s->item = xcalloc(json_size(s->header) + 1, sizeof *s->item);
	for (void *it = json_first(s->header); it; it = json_next(s->header, it)) {
		struct safetensor *t = &s->item[s->n];

		if (strcmp(json_iter_key(it), METADATA) == 0) {
			if (read_meta(s, json_iter_value(it), e))
				return -1;
			continue;
		}
		t->name = json_iter_key(it);
		if (read_tensor(t, json_iter_value(it), data, data_len, e))
			return err_prefix(e, "tensor '%.200s'", t->name);
		s->n++;
	}
	qsort(s->item, s->n, sizeof *s->item, by_place);
	s->by_name = xcalloc(s->n + 1, sizeof(*s->by_name));
	for (size_t i = 0; i < s->n; i++)
		s->by_name[i] = &s->item[i];
	qsort(s->by_name, s->n, sizeof(*s->by_name), by_name);
	return check_places(s, data, data_len, e);
}

static int read_file(struct safetensors *s, struct err *e)
{
	uint64_t len;

	if (s->file.len < 8)
		return err_set(e, "%zu bytes are too few for a safetensors file", s->file.len);
	len = le_get64(s->file.data);
	if (len > MAX_HEADER)
		return err_set(e,
			       "not a safetensors file, or one with a header of %" PRIu64
			       " bytes (at most %d are read)",
			       len, MAX_HEADER);
	if (len > s->file.len - 8)
		return err_set(e, "cut short: %zu bytes, the header alone has %" PRIu64, s->file.len, len);
	return read_header(s, s->file.data + 8, (size_t)len, s->file.len - 8 - (size_t)len, e);
}

int safetensors_open_buf(struct safetensors *s, const char *name, struct buf *file, struct err *e)
{
	*s = (struct safetensors){ .file = *file };
	*file = (struct buf){ 0 };
	if (read_file(s, e) == 0)
		return 0;
	safetensors_close(s);
	return err_prefix(e, "%s", name);
}

int safetensors_open(struct safetensors *s, const char *path, struct err *e)
{
	struct buf file = { 0 };

	*s = (struct safetensors){ 0 };
	if (io_slurp_given(path, (size_t)MAX_FILE, &file, e)) {
		buf_release(&file);
		return -1;
	}
	return safetensors_open_buf(s, path && strcmp(path, "-") != 0 ? path : "<stdin>", &file, e);
}

void safetensors_close(struct safetensors *s)
{
	free(s->by_name);
	free(s->item);
	free(s->meta);
	json_free(s->header);
	buf_release(&s->file);
	*s = (struct safetensors){ 0 };
}

const struct safetensor *safetensors_find(const struct safetensors *s, const char *name)
{
	const struct safetensor key = { .name = name }, *key_pointer = &key;
	const struct safetensor **found = s->n ? bsearch(&key_pointer, s->by_name, s->n, sizeof(*s->by_name), by_name)
					       : NULL;

	return found ? *found : NULL;
}

const char *safetensors_get_meta(const struct safetensors *s, const char *key)
{
	for (size_t i = 0; i < s->n_meta; i++)
		if (strcmp(s->meta[i].key, key) == 0)
			return s->meta[i].value;
	return NULL;
}

int safetensor_f32(const struct safetensor *t, float *dst, size_t count, struct err *e)
{
	if (t->bytes / dtype_size(t->dtype) != count)
		return err_set(e, "tensor '%.200s' has %zu elements instead of %zu", t->name,
			       t->bytes / dtype_size(t->dtype), count);
	if (tensor_to_f32(dst, t->dtype, t->data, count))
		return err_set(e, "tensor '%.200s' is %s instead of a float type", t->name, dtype_name(t->dtype));
	return 0;
}

/* ---- writing */

static void put_header(struct buf *b, const struct safetensor *item, size_t n, const struct safetensors_meta *meta,
		       size_t n_meta)
{
	struct json_out w = { .b = b };
	int64_t offset = 0;

	json_open(&w, '{');
	if (n_meta) {
		json_key(&w, METADATA);
		json_open(&w, '{');
		for (size_t i = 0; i < n_meta; i++) {
			json_key(&w, meta[i].key);
			json_put_str(&w, meta[i].value);
		}
		json_close(&w, '}');
	}
	for (size_t i = 0; i < n; i++) {
		if (shape_bytes(&item[i].shape, item[i].dtype) != (int64_t)item[i].bytes)
			BUG("tensor '%s' of %zu bytes", item[i].name, item[i].bytes);
		json_key(&w, item[i].name);
		json_open(&w, '{');
		json_key(&w, "dtype");
		json_put_str(&w, dtype_name(item[i].dtype));
		json_key(&w, "shape");
		json_open(&w, '[');
		for (int d = 0; d < item[i].shape.n; d++)
			json_put_i64(&w, item[i].shape.dim[d]);
		json_close(&w, ']');
		json_key(&w, "data_offsets");
		json_open(&w, '[');
		json_put_i64(&w, offset);
		offset += (int64_t)item[i].bytes;
		json_put_i64(&w, offset);
		json_close(&w, ']');
		json_close(&w, '}');
	}
	json_close(&w, '}');
	while (b->len % 8)
		buf_add_char(b, ' ');
}

int safetensors_write(struct out *o, const struct safetensor *item, size_t n, const struct safetensors_meta *meta,
		      size_t n_meta, struct err *e)
{
	struct buf header = { 0 };
	uint8_t length[8];
	int rc = -1;

	put_header(&header, item, n, meta, n_meta);
	le_put64(length, header.len);
	if (out_write(o, length, sizeof length, e) || out_write(o, header.data, header.len, e))
		goto out;
	for (size_t i = 0; i < n; i++)
		if (out_write(o, item[i].data, item[i].bytes, e))
			goto out;
	rc = 0;
out:
	buf_release(&header);
	return rc;
}

char *safetensors_path(const char *path)
{
	struct stat st;
	char *file;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return xstrdup(path);
	file = xasprintf("%s/model.safetensors", path);
	if (access(file, F_OK) == 0)
		return file;
	free(file);
	return xasprintf("%s/last/model.safetensors", path);
}
