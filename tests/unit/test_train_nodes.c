/*
 * test_train_nodes.c - every kind of node in two small networks: the naive backend's gradients against finite differences,
 * the CPU's against the naive backend's, and the same bits whatever a plan keeps
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/model/resnet_train.h"
#include "support_ops.h"
#include "tests/support/naive.h"

enum { N = 3, SLICES = 2, SIDE = 8, MAX_OUTPUTS = 2 };

/* ---- the networks */

static const struct nn_train_conv
	three = { .oc = 6, .kh = 3, .kw = 3, .stride = 1, .pad = 1, .dilation = 1, .groups = 1, .bias = true };
static const struct nn_train_conv
	wide = { .oc = 6, .kh = 3, .kw = 3, .stride = 2, .pad = 2, .dilation = 2, .groups = 2 };
static const struct nn_train_conv
	one = { .oc = 5, .kh = 1, .kw = 1, .stride = 1, .dilation = 1, .groups = 1, .bias = true };

/*
 * Without kinks: ReLUs are left out, maxima are means. There is always some value so near to a kink that a difference passes
 * it, or that f32 is on its other side.
 */
static bool smooth;

/* Both return the outputs, the last value last. */
static int maps(struct train_net *n, int *output)
{
	int x = train_net_input(n, 3, true), a = train_net_act(n, train_net_conv_of(n, x, "a", three), NN_ELU), b, c, d,
	    h;

	b = train_net_bn(n, train_net_conv_of(n, a, "b", wide), "b.bn", smooth ? 1 : 0, -1);
	train_net_mark(n, b, TRAIN_MARK_BLOCK);
	c = train_net_act(n, train_net_conv_of(n, b, "c", one), NN_SIGMOID);
	c = train_net_resize(n, c, NN_BILINEAR, a, 0);
	d = train_net_resize(n, train_net_conv_transposed(n, b, "d", 4, 4, 2, 1), NN_NEAREST, a, 0);
	h = train_net_concat(n, (const int[]){ a, c, d }, 3);
	h = train_net_bn(n, h, "h.bn", smooth ? 1 : .25, -1);
	train_net_mark(n, h, TRAIN_MARK_STAGE);
	output[0] = train_net_conv_of(n, train_net_act(n, h, smooth ? NN_SIGMOID : NN_RELU), "o", one);
	train_net_output(n, output[0]);
	h = train_net_add(n, train_net_dropout(n, h, .3), h);
	h = train_net_bn(n, train_net_conv(n, h, "e", 15, 1, 1), "e.bn", smooth ? 1 : 0, h);
	h = train_net_add(n, smooth ? h : train_net_maxpool(n, h, (struct nn_pool){ 3, 1, 1 }),
			  train_net_avgpool_windows(n, h, (struct nn_pool){ 3, 1, 1 }));
	h = train_net_linear(n, train_net_dropout(n, train_net_avgpool(n, h), .5), "f", 7, true);
	output[1] = train_net_l2norm(n, h);
	return 2;
}

static const int32_t vertex[] = { 0, 1, 2, 3, 4, 5, 5, 0, 1, 2, 4, 4, 1, 0, 3, 0, 2, 1 };
static const struct nn_spiral spiral = { 6, 6, 3, vertex };
static const int32_t begin[] = { 0, 2, 3, 5, 6, 6, 8 }, col[] = { 0, 3, 1, 2, 1, 3, 0, 2 };
static const float value_f32[] = { .5F, .25F, 1, -1, .75F, 2, .5F, .5F };
static const double value_f64[] = { .5, .25, 1, -1, .75, 2, .5, .5 };
static const struct nn_csr matrix_f32 = { 6, 4, begin, col, value_f32 }, matrix_f64 = { 6, 4, begin, col, value_f64 };

