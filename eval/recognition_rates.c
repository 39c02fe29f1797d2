/* recognition_rates.c - rates of sorted scores, and their curve */
#include <stdio.h>
#include <stdlib.h>

#include "common/io.h"
#include "common/tsv.h"
#include "eval/recognition.h"
#include "eval/score_intervals.h"

enum { FARS = 6, EER = FARS, AUC, RATES };

/* The curve at every distinct genuine score and at both ends: what lies between is a horizontal line. */
static int write_curve(const struct recognition *r, const struct scores *s, struct err *e)
{
	static const char *const name[] = { "threshold", "fmr", "fnmr" };
	struct tsv_out w = { 0 };
	struct out o;
	int rc = 0;

	if (out_open(&o, r->roc, false, e))
		return -1;
	tsv_out_pg(&w, r->report.no_pg, r->argc + 1, r->argv - 1);
	for (size_t i = 0; i < 3; i++)
		tsv_out_raw(&w, name[i]);
	tsv_out_end(&w);
	for (size_t k = s->genuines; k-- > 0 && !rc;) {
		double t = s->genuine[k];

		if (k && s->genuine[k - 1] == t)
			continue;
		tsv_out_f64(&w, t);
		tsv_out_f64(&w, roc_fmr(s, t));
		tsv_out_f64(&w, roc_fnmr(s, t));
		tsv_out_end(&w);
		rc = tsv_out_write(&w, &o, e);
	}
	tsv_out_release(&w);
	if (!rc)
		return out_commit(&o, e);
	out_abort(&o);
	return -1;
}

/* value [RATES]; a replicate may be without genuine or impostor scores: NaN. */
static void compute(const struct scores *s, size_t missing, double *value, void *data)
{
	static const double far[FARS] = { 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1 };
	const struct recognition *r = data;

	(void)missing; /* every pair has a score */
	roc_tar(s, far, FARS, (enum roc_rule)r->rule, value);
	roc_eer(s, &value[EER]);
	value[AUC] = roc_auc(s);
}

int recognition_rates(struct recognition *r, const char *subset, const struct scores *s, struct err *e)
{
	const struct score_rates rates = { RATES, compute, r };
	int64_t n = (int64_t)(s->genuines + s->impostors);
	double value[RATES];

	compute(s, 0, value, r);
	for (int k = 0; k < FARS; k++) {
		char name[16];
		snprintf(name, sizeof name, "tar@1e-%d", FARS - k);
		report_add(&r->report, subset, name, "", value[k], n);
	}
	report_add(&r->report, subset, "eer", "", value[EER], n);
	report_add(&r->report, subset, "auc", "", value[AUC], n);
	score_intervals(&r->report, r->report.row + r->report.n - RATES, &rates, s, 0, r->threads);
	return r->roc ? write_curve(r, s, e) : 0;
}
