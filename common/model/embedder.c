/* embedder.c - see embedder.h */
#include "common/model/embedder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/warp.h"
#include "common/metrics/dot.h"
#include "common/model/resnet.h"
#include "common/nn/net.h"
#include "common/resample.h"

static const double bn_eps = 1e-5;

/* y = x w^T + bias, with batch norm folded into the first one. */
struct dense {
	size_t in, out;
	float *w;     /* [out][in] */
	double *bias; /* [out] */
};

struct embedder {
	const struct nn_backend *backend;
	enum embedder_layer layer;
	struct model_input input;
	char name[RESNET_NAME];
	struct net *net;
	struct plan *plan;
	int value;
	size_t channels, map; /* of the stage; floats of it all */
	struct dense head[2]; /* of EMBEDDER_HEAD */
	int heads;
	bool task; /* recognition: pictures come as in training, and the head is one layer */
};

/* ---- the projection head */

static const char *head_prefix(const struct safetensors *s)
{
	static const char *const names[] = { "module.projection_net.net.", "projection_net.net.",
					     "module.projection_head.", "projection_head.", "projection." };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *weight = xasprintf("%s0.weight", names[i]);
		bool found = safetensors_find(s, weight) != NULL;

		free(weight);
		if (found)
			return names[i];
	}
	return NULL;
}

/* Weight [out, in] and bias; out is whatever the file has. */
static int load_dense(struct dense *d, struct params *p, const char *name, size_t in, struct err *e)
{
	char *weight = xasprintf("%s.weight", name);
	const struct param *w = params_find(p, weight);
	const float *bias;
	int rc = -1;

	d->in = in;
	d->out = w && w->shape.n == 2 && w->shape.dim[0] > 0 ? (size_t)w->shape.dim[0] : 0;
	if (!d->out || w->shape.dim[1] != (int64_t)in) {
		err_set(e, w ? "%s does not fit: its rows are not of %zu numbers" : "%s is missing (%zu inputs)",
			weight, in);
		goto out;
	}
	bias = params_need(p, name, "bias", d->out);
	if (params_check(p, "a projection head", e))
		goto out;
	d->w = xrealloc_array(NULL, w->count, sizeof *d->w);
	memcpy(d->w, w->data, w->count * sizeof *d->w);
	d->bias = xrealloc_array(NULL, d->out, sizeof *d->bias);
	for (size_t i = 0; i < d->out; i++)
		d->bias[i] = (double)bias[i];
	rc = 0;
out:
	free(weight);
	return rc;
}

static int fold_bn(struct dense *d, struct params *p, const char *name, struct err *e)
{
	const float *gamma = params_need(p, name, "weight", d->out), *beta = params_need(p, name, "bias", d->out);
	const float *mean = params_need(p, name, "running_mean", d->out);
	const float *var = params_need(p, name, "running_var", d->out);

	if (params_check(p, "a projection head", e))
		return -1;
	for (size_t o = 0; o < d->out; o++) {
		double scale = (double)gamma[o] / sqrt((double)var[o] + bn_eps);

		for (size_t i = 0; i < d->in; i++)
			d->w[o * d->in + i] = (float)((double)d->w[o * d->in + i] * scale);
		d->bias[o] = (d->bias[o] - (double)mean[o]) * scale + (double)beta[o];
	}
	return 0;
}

static int load_head(struct embedder *m, const struct safetensors *s, struct params *p, struct err *e)
{
	const char *prefix = head_prefix(s);
	char *name[3];
	int rc;

	m->heads = m->task ? 1 : 2;
	if (m->task)
		return load_dense(&m->head[0], p, "head", m->channels, e);
	if (!prefix)
		return err_set(e, "the weights have no projection head (projection_net.net.0.weight, "
				  "projection_head.0.weight)");
	for (int i = 0; i < 3; i++)
		name[i] = xasprintf("%s%d", prefix, i < 2 ? i : 3);
	rc = load_dense(&m->head[0], p, name[0], m->channels, e) || fold_bn(&m->head[0], p, name[1], e) ||
			     load_dense(&m->head[1], p, name[2], m->head[0].out, e)
		     ? -1
		     : 0;
	for (int i = 0; i < 3; i++)
		free(name[i]);
	return rc;
}

static void dense_run(const struct dense *d, const float *x, bool relu, float *y)
{
	for (size_t o = 0; o < d->out; o++) {
		double v = dot_f32(d->w + o * d->in, x, d->in) + d->bias[o];

		y[o] = (float)(relu && v < 0 ? 0 : v);
	}
}

/* ---- loading */

/* A network that was made for a task has more to say than features; of recognition they are all of it. */
static int check_task(struct embedder *m, const struct safetensors *s, struct err *e)
{
	const char *task = safetensors_get_meta(s, "frl.task"), *stride = safetensors_get_meta(s, "frl.stride");

	/* As Caffe's ResNet has it: here the features would be other ones, and nobody would notice. */
	if (stride && strcmp(stride, "3x3") != 0)
		return err_set(e,
			       "the weights were trained with the stride in another place (metadata frl.stride %s): "
			       "good to start training from, not to make features with",
			       stride);
	m->task = task && strcmp(task, "recognition") == 0;
	if (m->layer == EMBEDDER_AUTO)
		m->layer = m->task ? EMBEDDER_HEAD : EMBEDDER_POOLED;
	return task && !m->task && strcmp(task, "pretrain") != 0
		       ? err_set(e, "the weights are a model of the task '%s' (metadata frl.task), not a backbone",
				 task)
		       : 0;
}

/* Of stage `at`, from a picture of that side. */
static size_t positions(int side, int at)
{
	side = nn_conv_out(nn_conv_out(side, 7, 2, 3), 3, 2, 1);
	for (int i = 0; i < at; i++)
		side = nn_conv_out(side, 3, 2, 1);
	return (size_t)side * (size_t)side;
}

