/*
 * train_cpu.c - the CPU's training backend: values in memory, and the table of its ops
 */
#include <string.h>

#include "common/err.h"
#include "common/nn/kern/kern.h"
#include "common/nn/train_internal.h"

void train_same_shape(const struct nn_batch *a, const struct nn_batch *b, const char *op)
{
	if (a->n != b->n || a->c != b->c || a->h != b->h || a->w != b->w || a->plain != b->plain)
		BUG("%s: [%d,%d,%d,%d] and [%d,%d,%d,%d]", op, a->n, a->c, a->h, a->w, b->n, b->c, b->h, b->w);
}

void train_zero_pad(const struct nn_train *b, const struct nn_batch *v)
{
	int cb = train_blocks(b, v->c) - 1, lanes = train_lanes(b, v->c, cb);
	size_t block = (size_t)b->block, size = train_plane_size(b, v);

	if (lanes == b->block)
		return;
	for (int n = 0; n < v->n; n++) {
		float *p = train_plane(b, v, n, cb);

		for (size_t i = (size_t)lanes; i < size; i += block)
			memset(p + i, 0, (block - (size_t)lanes) * sizeof *p);
	}
}

static size_t sample_floats(const struct nn_train *b, const struct nn_batch *v)
{
	int c = v->plain ? v->c : train_blocks(b, v->c) * b->block;

	return (size_t)c * (size_t)v->h * (size_t)v->w;
}

static size_t batch_bytes(const struct nn_train *b, const struct nn_batch *v)
{
	return ((size_t)v->n * sample_floats(b, v) * sizeof(float) + 63) / 64 * 64;
}

static struct nn_batch samples(const struct nn_train *b, const struct nn_batch *v, int n0, int n)
{
	struct nn_batch s = *v;

	if (n0 < 0 || n < 0 || n0 + n > v->n)
		BUG("samples %d+%d of %d", n0, n, v->n);
	s.n = n;
	s.data = (float *)v->data + (size_t)n0 * sample_floats(b, v);
	return s;
}

static void upload(const struct nn_train *b, const void *src, const struct nn_batch *v)
{
	size_t pixels = (size_t)v->h * (size_t)v->w, step;
	const float *s = src;

	for (int n = 0; n < v->n; n++)
		for (int c = 0; c < v->c; c++, s += pixels) {
			float *d = train_channel(b, v, n, c, &step);

			for (size_t i = 0; i < pixels; i++)
				d[i * step] = s[i];
		}
	if (!v->plain)
		train_zero_pad(b, v);
}

static void download(const struct nn_train *b, const struct nn_batch *v, void *dst)
{
	size_t pixels = (size_t)v->h * (size_t)v->w, step;
	float *d = dst;

	for (int n = 0; n < v->n; n++)
		for (int c = 0; c < v->c; c++, d += pixels) {
			const float *s = train_channel(b, v, n, c, &step);

			for (size_t i = 0; i < pixels; i++)
				d[i] = s[i * step];
		}
}

#define TRAIN_CPU(width) \
	{ \
		.name = "cpu", .block = (width), .real = sizeof(float), .batch_bytes = batch_bytes, \
		.samples = samples, .upload = upload, .download = download, .conv_packed_bytes = train_packed_bytes, \
		.conv_pack = train_conv_pack, .conv_plan = train_conv_plan, .conv_plan_free = train_conv_plan_free, \
		.conv = train_conv, .conv_backward_data = train_conv_backward_data, \
		.conv_partial_bytes = train_partial_bytes, .conv_backward_weights = train_conv_backward_weights, \
		.conv_add_partials = train_add_partials, .linear = train_linear, \
		.linear_backward_data = train_linear_backward_data, \
		.linear_backward_weights = train_linear_backward_weights, .bn_stats = train_bn_stats, \
		.bn_apply = train_bn_apply, .bn_backward_sums = train_bn_backward_sums, \
		.bn_backward = train_bn_backward, .maxpool = train_maxpool, \
		.maxpool_backward = train_maxpool_backward, .global_avgpool = train_global_avgpool, \
		.global_avgpool_backward = train_global_avgpool_backward, .add = train_add, .act = train_act, \
		.act_backward = train_act_backward, .dropout = train_dropout, .resize = train_resize, \
		.resize_backward = train_resize_backward, .concat = train_concat, \
		.concat_backward = train_concat_backward, .l2norm = train_l2norm, \
		.l2norm_backward = train_l2norm_backward, .softmax_ce = train_softmax_ce, .loss = train_loss, \
		.gather = train_gather, .gather_backward = train_gather_backward, .spmm = train_spmm, \
		.spmm_backward = train_spmm_backward, \
	}

static const struct nn_train cpu8 = TRAIN_CPU(8), cpu16 = TRAIN_CPU(16);

const struct nn_train *nn_train_cpu_block(int block)
{
	if (block != 8 && block != 16)
		BUG("blocks of %d channels", block);
	return block == 8 ? &cpu8 : &cpu16;
}

const struct nn_train *nn_train_cpu(void)
{
	return nn_train_cpu_block(kern_best()->block);
}
