/* retinaface.c - RetinaFace: weights and what they say of their input, the run, decoding (see retinaface.h) */
#include "common/model/retinaface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/model/retinaface_net.h"
#include "common/nn/net.h"
#include "common/num.h"

enum { CLASS_AT = 0, BOX_AT = 4, POINT_AT = 12, HEAD_CHANNELS = 32 };
static const size_t cache_bytes = (size_t)128 << 20;
static const size_t keep_bytes = (size_t)24 << 20; /* between pictures: enough for 1.8 megapixels with MobileNet */

struct retinaface {
	const struct nn_backend *backend;
	enum nn_dtype dtype;
	enum retinaface_body body;
	struct retinaface_config config;
	struct net *net;
	struct plan_cache *plans;
	int head[RETINAFACE_LEVELS];
};

/* ---- the weights' metadata */

static int check_config(const struct retinaface_config *c, const float *step, struct err *e)
{
	for (int i = 0; i < RETINAFACE_LEVELS; i++)
		if ((int)step[i] != c->step[i])
			return err_set(e, "metadata frl.steps: the network's strides are 8,16,32");
	return 0;
}

static int read_config(struct retinaface_config *c, const struct safetensors *s, struct err *e)
{
	float step[RETINAFACE_LEVELS] = { 8, 16, 32 };

	*c = (struct retinaface_config){
		.input = { .mean = { 104, 117, 123 }, .std = { 1, 1, 1 }, .scale = 255, .bgr = true },
		.min_size = { { 16, 32 }, { 64, 128 }, { 256, 512 } },
		.step = { 8, 16, 32 },
		.variance = { .1f, .2f },
	};
	if (model_input_read(&c->input, s, e) < 0 ||
	    model_meta_numbers(s, "frl.anchors", c->min_size[0], RETINAFACE_LEVELS * RETINAFACE_SIZES, e) < 0 ||
	    model_meta_numbers(s, "frl.steps", step, RETINAFACE_LEVELS, e) < 0 ||
	    model_meta_numbers(s, "frl.variances", c->variance, 2, e) < 0)
		return -1;
	return check_config(c, step, e);
}

/* ---- loading */

static int find_body(enum retinaface_body *body, const struct safetensors *s, struct err *e)
{
	if (safetensors_find(s, "body.stage1.0.0.weight") || safetensors_find(s, "module.body.stage1.0.0.weight"))
		*body = RETINAFACE_MOBILENET;
	else if (safetensors_find(s, "body.layer1.0.conv1.weight") ||
		 safetensors_find(s, "module.body.layer1.0.conv1.weight"))
		*body = RETINAFACE_RESNET50;
	else
		return err_set(e, "not the weights of a RetinaFace: neither body.stage1.. nor body.layer1.. is there");
	return 0;
}

struct retinaface *retinaface_new(const struct nn_backend *b, enum nn_dtype dtype, const struct safetensors *s,
				  struct err *e)
{
	struct retinaface *r = xcalloc(1, sizeof *r);
	struct params params;

	r->backend = b;
	r->dtype = dtype;
	if (find_body(&r->body, s, e) < 0 || read_config(&r->config, s, e) < 0 ||
	    params_load(&params, s, "module.", e) < 0) {
		free(r);
		return NULL;
	}
	r->net = net_new(b, dtype, &params);
	retinaface_net(r->net, r->body, r->config.input.bgr, r->head);
	if (params_check(&params, "a RetinaFace", e) < 0) {
		params_release(&params);
		retinaface_free(r);
		return NULL;
	}
	params_release(&params);
	r->plans = plan_cache_new(r->net, cache_bytes);
	return r;
}

void retinaface_free(struct retinaface *r)
{
	if (!r)
		return;
	plan_cache_free(r->plans);
	net_free(r->net);
	free(r);
}

const char *retinaface_name(const struct retinaface *r)
{
	return r->body == RETINAFACE_MOBILENET ? "retinaface-mobilenet0.25" : "retinaface-resnet50";
}

const struct retinaface_config *retinaface_config(const struct retinaface *r)
{
	return &r->config;
}

void retinaface_cache_stats(struct retinaface *r, uint64_t *hits, uint64_t *misses)
{
	plan_cache_stats(r->plans, hits, misses);
}

/* ---- running */

void retinaface_scratch_release(struct retinaface_scratch *s)
{
	free(s->arena);
	free(s->heads);
	*s = (struct retinaface_scratch){ 0 };
}

void retinaface_scratch_trim(struct retinaface_scratch *s)
{
	if (s->arena_bytes > keep_bytes || s->heads_count * sizeof *s->heads > keep_bytes)
		retinaface_scratch_release(s);
}

static const struct plan *run(struct retinaface *r, const struct image *m, struct retinaface_scratch *s)
{
	const struct retinaface_config *c = &r->config;
	const struct plan *plan = plan_cache_get(r->plans, m->w, m->h);
	struct nn_picture picture = model_input_picture(&c->input, m);

	if (plan_arena_bytes(plan) > s->arena_bytes) {
		free(s->arena);
		s->arena_bytes = plan_arena_bytes(plan);
		s->arena = xaligned(s->arena_bytes);
	}
	plan_run(plan, &picture, s->arena);
	return plan;
}

void retinaface_network(struct retinaface *r, const struct image *m, struct retinaface_scratch *s)
{
	plan_cache_put(r->plans, run(r, m, s));
}

