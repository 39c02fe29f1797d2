/*
 * import_tar.c - webdataset archives: members whose names differ only after the first dot are one sample
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/hash.h"
#include "common/json.h"
#include "common/num.h"
#include "tools/shard/import.h"
#include "tools/shard/npy.h"
#include "tools/shard/tar.h"

enum { MAX_PICTURE = 256 << 20, MAX_JSON = 1 << 20, MAX_VALUES = 100000 };

struct sample {
	struct buf name; /* what the members have in common, "" before the first */
	struct buf file; /* picture or array */
	struct buf json, class;
	bool is_array;
	char why[200]; /* what was wrong with a member */
};

/* Where the name of a sample ends: at the first dot of the last path component. */
static size_t name_end(const char *member)
{
	const char *slash = strrchr(member, '/'), *base = slash ? slash + 1 : member;

	return (size_t)(base - member) + strcspn(base, ".");
}

/* Key, face and label: as frl-shard export wrote them; others' samples are known by their name. */
static void describe(struct item *it, const struct sample *s, struct json **root)
{
	const struct json_limits limits = { MAX_JSON, MAX_VALUES };
	int64_t face;

	*root = s->json.len ? json_parse(s->json.data, s->json.len, &limits, NULL) : NULL;
	const char *key = json_str(json_get(*root, "key")), *id = json_str(json_get(*root, "id"));
	if (id)
		it->id = id;
	it->key = hash_key(it->id);
	if (!id && key && !key_parse(key, &it->key))
		it->id = "";
	if (!json_i64(json_get(*root, "face"), &face) && face >= 0 && face <= UINT32_MAX)
		it->face = (uint32_t)face;
	if (json_i64(json_get(*root, "label"), &it->label) && s->class.len) {
		char text[NUM_SIZE] = "";
		size_t n = strcspn(s->class.data, " \r\n");
		if (n < sizeof text)
			memcpy(text, s->class.data, n);
		if (num_parse_i64(text, &it->label))
			it->label = -1;
	}
}

/* A .npy member is one tensor, its first dimension included. */
static int finish_array(struct import *m, const struct item *it, const struct buf *b, struct err *e)
{
	struct npy header;
	struct record r;
	struct err why = { 0 };
	uint64_t n;
	size_t at;
	int rc = npy_read(&header, b->data, b->len, &at, &why) || npy_record(&header, &n, &r, &why) ? -1 : 0;

	if (!rc && (r.ndim == RECORD_MAX_DIMS || n > UINT32_MAX || __builtin_mul_overflow(r.bytes, n, &r.bytes) ||
		    r.bytes != b->len - at))
		rc = err_set(&why, "an array whose size does not fit its header");
	if (rc)
		return import_failed(m, it, why.msg, e);
	memmove(r.dims + 1, r.dims, sizeof *r.dims * (size_t)r.ndim++);
	r.dims[0] = (uint32_t)n;
	return import_tensor(m, it, &r, b->data + at, e);
}

static int finish_sample(struct import *m, struct sample *s, struct err *e)
{
	const char *name = s->name.data ? s->name.data : "";
	struct item it = { .id = name, .path = name, .label = -1 };
	struct json *root = NULL;
	int rc = 0;

	if (s->file.len || s->why[0]) {
		describe(&it, s, &root);
		if (s->why[0])
			rc = import_failed(m, &it, s->why, e);
		else if (s->is_array)
			rc = finish_array(m, &it, &s->file, e);
		else
			rc = import_picture(m, &it, s->file.data, s->file.len, e);
	}
	json_free(root);
	buf_reset(&s->name);
	buf_reset(&s->file);
	buf_reset(&s->json);
	buf_reset(&s->class);
	s->why[0] = 0;
	return rc;
}

/* Keeps the member's contents if a sample has a use for them. 0, or -1 when the archive cannot be read on. */
static int keep(struct tar *t, struct sample *s, const char *extension, struct err *e)
{
	struct err why = { 0 };
	struct buf *b = NULL;

	if (!strcasecmp(extension, "jpg") || !strcasecmp(extension, "jpeg") || !strcasecmp(extension, "png"))
		b = &s->file;
	else if (!strcmp(extension, "npy"))
		b = &s->file;
	else if (!strcmp(extension, "json"))
		b = &s->json;
	else if (!strcmp(extension, "cls"))
		b = &s->class;
	if (!b)
		return 0;
	if (b == &s->file)
		s->is_array = !strcmp(extension, "npy");
	if (!tar_read(t, b, &why))
		return 0;
	if (t->left) /* not just too large */
		return err_set(e, "%s", why.msg);
	snprintf(s->why, sizeof s->why, "%.180s", why.msg);
	return 0;
}

/* What frl-shard export put there: text in lines, or nothing that is wanted. 0, or -1 when the archive cannot be read on. */
static int keep_provenance(struct import *m, struct tar *t, struct err *e)
{
	struct buf b = { .max = MAX_JSON };
	int rc = tar_read(t, &b, e) && t->left ? -1 : 0;

	if (!rc && b.len && !memchr(b.data, 0, b.len) && b.data[b.len - 1] == '\n')
		buf_add(&m->provenance, b.data, b.len);
	buf_release(&b);
	return rc;
}

int import_tar(struct import *m, int fd, const char *path, const void *head, size_t len, struct err *e)
{
	struct sample s = { .file.max = MAX_PICTURE, .json.max = MAX_JSON, .class.max = MAX_JSON };
	struct tar t;
	struct err why = { 0 };
	int rc = 0, more;

	tar_init(&t, fd, path, head, len);
	while ((more = tar_next(&t, &why)) == 1) {
		if (!t.file || !t.name.len)
			continue;
		if (!strcmp(t.name.data, "__provenance__")) {
			if ((more = keep_provenance(m, &t, &why)) < 0)
				break;
			continue;
		}
		size_t n = name_end(t.name.data);
		if (s.name.len != n || !s.name.data || memcmp(s.name.data, t.name.data, n)) {
			rc = finish_sample(m, &s, e);
			if (rc)
				break;
			buf_add(&s.name, t.name.data, n);
		}
		if (t.name.data[n] && (more = keep(&t, &s, t.name.data + n + 1, &why)) < 0)
			break;
	}
	if (!rc && more < 0) {
		/* The sample that was being read is not to be believed. */
		buf_reset(&s.file);
		s.why[0] = 0;
		if (!m->silent)
			warn("%s", why.msg);
		m->failed++;
	}
	if (!rc)
		rc = finish_sample(m, &s, e);
	buf_release(&s.name);
	buf_release(&s.file);
	buf_release(&s.json);
	buf_release(&s.class);
	tar_release(&t);
	return rc;
}
