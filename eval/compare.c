/* compare.c - frl-eval compare: is one set of predictions better than another on the same samples? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics/agreement.h"
#include "eval/eval.h"
#include "eval/measure.h"

enum metric {
	METRIC_ERROR,
	METRIC_MSE,
	METRIC_RMSE,
	METRIC_MAE,
	METRIC_PCC,
	METRIC_CCC,
	METRIC_SAGR,
	METRIC_ICC,
	METRIC_ACC
};

static const char *const metric_name[] = { "error", "mse", "rmse", "mae", "pcc", "ccc", "sagr", "icc", "acc", NULL };

struct row {
	char *name, *id, *group;
	int64_t face;
	uint64_t line;
	double truth, pred, error; /* NaN for an empty cell */
};

/* A file of samples, by name, id and face. */
struct side {
	const char *path;
	struct row *row;
	size_t n;
};

struct compare {
	struct side side[2];
	int metric;
	bool by_row;
	struct report report;
};

static int by_sample(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (!c)
		c = strcmp(x->id, y->id);
	return c ? c : (x->face > y->face) - (x->face < y->face);
}

static int optional_number(const struct tsv *t, int col, double *v, struct err *e)
{
	*v = NAN;
	return *tsv_raw(&t->row, col) ? tsv_f64(t, &t->row, col, v, e) : 0;
}

static int read_rows(struct side *s, struct tsv *t, struct err *e)
{
	static const char *const name[] = { "id", "face", "group", "name", "truth", "pred", "error" };
	int col[7], rc;
	struct buf b = { 0 };

	for (int i = 0; i < 7; i++)
		if ((col[i] = tsv_need(t, name[i], e)) < 0)
			return -1;
	while ((rc = tsv_next(t, e)) > 0) {
		struct row r = { .line = t->row.line };

		rc = tsv_i64(t, &t->row, col[1], &r.face, e) || optional_number(t, col[4], &r.truth, e) ||
				     optional_number(t, col[5], &r.pred, e) || optional_number(t, col[6], &r.error, e)
			     ? -1
			     : 0;
		if (rc)
			break;
		r.id = xstrdup(tsv_get(&t->row, col[0], &b));
		r.group = xstrdup(tsv_get(&t->row, col[2], &b));
		r.name = xstrdup(tsv_get(&t->row, col[3], &b));
		if ((s->n & (s->n - 1)) == 0)
			s->row = xrealloc_array(s->row, s->n ? 2 * s->n : 1, sizeof *s->row);
		s->row[s->n++] = r;
	}
	buf_release(&b);
	return rc;
}

static int read_side(struct side *s, struct err *e)
{
	struct tsv t;
	int rc = tsv_open(&t, s->path, e);

	if (rc)
		return -1;
	rc = read_rows(s, &t, e);
	tsv_close(&t);
	if (!rc && !s->n)
		return err_set(e, "'%s': no sample in it", s->path);
	if (!rc)
		qsort(s->row, s->n, sizeof *s->row, by_sample);
	for (size_t i = 1; i < s->n && !rc; i++)
		if (by_sample(&s->row[i - 1], &s->row[i]) == 0)
			rc = err_set(e, "'%s' line %llu: '%s' of '%.200s' face %lld is there twice", s->path,
				     (unsigned long long)s->row[i].line, s->row[i].name, s->row[i].id,
				     (long long)s->row[i].face);
	return rc;
}

/* Both sides have the same samples with the same truth. */
static int check_same(const struct compare *c, struct err *e)
{
	const struct side *a = &c->side[0], *b = &c->side[1];

	for (size_t i = 0; i < a->n || i < b->n; i++) {
		const struct row *x = &a->row[i], *y = &b->row[i];
		int order = i == a->n ? 1 : i == b->n ? -1 : by_sample(x, y);
		const struct side *of = order < 0 ? a : b;

		if (order)
			return err_set(e, "'%s' line %llu: '%s' of '%.200s' face %lld is not in '%s'", of->path,
				       (unsigned long long)of->row[i].line, of->row[i].name, of->row[i].id,
				       (long long)of->row[i].face, order < 0 ? b->path : a->path);
		if (x->truth != y->truth && !(isnan(x->truth) && isnan(y->truth)))
			return err_set(e, "'%s' line %llu: the truth of '%.200s' is another one in '%s'", a->path,
				       (unsigned long long)x->line, x->id, b->path);
		if (c->metric == METRIC_ERROR ? isnan(x->error) || isnan(y->error) : isnan(x->pred) || isnan(y->pred))
			return err_set(e, "'%s' line %llu: no %s of '%.200s' for metric %s", a->path,
				       (unsigned long long)x->line, c->metric == METRIC_ERROR ? "error" : "prediction",
				       x->id, metric_name[c->metric]);
	}
	return 0;
}

static double mean_error(const struct row *row, const size_t *index, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += row[index[i]].error;
	return sum / (double)n;
}