static int mesh(struct train_net *n, int *output)
{
	bool f64 = ops->real == sizeof(double);
	int x = train_net_input(n, 5, false), y = train_net_split(n, train_net_linear(n, x, "first", 24, true), 4), z;

	y = train_net_spmm(n, y, f64 ? &matrix_f64 : &matrix_f32);
	z = train_net_linear(n, train_net_gather(n, y, &spiral), "spiral", 6, true);
	z = train_net_bn(n, z, "bn", smooth ? 1 : .5, y);
	z = train_net_act(n, z, NN_ELU);
	/* z is read twice: its gradient is a sum */
	z = train_net_add(n, train_net_spiral(n, z, &spiral, "wide", 6, true), z);
	output[0] = train_net_spiral(n, z, &spiral, "last", 3, false);
	return 1;
}

/* A mesh of more vertices than are gathered at once, its spirals all over it: in one node, or in two. */
enum { MANY = 1000, LONG = 9, WIDE = 16 };
static int32_t many_vertex[MANY * LONG];
static const struct nn_spiral many = { MANY, MANY, LONG, many_vertex };
static bool in_one;

static int large(struct train_net *n, int *output)
{
	int x = train_net_split(n, train_net_linear(n, train_net_input(n, 3, false), "first", MANY * WIDE, true), MANY);

	for (int i = 0; i < MANY * LONG; i++)
		many_vertex[i] = i * 37 % MANY;
	output[0] = in_one ? train_net_spiral(n, x, &many, "last", 5, true)
			   : train_net_linear(n, train_net_gather(n, x, &many), "last", 5, true);
	return 1;
}

/* ---- one of them on one backend */

struct subject {
	const struct nn_train *ops;
	struct train_params params;
	struct train_net *net;
	struct train_plan *plan;
	int output[MAX_OUTPUTS], outputs, w;
	double *in, *weight[MAX_OUTPUTS]; /* the loss is the sum of outputs times weights */
};

static size_t count_of(const struct nn_batch *v)
{
	return (size_t)v->n * (size_t)v->c * (size_t)v->h * (size_t)v->w;
}

/* Multiples of 1/64 in [-2, 2], a function of the place. */
static double number(size_t i, int salt)
{
	uint64_t h = (i + 1) * 0x9e3779b97f4a7c15u + (uint64_t)salt * 0xd1b54a32d192ed03u;

	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
	return (double)(h >> 40 & 255) / 64 - 2;
}

static double *numbers_at(size_t n, int salt)
{
	double *d = xcalloc(n, sizeof *d);

	for (size_t i = 0; i < n; i++)
		d[i] = number(i, salt);
	return d;
}

/* Dense doubles to a value and back. */
static void put(const struct nn_train *b, const double *src, const struct nn_batch *v)
{
	float *f = xcalloc(count_of(v), sizeof *f);

	for (size_t i = 0; i < count_of(v); i++)
		f[i] = (float)src[i];
	b->upload(b, b->real == sizeof(double) ? (const void *)src : f, v);
	free(f);
}

static double *get(const struct nn_train *b, const struct nn_batch *v)
{
	size_t n = count_of(v);
	double *d = xcalloc(n, sizeof *d);
	float *f = xcalloc(n, sizeof *f);

	b->download(b, v, b->real == sizeof(double) ? (void *)d : f);
	for (size_t i = 0; b->real != sizeof(double) && i < n; i++)
		d[i] = (double)f[i];
	free(f);
	return d;
}

static void parameters(struct train_params *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->real == sizeof(double))
			((double *)p->value)[i] = number(i, 7) / 2;
		else
			((float *)p->value)[i] = (float)number(i, 7) / 2;
}

static struct subject *subject_new(const struct nn_train *b, int (*build)(struct train_net *, int *),
				   enum train_keep keep)
{
	struct subject *s = xcalloc(1, sizeof *s);
	struct nn_batch v;

	ops = s->ops = b;
	train_params_init(&s->params, b);
	s->net = train_net_new(b, &s->params);
	s->outputs = build(s->net, s->output);
	train_params_alloc(&s->params);
	parameters(&s->params);
	s->plan = build == maps ? train_plan_new_keeping(s->net, N, SIDE, SIDE, SLICES, keep)
				: train_plan_new_keeping(s->net, N, 1, 1, SLICES, keep);
	train_plan_draws(s->plan, 3, 1, 100, 0);
	v = train_plan_input(s->plan);
	s->in = numbers_at(count_of(&v), 1);
	for (int k = 0; k < s->outputs; k++) {
		v = train_plan_value(s->plan, s->output[k]);
		s->weight[k] = numbers_at(count_of(&v), 2 + k);
	}
	return s;
}

