/* landmarks.c - frl-eval landmarks: normalised mean error, failures, area under the curve */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics/nme.h"
#include "common/num.h"
#include "eval/eval.h"
#include "eval/paired.h"

enum { THRESHOLDS = 8, POINTS = 2000, BOX = 4 };

struct landmarks {
	struct paired p;
	const char *normaliser;
	struct opt_list subset, threshold_text;
	const char *ced;
	double threshold[THRESHOLDS];
	int thresholds;

	enum nme_normaliser how;
	const char *column; /* of the truth to divide by, instead of `how` */
	size_t pair[2];	    /* points whose distance divides, where how is NME_NORMALISERS and column is NULL */
	size_t points;
	double *error; /* [join.n] normalised, as a fraction */
	char metric[2 * THRESHOLDS][NUM_SIZE + 8];
};

static int parse_normaliser(struct landmarks *l, struct err *e)
{
	const char *s = l->normaliser;
	int end = 0;

	for (l->how = 0; l->how < NME_NORMALISERS; l->how++)
		if (strcmp(s, nme_normaliser_name[l->how]) == 0)
			return 0;
	if (strncmp(s, "column:", 7) == 0 && s[7]) {
		l->column = s + 7;
		return 0;
	}
	if (sscanf(s, "points:%5zu-%5zu%n", &l->pair[0], &l->pair[1], &end) == 2 && !s[end])
		return 0;
	return err_code(e, EXIT_CODE_USAGE,
			"--normaliser '%s' is none of outer-eye-corners, eye-centres, box, diagonal, points-box, "
			"points-diagonal, column:NAME, points:A-B",
			s);
}

static int parse_thresholds(struct landmarks *l, struct err *e)
{
	if (l->threshold_text.n > THRESHOLDS)
		return err_code(e, EXIT_CODE_USAGE, "more than %d thresholds", THRESHOLDS);
	for (int i = 0; i < l->threshold_text.n; i++)
		if (num_parse_f64(l->threshold_text.item[i], &l->threshold[i]) || !nme_threshold_ok(l->threshold[i]))
			return err_code(
				e, EXIT_CODE_USAGE,
				"--threshold '%s' is not a multiple of 0.0002 above 0 (the area is taken in steps of 0.0001)",
				l->threshold_text.item[i]);
	l->thresholds = l->threshold_text.n;
	if (l->thresholds)
		return 0;
	l->threshold[0] = .1;
	l->thresholds = 1;
	return 0;
}

/* Points lm0x lm0y .. of a manifest. */
static size_t points_of(const struct table *t)
{
	for (size_t i = 0;; i++) {
		char x[24], y[24];

		snprintf(x, sizeof x, "lm%zux", i);
		snprintf(y, sizeof y, "lm%zuy", i);
		if (i == POINTS || !table_has(t, x) || !table_has(t, y))
			return i;
	}
}

static int fits(const struct task_model *m, const char *path, struct table *truth, struct err *e)
{
	size_t n = points_of(truth);

	return n == (size_t)m->outputs ? 0
				       : err_set(e, "'%s' has %zu points (lm0x lm0y ..), '%s' predicts %d",
						 truth->tsv.name, n, path, m->outputs);
}

/* The names lm0x lm0y .. of all points that both sides have, and what else is needed; returns how many numbers. */
static int name_columns(struct landmarks *l, const char **name, struct err *e)
{
	static const char *const box[BOX] = { "x1", "y1", "x2", "y2" };
	int n = 0;

	l->points = points_of(&l->p.truth);
	for (size_t i = 0; i < l->points; i++) {
		name[n++] = xasprintf("lm%zux", i);
		name[n++] = xasprintf("lm%zuy", i);
	}
	if (!n)
		return err_set(e, "'%s' has no column 'lm0x'", l->p.truth.tsv.name);
	if (l->column)
		name[n++] = xstrdup(l->column);
	else if (l->how == NME_BOX || l->how == NME_DIAGONAL)
		for (int i = 0; i < BOX; i++)
			name[n++] = xstrdup(box[i]);
	return n;
}

static int load(struct landmarks *l, struct err *e)
{
	const char **name = xcalloc(2 * POINTS + BOX + 1, sizeof *name);
	const char **text = xcalloc((size_t)l->subset.n + 2, sizeof *text);
	int texts = 0, by = -1, n = name_columns(l, name, e), rc = -1;

	for (; texts < l->subset.n; texts++)
		text[texts] = l->subset.item[texts];
	if (l->p.by) {
		text[texts] = l->p.by;
		by = texts++;
	}
	if (n > 0 && !table_load(&l->p.truth, name, n, text, texts, true, e) &&
	    !paired_load(&l->p, name, (int)(2 * l->points), e))
		rc = paired_join(&l->p, by, e);
	for (int i = 0; i < n; i++)
		free((char *)name[i]);
	free(name);
	free(text);
	return rc;
}

