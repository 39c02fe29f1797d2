/* source.c - see source.h */
#include "common/data/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/record_image.h"

enum { SLACK = 16 };
/* Bytes read at once; of a larger record, the rest follows when its header is known to be good. */
static const uint64_t FIRST_READ = 4 << 20;

static const struct image_limits limits = IMAGE_LIMITS_DEFAULT;

/* ---- one record as a picture */

/* "a tensor of f32 with 1 dims", for messages. */
static int not_a_picture(const struct record *r, struct err *e)
{
	if (r->kind != RECORD_TENSOR)
		return err_set(e, "not a picture but of kind %s", record_kind_name(r->kind));
	return err_set(e, "not a picture but a tensor of %s with %d dimension%s", record_dtype_name(r->dtype), r->ndim,
		       r->ndim == 1 ? "" : "s");
}

/* Is it one, by its header, and within limits? */
static int check_head(const struct record *r, struct err *e)
{
	uint32_t h = r->dims[0], w = r->dims[1];

	if (r->kind == RECORD_JPEG || r->kind == RECORD_PNG) {
		if (r->bytes > limits.max_bytes)
			return err_set(e, "a picture of %llu bytes", (unsigned long long)r->bytes);
		return 0;
	}
	if (!record_is_image(r))
		return not_a_picture(r, e);
	if (w > SOURCE_LONGEST || h > SOURCE_LONGEST || (uint64_t)w * h > limits.max_pixels)
		return err_set(e, "a picture of %ux%u pixels", w, h);
	return 0;
}

int source_decode(struct image *m, const struct record *r, const void *payload, struct image *decoded, struct err *e)
{
	if (check_head(r, e))
		return -1;
	if (r->kind == RECORD_TENSOR && r->ndim == 3 && r->dims[2] == 3) {
		*m = (struct image){ .w = (int)r->dims[1], .h = (int)r->dims[0] };
		m->stride = 3 * (size_t)m->w;
		m->data = (uint8_t *)(uintptr_t)payload; /* it is only read through this */
		return 0;
	}
	if (record_image(decoded, r, payload, e))
		return -1;
	if (decoded->w > SOURCE_LONGEST || decoded->h > SOURCE_LONGEST)
		return err_set(e, "a picture of %dx%d pixels", decoded->w, decoded->h);
	*m = *decoded;
	return 0;
}

void source_room_release(struct source_room *room)
{
	buf_release(&room->bytes);
	image_release(&room->decoded);
}

/* ---- reading */

/* How far record k's bytes reach at most: to the next record's, or the end of the file. */
static uint64_t extent(const struct source_file *f, uint64_t k)
{
	return (k + 1 < f->index.n ? f->index.offset[k + 1] : f->index.file_size) - f->index.offset[k];
}

/* Header and payload of record k into b, with slack behind them. */
static int read_record(const struct source_file *f, uint64_t k, struct record *r, struct buf *b, struct err *e)
{
	uint64_t offset = f->index.offset[k], most = extent(f, k);
	size_t want = (size_t)(most < FIRST_READ ? most : FIRST_READ);

	buf_reset(b);
	uint8_t *p = buf_reserve(b, want + SLACK);
	ssize_t got = io_pread_full(f->fd, p, want, offset);
	if (got < 0)
		return err_sys(e, "cannot be read");
	if (got < RECORD_HEADER)
		return err_set(e, "the file ends before it");
	if (record_decode(r, p, e) || check_head(r, e))
		return -1;
	size_t all = RECORD_HEADER + (size_t)r->bytes;
	b->len = (size_t)got < all ? (size_t)got : all;
	if (b->len == all)
		return 0;
	p = buf_reserve(b, all - b->len + SLACK);
	got = io_pread_full(f->fd, p, all - b->len, offset + b->len);
	if (got < 0)
		return err_sys(e, "cannot be read");
	if ((size_t)got < all - b->len)
		return err_set(e, "the file ends within it");
	b->len = all;
	return 0;
}

static int check_size(const struct source *s, int w, int h, struct err *e)
{
	if (s->w && (w != s->w || h != s->h))
		return err_set(e, "a picture of %dx%d pixels among those of %dx%d", w, h, s->w, s->h);
	return 0;
}

/* Of a record that is used for the first time. */
static int check_crc(struct source *s, uint64_t i, const struct record *r, const uint8_t *payload, struct err *e)
{
	const char *why = "the payload's CRC does not match\nhint: frl-shard repair leaves out what is damaged";
	unsigned char bit = (unsigned char)(1 << i % 8);

	if (atomic_load_explicit(&s->checked[i / 8], memory_order_relaxed) & bit)
		return 0;
	if (crc32_add(0, payload, r->bytes) != r->crc)
		return err_set(e, "%s", why);
	atomic_fetch_or_explicit(&s->checked[i / 8], bit, memory_order_relaxed);
	return 0;
}

static int read_picture(struct source *s, const struct source_file *f, uint64_t i, struct source_room *room,
			struct source_picture *p, struct err *e)
{
	uint64_t k = i - f->first;
	struct record r;

