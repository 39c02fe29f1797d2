/* backdrop.c - see backdrop.h */
#include "tools/synth/backdrop.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

static const struct image_limits limits = IMAGE_LIMITS_DEFAULT;

/* A picture, or a stream of them. */
static int open_one(struct synth_backdrop *b, int i, struct err *e)
{
	char magic[16] = { 0 };
	struct record head;
	struct buf payload = { 0 };
	int rc = 0;

	b->fd[i] = open(b->file[i], O_RDONLY | O_CLOEXEC);
	if (b->fd[i] < 0 || io_pread_full(b->fd[i], magic, sizeof magic, 0) < 0)
		return err_sys(e, "cannot read background '%s'", b->file[i]);
	if (memcmp(magic, "FRLR", 4) != 0) {
		close(b->fd[i]);
		b->fd[i] = -1;
		if (image_sniff(magic, sizeof magic) == IMAGE_UNKNOWN)
			return err_set(e, "background '%s' is neither JPEG, PNG nor a record stream", b->file[i]);
		b->first[i + 1] = b->first[i] + 1;
		return 0;
	}
	if (record_index_load(&b->index[i], b->file[i], e) < 0)
		return -1;
	b->first[i + 1] = b->first[i] + b->index[i].n;
	if (!b->index[i].n)
		return err_set(e, "background '%s' has no records", b->file[i]);
	rc = record_read_at(b->fd[i], b->index[i].offset[0], &head, &payload, e);
	buf_release(&payload);
	if (rc < 0)
		return err_prefix(e, "background '%s'", b->file[i]);
	if (head.kind == RECORD_TENSOR && !(head.dtype == RECORD_U8 && head.ndim == 3 && head.dims[2] == 3))
		return err_set(e, "background '%s' holds no pictures", b->file[i]);
	return 0;
}

int synth_backdrop_open(struct synth_backdrop *b, const struct opt_list *files, struct err *e)
{
	*b = (struct synth_backdrop){ .file = files->item, .n = files->n };
	b->index = xcalloc((size_t)b->n + 1, sizeof *b->index);
	b->fd = xcalloc((size_t)b->n + 1, sizeof *b->fd);
	b->first = xcalloc((size_t)b->n + 1, sizeof *b->first);
	for (int i = 0; i < b->n; i++)
		b->fd[i] = -1;
	for (int i = 0; i < b->n; i++)
		if (open_one(b, i, e) < 0) {
			synth_backdrop_close(b);
			return -1;
		}
	return 0;
}

void synth_backdrop_close(struct synth_backdrop *b)
{
	for (int i = 0; i < b->n; i++) {
		if (b->fd[i] >= 0)
			close(b->fd[i]);
		record_index_release(&b->index[i]);
	}
	free(b->index);
	free(b->fd);
	free(b->first);
	*b = (struct synth_backdrop){ 0 };
}

uint64_t synth_backdrop_count(const struct synth_backdrop *b)
{
	return b->n ? b->first[b->n] : 0;
}

static int get_record(const struct synth_backdrop *b, int file, uint64_t i, struct image *m, struct err *e)
{
	struct record r;
	struct buf payload = { 0 };
	int rc = record_read_at(b->fd[file], b->index[file].offset[i], &r, &payload, e);

	if (rc < 0) {
		rc = -1;
	} else if (r.kind == RECORD_JPEG || r.kind == RECORD_PNG) {
		rc = image_decode_again(m, NULL, payload.data, payload.len, &limits, e);
	} else if (r.kind == RECORD_TENSOR && r.dtype == RECORD_U8 && r.ndim == 3 && r.dims[2] == 3 && payload.len) {
		image_resize(m, (int)r.dims[1], (int)r.dims[0]);
		for (int y = 0; y < m->h; y++)
			memcpy(image_at(m, 0, y), payload.data + 3 * (size_t)m->w * (size_t)y, 3 * (size_t)m->w);
	} else {
		rc = err_set(e, "no picture");
	}
	buf_release(&payload);
	return rc < 0 ? err_prefix(e, "background '%s', record %llu", b->file[file], (unsigned long long)i) : 0;
}

int synth_backdrop_get(const struct synth_backdrop *b, uint64_t i, struct image *m, struct err *e)
{
	struct buf bytes = { 0 };
	int file = 0, rc;

	while (file + 1 < b->n && i >= b->first[file + 1])
		file++;
	if (b->fd[file] >= 0)
		return get_record(b, file, i - b->first[file], m, e);
	rc = image_slurp(&bytes, b->file[file], &limits, e);
	if (!rc)
		rc = image_decode_again(m, NULL, bytes.data, bytes.len, &limits, e);
	buf_release(&bytes);
	return rc < 0 ? err_prefix(e, "background '%s'", b->file[file]) : 0;
}
