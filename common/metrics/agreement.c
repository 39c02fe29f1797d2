/* agreement.c - see agreement.h */
#include "common/metrics/agreement.h"

#include <math.h>

const char *const icc_form_name[ICC_FORMS] = { "1,1", "2,1", "3,1", "1,k", "2,k", "3,k" };

/* Sums are compensated (Neumaier), so a constant has variance 0 and long runs lose nothing. */
struct sum {
	double sum, rest;
};

static void add(struct sum *s, double v)
{
	double t = s->sum + v;

	if (fabs(s->sum) >= fabs(v))
		s->rest += (s->sum - t) + v;
	else
		s->rest += (v - t) + s->sum;
	s->sum = t;
}

static double total(const struct sum *s)
{
	return s->sum + s->rest;
}

static double mean(const double *v, size_t n, size_t stride)
{
	struct sum s = { 0 };
	size_t i;

	/* Exactly the value of a constant, whatever rounding would make of n * v / n. */
	for (i = 1; i < n && v[i * stride] == v[0]; i++)
		;
	if (i >= n)
		return v[0];
	for (i = 0; i < n; i++)
		add(&s, v[i * stride]);
	return total(&s) / (double)n;
}

static int sign(double v)
{
	return (v > 0) - (v < 0);
}

void agreement(const double *truth, const double *pred, size_t n, struct agreement *a)
{
	struct sum square = { 0 }, absolute = { 0 }, var_t = { 0 }, var_p = { 0 }, cov = { 0 };
	double mean_t, mean_p, vt, vp, c, nan_seen = 0;
	size_t same = 0;

	if (n == 0) {
		*a = (struct agreement){ NAN, NAN, NAN, NAN, NAN, NAN, NAN };
		return;
	}
	mean_t = mean(truth, n, 1);
	mean_p = mean(pred, n, 1);
	for (size_t i = 0; i < n; i++) {
		double d = pred[i] - truth[i], dt = truth[i] - mean_t, dp = pred[i] - mean_p;

		add(&square, d * d);
		add(&absolute, fabs(d));
		add(&var_t, dt * dt);
		add(&var_p, dp * dp);
		add(&cov, dt * dp);
		same += sign(truth[i]) == sign(pred[i]);
		nan_seen += isnan(d) ? NAN : 0;
	}
	vt = total(&var_t) / (double)n;
	vp = total(&var_p) / (double)n;
	c = total(&cov) / (double)n;
	a->mse = total(&square) / (double)n;
	a->rmse = sqrt(a->mse);
	a->mae = total(&absolute) / (double)n;
	a->pcc = c / (sqrt(vt) * sqrt(vp));
	a->ccc = 2 * c / (vt + vp + (mean_t - mean_p) * (mean_t - mean_p));
	a->sagr = (double)same / (double)n + nan_seen;
	a->icc = vt + vp > 0 ? 2 * c / (vt + vp) : vt + vp;
}

double agreement_accuracy(const double *truth, const double *pred, size_t n)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++) {
		if (isnan(truth[i]) || isnan(pred[i]))
			return NAN;
		same += truth[i] == pred[i];
	}
	return n ? (double)same / (double)n : NAN;
}

/* Mean squares of the two-way layout. */
struct anova {
	double rows;	/* between targets */
	double columns; /* between raters */
	double within;	/* within targets */
	double error;	/* what neither target nor rater explains */
};

static void anova(const double *x, size_t n, size_t k, struct anova *a)
{
	struct sum rows = { 0 }, columns = { 0 }, all = { 0 };
	double grand = mean(x, n * k, 1), ss_rows, ss_columns, ss_all, rest;

	for (size_t i = 0; i < n; i++) {
		double d = mean(x + i * k, k, 1) - grand;
		add(&rows, d * d);
	}
	for (size_t j = 0; j < k; j++) {
		double d = mean(x + j, n, k) - grand;
		add(&columns, d * d);
	}
	for (size_t i = 0; i < n * k; i++)
		add(&all, (x[i] - grand) * (x[i] - grand));
	ss_rows = total(&rows) * (double)k;
	ss_columns = total(&columns) * (double)n;
	ss_all = total(&all);
	rest = ss_all - ss_rows - ss_columns;
	a->rows = ss_rows / (double)(n - 1);
	a->columns = ss_columns / (double)(k - 1);
	a->within = (ss_all - ss_rows) / (double)(n * (k - 1));
	a->error = (rest < 0 ? 0 : rest) / (double)((n - 1) * (k - 1));
	if (a->within < 0)
		a->within = 0;
}

double icc(const double *x, size_t n, size_t k, enum icc_form form)
{
	struct anova a;
	double above, below = 0, raters = (double)k, noise;

	if (n < 2 || k < 2)
		return NAN;
	anova(x, n, k, &a);
	noise = form == ICC_1_1 || form == ICC_1_K ? a.within : a.error;
	above = a.rows - noise;
	switch (form) {
	case ICC_1_1:
	case ICC_3_1:
		below = a.rows + (raters - 1) * noise;
		break;
	case ICC_2_1:
		below = a.rows + (raters - 1) * noise + raters * (a.columns - a.error) / (double)n;
		break;
	case ICC_1_K:
	case ICC_3_K:
		below = a.rows;
		break;
	case ICC_2_K:
		below = a.rows + (a.columns - a.error) / (double)n;
		break;
	case ICC_FORMS:
		return NAN;
	}
	if (below == 0)
		return above == 0 ? 0 : NAN;
	return above / below;
}
