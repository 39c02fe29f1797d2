/* knn.c - frl-eval knn: what the nearest neighbours among embeddings say about labels */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/metrics/knn.h"
#include "common/num.h"
#include "common/opt.h"
#include "common/table.h"
#include "common/thread.h"
#include "eval/embeddings.h"
#include "eval/eval.h"
#include "eval/measure.h"
#include "eval/report.h"

enum { MOST_BINS = 256 };

struct knn {
	const char *embeddings, *labels, *column, *bins, *samples;
	bool regress, partial;
	int k, min_class, threads;
	double edge[MOST_BINS];
	int edges;
	struct report report;
	int argc;
	char *const *argv;

	/* [n] of the vectors */
	float *x; /* [n][dim] */
	size_t n, cap, dim;
	uint64_t *key;
	uint32_t *face;
	int64_t *label; /* class, -1: none */
	double *value;	/* with bins or regress; NaN: none */
	size_t *row;	/* of the manifest */
	struct table table;
};

/* ---- vectors */

static int take(void *data, const struct record *head, const float *v, size_t n, struct err *e)
{
	struct knn *k = data;

	if (k->n == k->cap) {
		k->cap = k->cap ? 2 * k->cap : 1024;
		k->x = xrealloc_array(k->x, k->cap * n, sizeof *k->x);
		k->key = xrealloc_array(k->key, k->cap, sizeof *k->key);
		k->face = xrealloc_array(k->face, k->cap, sizeof *k->face);
		k->label = xrealloc_array(k->label, k->cap, sizeof *k->label);
		k->value = xrealloc_array(k->value, k->cap, sizeof *k->value);
		k->row = xrealloc_array(k->row, k->cap, sizeof *k->row);
	}
	if (k->n == UINT32_MAX)
		return err_set(e, "'%s' has too many embeddings", k->embeddings);
	k->dim = n;
	memcpy(k->x + k->n * n, v, n * sizeof *v);
	k->key[k->n] = head->key;
	k->face[k->n] = head->face;
	k->label[k->n] = head->label < 0 ? -1 : head->label;
	k->value[k->n] = head->label < 0 ? NAN : (double)head->label;
	k->row[k->n] = 0;
	k->n++;
	return 0;
}

/* Leaves the vectors for which keep [n] is set. */
static void keep_only(struct knn *k, const bool *keep)
{
	size_t m = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (!keep[i])
			continue;
		memmove(k->x + m * k->dim, k->x + i * k->dim, k->dim * sizeof *k->x);
		k->key[m] = k->key[i];
		k->face[m] = k->face[i];
		k->label[m] = k->label[i];
		k->value[m] = k->value[i];
		k->row[m++] = k->row[i];
	}
	k->n = m;
}

/* ---- labels of a manifest */

/* The rows of all vectors; those without one are left out, or an error. */
static int join(struct knn *k, struct err *e)
{
	const struct table *t = &k->table;
	struct table_face *faces = table_faces(t);
	bool *keep = xcalloc(k->n + 1, sizeof *keep);
	size_t lost = 0, first = 0;
	int rc = 0;

	for (size_t i = 0; i < k->n; i++) {
		int64_t row = table_row(faces, t->n, k->key[i], k->face[i]);

		keep[i] = row >= 0;
		if (row >= 0)
			k->row[i] = (size_t)row;
		else if (!lost++)
			first = i;
	}
	if (lost && (!k->partial || lost == k->n))
		rc = err_set(e, "'%s' has no row for the embedding of key %016llx face %u, and for %zu in all",
			     t->tsv.name, (unsigned long long)k->key[first], k->face[first], lost);
	else if (lost && !k->report.quiet)
		warn("%zu of %zu embeddings have no row in '%s' and are left out", lost, k->n, t->tsv.name);
	if (!rc)
		keep_only(k, keep);
	free(keep);
	free(faces);
	return rc;
}

struct word {
	const char *text;
	double number;
	bool is_number;
};

/* Numbers first, by value, then text. */
static int by_word(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	if (x->is_number != y->is_number)
		return x->is_number ? -1 : 1;
	if (x->is_number && x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->text, y->text);
}

static struct word word_of(const char *text)
{
	struct word w = { .text = text };

	w.is_number = num_parse_f64(text, &w.number) == 0 && isfinite(w.number);
	return w;
}