static void subject_free(struct subject *s)
{
	train_plan_free(s->plan);
	train_net_free(s->net);
	train_params_release(&s->params);
	free(s->in);
	for (int k = 0; k < s->outputs; k++)
		free(s->weight[k]);
	free(s);
}

static double forward(void *data)
{
	struct subject *s = data;
	struct nn_batch in = train_plan_input(s->plan);
	double sum = 0;

	put(s->ops, s->in, &in);
	train_net_pack(s->net, 1);
	train_plan_forward(s->plan, true, 2);
	for (int k = 0; k < s->outputs; k++) {
		struct nn_batch v = train_plan_value(s->plan, s->output[k]);
		double *y = get(s->ops, &v);

		for (size_t i = 0; i < count_of(&v); i++)
			sum += y[i] * s->weight[k][i];
		free(y);
	}
	return sum;
}

static double both_ways(struct subject *s)
{
	double loss = forward(s);

	train_params_zero_grad(&s->params);
	for (int k = 0; k < s->outputs; k++) {
		struct nn_batch g = train_plan_value_gradient(s->plan, s->output[k]);

		put(s->ops, s->weight[k], &g);
	}
	train_plan_backward(s->plan, 2);
	return loss;
}

/* ---- finite differences: the gradients of a loss on the naive backend are those of its forward */

static void differences(int (*build)(struct train_net *, int *))
{
	struct subject *s = subject_new(nn_train_naive(), build, TRAIN_KEEP_ALL);
	struct nn_batch in = train_plan_input(s->plan), g;
	double *gradient = xcalloc(s->params.count, sizeof *gradient), *dx = NULL;

	both_ways(s);
	memcpy(gradient, s->params.grad, s->params.count * sizeof *gradient);
	if (!in.plain) {
		g = train_plan_input_gradient(s->plan);
		dx = get(s->ops, &g);
	}
	finite_differences(forward, s, s->params.value, gradient, s->params.count, "parameters");
	if (dx)
		finite_differences(forward, s, s->in, dx, count_of(&in), "input");
	free(gradient);
	free(dx);
	subject_free(s);
}

static void test_differences(void **unused)
{
	(void)unused;
	smooth = true;
	differences(maps);
	differences(mesh);
}

/* ---- the CPU against the naive backend */

static void parameter_gradients_near(const struct subject *s, const struct subject *ref, double tolerance)
{
	for (size_t i = 0; i < s->params.n; i++) {
		const struct train_param *p = &s->params.item[i];
		const float *got = train_params_grad(&s->params, i);
		const double *want = train_params_grad(&ref->params, i);
		double *d = xcalloc(p->count, sizeof *d), difference = 0, norm = 0;

		for (size_t k = 0; k < p->count; k++) {
			d[k] = (double)got[k];
			difference += (d[k] - want[k]) * (d[k] - want[k]);
			norm += want[k] * want[k];
		}
		if (!(sqrt(difference) <= tolerance * sqrt(norm) + tolerance))
			fail_msg("%s: %g off of %g", p->name, sqrt(difference), sqrt(norm));
		free(d);
	}
}

static void against(const struct nn_train *b, int (*build)(struct train_net *, int *), double tolerance)
{
	struct subject *s = subject_new(b, build, TRAIN_KEEP_ALL);
	struct subject *ref = subject_new(nn_train_naive(), build, TRAIN_KEEP_ALL);
	double got = both_ways(s), want = both_ways(ref);

	if (!(fabs(got - want) <= tolerance * (fabs(want) + 10)))
		fail_msg("block %d: %g, not %g", b->block, got, want);
	parameter_gradients_near(s, ref, tolerance);
	subject_free(s);
	subject_free(ref);
}

/*
 * bf16: each of a dozen roundings is 2^-9. With kinks a value may be on the other side of one: rare in f32, in bf16 so
 * frequent that there is nothing to compare.
 */
