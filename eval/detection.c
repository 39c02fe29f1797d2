/* detection.c - frl-eval detection: average precision by the WIDER FACE protocol */
#include "eval/detection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/io.h"
#include "common/metrics/bootstrap.h"
#include "common/metrics/wider_ap.h"
#include "common/tsv.h"
#include "eval/eval.h"

enum { LIST_BYTES = 256 << 20 };

/* One picture's part in the three curves, kept for the bootstrap. */
struct steps {
	struct wider_step *step[WIDER_SUBSETS];
	size_t n[WIDER_SUBSETS];
};

static int mark_list(struct detection *d, const struct wider_list *list, struct err *e)
{
	for (size_t i = 0; i < list->n; i++) {
		int64_t at = wider_truth_find(&d->truth, list->key[i]);
		if (at < 0)
			return err_set(e, "'%s': '%s' is not in the truth", d->list, list->key[i]);
		if (d->chosen[at])
			return err_set(e, "'%s': '%s' is there twice", d->list, list->key[i]);
		d->chosen[at] = true;
	}
	return list->n ? 0 : err_set(e, "'%s': no picture in it", d->list);
}

static int choose(struct detection *d, struct err *e)
{
	struct wider_list list = { 0 };
	struct buf text = { 0 };
	int rc;

	memset(d->chosen, !d->list, d->truth.n * sizeof *d->chosen);
	if (!d->list)
		return 0;
	rc = io_slurp_given(d->list, LIST_BYTES, &text, e);
	if (!rc)
		rc = wider_list_parse(&list, d->list, text.data ? text.data : "", text.len, e);
	if (!rc)
		rc = mark_list(d, &list, e);
	wider_list_release(&list);
	buf_release(&text);
	return rc;
}

/* Scores to [0, 1] over all pictures. Where all are equal, all become 1. */
static void normalise(struct detection *d)
{
	double min = INFINITY, max = -INFINITY;

	for (size_t i = 0; i < d->truth.n; i++)
		if (d->result[i].n) {
			max = fmax(max, d->result[i].face[0][4]);
			min = fmin(min, d->result[i].face[d->result[i].n - 1][4]);
		}
	for (size_t i = 0; i < d->truth.n; i++)
		for (size_t k = 0; k < d->result[i].n; k++) {
			double *s = &d->result[i].face[k][4];
			*s = max > min ? (*s - min) / (max - min) : 1;
		}
}

static void compute_steps(const struct wider_picture *p, const struct wider_result *r, struct steps *st)
{
	const double(*face)[5] = (const double(*)[5])r->face;
	int32_t *best = xrealloc_array(NULL, r->n + 1, sizeof *best);
	uint8_t *used = xmalloc(p->n + 1);

	wider_match((const double(*)[4])p->box, p->n, face, r->n, best);
	for (int s = 0; s < WIDER_SUBSETS; s++) {
		st->step[s] = xrealloc_array(NULL, r->n + 1, sizeof **st->step);
		st->n[s] = wider_steps(face, r->n, best, p->keep[s], p->n, used, st->step[s]);
		st->step[s] = xrealloc_array(st->step[s], st->n[s] + 1, sizeof **st->step);
	}
	free(best);
	free(used);
}

/*
 * The average precision with each chosen picture taken times[k] times, k counting the chosen; NULL: once. Also gives the
 * curve and the number of faces that count.
 */
static double average_precision(const struct detection *d, const struct steps *steps, int subset, const uint32_t *times,
				struct wider_curve *curve, int64_t *faces)
{
	struct wider_counts *c = xcalloc(1, sizeof *c);
	size_t k = 0;

	for (size_t i = 0; i < d->truth.n; i++)
		if (d->chosen[i]) {
			wider_add(c, steps[i].step[subset], steps[i].n[subset], d->truth.picture[i].faces[subset],
				  times ? times[k] : 1);
			k++;
		}
	wider_curve(c, curve);
	*faces = c->faces;
	free(c);
	return wider_ap(curve);
}

static void add_intervals(struct detection *d, const struct steps *steps, struct report_row *row)
{
	size_t n = 0, replicates = (size_t)d->report.bootstrap;
	double *value = xrealloc_array(NULL, replicates * WIDER_SUBSETS, sizeof *value);
	struct wider_curve *curve = xmalloc(sizeof *curve);
	uint32_t *times;
	int64_t faces;

	for (size_t i = 0; i < d->truth.n; i++)
		n += d->chosen[i];
	times = xrealloc_array(NULL, n, sizeof *times);
	for (size_t r = 0; r < replicates; r++) {
		bootstrap_draw((uint64_t)d->report.seed, (uint32_t)r, n, times);
		for (int s = 0; s < WIDER_SUBSETS; s++)
			value[(size_t)s * replicates + r] = average_precision(d, steps, s, times, curve, &faces);
	}
	for (int s = 0; s < WIDER_SUBSETS; s++)
		report_interval(&d->report, row + s, value + (size_t)s * replicates);
	free(times);
	free(curve);
	free(value);
}