static double divisor(const struct landmarks *l, const double *truth)
{
	size_t a = l->pair[0], b = l->pair[1];

	if (l->column)
		return truth[2 * l->points];
	if (l->how < NME_NORMALISERS)
		return nme_divisor(l->how, truth, l->points, truth + 2 * l->points);
	return hypot(truth[2 * a] - truth[2 * b], truth[2 * a + 1] - truth[2 * b + 1]);
}

static int compute_errors(struct landmarks *l, struct err *e)
{
	const struct table *t = &l->p.truth, *p = &l->p.pred;

	if (l->how == NME_NORMALISERS && !l->column && (l->pair[0] >= l->points || l->pair[1] >= l->points))
		return err_set(e, "--normaliser '%s': '%s' has %zu points only", l->normaliser, t->tsv.name, l->points);
	l->error = xrealloc_array(NULL, l->p.join.n, sizeof *l->error);
	for (size_t i = 0; i < l->p.join.n; i++) {
		const double *truth = t->number + l->p.join.truth[i] * (size_t)t->numbers;
		const double *pred = p->number + l->p.join.pred[i] * (size_t)p->numbers;
		const double *box = truth + 2 * l->points;
		bool boxed = !l->column && (l->how == NME_BOX || l->how == NME_DIAGONAL);
		double d = divisor(l, truth);

		if (boxed && (box[2] < box[0] || box[3] < box[1]))
			return table_bad(t, l->p.join.truth[i], box[2] < box[0] ? "x2" : "y2", "a box of negative size",
					 e);
		if (isnan(d))
			return err_set(e, "'%s': %s is not defined for %zu points\nhint: --normaliser points:A-B",
				       t->tsv.name, l->normaliser, l->points);
		if (!(d > 0))
			return err_set(e, "'%s' line %llu: %s is %g: nothing to divide by", t->tsv.name,
				       (unsigned long long)t->line[l->p.join.truth[i]], l->normaliser, d);
		l->error[i] = nme_distance(pred, truth, l->points, 2) / d;
	}
	return 0;
}

/* nme, then failure rate and area for each threshold; in percent, as the field prints them. */
static size_t compute(const size_t *index, size_t n, double *value, void *data)
{
	const struct landmarks *l = data;
	double *sorted = xrealloc_array(NULL, n + 1, sizeof *sorted), sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += sorted[i] = l->error[index[i]];
	nme_sort(sorted, n);
	value[0] = n ? 100 * (sum / (double)n) : NAN;
	for (int t = 0; t < l->thresholds; t++) {
		value[1 + 2 * t] = 100 * (1 - nme_ced(sorted, n, l->threshold[t]));
		value[2 + 2 * t] = n ? 100 * nme_auc(sorted, n, l->threshold[t]) : NAN;
	}
	free(sorted);
	return n;
}

static void name_metrics(struct landmarks *l, struct measure *m)
{
	m->name[m->count++] = "nme";
	for (int t = 0; t < l->thresholds; t++)
		for (int k = 0; k < 2; k++) {
			char number[NUM_SIZE], *name = l->metric[2 * t + k];
			const char *what = k ? "auc" : "fr";

			if (l->thresholds == 1)
				snprintf(name, sizeof *l->metric, "%s", what);
			else
				snprintf(name, sizeof *l->metric, "%s@%s", what, num_f64(number, l->threshold[t]));
			m->name[m->count++] = name;
		}
}

/* A column of 0 and 1 is a subset of its name; of another column each value is one. */
static void add_subsets(struct landmarks *l, const struct measure *m)
{
	size_t *index = xrealloc_array(NULL, l->p.join.n, sizeof *index);

	for (int i = 0; i < l->subset.n; i++) {
		char **value = paired_values(&l->p, i);
		bool flag = true;

		for (char **v = value; *v; v++)
			flag = flag && (strcmp(*v, "0") == 0 || strcmp(*v, "1") == 0);
		for (char **v = value; *v; v++)
			if (!flag || strcmp(*v, "1") == 0)
				measure_add(&l->p.report, flag ? l->subset.item[i] : *v, m, index,
					    paired_where(&l->p, i, *v, index), l->p.group);
		free(value);
	}
	free(index);
}

