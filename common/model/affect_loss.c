/* affect_loss.c - see affect_loss.h */
#include "common/model/affect_loss.h"

#include <math.h>

void affect_sums(struct affect_batch *b, const double *out, const struct affect_truth *truth, int n, int classes)
{
	for (int i = 0; i < n; i++, out += AFFECT_DIMENSIONS + classes) {
		for (int k = 0; k < AFFECT_DIMENSIONS; k++) {
			double p = out[k], t = truth[i].value[k];
			struct affect_sums *s = &b->sum[k];

			if (isnan(t))
				continue;
			s->n++;
			s->p += p;
			s->t += t;
			s->pp += p * p;
			s->tt += t * t;
			s->pt += p * t;
			s->dd += (p - t) * (p - t);
		}
		b->classes += truth[i].expression >= 0;
	}
}

/* RMSE + 1 - CCC, and what its gradient by sample i's p is made of: rmse (p - t) + a (t - mean t) + b (p - mean p) + c. */
struct slope {
	double rmse, a, b, c, mean_p, mean_t;
};

static double agreement_loss(const struct affect_sums *s, struct slope *g)
{
	double mp = s->p / s->n, mt = s->t / s->n, rmse = sqrt(s->dd / s->n), shift = mp - mt;
	double cov = s->pt / s->n - mp * mt;
	double spread = fmax(s->pp / s->n - mp * mp, 0) + fmax(s->tt / s->n - mt * mt, 0) + shift * shift;
	double ccc = spread > 0 ? 2 * cov / spread : 0;

	*g = (struct slope){ .mean_p = mp, .mean_t = mt };
	if (rmse > 0)
		g->rmse = 1 / (s->n * rmse);
	if (spread > 0) {
		g->a = -2 / (s->n * spread);
		g->b = 2 * ccc / (s->n * spread);
		g->c = 2 * ccc * shift / (s->n * spread);
	}
	return rmse + 1 - ccc;
}

/* - log softmax(x)[label] / total; d gets its gradient. */
static double cross_entropy_of(const double *x, int classes, int32_t label, double total, double *d)
{
	double most = x[0], sum = 0;

	for (int k = 1; k < classes; k++)
		most = fmax(most, x[k]);
	for (int k = 0; k < classes; k++)
		sum += exp(x[k] - most);
	for (int k = 0; k < classes; k++)
		d[k] = (exp(x[k] - most) / sum - (k == label)) / total;
	return (log(sum) + most - x[label]) / total;
}

void affect_loss(const struct affect_batch *b, const double *out, const struct affect_truth *truth, int n, int classes,
		 double value[AFFECT_DIMENSIONS], double *cross_entropy, double *d)
{
	int width = AFFECT_DIMENSIONS + classes;
	struct slope g[AFFECT_DIMENSIONS];

	*cross_entropy = 0;
	for (int k = 0; k < AFFECT_DIMENSIONS; k++)
		value[k] = b->sum[k].n > 0 ? agreement_loss(&b->sum[k], &g[k]) : 0;
	for (int i = 0; i < n; i++, out += width, d += width) {
		for (int k = 0; k < width; k++)
			d[k] = 0;
		for (int k = 0; k < AFFECT_DIMENSIONS; k++) {
			double p = out[k], t = truth[i].value[k];

			if (!isnan(t))
				d[k] = g[k].rmse * (p - t) + g[k].a * (t - g[k].mean_t) + g[k].b * (p - g[k].mean_p) +
				       g[k].c;
		}
		if (truth[i].expression >= 0)
			*cross_entropy += cross_entropy_of(out + AFFECT_DIMENSIONS, classes, truth[i].expression,
							   b->classes, d + AFFECT_DIMENSIONS);
	}
}
