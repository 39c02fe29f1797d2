/* ranks_swav.c - see ranks_check.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/swav_step.h"
#include "common/nn/ranks.h"
#include "common/rng.h"
#include "tests/support/ranks_check.h"

enum { QUEUE_START = 2 };

/* ---- SwAV */

static struct swav_step_config config = {
	.net = {
		.arch = RESNET18,
		.width = 1,
		.hidden = 64,
		.features = 32,
		.prototypes = 20,
		.groups = 2,
		.group = { { 2, 64 }, { 2, 48 } },
		.slices = 2,
	},
	.temperature = .1,
	.epsilon = .05,
	.iterations = 3,
	.optim = { .kind = OPTIM_LARS, .momentum = .9, .weight_decay = 1e-6, .trust = .001, .eps = 1e-8 },
};

/* A sample's views are a coarse pattern of its own with a little noise of theirs: something to learn. */
static void make_view(float *dst, int size, uint32_t step, uint64_t sample, uint32_t view)
{
	float pattern[3][8][8];
	struct rng r;

	rng_init(&r, 11, step, sample, 1000);
	for (int i = 0; i < 3 * 64; i++)
		(&pattern[0][0][0])[i] = (float)rng_normal(&r);
	rng_init(&r, 11, step, sample, view);
	for (int c = 0; c < 3; c++)
		for (int y = 0; y < size; y++)
			for (int x = 0; x < size; x++)
				*dst++ = pattern[c][y * 8 / size][x * 8 / size] + .5F * (float)rng_f64(&r);
}

static void make_views(struct swav_step *s, int step)
{
	int rows = config.net.batch / ranks_size();

	for (int g = 0; g < config.net.groups; g++) {
		int size = config.net.group[g].size;
		float *to = swav_step_view(s, g);

		for (int v = 0; v < config.net.group[g].count; v++)
			for (int i = 0; i < rows; i++, to += 3 * size * size)
				make_view(to, size, (uint32_t)step, (uint64_t)(ranks_rank() * rows + i),
					  (uint32_t)(2 * g + v));
	}
}

static void must(int rc, const struct err *e)
{
	if (rc)
		die_err(e);
}

void ranks_check_swav(char **args)
{
	int queue = (int)strtol(args[3], NULL, 10), group = (int)strtol(args[4], NULL, 10);
	int steps = (int)strtol(args[0], NULL, 10);
	struct swav_step_report report;
	struct err e = { 0 };
	struct swav_step *s;

	config.net.batch = (int)strtol(args[1], NULL, 10);
	config.accumulate = (int)strtol(args[2], NULL, 10);
	must(group ? ranks_norm_groups(group, &e) : 0, &e);
	s = swav_step_new(nn_train_cpu(), &config, &e);
	must(s ? 0 : -1, &e);
	train_params_start(swav_net_params(swav_step_net(s)), 3);
	must(swav_step_alike(s, &e), &e);
	for (int i = 0; i < steps; i++) {
		if (queue && i == QUEUE_START)
			swav_loss_queue(swav_step_loss(s), queue);
		make_views(s, i);
		swav_step_take(s, .006, i < 3, 1, &report);
		if (ranks_rank() == 0)
			printf("%d %.12g %.12g %.9g %d %d %.9g\n", i, report.swav.loss, report.gradient_norm,
			       report.swav.entropy[1], report.swav.in_use, report.swav.queue_rows, report.swav.spread);
	}
	must(swav_step_alike(s, &e), &e);
	/* And who is not like the others is found. */
	if (ranks_rank() == ranks_size() - 1)
		swav_net_params(swav_step_net(s))->running[0].var[0] += 1;
	if (ranks_size() > 1 && (swav_step_alike(s, &e) == 0 || !strstr(e.msg, "rank")))
		die(EXIT_CODE_FAILED, "a rank that differs is not found");
	swav_step_free(s);
}

/* ---- integers */

enum { EACH = 3, SIDE = 16, CHANNELS = 24, OUT = 5 };

/* The gradients of samples [first, first + n) of a batch. */
static void gradients(int first, int n, struct train_params *p, struct train_net *net)
{
	struct train_plan *plan = train_plan_new(net, n, SIDE, SIDE, 2);
	struct nn_batch in = train_plan_input(plan), dy = train_plan_output_gradient(plan);
	float *g = xcalloc((size_t)n * OUT, sizeof *g), *x = in.data;

	for (size_t i = 0; i < (size_t)n * 3 * SIDE * SIDE; i++)
		x[i] = (float)((i + (size_t)first * 3 * SIDE * SIDE) * 31 % 7) - 3;
	for (int i = 0; i < n * OUT; i++)
		g[i] = (float)((i + first * OUT) * 5 % 9 - 4);
	train_net_pack(net, 1);
	train_plan_forward(plan, true, 2);
	nn_train_cpu()->upload(nn_train_cpu(), g, &dy);
	train_params_zero_grad(p);
	train_plan_backward(plan, 2);
	train_plan_free(plan);
	free(g);
}

void ranks_check_integers(void)
{
	struct train_params p;
	struct train_net *net;
	float *whole;

	train_params_init(&p, nn_train_cpu());
	net = train_net_new(nn_train_cpu(), &p);
	int x = train_net_conv(net, train_net_input(net, 3, true), "a", CHANNELS, 3, 1);
	x = train_net_conv(net, train_net_maxpool(net, x, (struct nn_pool){ 3, 2, 1 }), "b", CHANNELS, 3, 2);
	train_net_linear(net, train_net_avgpool(net, x), "c", OUT, true);
	train_params_alloc(&p);
	for (size_t i = 0; i < p.count; i++)
		((float *)p.value)[i] = (float)(i * 13 % 3) - 1;
	whole = xcalloc(p.count, sizeof *whole);
	gradients(0, EACH * ranks_size(), &p, net);
	memcpy(whole, p.grad, p.count * sizeof *whole);
	gradients(EACH * ranks_rank(), EACH, &p, net);
	for (size_t at = 0; at < p.count; at += 1000)
		ranks_sum_later((float *)p.grad + at, p.count - at < 1000 ? p.count - at : 1000, sizeof(float));
	ranks_sum_wait();
	for (size_t i = 0; i < p.count; i++)
		if (whole[i] != ((float *)p.grad)[i])
			die(EXIT_CODE_FAILED, "gradient %zu is %g, of the whole batch %g", i,
			    (double)((float *)p.grad)[i], (double)whole[i]);
	printf("rank %d of %d: %zu gradients are exact\n", ranks_rank(), ranks_size(), p.count);
	free(whole);
	train_net_free(net);
	train_params_release(&p);
}