static void test_cpu(void **unused)
{
	(void)unused;
	for (int k = 0; k < 2; k++) {
		smooth = k == 0;
		for (int block = 8; block <= 16; block += 8) {
			against(nn_train_cpu_block(block), maps, smooth ? 2e-5 : 5e-3);
			against(nn_train_cpu_block(block), mesh, smooth ? 2e-5 : 5e-3);
			if (!smooth)
				continue;
			against(nn_train_cpu_block_bf16(block), maps, .05);
			against(nn_train_cpu_block_bf16(block), mesh, .05);
		}
	}
}

/* So many weights that their gradient is made in one go: 4,100 x 2,050. */
static int many_weights(struct train_net *n, int *output)
{
	int x = train_net_linear(n, train_net_input(n, 4, false), "first", 2050, true);

	x = train_net_act(n, train_net_linear(n, x, "many", 4100, true), NN_ELU);
	output[0] = train_net_linear(n, x, "last", 3, true);
	return 1;
}

static void test_many_weights(void **unused)
{
	struct subject *s;

	(void)unused;
	against(nn_train_cpu(), many_weights, 2e-5);
	s = subject_new(nn_train_cpu(), many_weights, TRAIN_KEEP_ALL);
	/* a slice's partial gradient would be 33 MB */
	assert_true(train_plan_bytes(s->plan) < 1 << 20);
	subject_free(s);
}

static void test_tiles(void **unused)
{
	double loss[2];
	struct subject *s[2];

	(void)unused;
	for (int k = 0; k < 2; k++) {
		in_one = k;
		s[k] = subject_new(nn_train_naive(), large, TRAIN_KEEP_ALL);
		loss[k] = both_ways(s[k]);
	}
	assert_true(fabs(loss[0] - loss[1]) <= 1e-10 * fabs(loss[0]));
	for (size_t i = 0; i < s[0]->params.count; i++) {
		double a = ((double *)s[0]->params.grad)[i], b = ((double *)s[1]->params.grad)[i];

		assert_true(fabs(a - b) <= 1e-10 * (1 + fabs(a)));
	}
	/* the gathered rows, nine times the input, are never there as a whole, nor are their gradients */
	print_message("KiB: %zu, in two nodes %zu\n", train_plan_bytes(s[1]->plan) >> 10,
		      train_plan_bytes(s[0]->plan) >> 10);
	assert_true(train_plan_bytes(s[1]->plan) < train_plan_bytes(s[0]->plan) / 2);
	subject_free(s[0]);
	subject_free(s[1]);
	in_one = true;
	against(nn_train_cpu_block(8), large, 2e-5);
	against(nn_train_cpu_block(16), large, 2e-5);
}

/* ---- what is computed again has the same bits, and moves no running statistic twice */

static void kept(const struct nn_train *b, enum train_keep keep)
{
	struct subject *s = subject_new(b, maps, keep), *all = subject_new(b, maps, TRAIN_KEEP_ALL);

	for (int step = 0; step < 2; step++) { /* places are the same again */
		assert_true(both_ways(s) == both_ways(all));
		assert_memory_equal(s->params.grad, all->params.grad, s->params.count * b->real);
	}
	for (size_t i = 0; i < s->params.n_running; i++) {
		size_t bytes = (size_t)s->params.running[i].c * sizeof(float);

		assert_memory_equal(s->params.running[i].mean, all->params.running[i].mean, bytes);
		assert_memory_equal(s->params.running[i].var, all->params.running[i].var, bytes);
	}
	assert_true(train_plan_bytes(s->plan) <= train_plan_bytes(all->plan));
	subject_free(s);
	subject_free(all);
}

static void test_kept(void **unused)
{
	(void)unused;
	kept(nn_train_cpu(), TRAIN_KEEP_COSTLY);
	kept(nn_train_cpu(), TRAIN_KEEP_BLOCKS);
	kept(nn_train_cpu_bf16(), TRAIN_KEEP_COSTLY);
	kept(nn_train_cpu_bf16(), TRAIN_KEEP_BLOCKS);
}