/* Classes are the column's different texts, in the order of by_word. */
static void number_texts(struct knn *k)
{
	struct word *word = xrealloc_array(NULL, k->n + 1, sizeof *word);
	size_t m = 0, unique = 0;

	for (size_t i = 0; i < k->n; i++)
		if (*k->table.text[k->row[i]])
			word[m++] = word_of(k->table.text[k->row[i]]);
	qsort(word, m, sizeof *word, by_word);
	for (size_t i = 0; i < m; i++)
		if (i == 0 || strcmp(word[i].text, word[i - 1].text) != 0)
			word[unique++] = word[i];
	for (size_t i = 0; i < k->n; i++) {
		const char *text = k->table.text[k->row[i]];
		struct word wanted = word_of(text);
		const struct word *found = *text ? bsearch(&wanted, word, unique, sizeof *word, by_word) : NULL;

		k->label[i] = found ? found - word : -1;
	}
	free(word);
}

static int read_labels(struct knn *k, struct err *e)
{
	const char *const column[] = { k->column };
	bool numbers = k->bins || k->regress;

	if (table_open(&k->table, k->labels, e) || table_load(&k->table, column, numbers, column, !numbers, false, e) ||
	    join(k, e))
		return -1;
	if (!numbers)
		number_texts(k);
	for (size_t i = 0; numbers && i < k->n; i++)
		k->value[i] = k->table.number[k->row[i]];
	return 0;
}

/* ---- classes */

static int parse_bins(struct knn *k, struct err *e)
{
	char *copy = xstrdup(k->bins), *rest = copy, *edge;
	int rc = 0;

	while (!rc && (edge = strsep(&rest, ",")) != NULL) {
		if (k->edges == MOST_BINS || num_parse_f64(edge, &k->edge[k->edges]) || !isfinite(k->edge[k->edges]) ||
		    (k->edges && !(k->edge[k->edges] > k->edge[k->edges - 1])))
			rc = err_code(e, EXIT_CODE_USAGE, "--bins: '%s' is no list of growing numbers like 20,30,40",
				      k->bins);
		k->edges++;
	}
	free(copy);
	return rc;
}

/* The class of a value is how many edges are not above it. */
static void cut(struct knn *k)
{
	for (size_t i = 0; i < k->n; i++) {
		k->label[i] = isnan(k->value[i]) ? -1 : 0;
		for (int b = 0; b < k->edges && k->value[i] >= k->edge[b]; b++)
			k->label[i]++;
	}
}

