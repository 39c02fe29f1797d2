/* test_swav_net.c - SwAV's network against the reference's own step, from weights that a formula gives */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/swav_net.h"
#include "common/record.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_npy.h"
#include "tests/unit/support_swav.h"

enum { B = 4, VIEWS = 4, D = 128, K = 300 };

static const struct swav_config config = {
	.arch = RESNET50,
	.width = 1,
	.hidden = 2048,
	.features = D,
	.prototypes = K,
	.batch = B,
	.groups = 2,
	.group = { { 2, 224 }, { 2, 96 } },
	.slices = 2,
};

static void load_views(struct swav_net *net, const char *path)
{
	struct record_reader r;
	struct err e = { 0 };
	int n = 0;

	if (record_open(&r, path, &e))
		fail_msg("%s", e.msg);
	while (record_next(&r, &e) == 1) {
		if (r.head.kind != RECORD_TENSOR)
			continue;
		int view = (int)r.head.label, sample = (int)r.head.key, g = view / 2, size = config.group[g].size;
		struct nn_batch in = swav_net_input(net, g);
		assert_int_equal(r.head.dims[0], size);
		support_swav_view((float *)in.data + (size_t)((view % 2) * B + sample) * 3 * (size_t)(size * size),
				  r.payload, size);
		n++;
	}
	record_close(&r);
	assert_int_equal(n, B * VIEWS);
}

/* ---- the loss, in double */

struct state {
	double n[VIEWS * B][D], length[VIEWS * B]; /* embeddings, and their length before normalisation */
	double c[K][D];
	double score[VIEWS * B][K], d_score[VIEWS * B][K];
	double loss;
};

static double unit(const float *src, double *dst)
{
	double sum = 0;

	for (int i = 0; i < D; i++)
		sum += (double)src[i] * src[i];
	for (int i = 0; i < D; i++)
		dst[i] = src[i] / sqrt(sum);
	return sqrt(sum);
}

static void scores(struct state *s, const float *z, const float *prototypes)
{
	for (int r = 0; r < VIEWS * B; r++)
		s->length[r] = unit(z + r * D, s->n[r]);
	for (int k = 0; k < K; k++)
		unit(prototypes + k * D, s->c[k]);
	for (int r = 0; r < VIEWS * B; r++)
		for (int k = 0; k < K; k++)
			for (int i = 0; i < D; i++)
				s->score[r][k] += s->n[r][i] * s->c[k][i];
}

/* Row r of view v predicts q; weight: of this pair of views. */
static void predict(struct state *s, int r, const float *q, double weight)
{
	double sum = 0;

	for (int k = 0; k < K; k++)
		sum += exp(s->score[r][k] / .1);
	for (int k = 0; k < K; k++) {
		double p = exp(s->score[r][k] / .1) / sum;
		s->loss -= weight * q[k] * log(p);
		s->d_score[r][k] += weight * (p - q[k]) / .1; /* the q of a sample sum to 1 */
	}
}

static void loss(struct state *s, const float *q)
{
	for (int i = 0; i < 2; i++)
		for (int v = 0; v < VIEWS; v++)
			for (int b = 0; b < B && v != i; b++)
				predict(s, v * B + b, q + (i * B + b) * K, 1.0 / (2 * (VIEWS - 1) * B));
}

static void gradients(const struct state *s, float *dz, float *d_prototypes)
{
	for (int r = 0; r < VIEWS * B; r++) {
		double g[D] = { 0 }, dot = 0;

		for (int k = 0; k < K; k++)
			for (int i = 0; i < D; i++) {
				g[i] += s->d_score[r][k] * s->c[k][i];
				d_prototypes[k * D + i] += (float)(s->d_score[r][k] * s->n[r][i]);
			}
		for (int i = 0; i < D; i++)
			dot += g[i] * s->n[r][i];
		for (int i = 0; i < D; i++)
			dz[r * D + i] = (float)((g[i] - dot * s->n[r][i]) / s->length[r]);
	}
}

/* ---- comparison */

static void assert_near_npy(const char *file, const double *have, size_t n, double tolerance)
{
	size_t count;
	float *want = support_npy(file, &count);

	assert_non_null(want);
	assert_int_equal(count, n);
	for (size_t i = 0; i < n; i++)
		if (!(fabs(have[i] - want[i]) <= tolerance))
			fail_msg("%s: element %zu is %.9g, not %.9g", file, i, have[i], (double)want[i]);
	free(want);
}