static double value_of(enum metric metric, const struct row *row, const size_t *index, size_t n)
{
	double *truth, *pred, v;
	struct agreement a;

	if (metric == METRIC_ERROR)
		return mean_error(row, index, n);
	truth = xrealloc_array(NULL, 2 * n + 1, sizeof *truth);
	pred = truth + n;
	for (size_t i = 0; i < n; i++) {
		truth[i] = row[index[i]].truth;
		pred[i] = row[index[i]].pred;
	}
	agreement(truth, pred, n, &a);
	v = metric == METRIC_MSE    ? a.mse
	    : metric == METRIC_RMSE ? a.rmse
	    : metric == METRIC_MAE  ? a.mae
	    : metric == METRIC_PCC  ? a.pcc
	    : metric == METRIC_CCC  ? a.ccc
	    : metric == METRIC_SAGR ? a.sagr
	    : metric == METRIC_ICC  ? a.icc
				    : agreement_accuracy(truth, pred, n);
	free(truth);
	return v;
}

/* Two-sided: how often the resampled difference is on the other side of 0, never below what the replicates can tell. */
static double p_value(const double *difference, size_t n)
{
	size_t low = 1, high = 1;

	for (size_t i = 0; i < n; i++) {
		low += difference[i] <= 0;
		high += difference[i] >= 0;
	}
	return fmin(1, 2 * (double)(low < high ? low : high) / (double)(n + 1));
}

/* The rows of one name: [first, first + n) of both sides. */
static void compare_name(struct compare *c, size_t first, size_t n)
{
	const struct row *a = c->side[0].row + first, *b = c->side[1].row + first;
	size_t *index = xrealloc_array(NULL, n, sizeof *index), replicates = (size_t)c->report.bootstrap;
	char **group = xrealloc_array(NULL, n, sizeof *group);
	double *difference = xrealloc_array(NULL, replicates + 1, sizeof *difference), va, vb, p;
	enum metric m = (enum metric)c->metric;
	bool grouped = !c->by_row;
	struct units u;
	struct draw d = { 0 };

	for (size_t i = 0; i < n; i++) {
		index[i] = i;
		group[i] = a[i].group;
		grouped = grouped && *a[i].group;
	}
	va = value_of(m, a, index, n);
	vb = value_of(m, b, index, n);
	units_make(&u, index, n, grouped ? group : NULL);
	for (size_t r = 0; r < replicates; r++) {
		draw_units(&d, &u, (uint64_t)c->report.seed, (uint32_t)r);
		difference[r] = value_of(m, a, d.index, d.n) - value_of(m, b, d.index, d.n);
	}
	p = isnan(va - vb) ? NAN : p_value(difference, replicates);
	report_add(&c->report, a->name, metric_name[m], "A", va, (int64_t)n);
	report_add(&c->report, a->name, metric_name[m], "B", vb, (int64_t)n);
	report_interval(&c->report, report_add(&c->report, a->name, metric_name[m], "A-B", va - vb, (int64_t)u.n),
			difference);
	report_add(&c->report, a->name, "p", "A-B", p, (int64_t)u.n);
	units_release(&u);
	draw_release(&d);
	free(index);
	free(group);
	free(difference);
}

static int run(struct compare *c, int argc, char *const *argv, struct err *e)
{
	const struct side *a = &c->side[0];

	if (read_side(&c->side[0], e) || read_side(&c->side[1], e) || check_same(c, e))
		return -1;
	for (size_t first = 0, end; first < a->n; first = end) {
		for (end = first; end < a->n && strcmp(a->row[end].name, a->row[first].name) == 0;)
			end++;
		compare_name(c, first, end - first);
	}
	return report_write(&c->report, argc, argv, e);
}

static void release(struct compare *c)
{
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < c->side[k].n; i++) {
			free(c->side[k].row[i].name);
			free(c->side[k].row[i].id);
			free(c->side[k].row[i].group);
		}
		free(c->side[k].row);
	}
	report_release(&c->report);
}

static const struct opt_program program = {
	.name = "frl-eval compare",
	.synopsis = "frl-eval compare [option ...] A B",
	.purpose = "Paired bootstrap of two files of samples (--samples): difference, interval, p.",
	.example = "frl-eval au --truth t.tsv --pred ours.tsv --by subject --samples a.tsv\n"
		   "frl-eval au --truth t.tsv --pred theirs.tsv --by subject --samples b.tsv\n"
		   "frl-eval compare --metric icc a.tsv b.tsv --table",
};

int eval_compare(int argc, char **argv)
{
	struct compare c = { .metric = METRIC_ERROR };
	struct err e = { 0 };
	struct opt options[] = {
		OPT_GROUP("Comparison"),
		OPT_CHOICE(0, "metric", "NAME", &c.metric, metric_name,
			   "error (its mean), mse, rmse, mae, pcc, ccc, sagr, icc (3,1) or acc"),
		OPT_BOOL(0, "by-row", &c.by_row, "resample samples, even where they have groups"),
		OPT_REPORT_BOOTSTRAP(&c.report),
		OPT_REPORT_OUTPUT(&c.report),
		OPT_REPORT_COMMON(&c.report),
		OPT_END,
	};
	int rc;

	report_init(&c.report, "compare");
	c.report.bootstrap = 10000;
	rc = opt_parse(&program, options, argc, argv);
	if (argc - rc != 2)
		opt_usage(&program, "two files of samples are needed");
	if (!c.report.bootstrap)
		opt_usage(&program, "--bootstrap 0 leaves nothing to compare by");
	c.side[0].path = argv[rc];
	c.side[1].path = argv[rc + 1];
	rc = run(&c, argc, argv, &e);
	release(&c);
	if (rc)
		die_err(&e);
	return EXIT_CODE_OK;
}
