/* mesh.c - what only the task mesh needs before its training: targets, the template's levels, mean and deviation (run.h) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/num.h"
#include "common/thread.h"
#include "finetune/run.h"

/* ---- targets */

static void check_options(const struct options *o)
{
	if (!o->mesh == !o->params)
		opt_usage(&options_program, "the task mesh needs --mesh or --params, one of them");
	if (o->params && !o->face_model)
		opt_usage(&options_program, "--params needs --face-model");
	if (!o->template && !o->face_model)
		opt_usage(&options_program, "the task mesh needs --template or --face-model");
	if (o->flip_p > 0)
		opt_usage(&options_program, "--flip-p: a mesh has no mirror image");
}

int run_mesh_targets(struct run *r, struct err *e)
{
	const struct options *o = r->options;
	struct mesh_targets_config c = { .mesh = o->mesh, .params = o->params, .face_model = o->face_model };

	if (o->task != &task_mesh) {
		if (o->mesh || o->params || o->face_model || o->template || o->region || o->points)
			opt_usage(&options_program, "--mesh, --params, --face-model, --template, --region and --points "
						    "are for the task mesh");
		return 0;
	}
	check_options(o);
	if (o->region && face_mesh_numbers(&r->region, &r->region_n, MESH_MAX_VERTICES, o->region, e))
		return -1;
	c.region = r->region;
	c.region_n = r->region_n;
	r->model.targets = &r->targets;
	if (mesh_targets_open(&r->targets, &c, e))
		return -1;
	r->model.outputs = r->targets.vertices;
	return 0;
}

/* ---- the template */

static int read_channels(const char *text, int32_t *channels, int *levels, struct err *e)
{
	char *copy = xstrdup(text), *at = copy;
	int rc = 0;

	*levels = 0;
	for (char *part; !rc && (part = strsep(&at, ","));) {
		double v;

		if (*levels == FACE_MESH_LEVELS || num_parse_f64(part, &v) || !(v >= 1 && v <= FACE_MESH_CHANNELS) ||
		    v != floor(v))
			rc = err_code(e, EXIT_CODE_USAGE,
				      "option '--channels': '%s' is not 1 to %d numbers from 1 to %d", text,
				      FACE_MESH_LEVELS, FACE_MESH_CHANNELS);
		else
			channels[(*levels)++] = (int32_t)v;
	}
	free(copy);
	return rc;
}

/* Points of the user's instead of the template's own. */
static int take_points(const struct options *o, const struct mesh *m, int32_t **point, int *points, struct err *e)
{
	if (!o->points)
		return 0;
	free(*point);
	if (face_mesh_numbers(point, points, FACE_MESH_POINTS, o->points, e))
		return -1;
	for (int i = 0; i < *points; i++)
		if ((*point)[i] >= m->vertices)
			return err_set(e, "'%s': vertex %d of a template of %d", o->points, (*point)[i], m->vertices);
	return 0;
}

static int build(struct run *r, struct err *e)
{
	const struct options *o = r->options;
	const char *path = o->template ? o->template : o->face_model;
	int32_t channels[FACE_MESH_LEVELS], *point = NULL;
	int levels, points = 0, rc = -1;
	struct mesh m = { 0 };

	if (read_channels(o->channels, channels, &levels, e) || face_mesh_template(&m, &point, &points, path, e) ||
	    take_points(o, &m, &point, &points, e))
		goto out;
	if (r->region && face_mesh_cut(&m, point, points, r->region, r->region_n, e)) {
		err_prefix(e, "'%s' cut to '%s'", path, o->region);
		goto out;
	}
	if (m.vertices != r->model.outputs) {
		err_set(e, "'%s' has %d vertices, the meshes to learn have %d", path, m.vertices, r->model.outputs);
		goto out;
	}
	r->model.mesh = xcalloc(1, sizeof *r->model.mesh);
	rc = face_mesh_build(r->model.mesh, &m, channels, levels, o->spiral, point, points, e);
	if (rc)
		err_prefix(e, "'%s'", path);
out:
	mesh_release(&m);
	free(point);
	return rc;
}

/* ---- mean and deviation of the training set, in the input's pixels without augmentation */

/* Pieces of the set, summed each by itself and then in order: the same bits for any number of threads. */
enum { PIECES = 16 };

struct sums {
	struct run *r;
	struct warp warp;
	double *sum;		  /* [PIECES][3 V] */
	double square[PIECES];	  /* sums of squares of all numbers */
	struct err error[PIECES]; /* where failed */
	bool failed[PIECES];
};

static int add_sample(struct sums *s, size_t piece, size_t i, double *label, struct err *e)
{
	struct data *d = &s->r->data;
	size_t n = 3 * (size_t)s->r->model.outputs;
	double *sum = s->sum + piece * n;
	struct warp_draws draws;
	int w, h;

	if (source_size(&d->source, d->labels.record[i], &w, &h, e))
		return -1;
	warp_none(&draws, &s->warp, w, h);
	if (task_mesh.move(&s->r->model, &draws, w, h, d->labels.value + i * (size_t)d->labels.width, label, e))
		return -1;
	for (size_t k = 0; k < n; k++) {
		sum[k] += label[k];
		s->square[piece] += label[k] * label[k];
	}
	return 0;
}

static void add_piece(void *data, size_t piece, int worker)
{
	struct sums *s = data;
	size_t n = s->r->data.labels.n, from = n * piece / PIECES, to = n * (piece + 1) / PIECES;
	double *label = xcalloc(3 * (size_t)s->r->model.outputs, sizeof *label);

	(void)worker;
	for (size_t i = from; i < to && !s->failed[piece]; i++)
		s->failed[piece] = add_sample(s, piece, i, label, &s->error[piece]) != 0;
	free(label);
}

static int measure(struct run *r, struct err *e)
{
	size_t n = 3 * (size_t)r->model.outputs;
	struct face_mesh *f = r->model.mesh;
	struct sums *s = xcalloc(1, sizeof *s);
	double square = 0, count = (double)r->data.labels.n;
	int rc = 0;

	s->r = r;
	s->warp = (struct warp){ .scale = { 1, 1 } };
	task_model_warp(&r->model, &s->warp);
	s->sum = xcalloc(PIECES * n, sizeof *s->sum);
	parallel_for(r->threads, PIECES, add_piece, s);
	for (int p = 0; p < PIECES && !rc; p++) {
		if (s->failed[p]) {
			*e = s->error[p];
			rc = -1;
		}
		square += s->square[p];
	}
	for (size_t k = 0; k < n && !rc; k++) {
		double mean = 0;

		for (size_t p = 0; p < PIECES; p++)
			mean += s->sum[p * n + k] / count;
		f->mean[k / 3][k % 3] = (float)mean;
		square -= count * mean * mean;
	}
	if (!rc) {
		/* A set of one mesh has none: its numbers are then taken as they are. */
		double variance = square / (count * (double)n);

		f->deviation[0] = variance > 1e-12 ? sqrt(variance) : 1;
	}
	free(s->sum);
	free(s);
	return rc;
}

int run_mesh_build(struct run *r, struct err *e)
{
	if (r->model.task != &task_mesh || r->options->resume)
		return 0;
	return build(r, e) || measure(r, e) ? -1 : 0;
}