static int write_curves(const struct detection *d, const struct wider_curve curve[WIDER_SUBSETS], int argc,
			char *const *argv, struct err *e)
{
	static const char *const name[] = { "subset", "threshold", "precision", "recall" };
	struct tsv_out w = { 0 };
	struct out o;
	int rc;

	if (out_open(&o, d->curves, false, e))
		return -1;
	tsv_out_pg(&w, d->report.no_pg, argc + 1, argv - 1);
	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		tsv_out_raw(&w, name[i]);
	tsv_out_end(&w);
	for (int s = 0; s < WIDER_SUBSETS; s++)
		for (int t = 0; t < WIDER_THRESHOLDS; t++) {
			tsv_out_raw(&w, wider_subset_name[s]);
			tsv_out_f64(&w, (WIDER_THRESHOLDS - 1 - t) / (double)WIDER_THRESHOLDS);
			tsv_out_f64(&w, curve[s].precision[t]);
			tsv_out_f64(&w, curve[s].recall[t]);
			tsv_out_end(&w);
		}
	rc = tsv_out_write(&w, &o, e);
	tsv_out_release(&w);
	if (!rc)
		return out_commit(&o, e);
	out_abort(&o);
	return -1;
}

static int score(struct detection *d, int argc, char *const *argv, struct err *e)
{
	struct steps *steps = xcalloc(d->truth.n, sizeof *steps);
	struct wider_curve *curve = xcalloc(WIDER_SUBSETS, sizeof *curve);
	int rc = 0;

	normalise(d);
	for (size_t i = 0; i < d->truth.n; i++)
		if (d->chosen[i])
			compute_steps(&d->truth.picture[i], &d->result[i], &steps[i]);
	for (int s = 0; s < WIDER_SUBSETS; s++) {
		int64_t faces;
		double ap = average_precision(d, steps, s, NULL, &curve[s], &faces);
		report_add(&d->report, wider_subset_name[s], "ap", "", ap, faces);
	}
	if (d->report.bootstrap)
		add_intervals(d, steps, d->report.row);
	if (d->curves)
		rc = write_curves(d, curve, argc, argv, e);
	if (!rc)
		rc = report_write(&d->report, argc, argv, e);
	for (size_t i = 0; i < d->truth.n; i++)
		for (int s = 0; s < WIDER_SUBSETS; s++)
			free(steps[i].step[s]);
	free(steps);
	free(curve);
	return rc;
}

static int run(struct detection *d, int argc, char *const *argv, struct err *e)
{
	int rc = wider_truth_read(&d->truth, d->truth_dir, e);

	if (!rc) {
		d->chosen = xcalloc(d->truth.n, sizeof *d->chosen);
		d->seen = xcalloc(d->truth.n, sizeof *d->seen);
		d->result = xcalloc(d->truth.n, sizeof *d->result);
		rc = choose(d, e) || detection_read(d, e) || score(d, argc, argv, e) ? -1 : 0;
		for (size_t i = 0; i < d->truth.n; i++)
			wider_result_release(&d->result[i]);
	}
	free(d->chosen);
	free(d->seen);
	free(d->result);
	wider_truth_release(&d->truth);
	report_release(&d->report);
	return rc;
}

static const struct opt_program program = {
	.name = "frl-eval detection",
	.synopsis = "frl-eval detection --truth DIR --pred DIR|MANIFEST [option ...]",
	.purpose = "Average precision by the WIDER FACE protocol: easy, medium and hard.",
	.example =
		"frl-eval detection --truth ground_truth --pred results --curves curves.tsv\n"
		"frl-detect --threshold 0.02 -r images | frl-eval detection --truth ground_truth --pred - --list part.txt",
};

int eval_detection(int argc, char **argv)
{
	struct detection d = { 0 };
	struct err e = { 0 };
	struct opt options[] = {
		OPT_GROUP("Input"),
		OPT_STR(0, "truth", "DIR", &d.truth_dir, "folder of the official wider_*_val.mat files"),
		OPT_STR(0, "labels", "DIR", &d.truth_dir, "the same as --truth"),
		OPT_STR(0, "pred", "DIR|MANIFEST", &d.pred,
			"result files EVENT/NAME.txt, or the rows of frl-detect (- for standard input)"),
		OPT_STR(0, "list", "FILE", &d.list, "only these pictures of the truth, EVENT/NAME a line"),
		OPT_BOOL(0, "partial", &d.partial, "pictures without predictions count as missed, not as an error"),
		OPT_STR(0, "curves", "FILE", &d.curves, "precision and recall at the 1000 thresholds, as TSV"),
		OPT_REPORT_BOOTSTRAP(&d.report),
		OPT_REPORT_OUTPUT(&d.report),
		OPT_REPORT_COMMON(&d.report),
		OPT_END,
	};
	int first;

	report_init(&d.report, "detection");
	d.report.dataset = "wider";
	first = opt_parse(&program, options, argc, argv);
	if (first < argc)
		opt_usage(&program, "unexpected argument '%s'", argv[first]);
	if (!d.truth_dir || !d.pred)
		opt_usage(&program, "--truth and --pred are needed");
	if (run(&d, argc, argv, &e))
		die_err(&e);
	return EXIT_CODE_OK;
}
