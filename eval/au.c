/* au.c - frl-eval au: intensities of facial action units */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics/agreement.h"
#include "eval/eval.h"
#include "eval/paired.h"

enum { UNITS = 99, FIXED = 4 };

struct au {
	struct paired p;
	double missing;
	const char *fold;
	struct opt_list icc_text;
	enum icc_form form[ICC_FORMS];
	int forms;
	char icc_name[ICC_FORMS][16];

	const char *name[UNITS]; /* "au01" .. in the order of the truth */
	int units, only;	 /* only: the one that compute looks at, -1 for the mean of all */
};

static int parse_forms(struct au *a, struct err *e)
{
	for (int i = 0; i < a->icc_text.n; i++) {
		enum icc_form f = 0;

		while (f < ICC_FORMS && strcmp(icc_form_name[f], a->icc_text.item[i]) != 0)
			f++;
		if (f == ICC_FORMS || a->forms == ICC_FORMS)
			return err_code(e, EXIT_CODE_USAGE, "--icc '%s' is none of 1,1 2,1 3,1 1,k 2,k 3,k, each once",
					a->icc_text.item[i]);
		snprintf(a->icc_name[a->forms], sizeof *a->icc_name, "icc(%s)", icc_form_name[f]);
		a->form[a->forms++] = f;
	}
	return 0;
}

/* au and digits */
static bool is_unit(const char *s)
{
	return strncmp(s, "au", 2) == 0 && isdigit((unsigned char)s[2]) && !s[2 + strspn(s + 2, "0123456789")];
}

/* A model's units are the truth's, in any order. */
static int fits(const struct task_model *m, const char *path, struct table *truth, struct err *e)
{
	const struct tsv_row *head = &truth->tsv.head;

	for (int i = 0; i < head->n; i++)
		if (is_unit(head->field[i]) && task_model_name(m, head->field[i]) < 0)
			return err_set(e, "'%s' has the unit '%s', which '%s' does not predict", truth->tsv.name,
				       head->field[i], path);
	for (int i = 0; i < m->names; i++)
		if (!table_has(truth, m->name[i]))
			return err_set(e, "'%s' has no column '%s', which '%s' predicts", truth->tsv.name, m->name[i],
				       path);
	return 0;
}

/* Columns of units, of the truth. */
static int find_units(struct au *a, struct err *e)
{
	const struct tsv_row *head = &a->p.truth.tsv.head;

	for (int i = 0; i < head->n; i++) {
		const char *s = head->field[i];
		if (!is_unit(s))
			continue;
		if (a->units == UNITS)
			return err_set(e, "'%s' has more than %d action units", a->p.truth.tsv.name, UNITS);
		a->name[a->units++] = s;
	}
	return a->units ? 0 : err_set(e, "'%s' has no column 'au01' or another action unit", a->p.truth.tsv.name);
}

static int load(struct au *a, struct err *e)
{
	const char *text[2];
	int texts = 0, by = -1;

	if (find_units(a, e))
		return -1;
	if (a->fold)
		text[texts++] = a->fold;
	if (a->p.by) {
		by = texts;
		text[texts++] = a->p.by;
	}
	if (table_load(&a->p.truth, a->name, a->units, text, texts, false, e) ||
	    paired_load(&a->p, a->name, a->units, e))
		return -1;
	return paired_join(&a->p, by, e);
}

static double truth_of(const struct au *a, size_t i, int unit)
{
	double v = a->p.truth.number[a->p.join.truth[i] * (size_t)a->units + (size_t)unit];

	return v == a->missing ? NAN : v;
}

static double pred_of(const struct au *a, size_t i, int unit)
{
	return a->p.pred.number[a->p.join.pred[i] * (size_t)a->units + (size_t)unit];
}

/* One unit over the samples in which it is coded: icc mse mae pcc, then the forms asked for. */
static size_t one_unit(const struct au *a, int unit, const size_t *index, size_t n, double *value)
{
	double *truth = xrealloc_array(NULL, 4 * n + 1, sizeof *truth), *pred = truth + n, *both = pred + n;
	struct agreement g;
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		double t = truth_of(a, index[i], unit);
		if (isnan(t))
			continue;
		truth[m] = both[2 * m] = t;
		pred[m] = both[2 * m + 1] = pred_of(a, index[i], unit);
		m++;
	}
	agreement(truth, pred, m, &g);
	value[0] = g.icc;
	value[1] = g.mse;
	value[2] = g.mae;
	value[3] = g.pcc;
	for (int f = 0; f < a->forms; f++)
		value[FIXED + f] = icc(both, m, 2, a->form[f]);
	free(truth);
	return m;
}