/* ResNet-18 on small pictures, as its model marks blocks and stages. */
static void resnet(const struct nn_train *b, double *loss, size_t bytes[3], float **grad, size_t *count)
{
	static const enum train_keep keeps[] = { TRAIN_KEEP_ALL, TRAIN_KEEP_COSTLY, TRAIN_KEEP_BLOCKS };

	ops = b;
	for (int k = 0; k < 3; k++) {
		struct train_params params;
		struct train_net *n;
		struct nn_batch v;

		train_params_init(&params, b);
		n = train_net_new(b, &params);
		resnet_train(n, &params, RESNET18, 1, "", train_net_input(n, 3, true));
		train_params_alloc(&params);
		train_params_start(&params, 1);
		struct train_plan *p = train_plan_new_keeping(n, 4, 48, 48, 2, keeps[k]);
		v = train_plan_input(p);
		double *in = numbers_at(count_of(&v), 9);
		put(b, in, &v);
		train_net_pack(n, 2);
		train_plan_forward(p, true, 2);
		v = train_plan_output(p);
		double *out = get(b, &v);
		loss[k] = out[5];
		v = train_plan_output_gradient(p);
		double *weight = numbers_at(count_of(&v), 8);
		put(b, weight, &v);
		train_plan_backward(p, 2);
		*count = params.count;
		grad[k] = xcalloc(params.count, sizeof **grad);
		memcpy(grad[k], params.grad, params.count * sizeof **grad);
		bytes[k] = train_plan_bytes(p);
		free(in);
		free(out);
		free(weight);
		train_plan_free(p);
		train_net_free(n);
		train_params_release(&params);
	}
}

static void test_resnet_kept(void **unused)
{
	double loss[3];
	size_t bytes[3], count;
	float *grad[3];

	(void)unused;
	resnet(nn_train_cpu(), loss, bytes, grad, &count);
	print_message("MiB: %zu, costly %zu, blocks %zu\n", bytes[0] >> 20, bytes[1] >> 20, bytes[2] >> 20);
	for (int k = 1; k < 3; k++) {
		assert_true(loss[k] == loss[0]);
		assert_memory_equal(grad[k], grad[0], count * sizeof **grad);
	}
	assert_true(bytes[1] < bytes[0] && bytes[2] < bytes[1]);
	for (int k = 0; k < 3; k++)
		free(grad[k]);
}

/* Dropout draws for a sample, whatever slice it is in; in evaluation nothing is dropped. */
static void test_draws(void **unused)
{
	struct train_params params;
	struct train_net *n;
	struct train_plan *p[2];
	double *out[2], *in = numbers_at(4 * 20, 5);
	int zeros = 0;

	(void)unused;
	ops = nn_train_cpu();
	train_params_init(&params, ops);
	n = train_net_new(ops, &params);
	train_net_dropout(n, train_net_input(n, 20, false), .5);
	train_params_alloc(&params);
	for (int k = 0; k < 2; k++) {
		struct nn_batch x, y;

		p[k] = train_plan_new(n, 4, 1, 1, k ? 3 : 1);
		train_plan_draws(p[k], 1, 0, 8, 0);
		x = train_plan_input(p[k]);
		y = train_plan_output(p[k]);
		put(ops, in, &x);
		train_plan_forward(p[k], true, 1);
		out[k] = get(ops, &y);
		train_plan_forward(p[k], false, 1);
		double *same = get(ops, &y);
		for (int i = 0; i < 80; i++)
			assert_true(same[i] == in[i]);
		free(same);
		train_plan_free(p[k]);
	}
	for (int i = 0; i < 80; i++) {
		assert_true(out[0][i] == out[1][i] && (out[0][i] == 0 || out[0][i] == 2 * in[i]));
		zeros += out[0][i] == 0;
	}
	assert_in_range(zeros, 25, 55);
	for (int k = 0; k < 2; k++)
		free(out[k]);
	free(in);
	train_net_free(n);
	train_params_release(&params);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_differences),  cmocka_unit_test(test_cpu),  cmocka_unit_test(test_tiles),
		cmocka_unit_test(test_many_weights), cmocka_unit_test(test_kept), cmocka_unit_test(test_resnet_kept),
		cmocka_unit_test(test_draws),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
