/* test_swav_steps.c - ten steps of SwAV against the reference's run: network, loss, queue, frozen prototypes, LARS */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/model/swav_step.h"
#include "common/record.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_swav.h"

enum { B = 16, VIEWS = 6, D = 128, K = 64, STEPS = 10, EPOCH = 5, FROZEN = 3, QUEUE = 32, QUEUE_START = 5 };

static const struct swav_step_config config = {
	.net = {
		.arch = RESNET18,
		.width = 1,
		.hidden = 512,
		.features = D,
		.prototypes = K,
		.batch = B,
		.groups = 2,
		.group = { { 2, 96 }, { 4, 48 } },
		.slices = 4,
	},
	.accumulate = 1,
	.temperature = .1,
	.epsilon = .05,
	.iterations = 3,
	.optim = { .kind = OPTIM_LARS, .momentum = .9, .weight_decay = 1e-6, .trust = .001, .eps = 1e-8 },
};

struct run {
	struct swav_step *step;
	struct train_params *params;
	float *start; /* parameters before the first step, prototypes normalised */
	double losses[STEPS], norms[STEPS], entropy[STEPS];
	int queue_rows[STEPS];
};

/* The views of the next step into the network's inputs. */
static void next_views(struct swav_step *s, struct record_reader *r, int step)
{
	struct err e = { 0 };

	for (int n = 0; n < B * VIEWS; n++) {
		if (record_next(r, &e) != 1)
			fail_msg("step %d, view %d: %s", step, n, e.msg);
		int view = (int)r->head.label, sample = (int)r->head.key - step * B, g = view >= 2;
		int size = config.net.group[g].size;
		size_t at = (size_t)((view - 2 * g) * B + sample) * 3 * (size_t)(size * size);

		assert_in_range(sample, 0, B - 1);
		support_swav_view((float *)swav_step_view(s, g) + at, r->payload, size);
	}
}

static void start(struct run *r, const char *folder, enum nn_dtype dtype)
{
	struct swav_step_config c = config;
	struct err e = { 0 };
	size_t prototypes;

	*r = (struct run){ 0 };
	c.net.dtype = dtype;
	r->step = swav_step_new(nn_train_cpu(), &c, &e);
	assert_non_null(r->step);
	r->params = swav_net_params(swav_step_net(r->step));
	support_swav_weights(r->params, folder, 1);
	r->start = xcalloc(r->params->count, sizeof *r->start);
	memcpy(r->start, r->params->value, r->params->count * sizeof(float));
	prototypes = swav_net_prototypes(swav_step_net(r->step));
	swav_normalise_prototypes(nn_train_cpu(), r->start + r->params->item[prototypes].offset, K, D);
}

static void finish(struct run *r)
{
	swav_step_free(r->step);
	free(r->start);
}

static void take_step(struct run *r, int i, double lr, int threads)
{
	struct swav_step_report report;

	if (i == QUEUE_START)
		swav_loss_queue(swav_step_loss(r->step), QUEUE);
	if (i % EPOCH == 0)
		swav_loss_epoch(swav_step_loss(r->step));
	swav_step_take(r->step, lr, i < FROZEN, threads, &report);
	r->losses[i] = report.swav.loss;
	r->norms[i] = report.gradient_norm;
	r->entropy[i] = report.swav.entropy[0];
	r->queue_rows[i] = report.swav.queue_rows;
}

/* false: the views cannot be had. */
static bool ten_steps(struct run *r, const char *folder, enum nn_dtype dtype, double lr, int threads)
{
	char *command = xasprintf("xz -dc '%s/views.frlr.xz'", folder);
	struct record_reader reader;
	FILE *f = access("/usr/bin/xz", X_OK) ? NULL : popen(command, "r");

	free(command);
	if (!f) {
		print_message("no xz\n");
		return false;
	}
	record_open_fd(&reader, dup(fileno(f)), "views");
	start(r, folder, dtype);
	for (int i = 0; i < STEPS; i++) {
		next_views(r->step, &reader, i);
		take_step(r, i, lr, threads);
	}
	record_close(&reader);
	pclose(f);
	return true;
}

/* ---- the reference's numbers */

enum { LOSS_F64 = 3, NORM_F64 = 8, QUEUE_ROWS = 13, ENTROPY0_F64 = 16, COLUMNS = 18 };

static void check_steps(const struct run *r, const char *folder, const char *name, const double *loss,
			const double *norm, int steps)
{
	char *file = support_in_folder(folder, name), line[2000];
	FILE *f = fopen(file, "r");
	double v[COLUMNS];

	free(file);
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	for (int i = 0; i < steps; i++) {
		char *at = fgets(line, sizeof line, f);

		assert_non_null(at);
		for (int k = 0; k < COLUMNS; k++, at++)
			v[k] = strtod(at, &at);
		print_message("step %d: loss %.9g (%.9g), gradient norm %.6g (%.6g)\n", i, r->losses[i], v[LOSS_F64],
			      r->norms[i], v[NORM_F64]);
		assert_true(fabs(r->losses[i] - v[LOSS_F64]) <= loss[i]);
		assert_true(fabs(r->norms[i] - v[NORM_F64]) <= norm[i] * v[NORM_F64]);
		assert_int_equal(r->queue_rows[i], (int)v[QUEUE_ROWS]);
		assert_true(fabs(r->entropy[i] - v[ENTROPY0_F64]) <= 10 * loss[i]);
	}
	fclose(f);
}

