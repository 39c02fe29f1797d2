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
#include "common/nn/real.h"
#include "common/rng.h"
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

/* ---- tensors of many pieces */

enum { BIG = 200003, SMALL = 5 };

static void start_big(struct train_params *p, const struct nn_train *ops)
{
	struct rng r;

	train_params_init(p, ops);
	train_params_declare(p, "small", TRAIN_BIAS, 1, (struct shape){ 1, { SMALL } });
	train_params_declare(p, "big", TRAIN_LINEAR, 1, (struct shape){ 1, { BIG } });
	train_params_declare(p, "last", TRAIN_BN_WEIGHT, 1, (struct shape){ 1, { SMALL } });
	train_params_alloc(p);
	rng_init(&r, 5, 0, 0, 0);
	for (size_t i = 0; i < p->count; i++) {
		real_set(p->value, i, p->real, rng_normal(&r));
		real_set(p->grad, i, p->real, rng_normal(&r));
	}
}

/* Three steps of each kind, and the norm: the same bits for any number of threads. */
static void threads(void **unused)
{
	static const int counts[] = { 1, 2, 3, 7, 16 };
	struct optim_config c = {
		.momentum = .9, .weight_decay = .1, .trust = .001, .eps = 1e-8, .beta1 = .9, .beta2 = .99
	};

	(void)unused;
	for (int kind = OPTIM_SGD; kind <= OPTIM_ADAM; kind++) {
		struct train_params first = { 0 };
		double norm = 0;

		c.kind = (enum optim_kind)kind;
		for (size_t t = 0; t < sizeof counts / sizeof *counts; t++) {
			struct train_params p;
			struct optim o;

			start_big(&p, nn_train_cpu());
			optim_init(&o, &c, &p);
			for (int i = 0; i < 3; i++)
				optim_step(&o, .1, counts[t]);
			if (t == 0)
				norm = optim_gradient_norm(&p, counts[t]);
			else
				assert_memory_equal(p.value, first.value, p.count * p.real);
			assert_true(optim_gradient_norm(&p, counts[t]) == norm);
			assert_true(o.steps[0] == 3 && o.steps[1] == 3 && o.steps[2] == 3);
			optim_release(&o);
			if (t == 0)
				first = p;
			else
				train_params_release(&p);
		}
		train_params_release(&first);
	}
}

/* Norms over pieces against sums in long double; 1e-14 of 200,003 terms added in a tree of a few hundred. */
static void big_norms(void **unused)
{
	struct optim_config c = { .kind = OPTIM_LARS, .weight_decay = .1, .trust = .001, .eps = 1e-8 };
	struct train_params p, was;
	struct optim o;
	long double pn = 0, gn = 0, all = 0;

	(void)unused;
	start_big(&p, nn_train_naive());
	start_big(&was, nn_train_naive());
	const double *v = train_params_value(&was, 1), *g = train_params_grad(&was, 1),
		     *have = train_params_value(&p, 1);
	for (size_t i = 0; i < BIG; i++) {
		pn += (long double)v[i] * v[i];
		gn += (long double)g[i] * g[i];
	}
	for (size_t i = 0; i < p.count; i++)
		all += (long double)((double *)p.grad)[i] * ((double *)p.grad)[i];
	assert_true(fabsl(optim_gradient_norm(&p, 2) / sqrtl(all) - 1) < 1e-14L);
	optim_init(&o, &c, &p);
	optim_step(&o, .5, 2);
	double scale = (double)(.001L * sqrtl(pn) / (sqrtl(gn) + .1L * sqrtl(pn) + 1e-8L));
	for (size_t i = 0; i < BIG; i++) {
		double want = v[i] - .5 * scale * (g[i] + .1 * v[i]);

		if (!(fabs(have[i] - want) <= 1e-14 * fabs(want) + 1e-17))
			fail_msg("[%zu]: %.17g, not %.17g", i, have[i], want);
	}
	optim_release(&o);
	train_params_release(&p);
	train_params_release(&was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pytorch),
		cmocka_unit_test(lars_cases),
		cmocka_unit_test(threads),
		cmocka_unit_test(big_norms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