static int by_label(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Vectors without a label go, and so do classes of too few. */
static void select_labelled(struct knn *k)
{
	int64_t *sorted = xrealloc_array(NULL, k->n + 1, sizeof *sorted);
	bool *keep = xcalloc(k->n + 1, sizeof *keep);

	memcpy(sorted, k->label, k->n * sizeof *sorted);
	qsort(sorted, k->n, sizeof *sorted, by_label);
	for (size_t i = 0; i < k->n; i++) {
		const int64_t *at = bsearch(&k->label[i], sorted, k->n, sizeof *sorted, by_label);
		const int64_t *low = at, *high = at + 1;

		while (low > sorted && low[-1] == *at && high - low < k->min_class)
			low--;
		while (high < sorted + k->n && *high == *at && high - low < k->min_class)
			high++;
		keep[i] = k->label[i] >= 0 && high - low >= k->min_class;
	}
	keep_only(k, keep);
	free(keep);
	free(sorted);
}

static void select_valued(struct knn *k)
{
	bool *keep = xcalloc(k->n + 1, sizeof *keep);

	for (size_t i = 0; i < k->n; i++)
		keep[i] = !isnan(k->value[i]);
	keep_only(k, keep);
	free(keep);
}

/* ---- numbers */

static double mean_value(const struct knn *k, const uint32_t *neighbour, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += k->value[neighbour[i]];
	return sum / (double)count;
}

static void report_error(struct knn *k, const char *subset, const char *how, const uint32_t *neighbour, size_t count)
{
	double sum = 0, squares = 0, mean, n = (double)k->n;

	for (size_t i = 0; i < k->n; i++) {
		double d = fabs(mean_value(k, neighbour + i * count, count) - k->value[i]);

		sum += d;
		squares += d * d;
	}
	mean = sum / n;
	report_add(&k->report, subset, "mae", how, mean, (int64_t)k->n);
	report_add(&k->report, subset, "mae-se", how, sqrt(fmax(squares / n - mean * mean, 0) / n), (int64_t)k->n);
}

static void report_classes(struct knn *k, const char *subset, const char *how, const uint32_t *neighbour, size_t count)
{
	struct knn_score s = knn_score(k->label, k->n, neighbour, count);
	int64_t n = (int64_t)s.n;

	report_add(&k->report, subset, "acc", how, s.accuracy, n);
	report_add(&k->report, subset, "acc-se", how, s.error, n);
	report_add(&k->report, subset, "balanced", how, s.balanced, n);
	report_add(&k->report, subset, "balanced-se", how, s.balanced_error, n);
	report_add(&k->report, subset, "classes", how, (double)s.classes, n);
}

static int write_samples(struct knn *k, const uint32_t *neighbour, size_t count, struct err *e)
{
	const char *name = k->column ? k->column : "label";
	struct sample_file f = { 0 };
	char key[20];

	if (sample_file_open(&f, k->samples, &k->report, k->argc, k->argv, e))
		return -1;
	for (size_t i = 0; k->samples && i < k->n; i++) {
		const uint32_t *near = neighbour + i * count;
		double truth = k->regress ? k->value[i] : (double)k->label[i];
		double pred = k->regress ? mean_value(k, near, count) : (double)knn_vote(k->label, near, count);
		double error = k->regress ? fabs(pred - truth) : pred != truth;

		snprintf(key, sizeof key, "%016llx", (unsigned long long)k->key[i]);
		if (sample_file_add(&f, k->labels ? k->table.id[k->row[i]] : key, k->face[i], "", name, truth, pred,
				    error, e)) {
			sample_file_abort(&f);
			return -1;
		}
	}
	return sample_file_close(&f, e);
}

static int run(struct knn *k, struct err *e)
{
	const char *subset = k->column ? k->column : "label";
	size_t count = (size_t)k->k;
	uint32_t *neighbour;
	char how[32];
	int rc;

	if ((k->bins && parse_bins(k, e)) || embeddings_each(k->embeddings, -1, take, k, e) ||
	    (k->labels && read_labels(k, e)))
		return -1;
	if (k->bins)
		cut(k);
	if (k->regress)
		select_valued(k);
	else
		select_labelled(k);
	if (k->n <= count)
		return err_set(e, "%zu embeddings with a label are too few for %zu neighbours", k->n, count);
	neighbour = xrealloc_array(NULL, k->n * count, sizeof *neighbour);
	knn_neighbours(k->x, k->n, k->dim, count, k->threads, neighbour, NULL);
	snprintf(how, sizeof how, "k=%zu", count);
	(k->regress ? report_error : report_classes)(k, subset, how, neighbour, count);
	rc = write_samples(k, neighbour, count, e) || report_write(&k->report, k->argc, k->argv, e) ? -1 : 0;
	free(neighbour);
	return rc;
}

static void release(struct knn *k)
{
	free(k->x);
	free(k->key);
	free(k->face);
	free(k->label);
	free(k->value);
	free(k->row);
	table_release(&k->table);
	report_release(&k->report);
}

static const struct opt_program program = {
	.name = "frl-eval knn",
	.synopsis = "frl-eval knn [--labels MANIFEST --column NAME] [option ...] EMBEDDINGS",
	.purpose = "How well the nearest neighbours among embeddings tell a label, by cosine, leave one out.",
	.example = "frl-eval embed --model run/last < faces.bin | frl-eval knn --labels faces.tsv --column gender -",
};

int eval_knn(int argc, char **argv)
{
	struct knn k = { .k = 20, .min_class = 1, .argc = argc, .argv = argv };
	struct err e = { 0 };
	struct opt options[] = {
		OPT_GROUP("Labels"),
		OPT_STR(0, "labels", "FILE", &k.labels, "manifest with the labels; without one the records' own"),
		OPT_STR(0, "column", "NAME", &k.column, "the column of the manifest that holds them"),
		OPT_BOOL(0, "partial", &k.partial, "leave out embeddings that the manifest has no row for"),
		OPT_STR(0, "bins", "LIST", &k.bins, "classes of a number: below and from each of these on, 20,30,40"),
		OPT_BOOL(0, "regress", &k.regress, "the label is a number: absolute error of the neighbours' mean"),
		OPT_INT(0, "min-class", "N", &k.min_class, 1, 1 << 30, "leave out classes of fewer than N"),
		OPT_GROUP("Neighbours"),
		OPT_INT('k', "neighbours", "N", &k.k, 1, 1 << 20, "how many of them"),
		OPT_STR(0, "samples", "FILE", &k.samples, "write every sample's judgement, for frl-eval compare"),
		OPT_REPORT_OUTPUT(&k.report),
		OPT_REPORT_COMMON(&k.report),
		OPT_INT(0, "threads", "N", &k.threads, 0, 1024, "threads; 0: one per processor"),
		OPT_END,
	};
	int first;

	report_init(&k.report, "knn");
	first = opt_parse(&program, options, argc, argv);
	if (argc - first != 1)
		opt_usage(&program, argc == first ? NULL : "one stream of embeddings at a time");
	if (!k.labels != !k.column)
		opt_usage(&program, "--labels and --column go together");
	if (k.regress && (k.bins || k.min_class > 1))
		opt_usage(&program, "--regress takes neither --bins nor --min-class");
	k.embeddings = argv[first];
	if (!k.threads)
		k.threads = thread_default();
	first = run(&k, &e);
	release(&k);
	if (first)
		die_err(&e);
	return EXIT_CODE_OK;
}
