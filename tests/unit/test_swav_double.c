/* test_swav_double.c - one step of SwAV on the double backend against PyTorch's float64: all outputs, all gradients */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/swav_loss.h"
#include "common/model/swav_net.h"
#include "tests/support/naive.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_seeded.h"

/* As tests/golden/make_swav_double.py. */
enum { B = 2, VIEWS = 4, D = 32, K = 10, SEED = 5 };

static struct swav_config config = {
	.width = 1,
	.hidden = 64,
	.features = D,
	.prototypes = K,
	.batch = B,
	.groups = 2,
	.group = { { 2, 32 }, { 2, 24 } },
	.slices = 3,
};
static const struct swav_loss_config loss_config = { VIEWS, B, D, K, .1, .05, 3 };

static void fill(double *dst, size_t n, const char *name, const char *role, int64_t fan_in)
{
	float *f = xmalloc(n * sizeof *f);

	assert_int_equal(seeded_fill(f, n, SEED, name, role, fan_in), 0);
	for (size_t i = 0; i < n; i++)
		dst[i] = f[i];
	free(f);
}

static void start(struct swav_net *net)
{
	static const char *const role[] = { "conv", "linear", "bias", "bn_weight", "bn_bias" };
	struct train_params *p = swav_net_params(net);

	for (size_t i = 0; i < p->n; i++)
		fill(train_params_value(p, i), p->item[i].count, p->item[i].name, role[p->item[i].role],
		     p->item[i].fan_in);
	swav_normalise_prototypes(nn_train_naive(), train_params_value(p, swav_net_prototypes(net)), K, D);
	for (int g = 0; g < 2; g++) {
		struct nn_batch in = swav_net_input(net, g);

		fill(in.data, (size_t)(in.n * in.c * in.h * in.w), g ? "input24" : "input32", "linear", 1);
	}
}

/* Numbers of a line: norm, sum, eight elements. tolerance: of the norm. */
static void check(const char *name, const double *x, size_t n, const char *line, double tolerance)
{
	double want[10], norm = 0, sum = 0;
	char *s = (char *)(uintptr_t)line;

	for (int i = 0; i < 10; i++)
		want[i] = strtod(s, &s);
	for (size_t i = 0; i < n; i++) {
		norm += x[i] * x[i];
		sum += x[i];
	}
	norm = sqrt(norm);
	/* Before a batch norm a bias has no gradient: what there is, is noise. */
	double within = want[0] < 1e-12 ? 1e-12 : tolerance * want[0];
	if (!(fabs(norm - want[0]) <= within) || !(fabs(sum - want[1]) <= within * sqrt((double)n)))
		fail_msg("%s: norm %.12g, not %.12g; sum %.12g, not %.12g", name, norm, want[0], sum, want[1]);
	for (size_t i = 0; i < 8; i++)
		if (!(fabs(x[i * (n - 1) / 7] - want[2 + i]) <= within))
			fail_msg("%s: e%zu %.12g, not %.12g", name, i, x[i * (n - 1) / 7], want[2 + i]);
}

static void check_running(const struct train_params *p, const char *name, const char *line)
{
	for (size_t i = 0; i < p->n_running; i++) {
		const struct train_running *r = &p->running[i];
		size_t n = strlen(r->name);

		if (strncmp(name, r->name, n) != 0 || name[n] != '.')
			continue;
		double *x = xcalloc((size_t)r->c, sizeof *x);
		for (int k = 0; k < r->c; k++)
			x[k] = (double)(strcmp(name + n, ".running_mean") ? r->var : r->mean)[k];
		check(name, x, (size_t)r->c, line, 1e-6); /* they are kept in single precision */
		free(x);
		return;
	}
	fail_msg("no '%s'", name);
}

static void compare(struct swav_net *net, const char *network, double loss, const double *z)
{
	const struct train_params *p = swav_net_params(net);
	char *path = golden_path("swav_double.tsv"), line[1000], label[20], name[200];
	FILE *f = fopen(path, "r");
	size_t gradients = 0;

	free(path);
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		int at;

		assert_int_equal(sscanf(line, "%19s %199s%n", label, name, &at), 2);
		if (strcmp(label, network) != 0)
			continue;
		if (!strcmp(name, "loss"))
			assert_true(fabs(loss - strtod(line + at, NULL)) < 1e-10);
		else if (!strcmp(name, "z"))
			check(name, z, VIEWS * B * D, line + at, 1e-8);
		else if (strstr(name, ".running_"))
			check_running(p, name, line + at);
		else {
			assert_string_equal(p->item[gradients].name, name);
			check(name, train_params_grad(p, gradients), p->item[gradients].count, line + at, 1e-8);
			gradients++;
		}
	}
	fclose(f);
	assert_int_equal(gradients, p->n);
}

static void step(enum resnet_arch arch, const char *network)
{
	double z[VIEWS * B * D], dz[VIEWS * B * D];
	struct swav_loss *loss = swav_loss_new(nn_train_naive(), &loss_config);
	struct swav_report report;
	struct swav_net *net;
	struct train_params *p;

	config.arch = arch;
	net = swav_net_new(nn_train_naive(), &config);
	p = swav_net_params(net);
	start(net);
	swav_net_forward(net, true, 2, z);
	size_t c = swav_net_prototypes(net);
	swav_loss_step(loss, z, train_params_value(p, c), dz, train_params_grad(p, c), &report);
	swav_net_backward(net, 2, dz);
	compare(net, network, report.loss, z);
	swav_loss_free(loss);
	swav_net_free(net);
}

static void resnet18(void **unused)
{
	(void)unused;
	step(RESNET18, "resnet18");
}

static void resnet50(void **unused)
{
	(void)unused;
	if (getenv("FRL_SANITIZED")) {
		puts("SKIP ResNet-50: ResNet-18 takes the same way under the sanitizers");
		skip();
	}
	step(RESNET50, "resnet50");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(resnet18), cmocka_unit_test(resnet50) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
