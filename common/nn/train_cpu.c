/*
 * train_cpu.c - the CPU's training backend: values in memory, and the table of its ops
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/kern/kern.h"
#include "common/nn/train_bf16.h"

void train_same_shape(const struct nn_batch *a, const struct nn_batch *b, const char *op)
{
	if (a->n != b->n || a->c != b->c || a->h != b->h || a->w != b->w || a->plain != b->plain)
		BUG("%s: [%d,%d,%d,%d] and [%d,%d,%d,%d]", op, a->n, a->c, a->h, a->w, b->n, b->c, b->h, b->w);
}

void train_zero_pad(const struct nn_train *b, const struct nn_batch *v)
{
	int cb = train_blocks(b, v->c) - 1;
	size_t lanes = (size_t)train_lanes(b, v->c, cb), pixel = (size_t)b->block * b->elem;
	size_t bytes = train_plane_size(b, v) * b->elem, have = lanes * b->elem;

	if (have == pixel)
		return;
	for (int n = 0; n < v->n; n++) {
		char *p = train_plane_at(b, v, n, cb);

		for (size_t i = have; i < bytes; i += pixel)
			memset(p + i, 0, pixel - have);
	}
}

static size_t sample_bytes(const struct nn_train *b, const struct nn_batch *v)
{
	struct nn_batch one = *v;

	one.n = 1;
	return train_numbers(b, &one) * train_elem(b, v);
}

static size_t batch_bytes(const struct nn_train *b, const struct nn_batch *v)
{
	return ((size_t)v->n * sample_bytes(b, v) + 63) / 64 * 64;
}

static struct nn_batch samples(const struct nn_train *b, const struct nn_batch *v, int n0, int n)
{
	struct nn_batch s = *v;

	if (n0 < 0 || n < 0 || n0 + n > v->n)
		BUG("samples %d+%d of %d", n0, n, v->n);
	s.n = n;
	s.data = (char *)v->data + (size_t)n0 * sample_bytes(b, v);
	return s;
}

void train_upload(const struct nn_train *b, const void *src, const struct nn_batch *v)
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

void train_download(const struct nn_train *b, const struct nn_batch *v, void *dst)
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

/*
 * Intel's bf16 products run at half of the rate of f32's (measured: 81 and 163 GFLOP/s a core): f32 on copies is faster
 * there. FRL_ISA=avx512bf16 asks for them all the same.
 */
static bool pays(void)
{
#if defined(__x86_64__)
	const char *asked = getenv("FRL_ISA");

	return !__builtin_cpu_is("intel") || (asked && !strcmp(asked, "avx512bf16"));
#else
	return true;
#endif
}

bool train_native_bf16(const struct nn_train *b)
{
	return train_is_bf16(b) && b->block == 16 && kern_best()->fast_bf16 && pays();
}

static bool fast(const struct nn_train *b)
{
	return !train_is_bf16(b) || train_native_bf16(b);
}

#define TRAIN_CPU(width, type_bytes, in_bf16, op) \
	{ \
		.name = "cpu", .block = (width), .real = sizeof(float), .elem = (type_bytes), .bf16 = (in_bf16), \
		.fast = fast, .batch_bytes = batch_bytes, .samples = samples, .upload = op(train_upload), \
		.download = op(train_download), .conv_packed_bytes = op(train_packed_bytes), \
		.conv_pack = op(train_conv_pack), .conv_plan = op(train_conv_plan), \
		.conv_plan_free = train_conv_plan_free, .conv = op(train_conv), \
		.conv_backward_data = op(train_conv_backward_data), .conv_partial_bytes = train_partial_bytes, \
		.conv_backward_weights = op(train_conv_backward_weights), .conv_add_partials = train_add_partials, \
		.linear = op(train_linear), .linear_backward_data = op(train_linear_backward_data), \
		.linear_backward_weights = op(train_linear_backward_weights), .bn_stats = train_bn_stats, \
		.bn_apply = train_bn_apply, .bn_backward_sums = train_bn_backward_sums, \
		.bn_backward = train_bn_backward, .maxpool = train_maxpool, \
		.maxpool_backward = train_maxpool_backward, .avgpool = train_avgpool, \
		.avgpool_backward = train_avgpool_backward, .global_avgpool = train_global_avgpool, \
		.global_avgpool_backward = train_global_avgpool_backward, .add = op(train_add), .act = op(train_act), \
		.act_backward = op(train_act_backward), .dropout = op(train_dropout), .resize = op(train_resize), \
		.resize_backward = op(train_resize_backward), .concat = op(train_concat), \
		.concat_backward = op(train_concat_backward), .l2norm = op(train_l2norm), \
		.l2norm_backward = op(train_l2norm_backward), .softmax_ce = op(train_softmax_ce), \
		.loss = op(train_loss), .gather = op(train_gather), .gather_backward = op(train_gather_backward), \
		.spmm = op(train_spmm), .spmm_backward = op(train_spmm_backward), \
	}
#define IN_F32(f) f
#define IN_BF16(f) f##_bf16

static const struct nn_train cpu8_bf16 = TRAIN_CPU(8, sizeof(uint16_t), NULL, IN_BF16);
static const struct nn_train cpu16_bf16 = TRAIN_CPU(16, sizeof(uint16_t), NULL, IN_BF16);
static const struct nn_train cpu8 = TRAIN_CPU(8, sizeof(float), &cpu8_bf16, IN_F32);
static const struct nn_train cpu16 = TRAIN_CPU(16, sizeof(float), &cpu16_bf16, IN_F32);

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

const struct nn_train *nn_train_cpu_block_bf16(int block)
{
	return nn_train_cpu_block(block)->bf16;
}

const struct nn_train *nn_train_cpu_bf16(void)
{
	return nn_train_cpu()->bf16;
}
