/* data.c - see data.h */
#include "finetune/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/num.h"
#include "common/rng.h"

static int open_source(struct source *s, const char *list, struct err *e)
{
	char *copy = xstrdup(list), *at = copy;
	const char **path = NULL;
	int n = 0, rc;

	for (char *part; (part = strsep(&at, ",")); n++) {
		path = xrealloc_array(path, (size_t)n + 1, sizeof *path);
		path[n] = part;
	}
	rc = source_open(s, path, n, true, e);
	free(path);
	free(copy);
	return rc;
}

/* Is a photo among the share held out? A function of its id alone: all its faces are on one side. */
static bool held_out(const struct data *d, const char *id)
{
	struct rng r;

	if (!(d->held_out > 0))
		return false;
	rng_init(&r, 0x76616c, 0, hash_key(id), 0);
	return rng_f64(&r) < d->held_out;
}

static int label(void *data, const struct table *t, size_t row, double *value, struct err *e)
{
	struct data *d = data;

	if (d->part != DATA_ALL && held_out(d, t->id[row]) != (d->part == DATA_HELD_OUT))
		return 0;
	if (d->fold_column >= 0) {
		const char *text = t->text[row * (size_t)t->texts + (size_t)d->fold_column];
		int64_t fold;

		if (num_parse_i64(text, &fold))
			return table_bad(t, row, "fold", "is no number", e);
		if (fold == d->fold)
			return 0;
	}
	return d->model->task->label(d->model, t, row, value, e);
}

/* The columns of the task, and the fold's after them. */
static int load_table(struct data *d, struct err *e)
{
	const struct task *task = d->model->task;
	struct task_columns c;
	int rc;

	if (task->configure(d->model, &d->table, e))
		return -1;
	task->columns(d->model, &d->table, &c);
	d->fold_column = -1;
	if (d->fold >= 0) {
		c.text = xrealloc_array(c.text, (size_t)c.texts + 1, sizeof *c.text);
		d->fold_column = c.texts;
		c.text[c.texts++] = "fold";
	}
	rc = table_load(&d->table, c.number, c.numbers, c.text, c.texts, false, e);
	task_columns_release(&c);
	return rc || (task->names && task->names(d->model, &d->table, e)) ? -1 : 0;
}

int data_open(struct data *d, struct task_model *m, const char *list, const char *labels, enum data_part part,
	      double share, int fold, struct err *e)
{
	*d = (struct data){ .model = m, .part = part, .held_out = share, .fold = fold };
	if (table_open(&d->table, labels, e) || load_table(d, e) || open_source(&d->source, list, e))
		return -1;
	return labels_join(&d->labels, &d->source, &d->table, m->task->value_width(m), label, d, e);
}

void data_release(struct data *d)
{
	labels_release(&d->labels);
	source_close(&d->source);
	table_release(&d->table);
	*d = (struct data){ 0 };
}

void data_tell(const struct data *d, const char *what)
{
	const struct labels *l = &d->labels;

	fprintf(stderr, "%s: %s: %zu of %" PRIu64 " pictures have labels", err_program_name(), what, l->n, d->source.n);
	if (l->left_out)
		fprintf(stderr, ", %" PRIu64 " are left out", l->left_out);
	if (l->unlabelled)
		fprintf(stderr, ", %" PRIu64 " have no row (the first: %s)", l->unlabelled, l->first_unlabelled);
	if (l->unpictured)
		fprintf(stderr, "; %" PRIu64 " rows have no picture (the first: %s)", l->unpictured,
			l->first_unpictured);
	fputc('\n', stderr);
}

/* ---- the fraction that frl-subsample noted */

/* A share as frl-subsample takes it: "0.02", "2%". 0: none. */
static double share_of(const char *text)
{
	size_t n = strcspn(text, " \t");
	char word[NUM_SIZE];
	bool percent = n > 0 && text[n - 1] == '%';
	double v;

	if (n >= sizeof word)
		return 0;
	memcpy(word, text, n);
	word[n - percent] = '\0';
	return num_parse_f64(word, &v) ? 0 : percent ? v / 100 : v;
}

/* The value of -f or --fraction in a line of provenance; 0: none. */
static double fraction_in(const char *line)
{
	static const char *const marks[] = { "--fraction=", "--fraction ", "-f ", "-f", NULL };

	for (const char *const *mark = marks; *mark; mark++)
		for (const char *at = line; (at = strstr(at, *mark)); at++) {
			bool begins = at == line || at[-1] == ' ' || at[-1] == '\t';
			double v = begins ? share_of(at + strlen(*mark)) : 0;

			if (v > 0)
				return v;
		}
	return 0;
}

double data_fraction(const struct table *t)
{
	static const char mark[] = "#pg\tfrl-subsample\t";
	char *copy = xstrdup(t->tsv.comments.data ? t->tsv.comments.data : ""), *at = copy;
	double fraction = 1;

	for (char *line; (line = strsep(&at, "\n"));) {
		double f = strncmp(line, mark, strlen(mark)) ? 0 : fraction_in(line);

		if (f > 0 && f <= 1)
			fraction = f;
	}
	free(copy);
	return fraction;
}