/* A line of grads-f64.tsv: name, shape, norm, sum, eight elements; tolerances of the README. */
static void check_gradient(const struct train_params *p, char *line)
{
	char *field[12], *save = NULL;
	size_t i = 0, count;
	double norm = 0, sum = 0;

	for (int k = 0; k < 12; k++)
		field[k] = strtok_r(k ? NULL : line, "\t\n", &save);
	while (i < p->n && strcmp(p->item[i].name, field[0]) != 0)
		i++;
	assert_true(i < p->n);
	const float *g = train_params_grad(p, i);
	count = p->item[i].count;
	for (size_t k = 0; k < count; k++) {
		norm += (double)g[k] * g[k];
		sum += g[k];
	}
	norm = sqrt(norm);
	if (!strcmp(field[0], "module.projection_net.net.0.bias")) {
		assert_true(norm < 1e-5); /* truly zero: it stands before a batch norm */
		return;
	}
	double want = strtod(field[2], NULL), root = sqrt((double)count);
	if (!(fabs(norm - want) <= .03 * want) || !(fabs(sum - strtod(field[3], NULL)) <= .02 * want * root))
		fail_msg("%s: norm %.9g, not %.9g; sum %.9g, not %s", field[0], norm, want, sum, field[3]);
	for (int k = 0; k < 8; k++) {
		float have = g[(size_t)k * (count - 1) / 7];
		if (!(fabs(have - strtod(field[4 + k], NULL)) <= .3 * want / root))
			fail_msg("%s: e%d %.9g, not %s", field[0], k, (double)have, field[4 + k]);
	}
}

static void check_gradients(const struct train_params *p, const char *file)
{
	FILE *f = fopen(file, "r");
	char line[1000];
	size_t n = 0;

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	for (; fgets(line, sizeof line, f); n++)
		check_gradient(p, line);
	fclose(f);
	assert_int_equal(n, p->n);
}

static void check_running(const struct train_params *p, const char *file)
{
	FILE *f = fopen(file, "r");
	char line[1000], name[200], shape[40];
	double norm, sum;
	size_t i = 0;

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	for (; fgets(line, sizeof line, f); i++) {
		const struct train_running *r = &p->running[i / 2];
		const float *v = i % 2 ? r->var : r->mean;

		assert_int_equal(sscanf(line, "%199s %39s %*s %lf", name, shape, &norm), 3);
		assert_memory_equal(name, r->name, strlen(r->name));
		sum = 0;
		for (int k = 0; k < r->c; k++)
			sum += (double)v[k] * v[k];
		if (!(fabs(sqrt(sum) - norm) <= 1e-4 * norm))
			fail_msg("%s: norm %.9g, not %.9g", name, sqrt(sum), norm);
	}
	fclose(f);
	assert_int_equal(i, 2 * p->n_running);
}

static void one_step(struct swav_net *net, int threads, const char *folder, struct state *s)
{
	struct train_params *p = swav_net_params(net);
	char *views = support_in_folder(folder, "views.frlr");
	char *assignments = support_in_folder(folder, "assignments.npy");
	float *z = xcalloc(VIEWS * B * D, sizeof *z), *dz = xcalloc(VIEWS * B * D, sizeof *dz);
	size_t prototypes = swav_net_prototypes(net), n;
	float *q = support_npy(assignments, &n);

	assert_int_equal(n, 2 * B * K);
	support_swav_weights(p, folder, 3);
	load_views(net, views);
	swav_net_forward(net, true, threads, z);
	memset(s, 0, sizeof *s);
	scores(s, z, train_params_value(p, prototypes));
	loss(s, q);
	gradients(s, dz, train_params_grad(p, prototypes));
	swav_net_backward(net, threads, dz);
	free(views);
	free(assignments);
	free(z);
	free(dz);
	free(q);
}

/* Loss, embeddings, scores, every gradient and every running statistic; and the same bits for 1 and 4 threads. */
static void resnet50_step(void **unused)
{
	char *folder = shared_path("reference/swav-r50-grad"), *file;
	struct state *s;
	struct swav_net *net, *other;

	(void)unused;
	if (!folder)
		skip();
	s = xcalloc(1, sizeof *s);
	net = swav_net_new(nn_train_cpu(), &config);
	one_step(net, 1, folder, s);
	assert_true(fabs(s->loss - 6.01228798948) <= 2e-5);
	assert_near_npy(file = support_in_folder(folder, "embeddings.npy"), s->n[0], VIEWS * B * D, 1e-4);
	free(file);
	assert_near_npy(file = support_in_folder(folder, "scores.npy"), s->score[0], VIEWS * B * K, 1e-4);
	free(file);
	check_gradients(swav_net_params(net), file = support_in_folder(folder, "grads-f64.tsv"));
	free(file);
	check_running(swav_net_params(net), file = support_in_folder(folder, "running.tsv"));
	free(file);

	other = swav_net_new(nn_train_cpu(), &config);
	one_step(other, 4, folder, s);
	assert_memory_equal(swav_net_params(net)->grad, swav_net_params(other)->grad,
			    swav_net_params(net)->count * sizeof(float));
	swav_net_free(net);
	swav_net_free(other);
	free(folder);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(resnet50_step) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
