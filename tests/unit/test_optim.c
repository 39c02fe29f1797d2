/* test_optim.c - optimisers against PyTorch's, in double, and LARS' cases against its formula */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/optim.h"
#include "tests/support/naive.h"
#include "tests/unit/support_golden.h"

enum { W = 12, BIAS = 4, STEPS = 5 };

/* As tests/golden/make_optim.py. */
static void start(struct train_params *p)
{
	train_params_init(p, nn_train_naive());
	train_params_declare(p, "w", TRAIN_LINEAR, 4, (struct shape){ 2, { 3, 4 } });
	train_params_declare(p, "b", TRAIN_BIAS, 4, (struct shape){ 1, { 4 } });
	train_params_alloc(p);
	for (int i = 0; i < W; i++)
		((double *)train_params_value(p, 0))[i] = sin(i + 1) / 2;
	for (int i = 0; i < BIAS; i++)
		((double *)train_params_value(p, 1))[i] = cos(i + 1) / 2;
}

static void gradients(struct train_params *p, int t)
{
	for (int i = 0; i < W; i++)
		((double *)train_params_grad(p, 0))[i] = sin(3 * i + t + 1);
	for (int i = 0; i < BIAS; i++)
		((double *)train_params_grad(p, 1))[i] = cos(3 * i + t + 1);
}

static void follow(const char *name, const struct optim_config *c, double lr)
{
	char *path = golden_path("optim.tsv"), line[1000];
	FILE *f = fopen(path, "r");
	struct train_params p;
	struct optim o;
	int t = 0, lines = 0;

	free(path);
	assert_non_null(f);
	start(&p);
	optim_init(&o, c, &p);
	o.own[1] = (struct optim_own){ .1, 0, false };
	while (fgets(line, sizeof line, f)) {
		char label[8], method[8];
		int at;

		assert_int_equal(sscanf(line, "%7s %d %7s%n", method, &t, label, &at), 3);
		if (strcmp(method, name) != 0)
			continue;
		if (label[0] == 'w') {
			gradients(&p, t);
			optim_step(&o, lr, 2);
		}
		const double *v = train_params_value(&p, label[0] == 'b');
		char *s = line + at;
		for (int i = 0; i < (label[0] == 'b' ? BIAS : W); i++) {
			double want = strtod(s, &s);
			if (!(fabs(v[i] - want) <= 1e-14))
				fail_msg("%s, step %d, %s[%d]: %.17g, not %.17g", name, t, label, i, v[i], want);
		}
		lines++;
	}
	fclose(f);
	assert_int_equal(lines, 2 * STEPS);
	optim_release(&o);
	train_params_release(&p);
}

static void pytorch(void **unused)
{
	struct optim_config sgd = { .kind = OPTIM_SGD, .momentum = .9, .weight_decay = 5e-4 };
	struct optim_config adam = { .kind = OPTIM_ADAM, .weight_decay = 1e-2, .eps = 1e-8, .beta1 = .5, .beta2 = .99 };
	struct optim_config adamw = {
		.kind = OPTIM_ADAM,
		.weight_decay = .1,
		.eps = 1e-8,
		.beta1 = .9,
		.beta2 = .999,
		.decoupled = true,
	};

	(void)unused;
	follow("sgd", &sgd, .1);
	follow("adam", &adam, 1e-2);
	follow("adamw", &adamw, 1e-2);
}

/* A zero parameter takes the raw gradient, a zero gradient leaves all as it is, what is frozen is not touched. */
static void lars_cases(void **unused)
{
	struct optim_config c = {
		.kind = OPTIM_LARS,
		.momentum = .9,
		.weight_decay = .5,
		.trust = .001,
		.eps = 1e-8,
	};
	struct train_params p;
	struct optim o;
	double *w, *b, *gw, *gb;

	(void)unused;
	start(&p);
	w = train_params_value(&p, 0);
	b = train_params_value(&p, 1);
	gw = train_params_grad(&p, 0);
	gb = train_params_grad(&p, 1);
	optim_init(&o, &c, &p);
	memset(w, 0, W * sizeof *w);
	gw[0] = 2;
	double was[BIAS];
	memcpy(was, b, sizeof was);
	optim_step(&o, .25, 1);
	assert_true(w[0] == -.5 && w[1] == 0);
	assert_memory_equal(b, was, sizeof was);

	/* |p| = 5, |g| = 10: scale .001 * 5 / (10 + .5 * 5 + eps) */
	memset(b, 0, sizeof was);
	b[0] = 3;
	b[1] = 4;
	gb[2] = 10;
	o.own[0].frozen = true;
	o.steps[1] = 0;
	optim_step(&o, 1, 1);
	double scale = .001 * 5 / (10 + 2.5 + 1e-8);
	assert_true(fabs(b[0] - (3 - scale * 1.5)) < 1e-15);
	assert_true(fabs(b[2] + scale * 10) < 1e-15);
	assert_true(w[0] == -.5);
	assert_int_equal(o.steps[0], 1);

	c.lars_weights_only = true;
	o.c = c;
	o.steps[1] = 0;
	b[2] = 0;
	optim_step(&o, 1, 1);
	assert_true(b[2] == -10);
	optim_release(&o);
	train_params_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pytorch), cmocka_unit_test(lars_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