/* A line of final-small-lr-f64.tsv: name, shape, norm, norm of the change, eight elements; the README's tolerances. */
static void check_tensor(const struct run *r, const char *line)
{
	const struct train_params *p = r->params;
	char name[200];
	double norm, change, e[8], have = 0, moved = 0;
	size_t i = 0;

	assert_int_equal(sscanf(line, "%199s %*s %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf", name, &norm, &change, e,
				e + 1, e + 2, e + 3, e + 4, e + 5, e + 6, e + 7),
			 11);
	if (strstr(name, "running"))
		return;
	while (i < p->n && strcmp(p->item[i].name, name) != 0)
		i++;
	assert_true(i < p->n);
	const float *v = train_params_value(p, i), *was = r->start + p->item[i].offset;
	size_t count = p->item[i].count;
	bool bias = !strcmp(name, "module.projection_net.net.0.bias");
	for (size_t k = 0; k < count; k++) {
		have += (double)v[k] * v[k];
		moved += ((double)v[k] - was[k]) * ((double)v[k] - was[k]);
	}
	have = sqrt(have);
	moved = sqrt(moved);
	if (!strcmp(name, "module.prototypes.weight"))
		change = .000968410962; /* from the normalised start */
	if (!(fabs(have - norm) <= 3e-5 * norm) || !(fabs(moved - change) <= (bias ? .1 : .01) * change))
		fail_msg("%s: norm %.9g, not %.9g; change %.9g, not %.9g", name, have, norm, moved, change);
	for (size_t k = 0; k < 8; k++)
		if (!(fabs(v[k * (count - 1) / 7] - e[k]) <= .2 * change / sqrt((double)count) + 1e-7 * fabs(e[k])))
			fail_msg("%s: e%zu %.9g, not %.9g", name, k, (double)v[k * (count - 1) / 7], e[k]);
}

static void check_final(const struct run *r, const char *folder)
{
	char *file = support_in_folder(folder, "final-small-lr-f64.tsv"), line[2000];
	FILE *f = fopen(file, "r");
	size_t n = 0;

	free(file);
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	for (; fgets(line, sizeof line, f); n++)
		check_tensor(r, line);
	fclose(f);
	assert_true(n >= r->params->n);
}

static void ten_steps_at_a_hundredth(void **unused)
{
	char *folder = shared_path("reference/swav-r18");
	double loss[STEPS], norm[STEPS];
	struct run r, other;

	(void)unused;
	if (!folder || !ten_steps(&r, folder, NN_F32, .006, 2))
		skip();
	for (int i = 0; i < STEPS; i++) {
		loss[i] = 2e-5;
		norm[i] = .01;
	}
	check_steps(&r, folder, "steps-small-lr.tsv", loss, norm, STEPS);
	check_final(&r, folder);

	if (!getenv("FRL_SANITIZED")) { /* the same bits for any number of threads */
		assert_true(ten_steps(&other, folder, NN_F32, .006, 3));
		assert_memory_equal(r.losses, other.losses, sizeof r.losses);
		assert_memory_equal(r.params->value, other.params->value, r.params->count * sizeof(float));
		finish(&other);
	}
	finish(&r);
	free(folder);
}

/*
 * Values in bf16. Losses are averages over the batch, whose roundings (2^-9) go either way; gradients are worse off, as ReLUs
 * near zero switch: their norm is a check against gross errors only.
 */
static void ten_steps_in_bf16(void **unused)
{
	char *folder = shared_path("reference/swav-r18");
	double loss[STEPS], norm[STEPS];
	struct run r;

	(void)unused;
	if (!folder || !ten_steps(&r, folder, NN_BF16, .006, 2))
		skip();
	for (int i = 0; i < STEPS; i++) {
		loss[i] = 1e-2;
		norm[i] = .1;
	}
	check_steps(&r, folder, "steps-small-lr.tsv", loss, norm, STEPS);
	finish(&r);
	free(folder);
}

static void ten_steps_at_full_rate(void **unused)
{
	static const double loss[STEPS] = { 5e-6, 1e-4, 1e-3, 5e-3, 1e-2, 1e-2, 1e-2, 3e-2, 3e-2, 3e-2 };
	static const double norm[STEPS] = { .02, .02, .02, .02, .02, .1, .1, .1, .1, .1 };
	char *folder = shared_path("reference/swav-r18");
	struct run r;

	(void)unused;
	if (getenv("FRL_SANITIZED")) {
		puts("SKIP full rate: the steps at a hundredth of it take the same way under the sanitizers");
		free(folder);
		skip();
	}
	if (!folder || !ten_steps(&r, folder, NN_F32, .6, 2))
		skip();
	check_steps(&r, folder, "steps.tsv", loss, norm, STEPS);
	finish(&r);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_steps_at_a_hundredth),
		cmocka_unit_test(ten_steps_in_bf16),
		cmocka_unit_test(ten_steps_at_full_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