static size_t compute(const size_t *index, size_t n, double *value, void *data)
{
	const struct au *a = data;
	double sum[MEASURE_MAX] = { 0 };

	if (a->only >= 0)
		return one_unit(a, a->only, index, n, value);
	for (int u = 0; u < a->units; u++) {
		one_unit(a, u, index, n, value);
		for (int k = 0; k < FIXED + a->forms; k++)
			sum[k] += value[k];
	}
	for (int k = 0; k < FIXED + a->forms; k++)
		value[k] = sum[k] / a->units;
	return n;
}

static void add_rows(struct au *a, const char *fold, const size_t *index, size_t n)
{
	struct measure m = {
		.count = FIXED, .name = { "icc", "mse", "mae", "pcc" }, .normaliser = "", .compute = compute, .data = a
	};

	for (int f = 0; f < a->forms; f++)
		m.name[m.count++] = a->icc_name[f];
	for (a->only = -1; a->only < a->units; a->only++) {
		const char *unit = a->only < 0 ? "mean" : a->name[a->only];
		char *subset = xasprintf("%s%s%s", unit, *fold ? "/" : "", fold);
		measure_add(&a->p.report, subset, &m, index, n, a->p.group);
		free(subset);
	}
}

static int write_samples(const struct au *a, struct err *e)
{
	struct sample_file f;
	const struct table *t = &a->p.truth;

	if (sample_file_open(&f, a->p.samples, &a->p.report, a->p.argc, a->p.argv, e))
		return -1;
	for (int u = 0; u < a->units; u++)
		for (size_t i = 0; i < a->p.join.n; i++) {
			size_t row = a->p.join.truth[i];
			double v = truth_of(a, i, u), p = pred_of(a, i, u);

			if (!isnan(v) && sample_file_add(&f, t->id[row], t->face[row], a->p.group ? a->p.group[i] : "",
							 a->name[u], v, p, fabs(p - v), e)) {
				sample_file_abort(&f);
				return -1;
			}
		}
	return sample_file_close(&f, e);
}

static int run(struct au *a, struct err *e)
{
	if (load(a, e))
		return -1;
	add_rows(a, "", a->p.all, a->p.join.n);
	if (a->fold) {
		size_t *index = xrealloc_array(NULL, a->p.join.n, sizeof *index);
		char **value = paired_values(&a->p, 0);

		for (char **v = value; *v; v++)
			add_rows(a, *v, index, paired_where(&a->p, 0, *v, index));
		free(value);
		free(index);
	}
	return write_samples(a, e) || report_write(&a->p.report, a->p.argc, a->p.argv, e) ? -1 : 0;
}

static const struct opt_program program = {
	.name = "frl-eval au",
	.synopsis = "frl-eval au --truth FILE --pred FILE[,FILE ...] [option ...]\n"
		    "frl-eval au --truth FILE --model RUN --data FILE,.. [option ...]",
	.purpose =
		"Intensities of facial action units: intraclass correlation, squared and absolute error, correlation.",
	.example = "frl-eval au --truth disfa.tsv --pred p.tsv --by subject --bootstrap 1000",
};

int eval_au(int argc, char **argv)
{
	struct au a = { .missing = 9 };
	struct err e = { 0 };
	struct opt options[] = {
		OPT_PAIRED_INPUT(&a.p),
		OPT_PAIRED_MODEL(&a.p),
		OPT_GROUP("Action units"),
		OPT_F64(0, "missing", "V", &a.missing, -1e9, 1e9,
			"this value of the truth, too, says that a unit is not coded"),
		OPT_LIST(0, "icc", "FORM", &a.icc_text, "another form of the correlation: 1,1 2,1 3,1 1,k 2,k or 3,k"),
		OPT_STR(0, "fold", "COLUMN", &a.fold, "rows for each fold by itself, too"),
		OPT_REPORT_BOOTSTRAP(&a.p.report),
		OPT_PAIRED_SAMPLES(&a.p),
		OPT_REPORT_OUTPUT(&a.p.report),
		OPT_REPORT_COMMON(&a.p.report),
		OPT_END,
	};
	int rc;

	report_init(&a.p.report, "au");
	rc = opt_parse(&program, options, argc, argv);
	rc = parse_forms(&a, &e) || paired_open(&a.p, &program, rc, argc, argv, fits, &e) || run(&a, &e) ? -1 : 0;
	paired_release(&a.p);
	if (rc)
		die_err(&e);
	return paired_status(&a.p);
}
