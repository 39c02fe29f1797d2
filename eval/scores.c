/* scores.c - frl-eval scores: error rates of score files, with the threshold chosen on a development set */
#include "common/thread.h"
#include "eval/eval.h"
#include "eval/report.h"
#include "eval/score_intervals.h"
#include "eval/score_set.h"

enum rate { FMR, FNMR, FTA, FAR, FRR, HTER, EER, AUC, RATES };

/*
 * value [RATES] in percent at a threshold. Failures to acquire count as a rejection: FAR and FRR have one rate of them, over
 * all comparisons (ISO/IEC 19795-1).
 */
static void compute(const struct scores *s, size_t missing, double *value, void *threshold)
{
	double fmr = roc_fmr(s, *(double *)threshold), fnmr = roc_fnmr(s, *(double *)threshold);
	double fta = (double)missing / (double)(s->genuines + s->impostors + missing);

	value[FMR] = fmr;
	value[FNMR] = fnmr;
	value[FTA] = fta;
	value[FAR] = fmr * (1 - fta);
	value[FRR] = fta + fnmr * (1 - fta);
	value[HTER] = (value[FAR] + value[FRR]) / 2;
	roc_eer(s, &value[EER]);
	value[AUC] = roc_auc(s);
	for (int k = 0; k < RATES; k++)
		value[k] *= 100;
}

static void add_rows(struct report *r, const char *subset, const struct score_set *set, double threshold)
{
	static const char *const name[RATES] = { "fmr", "fnmr", "fta", "far", "frr", "hter", "eer", "auc" };
	const struct score_rates rates = { RATES, compute, &threshold };
	struct scores s = score_set_scores(set);
	int64_t scored = (int64_t)(set->n[0] + set->n[1]), all = scored + (int64_t)set->missing;
	double value[RATES];

	compute(&s, set->missing, value, &threshold);
	for (int k = 0; k < RATES; k++)
		report_add(r, subset, name[k], "", value[k],
			   k == FMR    ? (int64_t)set->n[0]
			   : k == FNMR ? (int64_t)set->n[1]
			   : k >= EER  ? scored
				       : all);
	score_intervals(r, r->row + r->n - RATES, &rates, &s, set->missing, thread_default());
}

static void compute_threshold(const struct scores *s, size_t missing, double *value, void *data)
{
	double eer;

	(void)missing;
	(void)data;
	*value = roc_eer(s, &eer);
}

/* The development set's threshold of equal error, as a row and for both sets. */
static double add_threshold(struct report *r, const struct score_set *dev)
{
	const struct score_rates rates = { 1, compute_threshold, NULL };
	struct scores s = score_set_scores(dev);
	double threshold;

	compute_threshold(&s, dev->missing, &threshold, NULL);
	report_add(r, "dev", "threshold", "", threshold, (int64_t)(dev->n[0] + dev->n[1]));
	score_intervals(r, r->row + r->n - 1, &rates, &s, dev->missing, thread_default());
	return threshold;
}

static const struct opt_program program = {
	.name = "frl-eval scores",
	.synopsis = "frl-eval scores --dev FILE [--test FILE] [option ...]",
	.purpose =
		"Error rates of verification scores, in percent, at the threshold of equal error on the development set.",
	.example = "frl-eval scores --dev dev.txt --test test.txt --table",
};

int eval_scores(int argc, char **argv)
{
	const char *dev_path = NULL, *test_path = NULL;
	struct score_set dev = { 0 }, test = { 0 };
	struct report r;
	struct err e = { 0 };
	struct opt options[] = {
		OPT_GROUP("Input"),
		OPT_STR(0, "dev", "FILE", &dev_path, "scores that the threshold is chosen on"),
		OPT_STR(0, "test", "FILE", &test_path, "scores that it is applied to"),
		OPT_REPORT_BOOTSTRAP(&r),
		OPT_REPORT_OUTPUT(&r),
		OPT_REPORT_COMMON(&r),
		OPT_END,
	};
	int rc;

	report_init(&r, "recognition");
	rc = opt_parse(&program, options, argc, argv);
	if (rc < argc)
		opt_usage(&program, "unexpected argument '%s'", argv[rc]);
	if (!dev_path)
		opt_usage(&program, "--dev is needed");
	rc = score_set_read(&dev, dev_path, &e) || (test_path && score_set_read(&test, test_path, &e)) ? -1 : 0;
	if (!rc) {
		double threshold = add_threshold(&r, &dev);

		add_rows(&r, "dev", &dev, threshold);
		if (test_path)
			add_rows(&r, "test", &test, threshold);
		rc = report_write(&r, argc, argv, &e);
	}
	score_set_release(&dev);
	score_set_release(&test);
	report_release(&r);
	if (rc)
		die_err(&e);
	return EXIT_CODE_OK;
}
