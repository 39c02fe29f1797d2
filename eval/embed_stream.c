/* embed_stream.c - see embed_stream.h */
#include "eval/embed_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/le.h"
#include "common/record.h"
#include "common/record_image.h"
#include "common/resample.h"
#include "common/thread.h"
#include "common/tsv.h"
#include "eval/past.h"

enum { MOST_WARNINGS = 20 };

/* A picture on its way. */
struct item {
	struct record head;
	uint8_t *payload; /* of the input; NULL once it is decoded */
	uint8_t *vector;  /* [features] f32, little-endian */
	uint64_t offset;
	const char *file;
	struct err e;
	bool failed;
};

/* A worker's own. */
struct scratch {
	struct image picture;
	struct embedder_scratch net;
	float *vector;
};

struct run {
	const struct embed_config *c;
	struct embedder *model; /* NULL with pixels */
	struct past past;
	uint64_t flattered; /* records that the model was chosen on */
	size_t features;
	int at; /* of c->path */
	bool open;
	struct record_reader in;
	struct scratch *scratch; /* [threads] */
	struct out *out;
	struct record_writer writer;
	struct summary *summary;
	uint64_t damage;
	int warnings;
	struct err read_error, write_error;
	bool read_failed, write_failed;
};

/* ---- reading */

/* file outlives the item. */
static struct item *item_new(const struct record_reader *r, const char *file)
{
	struct item *t = xcalloc(1, sizeof *t);

	t->file = file;
	t->head = r->head;
	t->payload = xrealloc_array(NULL, (size_t)r->head.bytes + 1, 1);
	memcpy(t->payload, r->payload, (size_t)r->head.bytes);
	t->offset = r->offset;
	return t;
}

static void item_free(struct item *t)
{
	free(t->payload);
	free(t->vector);
	free(t);
}

/* Damage counts as a failure, and so does a stream without its end. Nothing at all is none. */
static int end_input(struct run *r)
{
	if (!r->in.records && !r->in.segments && !r->in.damage)
		return err_set(&r->read_error, "'%s' is empty", r->in.name);
	if (r->in.damage || !r->in.closed) {
		uint64_t places = r->in.damage ? r->in.damage : 1;

		warn("'%s' is damaged or cut short: %llu place%s", r->in.name, (unsigned long long)places,
		     places == 1 ? "" : "s");
		r->damage += places;
	}
	return 0;
}

static int open_next(struct run *r)
{
	if (r->open) {
		if (end_input(r))
			return -1;
		r->at++;
		if (r->at >= r->c->paths)
			return 0;
		record_close(&r->in);
		r->open = false;
	}
	if (record_open(&r->in, r->c->paths ? r->c->path[r->at] : NULL, &r->read_error))
		return -1;
	r->open = true;
	return 1;
}

/* -1: the record must not be scored with this model. */
static int check_past(struct run *r)
{
	char what[64];

	if (!past_chose(&r->past, r->in.head.key))
		return 0;
	r->flattered++;
	snprintf(what, sizeof what, "the record of key %016llx face %u", (unsigned long long)r->in.head.key,
		 r->in.head.face);
	return r->c->scored ? past_refuse(r->c->model, what, &r->read_error) : 0;
}

static void *read_item(void *data)
{
	struct run *r = data;

	while (!r->read_failed) {
		int rc = record_next(&r->in, &r->read_error);

		if (rc > 0 && r->in.head.kind != RECORD_END && (rc = check_past(r)) == 0)
			return item_new(&r->in, r->c->paths ? r->c->path[r->at] : "<stdin>");
		if (rc == 0 && (rc = open_next(r)) == 0)
			return NULL;
		r->read_failed = rc < 0;
	}
	return NULL;
}

/* ---- working */

/* The picture shrunk to N x N, normalised as networks take it: values around 0, so that a cosine compares more than brightness. */
static void pixels(const struct image *picture, int n, struct image *sized, float *dst)
{
	const struct model_input *in = &model_input_swav;

	image_resize(sized, n, n);
	resample_resize(sized, picture, RESAMPLE_BILINEAR);
	for (int y = 0; y < n; y++)
		for (int x = 0; x < n; x++)
			for (int c = 0; c < 3; c++)
				*dst++ = ((float)image_at(sized, x, y)[c] / 255 - in->mean[c]) / in->std[c];
}

static void work_item(void *data, void *what, int worker)
{
	const struct run *r = data;
	struct scratch *s = &r->scratch[worker];
	struct item *t = what;

	t->failed = record_image(&s->picture, &t->head, t->payload, &t->e) < 0;
	free(t->payload);
	t->payload = NULL;
	if (t->failed)
		return;
	if (!s->vector)
		s->vector = xrealloc_array(NULL, r->features, sizeof *s->vector);
	if (r->model)
		embedder_run(r->model, &s->picture, r->c->flip_sum, &s->net, s->vector);
	else
		pixels(&s->picture, r->c->pixels, &s->net.sized, s->vector);
	t->vector = xrealloc_array(NULL, r->features, sizeof(float));
	for (size_t i = 0; i < r->features; i++)
		le_putf32(t->vector + 4 * i, s->vector[i]);
}

