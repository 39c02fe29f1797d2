/* emotion.c - frl-eval emotion: valence and arousal, and the class of the expression */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics/agreement.h"
#include "eval/eval.h"
#include "eval/paired.h"

enum quantity { VALENCE, AROUSAL, EXPRESSION, QUANTITIES };

static const char *const column[QUANTITIES] = { "valence", "arousal", "expression" };

struct emotion {
	struct paired p;
	bool clip;
	enum quantity present[QUANTITIES]; /* what both sides have, by their place in the tables */
	int n, only;			   /* only: the place that compute looks at */
};

/* The classes of the truth are among the model's. */
static int fits(const struct task_model *m, const char *path, struct table *truth, struct err *e)
{
	const char *const *name = &column[EXPRESSION];

	if (!table_has(truth, *name))
		return 0;
	if (table_load(truth, name, 1, NULL, 0, false, e))
		return -1;
	for (size_t i = 0; i < truth->n; i++) {
		double v = truth->number[i];

		if (!isnan(v) && (v != floor(v) || v < 0 || v >= m->names))
			return err_set(e,
				       "'%s' line %llu: column '%s': %g is none of the %d classes of '%s', "
				       "0 (%s) to %d (%s)",
				       truth->tsv.name, (unsigned long long)truth->line[i], *name, v, m->names, path,
				       m->name[0], m->names - 1, m->name[m->names - 1]);
	}
	return 0;
}

static int load(struct emotion *m, struct err *e)
{
	const char *name[QUANTITIES];

	for (enum quantity q = 0; q < QUANTITIES; q++)
		if (table_has(&m->p.truth, column[q]) && table_has(&m->p.pred, column[q])) {
			name[m->n] = column[q];
			m->present[m->n++] = q;
		}
	if (!m->n)
		return err_set(e, "'%s' and '%s' have neither valence nor arousal nor expression in common",
			       m->p.truth.tsv.name, m->p.pred.tsv.name);
	if (table_load(&m->p.truth, name, m->n, &m->p.by, m->p.by ? 1 : 0, false, e) ||
	    paired_load(&m->p, name, m->n, e))
		return -1;
	return paired_join(&m->p, m->p.by ? 0 : -1, e);
}

static double truth_of(const struct emotion *m, size_t i, int at)
{
	return m->p.truth.number[m->p.join.truth[i] * (size_t)m->n + (size_t)at];
}

static double pred_of(const struct emotion *m, size_t i, int at)
{
	double v = m->p.pred.number[m->p.join.pred[i] * (size_t)m->n + (size_t)at];

	return m->clip && m->present[at] != EXPRESSION ? fmax(-1, fmin(1, v)) : v;
}

static size_t compute(const size_t *index, size_t n, double *value, void *data)
{
	const struct emotion *m = data;
	double *truth = xrealloc_array(NULL, 2 * n + 1, sizeof *truth), *pred = truth + n;
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		double t = truth_of(m, index[i], m->only);
		if (isnan(t))
			continue;
		truth[k] = t;
		pred[k++] = pred_of(m, index[i], m->only);
	}
	if (m->present[m->only] == EXPRESSION) {
		value[0] = agreement_accuracy(truth, pred, k);
	} else {
		struct agreement a;

		agreement(truth, pred, k, &a);
		value[0] = a.rmse;
		value[1] = a.sagr;
		value[2] = a.pcc;
		value[3] = a.ccc;
	}
	free(truth);
	return k;
}

static int write_samples(const struct emotion *m, struct err *e)
{
	struct sample_file f;
	const struct table *t = &m->p.truth;

	if (sample_file_open(&f, m->p.samples, &m->p.report, m->p.argc, m->p.argv, e))
		return -1;
	for (int at = 0; at < m->n; at++)
		for (size_t i = 0; i < m->p.join.n; i++) {
			size_t row = m->p.join.truth[i];
			double v = truth_of(m, i, at), p = pred_of(m, i, at);
			double error = m->present[at] == EXPRESSION ? v != p : fabs(p - v);

			if (!isnan(v) && sample_file_add(&f, t->id[row], t->face[row], m->p.group ? m->p.group[i] : "",
							 column[m->present[at]], v, p, error, e)) {
				sample_file_abort(&f);
				return -1;
			}
		}
	return sample_file_close(&f, e);
}

static int run(struct emotion *m, struct err *e)
{
	static const struct measure affect = { .count = 4, .name = { "rmse", "sagr", "pcc", "ccc" } };
	static const struct measure class = { .count = 1, .name = { "acc" } };

	if (load(m, e))
		return -1;
	for (m->only = 0; m->only < m->n; m->only++) {
		struct measure measure = m->present[m->only] == EXPRESSION ? class : affect;

		measure.normaliser = "";
		measure.compute = compute;
		measure.data = m;
		measure_add(&m->p.report, column[m->present[m->only]], &measure, m->p.all, m->p.join.n, m->p.group);
	}
	return write_samples(m, e) || report_write(&m->p.report, m->p.argc, m->p.argv, e) ? -1 : 0;
}

static const struct opt_program program = {
	.name = "frl-eval emotion",
	.synopsis = "frl-eval emotion --truth FILE --pred FILE[,FILE ...] [option ...]\n"
		    "frl-eval emotion --truth FILE --model RUN --data FILE,.. [option ...]",
	.purpose = "Valence and arousal (RMSE, SAGR, PCC, CCC) and the accuracy of the expression's class.",
	.example = "frl-eval emotion --truth affectnet-val.tsv --pred p.tsv --table",
};

int eval_emotion(int argc, char **argv)
{
	struct emotion m = { .clip = true };
	struct err e = { 0 };
	struct opt options[] = {
		OPT_PAIRED_INPUT(&m.p),
		OPT_PAIRED_MODEL(&m.p),
		OPT_GROUP("Emotion"),
		OPT_BOOL(0, "clip", &m.clip, "predicted valence and arousal are clipped to -1 .. 1 first"),
		OPT_REPORT_BOOTSTRAP(&m.p.report),
		OPT_PAIRED_SAMPLES(&m.p),
		OPT_REPORT_OUTPUT(&m.p.report),
		OPT_REPORT_COMMON(&m.p.report),
		OPT_END,
	};
	int rc;

	report_init(&m.p.report, "emotion");
	rc = opt_parse(&program, options, argc, argv);
	rc = paired_open(&m.p, &program, rc, argc, argv, fits, &e) || run(&m, &e) ? -1 : 0;
	paired_release(&m.p);
	if (rc)
		die_err(&e);
	return paired_status(&m.p);
}