static int load(struct embedder *m, const struct safetensors *s, int size, struct err *e)
{
	struct resnet_found found;
	struct params params;
	int stage[4], rc, at;

	m->input = model_input_swav;
	if (check_task(m, s, e) || resnet_find(&found, s, e) || model_input_read(&m->input, s, e) ||
	    params_load(&params, s, "", e))
		return -1;
	if (size)
		m->input.size = size;
	at = m->layer == EMBEDDER_HEAD ? 3 : (int)m->layer;
	resnet_name(m->name, found.arch, found.width);
	m->net = net_new(m->backend, NN_F32, &params);
	resnet_stages(m->net, found.arch, found.width, found.prefix, m->input.bgr, stage);
	m->channels = (size_t)resnet_channels(found.arch, found.width, at);
	m->value = stage[at];
	net_output(m->net, m->value);
	rc = params_check(&params, m->name, e);
	if (!rc && m->layer == EMBEDDER_HEAD)
		rc = load_head(m, s, &params, e);
	params_release(&params);
	if (rc)
		return -1;
	m->plan = plan_new(m->net, m->input.size, m->input.size);
	m->map = positions(m->input.size, at) * m->channels;
	return 0;
}

struct embedder *embedder_new(const struct safetensors *s, enum embedder_layer layer, int size, struct err *e)
{
	struct embedder *m = xcalloc(1, sizeof *m);

	m->backend = nn_backend_cpu();
	m->layer = layer;
	if (load(m, s, size, e)) {
		embedder_free(m);
		return NULL;
	}
	return m;
}

void embedder_free(struct embedder *m)
{
	if (!m)
		return;
	plan_free(m->plan);
	net_free(m->net);
	for (int i = 0; i < 2; i++) {
		free(m->head[i].w);
		free(m->head[i].bias);
	}
	free(m);
}

size_t embedder_features(const struct embedder *m)
{
	return m->layer == EMBEDDER_HEAD ? m->head[m->heads - 1].out : m->channels;
}

const struct model_input *embedder_input(const struct embedder *m)
{
	return &m->input;
}

const char *embedder_name(const struct embedder *m)
{
	return m->name;
}

/* ---- running */

void embedder_scratch_release(struct embedder_scratch *s)
{
	image_release(&s->sized);
	image_release(&s->flipped);
	free(s->arena);
	free(s->map);
	free(s->pooled);
	free(s->hidden);
	*s = (struct embedder_scratch){ 0 };
}

static void scratch_ready(struct embedder_scratch *s, const struct embedder *m)
{
	if (s->arena)
		return;
	s->arena = xaligned(plan_arena_bytes(m->plan));
	s->map = xrealloc_array(NULL, m->map, sizeof *s->map);
	s->pooled = xrealloc_array(NULL, m->channels, sizeof *s->pooled);
	s->hidden = xrealloc_array(NULL, m->head[0].out + 1, sizeof *s->hidden);
}

static void mirror(struct image *dst, const struct image *src)
{
	image_resize(dst, src->w, src->h);
	for (int y = 0; y < src->h; y++)
		for (int x = 0; x < src->w; x++)
			memcpy(image_at(dst, x, y), image_at(src, src->w - 1 - x, y), 3);
}

/* dst [channels] of map [positions][channels]. */
static void pool(const float *map, size_t positions, size_t channels, float *dst)
{
	for (size_t c = 0; c < channels; c++) {
		double sum = 0;

		for (size_t i = 0; i < positions; i++)
			sum += (double)map[i * channels + c];
		dst[c] = (float)(sum / (double)positions);
	}
}

static void features(const struct embedder *m, const struct image *sized, struct embedder_scratch *s, float *dst)
{
	struct nn_picture picture = model_input_picture(&m->input, sized);
	struct nn_value v;
	bool head = m->layer == EMBEDDER_HEAD;

	plan_run(m->plan, &picture, s->arena);
	v = plan_value(m->plan, m->value, s->arena);
	m->backend->download(m->backend, NN_F32, &v, s->map);
	pool(s->map, m->map / m->channels, m->channels, head ? s->pooled : dst);
	if (head && m->heads == 1) {
		dense_run(&m->head[0], s->pooled, false, dst);
	} else if (head) {
		dense_run(&m->head[0], s->pooled, true, s->hidden);
		dense_run(&m->head[1], s->hidden, false, dst);
	}
}

/* The picture at the input's size: stretched to it, or as the samples of a task fit it. */
static void fit(const struct embedder *m, const struct image *picture, struct image *sized)
{
	image_resize(sized, m->input.size, m->input.size);
	if (m->task) {
		struct warp w = { .size = m->input.size, .scale = { 1, 1 } };
		struct warp_draws d;

		warp_none(&d, &w, picture->w, picture->h);
		resample_affine(sized, picture, d.a, RESAMPLE_ZERO);
	} else {
		resample_resize(sized, picture, RESAMPLE_BILINEAR);
	}
}

void embedder_run(const struct embedder *m, const struct image *picture, bool flip_sum, struct embedder_scratch *s,
		  float *dst)
{
	const struct image *sized = picture;
	size_t n = embedder_features(m);

	scratch_ready(s, m);
	if (picture->w != m->input.size || picture->h != m->input.size) {
		fit(m, picture, &s->sized);
		sized = &s->sized;
	}
	features(m, sized, s, dst);
	if (flip_sum) {
		float *other = xrealloc_array(NULL, n, sizeof *other);

		mirror(&s->flipped, sized);
		features(m, &s->flipped, s, other);
		for (size_t i = 0; i < n; i++)
			dst[i] += other[i];
		free(other);
	}
}