/* ---- writing */

static void tell(struct run *r, const struct item *t)
{
	if (++r->warnings > MOST_WARNINGS)
		return;
	warn("'%s': the record at byte %llu, key %016llx face %u: %s", t->file, (unsigned long long)t->offset,
	     (unsigned long long)t->head.key, t->head.face, t->e.msg);
	if (r->warnings == MOST_WARNINGS)
		hint("further records that fail are only counted");
}

static int write_item(void *data, void *what, bool last_ready)
{
	struct run *r = data;
	struct item *t = what;
	struct record head = {
		.kind = RECORD_TENSOR,
		.dtype = RECORD_F32,
		.ndim = 1,
		.dims = { (uint32_t)r->features },
		.bytes = 4 * r->features,
		.key = t->head.key,
		.label = t->head.label,
		.face = t->head.face,
	};
	int rc = 0;

	r->summary->in++;
	progress_add(1);
	if (t->failed) {
		tell(r, t);
		r->summary->failed++;
	} else {
		rc = record_write(&r->writer, &head, t->vector, &r->write_error);
		r->summary->out += rc == 0;
	}
	if (rc == 0 && last_ready)
		rc = out_flush(r->out, &r->write_error);
	item_free(t);
	r->write_failed = rc != 0;
	return rc;
}

static void drop_item(void *data, void *what)
{
	(void)data;
	item_free(what);
}

/* ---- all of it */

/* What the options ask of the weights that only their metadata tell. */
static int check_model(const struct run *r, const struct safetensors *s, struct err *e)
{
	const char *task = safetensors_get_meta(s, "frl.task");

	if (r->c->recognition && (!task || strcmp(task, "recognition") != 0))
		return err_set(e, "a model of %s, not of recognition", task ? task : "no task");
	if (!safetensors_get_meta(s, "frl.input.mean") && !r->c->quiet)
		warn("'%s' does not say what its input looks like: RGB, mean .485 .456 .406, deviation "
		     ".228 .224 .225, %d pixels are taken",
		     r->c->model, embedder_input(r->model)->size);
	return 0;
}

static int load(struct run *r, struct err *e)
{
	const struct embed_config *c = r->c;
	struct safetensors s = { 0 };
	char *path;
	int rc = -1;

	if (c->pixels) {
		r->features = 3 * (size_t)c->pixels * (size_t)c->pixels;
		return 0;
	}
	path = safetensors_path(c->model);
	if (!safetensors_open(&s, path, e)) {
		r->model = embedder_new(&s, c->layer, c->size, e);
		rc = r->model && !check_model(r, &s, e) ? 0 : err_prefix(e, "'%s'", path);
	}
	safetensors_close(&s);
	free(path);
	if (!rc) {
		r->features = embedder_features(r->model);
		rc = past_read(&r->past, c->model, e);
	}
	return rc;
}

static int finish(struct run *r, struct err *e)
{
	struct tsv_out pg = { 0 };
	int rc;

	if (r->read_failed || r->write_failed) {
		*e = r->read_failed ? r->read_error : r->write_error;
		return -1;
	}
	if (r->flattered && !r->c->quiet)
		warn("'%s' was chosen on %llu of these pictures: a score on them flatters", r->c->model,
		     (unsigned long long)r->flattered);
	/* argv is the sub-command's, the tail of main's. */
	tsv_out_pg(&pg, r->c->no_pg, r->c->argc + 1, r->c->argv - 1);
	rc = record_end(&r->writer, pg.line.len ? pg.line.data : NULL, e);
	tsv_out_release(&pg);
	return rc;
}

int embed_stream(const struct embed_config *c, struct out *out, struct summary *s, uint64_t *damage, struct err *e)
{
	struct run r = { .c = c, .out = out, .summary = s };
	struct pipeline p = {
		.read = read_item,
		.work = work_item,
		.write = write_item,
		.drop = drop_item,
		.data = &r,
		.threads = c->threads,
	};
	int rc = -1;

	r.scratch = xcalloc((size_t)p.threads, sizeof *r.scratch);
	if (load(&r, e))
		goto out;
	if (open_next(&r) < 0) {
		*e = r.read_error;
		goto out;
	}
	r.writer = (struct record_writer){ .out = r.out };
	progress_start("pictures", 0, c->quiet);
	pipeline_run(&p);
	progress_stop();
	rc = finish(&r, e);
out:
	for (int i = 0; i < p.threads; i++) {
		image_release(&r.scratch[i].picture);
		embedder_scratch_release(&r.scratch[i].net);
		free(r.scratch[i].vector);
	}
	free(r.scratch);
	if (r.open)
		record_close(&r.in);
	embedder_free(r.model);
	past_release(&r.past);
	s->failed += r.damage;
	*damage = r.damage;
	return rc;
}