static int write_samples(const struct landmarks *l, struct err *e)
{
	struct sample_file f;
	const struct table *t = &l->p.truth;

	if (sample_file_open(&f, l->p.samples, &l->p.report, l->p.argc, l->p.argv, e))
		return -1;
	for (size_t i = 0; i < l->p.join.n; i++) {
		size_t row = l->p.join.truth[i];
		if (sample_file_add(&f, t->id[row], t->face[row], l->p.group ? l->p.group[i] : "", "nme", NAN, NAN,
				    l->error[i], e)) {
			sample_file_abort(&f);
			return -1;
		}
	}
	return sample_file_close(&f, e);
}

/* The share of faces with an error of at most x, at every distinct error up to the largest threshold. */
static int write_ced(const struct landmarks *l, struct err *e)
{
	double *sorted, tau = 0;
	struct tsv_out w = { 0 };
	struct out o;
	int rc;

	if (!l->ced)
		return 0;
	if (out_open(&o, l->ced, false, e))
		return -1;
	for (int t = 0; t < l->thresholds; t++)
		tau = fmax(tau, l->threshold[t]);
	sorted = xrealloc_array(NULL, l->p.join.n, sizeof *sorted);
	memcpy(sorted, l->error, l->p.join.n * sizeof *sorted);
	nme_sort(sorted, l->p.join.n);
	tsv_out_pg(&w, l->p.report.no_pg, l->p.argc + 1, l->p.argv - 1);
	tsv_out_raw(&w, "error");
	tsv_out_raw(&w, "fraction");
	tsv_out_end(&w);
	for (long k = 0; k <= lround(tau / 1e-4); k++) {
		tsv_out_f64(&w, (double)k / 1e4);
		tsv_out_f64(&w, nme_ced(sorted, l->p.join.n, (double)k * 1e-4));
		tsv_out_end(&w);
	}
	rc = tsv_out_write(&w, &o, e);
	tsv_out_release(&w);
	free(sorted);
	if (!rc)
		return out_commit(&o, e);
	out_abort(&o);
	return -1;
}

static int run(struct landmarks *l, struct err *e)
{
	struct measure m = { .normaliser = l->normaliser, .compute = compute, .data = l };

	if (load(l, e) || compute_errors(l, e))
		return -1;
	name_metrics(l, &m);
	measure_add(&l->p.report, "all", &m, l->p.all, l->p.join.n, l->p.group);
	add_subsets(l, &m);
	return write_samples(l, e) || write_ced(l, e) || report_write(&l->p.report, l->p.argc, l->p.argv, e) ? -1 : 0;
}

static const struct opt_program program = {
	.name = "frl-eval landmarks",
	.synopsis = "frl-eval landmarks --truth FILE --pred FILE[,FILE ...] [option ...]\n"
		    "frl-eval landmarks --truth FILE --model RUN --data FILE,.. [option ...]",
	.purpose =
		"Normalised mean error of facial landmarks, failure rate, and area under the error curve, in percent.",
	.example = "frl-eval landmarks --truth wflw-test.tsv --pred p.tsv --subset pose --subset occlusion\n"
		   "frl-eval landmarks --truth aflw-test.tsv --pred p.tsv --normaliser box --threshold 0.07",
};

int eval_landmarks(int argc, char **argv)
{
	struct landmarks l = { .normaliser = nme_normaliser_name[NME_OUTER_EYE_CORNERS] };
	struct err e = { 0 };
	struct opt options[] = {
		OPT_PAIRED_INPUT(&l.p),
		OPT_PAIRED_MODEL(&l.p),
		OPT_GROUP("Landmarks"),
		OPT_STR(0, "normaliser", "NAME", &l.normaliser,
			"outer-eye-corners, eye-centres, box, diagonal, points-box, points-diagonal, column:NAME or points:A-B"),
		OPT_LIST(0, "threshold", "T", &l.threshold_text, "failures and area at this error; 0.1 without"),
		OPT_LIST(0, "subset", "COLUMN", &l.subset, "rows for each value of a column of the truth too"),
		OPT_STR(0, "ced", "FILE", &l.ced, "the cumulative error distribution, as TSV"),
		OPT_REPORT_BOOTSTRAP(&l.p.report),
		OPT_PAIRED_SAMPLES(&l.p),
		OPT_REPORT_OUTPUT(&l.p.report),
		OPT_REPORT_COMMON(&l.p.report),
		OPT_END,
	};
	int rc;

	report_init(&l.p.report, "landmarks");
	rc = opt_parse(&program, options, argc, argv);
	rc = parse_normaliser(&l, &e) || parse_thresholds(&l, &e) ||
			     paired_open(&l.p, &program, rc, argc, argv, fits, &e) || run(&l, &e)
		     ? -1
		     : 0;
	paired_release(&l.p);
	free(l.error);
	if (rc)
		die_err(&e);
	return paired_status(&l.p);
}
