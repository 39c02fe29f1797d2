/*
 * bench_swav - SwAV's pre-training, whole steps with data: ResNet-50, 2x224 + 6x96, 3000 prototypes, LARS
 *
 *	bench_swav SHARD f32|bf16 BATCH THREADS SLICES STEPS [checkpoint]
 *
 * After two steps of warm-up. Prints samples a second, CPU seconds a sample, peak resident MiB, MiB of activations, the share
 * of processor time in convolutions, their GFLOP/s a core while they run, the share of the processor's peak that is, seconds a
 * step waited for data, and the loss.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/data/loader.h"
#include "common/err.h"
#include "common/model/swav_loss.h"
#include "common/model/swav_net.h"
#include "common/nn/optim.h"
#include "common/nn/train_conv.h"
#include "common/progress.h"
#include "tests/bench/peak.h"

enum { FEATURES = 128, PROTOTYPES = 3000, VIEWS = 8, WARM = 2, GROUPS = 2 };

/* ---- the backend's table with a clock around its convolutions */

static struct nn_train clocked, clocked_bf16;
static const struct nn_train *plain;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static double conv_seconds, conv_flop;

static const struct nn_train *real_of(const struct nn_train *b)
{
	return b == &clocked_bf16 ? plain->bf16 : plain;
}

static void count(const struct nn_conv_plan *p, double start)
{
	double t = peak_now() - start;
	double flop = 2.0 * p->n * p->oh * p->ow * p->c.oc * p->c.ic * p->c.kh * p->c.kw;

	pthread_mutex_lock(&lock);
	conv_seconds += t;
	conv_flop += flop;
	pthread_mutex_unlock(&lock);
}

static void conv(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x, const void *packed,
		 const struct nn_batch *y, void *scratch)
{
	double t = peak_now();

	real_of(b)->conv(b, p, x, packed, y, scratch);
	count(p, t);
}

static void backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
			  const void *packed, const struct nn_batch *dx, bool accumulate, void *scratch)
{
	double t = peak_now();

	real_of(b)->conv_backward_data(b, p, dy, packed, dx, accumulate, scratch);
	count(p, t);
}

static void backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
			     const struct nn_batch *dy, void *partial, void *scratch)
{
	double t = peak_now();

	real_of(b)->conv_backward_weights(b, p, x, dy, partial, scratch);
	count(p, t);
}

static struct nn_train with_clock(const struct nn_train *b)
{
	struct nn_train t = *b;

	t.conv = conv;
	t.conv_backward_data = backward_data;
	t.conv_backward_weights = backward_weights;
	return t;
}

/* ---- a step */

struct bench {
	struct loader *loader;
	struct swav_net *net;
	struct swav_loss *loss;
	struct optim optim;
	float *z, *dz, *view[GROUPS];
	double waited, last_loss;
	int threads;
};

static void step(struct bench *b)
{
	struct train_params *p = swav_net_params(b->net);
	size_t prototypes = swav_net_prototypes(b->net);
	void *c = train_params_value(p, prototypes);
	struct swav_report report;
	struct err e = { 0 };

	if (loader_next(b->loader, b->view, &e))
		die_err(&e);
	b->waited += loader_waited(b->loader);
	swav_normalise_prototypes(plain, c, PROTOTYPES, FEATURES);
	train_params_zero_grad(p);
	swav_net_forward(b->net, true, b->threads, b->z);
	swav_loss_step(b->loss, b->z, c, b->dz, train_params_grad(p, prototypes), &report);
	swav_net_backward(b->net, b->threads, b->dz);
	b->last_loss = report.loss;
	b->optim.own[prototypes].frozen = true;
	optim_step(&b->optim, .01, b->threads);
}

static void setup(struct bench *b, const char *shard, const struct swav_config *c)
{
	struct loader_config l = { .path = &shard,
				   .paths = 1,
				   .batch = c->batch,
				   .ranks = 1,
				   .groups = GROUPS,
				   .group = { { 2, AUGMENT_SWAV(224, .14, 1) }, { 6, AUGMENT_SWAV(96, .05, .14) } },
				   .seed = 1,
				   .threads = b->threads,
				   .prefetch = 2 };
	struct swav_loss_config loss = { VIEWS, c->batch, FEATURES, PROTOTYPES, .1, .05, 3 };
	struct optim_config lars = {
		.kind = OPTIM_LARS, .momentum = .9, .weight_decay = 1e-6, .trust = .001, .eps = 1e-8
	};
	size_t rows = (size_t)VIEWS * (size_t)c->batch * FEATURES;
	struct err e = { 0 };

	b->loader = loader_open(&l, &e);
	if (!b->loader)
		die_err(&e);
	b->net = swav_net_new(&clocked, c);
	b->loss = swav_loss_new(plain, &loss);
	train_params_start(swav_net_params(b->net), 1);
	optim_init(&b->optim, &lars, swav_net_params(b->net));
	b->z = xcalloc(rows, sizeof *b->z);
	b->dz = xcalloc(rows, sizeof *b->dz);
	for (int g = 0; g < GROUPS; g++)
		b->view[g] = swav_net_input(b->net, g).data;
}

int main(int argc, char **argv)
{
	struct swav_config c = { .arch = RESNET50,
				 .width = 1,
				 .hidden = 2048,
				 .features = FEATURES,
				 .prototypes = PROTOTYPES,
				 .groups = GROUPS,
				 .group = { { 2, 224 }, { 6, 96 } } };
	struct bench b = { 0 };
	struct rusage use;
	double wall, cpu, rate;
	int steps;

	err_program("bench_swav");
	if (argc < 7)
		die(EXIT_CODE_USAGE, "usage: bench_swav SHARD f32|bf16 BATCH THREADS SLICES STEPS [checkpoint]");
	c.dtype = strcmp(argv[2], "bf16") ? NN_F32 : NN_BF16;
	c.batch = (int)strtol(argv[3], NULL, 10);
	b.threads = (int)strtol(argv[4], NULL, 10);
	c.slices = (int)strtol(argv[5], NULL, 10);
	steps = (int)strtol(argv[6], NULL, 10);
	c.checkpoint = argc > 7;
	plain = nn_train_cpu();
	clocked_bf16 = with_clock(plain->bf16);
	clocked = with_clock(plain);
	clocked.bf16 = &clocked_bf16;
	setup(&b, argv[1], &c);
	for (int i = 0; i < WARM; i++)
		step(&b);
	conv_seconds = conv_flop = b.waited = 0;
	wall = clock_wall();
	cpu = clock_cpu();
	for (int i = 0; i < steps; i++)
		step(&b);
	wall = clock_wall() - wall;
	cpu = clock_cpu() - cpu;
	getrusage(RUSAGE_SELF, &use);
	rate = conv_flop / conv_seconds * 1e-9;
	double top = peak_gflops(kern_best(), c.dtype == NN_BF16);
	printf("%.4f\t%.4f\t%.0f\t%.0f\t%.3f\t%.1f\t%.3f\t%.3f\t%.4f\n", steps * c.batch / wall,
	       cpu / (steps * c.batch), (double)use.ru_maxrss / 1024, (double)swav_net_bytes(b.net) / (1 << 20),
	       conv_seconds / cpu, rate, top > 0 ? rate / top : 0, b.waited / steps, b.last_loss);
	loader_close(b.loader);
	swav_net_free(b.net);
	swav_loss_free(b.loss);
	optim_release(&b.optim);
	free(b.z);
	free(b.dz);
	return 0;
}