	if (read_record(f, k, &r, &room->bytes, e))
		return -1;
	if (r.key != f->index.key[k] || r.label != f->index.label[k] || r.face != f->index.face[k])
		return err_set(e, "not the one that the index speaks of: the file was changed");
	const uint8_t *payload = (const uint8_t *)room->bytes.data + RECORD_HEADER;
	if (check_crc(s, i, &r, payload, e))
		return -1;
	if (source_decode(&p->image, &r, payload, &room->decoded, e) || check_size(s, p->image.w, p->image.h, e))
		return -1;
	p->key = r.key;
	p->label = r.label;
	p->face = r.face;
	return 0;
}

/* The file that record i is in. */
static const struct source_file *file_of(const struct source *s, uint64_t i)
{
	int lo = 0, hi = s->files - 1;

	if (i >= s->n)
		BUG("picture %llu of %llu", (unsigned long long)i, (unsigned long long)s->n);
	while (lo < hi) {
		int mid = (lo + hi + 1) / 2;
		if (s->file[mid].first <= i)
			lo = mid;
		else
			hi = mid - 1;
	}
	return &s->file[lo];
}

int source_read(struct source *s, uint64_t i, struct source_room *room, struct source_picture *p, struct err *e)
{
	const struct source_file *f = file_of(s, i);

	if (read_picture(s, f, i, room, p, e))
		return err_prefix(e, "'%s': record %llu", f->path, (unsigned long long)(i - f->first));
	return 0;
}

static int read_head(const struct source_file *f, uint64_t k, struct record *r, struct err *e)
{
	uint8_t header[RECORD_HEADER];

	if (io_pread_full(f->fd, header, sizeof header, f->index.offset[k]) != sizeof header)
		return err_set(e, "cannot be read");
	return record_decode(r, header, e) || check_head(r, e) ? -1 : 0;
}

int source_size(const struct source *s, uint64_t i, int *w, int *h, struct err *e)
{
	const struct source_file *f = file_of(s, i);
	struct record r;
	int rc = read_head(f, i - f->first, &r, e);

	if (!rc &&
	    (r.ndim < 2 || r.dims[0] < 1 || r.dims[1] < 1 || r.dims[0] > SOURCE_LONGEST || r.dims[1] > SOURCE_LONGEST))
		rc = err_set(e, "a picture of %ux%u pixels", r.dims[1], r.dims[0]);
	if (rc)
		return err_prefix(e, "'%s': record %llu", f->path, (unsigned long long)(i - f->first));
	*w = (int)r.dims[1];
	*h = (int)r.dims[0];
	return 0;
}

/* ---- opening */

/*
 * Raw pictures of one size are equally far apart, but where end records lie between: only records that are not have to be
 * looked at for a picture of another size to be found before training begins.
 */
static int check_places(const struct source *s, const struct source_file *f, struct err *e)
{
	uint64_t size = 0; /* of the file's first record */
	struct record r;

	for (uint64_t k = 0; k < f->index.n; k++) {
		if (k > 0 && k + 1 < f->index.n && f->index.offset[k + 1] - f->index.offset[k] == size)
			continue;
		if (read_head(f, k, &r, e) ||
		    (r.kind == RECORD_TENSOR && check_size(s, (int)r.dims[1], (int)r.dims[0], e)))
			return err_prefix(e, "'%s': record %llu", f->path, (unsigned long long)k);
		if (r.kind != RECORD_TENSOR)
			break; /* of compressed ones, places tell nothing */
		if (k == 0)
			size = record_size(&r);
	}
	return 0;
}

static int open_file(struct source *s, struct source_file *f, const char *path, struct err *e)
{
	f->path = xstrdup(path);
	if (record_index_load(&f->index, path, e))
		return -1;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (f->index.n == 0)
		return err_set(e, "'%s' holds no record", path);
	if (f->index.damage || !f->index.closed)
		return err_set(e, "'%s' %s\nhint: frl-shard repair mends it", path,
			       f->index.damage ? "is damaged" : "was cut short, or is still being written");
	f->first = s->n;
	s->n += f->index.n;
	return 0;
}

/* The first picture says what size all have; one of a JPEG is decoded to know it. */
static int find_size(struct source *s, struct err *e)
{
	struct source_room room = { 0 };
	struct source_picture p;
	int rc = source_read(s, 0, &room, &p, e);

	if (!rc) {
		s->w = p.image.w;
		s->h = p.image.h;
	}
	source_room_release(&room);
	return rc;
}

int source_open(struct source *s, const char *const *path, int paths, bool of_any_size, struct err *e)
{
	if (paths < 1)
		BUG("no stream");
	*s = (struct source){ .file = xcalloc((size_t)paths, sizeof *s->file), .files = paths };
	for (int i = 0; i < paths; i++)
		s->file[i].fd = -1;
	for (int i = 0; i < paths; i++)
		if (open_file(s, &s->file[i], path[i], e))
			goto fail;
	s->checked = xcalloc((s->n + 7) / 8, sizeof *s->checked);
	if (!of_any_size && find_size(s, e))
		goto fail;
	for (int i = 0; i < paths && !of_any_size; i++)
		if (check_places(s, &s->file[i], e))
			goto fail;
	return 0;
fail:
	source_close(s);
	return -1;
}

void source_close(struct source *s)
{
	for (int i = 0; i < s->files; i++) {
		record_index_release(&s->file[i].index);
		if (s->file[i].fd >= 0)
			close(s->file[i].fd);
		free(s->file[i].path);
	}
	free(s->file);
	free(s->checked);
	*s = (struct source){ 0 };
}