/* The heads of one level as [h, w, 32] in s->heads. */
static struct nn_value level_heads(struct retinaface *r, const struct plan *plan, int level,
				   struct retinaface_scratch *s)
{
	struct nn_value v = plan_value(plan, r->head[level], s->arena);
	size_t count = (size_t)v.h * (size_t)v.w * HEAD_CHANNELS;

	if (count > s->heads_count) {
		s->heads = xrealloc_array(s->heads, count, sizeof *s->heads);
		s->heads_count = count;
	}
	r->backend->download(r->backend, r->dtype, &v, s->heads);
	return v;
}

/* ---- decoding: all in the unit square as the reference does, then scaled, so that roundings are alike */

struct anchor {
	float cx, cy, w, h; /* shares of the picture's sides */
};

static struct anchor anchor_at(const struct retinaface_config *c, const struct image *m, int level, int row, int col,
			       int size)
{
	float step = (float)c->step[level], w = (float)m->w, h = (float)m->h, s = c->min_size[level][size];

	return (struct anchor){ ((float)col + .5f) * step / w, ((float)row + .5f) * step / h, s / w, s / h };
}

static void decode(struct detection *d, const struct retinaface_config *c, const struct image *m,
		   const struct anchor *a, const float *loc, const float *landm)
{
	float cx = a->cx + loc[0] * c->variance[0] * a->w, cy = a->cy + loc[1] * c->variance[0] * a->h;
	float w = a->w * expf(loc[2] * c->variance[1]), h = a->h * expf(loc[3] * c->variance[1]);
	float x1 = cx - w / 2, y1 = cy - h / 2, sw = (float)m->w, sh = (float)m->h;

	d->x1 = x1 * sw;
	d->y1 = y1 * sh;
	d->x2 = (x1 + w) * sw;
	d->y2 = (y1 + h) * sh;
	for (int k = 0; k < RETINAFACE_POINTS; k++) {
		d->point[k][0] = (a->cx + landm[2 * k] * c->variance[0] * a->w) * sw;
		d->point[k][1] = (a->cy + landm[2 * k + 1] * c->variance[0] * a->h) * sh;
	}
}

/* Softmax over {no face, face}, the second. */
static float face_score(const float *logit)
{
	return 1 / (1 + expf(logit[0] - logit[1]));
}

static bool is_sane(const struct detection *d)
{
	return isfinite(d->x1) && isfinite(d->y1) && isfinite(d->x2) && isfinite(d->y2);
}

void retinaface_detect(struct retinaface *r, const struct image *m, float threshold, struct retinaface_scratch *s,
		       struct detections *d)
{
	const struct plan *plan = run(r, m, s);
	/* Nearly all anchors fail: compare logits first, a little low, and take the exponential of those that may pass. */
	float least = threshold > 0 && threshold < 1 ? logf(threshold / (1 - threshold)) - .01f : -INFINITY;

	for (int level = 0; level < RETINAFACE_LEVELS; level++) {
		struct nn_value v = level_heads(r, plan, level, s);

		for (int i = 0; i < v.h * v.w; i++) {
			const float *cell = s->heads + (size_t)i * HEAD_CHANNELS;

			for (int k = 0; k < RETINAFACE_SIZES; k++) {
				const float *logit = cell + CLASS_AT + 2 * k;
				struct detection x = { 0 };
				struct anchor a;

				if (!(logit[1] - logit[0] > least))
					continue;
				x.score = face_score(logit);
				if (!(x.score > threshold))
					continue;
				a = anchor_at(&r->config, m, level, i / v.w, i % v.w, k);
				decode(&x, &r->config, m, &a, cell + BOX_AT + 4 * k, cell + POINT_AT + 10 * k);
				if (is_sane(&x))
					detections_add(d, &x);
			}
		}
	}
	plan_cache_put(r->plans, plan);
}

size_t retinaface_anchors(const struct retinaface *r, int w, int h)
{
	size_t n = 0;

	for (int i = 0; i < RETINAFACE_LEVELS; i++) {
		int step = r->config.step[i];

		n += (size_t)((w + step - 1) / step) * (size_t)((h + step - 1) / step) * RETINAFACE_SIZES;
	}
	return n;
}

void retinaface_raw(struct retinaface *r, const struct image *m, struct retinaface_scratch *s, float *loc, float *conf,
		    float *landm)
{
	const struct plan *plan = run(r, m, s);

	for (int level = 0; level < RETINAFACE_LEVELS; level++) {
		struct nn_value v = level_heads(r, plan, level, s);

		for (int i = 0; i < v.h * v.w * RETINAFACE_SIZES; i++) {
			const float *cell = s->heads + (size_t)(i / RETINAFACE_SIZES) * HEAD_CHANNELS;
			int k = i % RETINAFACE_SIZES;

			memcpy(loc, cell + BOX_AT + 4 * k, 4 * sizeof *loc);
			memcpy(landm, cell + POINT_AT + 10 * k, 10 * sizeof *landm);
			conf[1] = face_score(cell + CLASS_AT + 2 * k);
			conf[0] = face_score((float[]){ cell[CLASS_AT + 2 * k + 1], cell[CLASS_AT + 2 * k] });
			loc += 4;
			conf += 2;
			landm += 10;
		}
	}
	plan_cache_put(r->plans, plan);
}
