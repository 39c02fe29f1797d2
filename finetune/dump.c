/* dump.c - what was trained on, with its labels drawn on, as a stream of pictures: see run.h */
#include <math.h>
#include <stdlib.h>

#include "common/model/task_draw.h"
#include "common/nn/ranks.h"
#include "finetune/run.h"

/* A sample's picture as it was before it was normalised. */
static void denormalise(const struct run *r, const float *planes, struct image *m)
{
	int size = r->model.input.size;
	size_t n = (size_t)size * (size_t)size;
	struct warp w = { .size = 0 };

	task_model_warp(&r->model, &w);
	image_resize(m, size, size);
	for (int k = 0; k < 3; k++)
		for (size_t i = 0; i < n; i++) {
			float v = (planes[(size_t)k * n + i] * w.std[k] + w.mean[k]) * 255;

			image_at(m, (int)(i % (size_t)size),
				 (int)(i / (size_t)size))[w.bgr ? 2 - k : k] = (uint8_t)lrintf(fminf(fmaxf(v, 0), 255));
		}
}

/* Key and face of a sample's record. */
static void name_record(const struct data *d, uint64_t sample, struct record *h)
{
	uint64_t record = d->labels.record[sample];
	int f = 0;

	while (f + 1 < d->source.files && d->source.file[f + 1].first <= record)
		f++;
	h->key = d->source.file[f].index.key[record - d->source.file[f].first];
	h->face = d->source.file[f].index.face[record - d->source.file[f].first];
}

int run_dump(struct run *r, int n, struct err *e)
{
	size_t width = (size_t)r->model.task->label_width(&r->model);
	size_t floats = 3 * (size_t)r->model.input.size * (size_t)r->model.input.size;
	int begin = samples_begin(r->samples, samples_count(r->samples, r->step)), rc = 0;
	struct image picture = { 0 }, drawn = { 0 };

	if (!r->options->dump_views || ranks_rank())
		return 0;
	if (!r->dump_writer.out) {
		if (out_open(&r->dump, r->options->dump_views, true, e))
			return -1;
		r->dump_writer.out = &r->dump;
	}
	for (int i = 0; i < n && !rc; i++) {
		struct task_said said = { &r->model, r->label + (size_t)i * width, (int)width };
		struct record h = { .kind = RECORD_TENSOR, .dtype = RECORD_U8, .ndim = 3, .label = -1 };

		denormalise(r, r->picture + (size_t)i * floats, &picture);
		task_draw(&drawn, &picture, &said, 1);
		name_record(&r->data, samples_at(r->samples, r->step, begin + i), &h);
		h.dims[0] = (uint32_t)drawn.h;
		h.dims[1] = (uint32_t)drawn.w;
		h.dims[2] = 3;
		h.bytes = 3 * (uint64_t)drawn.w * (uint64_t)drawn.h;
		rc = record_write(&r->dump_writer, &h, drawn.data, e);
	}
	image_release(&picture);
	image_release(&drawn);
	return rc;
}

int run_dump_end(struct run *r, struct err *e)
{
	if (!r->dump_writer.out)
		return 0;
	return record_end(&r->dump_writer, NULL, e) || out_commit(&r->dump, e) ? -1 : 0;
}
