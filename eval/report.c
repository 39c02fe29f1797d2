/* report.c - see report.h */
#include "eval/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/json.h"
#include "common/metrics/bootstrap.h"
#include "common/tsv.h"

enum { TEXT_COLUMNS = 8 };

static const char *const columns[] = { "task",	     "dataset", "subset", "fraction", "init", "seed", "metric",
				       "normaliser", "value",	"n",	  "low",      "high", "scale" };

void report_init(struct report *r, const char *task)
{
	*r = (struct report){
		.task = task,
		.dataset = "",
		.fraction = "",
		.init = "",
		.run_seed = "",
		.scale = "paper",
		.out = "-",
		.confidence = .95,
	};
}

struct report_row *report_add(struct report *r, const char *subset, const char *metric, const char *normaliser,
			      double value, int64_t n)
{
	struct report_row *row;

	r->row = xrealloc_array(r->row, r->n + 1, sizeof *r->row);
	row = &r->row[r->n++];
	*row = (struct report_row){ .subset = xstrdup(subset),
				    .metric = xstrdup(metric),
				    .normaliser = xstrdup(normaliser),
				    .value = value,
				    .n = n,
				    .low = NAN,
				    .high = NAN };
	return row;
}

void report_interval(const struct report *r, struct report_row *row, double *value)
{
	bootstrap_interval(value, (size_t)r->bootstrap, r->confidence, &row->low, &row->high);
}

/* The first columns of a row, in their order. */
static void row_texts(const struct report *r, const struct report_row *row, const char *text[TEXT_COLUMNS])
{
	const char *const all[TEXT_COLUMNS] = { r->task, r->dataset,  row->subset, r->fraction,
						r->init, r->run_seed, row->metric, row->normaliser };

	memcpy(text, all, sizeof all);
}

static void put_tsv_row(struct tsv_out *w, const struct report *r, const struct report_row *row)
{
	const char *text[TEXT_COLUMNS];

	row_texts(r, row, text);
	for (int k = 0; k < TEXT_COLUMNS; k++)
		tsv_out_str(w, text[k]);
	tsv_out_f64(w, row->value);
	if (row->n < 0)
		tsv_out_raw(w, "");
	else
		tsv_out_i64(w, row->n);
	if (r->bootstrap) {
		tsv_out_f64(w, row->low);
		tsv_out_f64(w, row->high);
	} else {
		tsv_out_raw(w, "");
		tsv_out_raw(w, "");
	}
	tsv_out_str(w, r->scale);
	tsv_out_end(w);
}

static int write_tsv(const struct report *r, struct out *o, int argc, char *const *argv, struct err *e)
{
	struct tsv_out w = { 0 };
	int rc;

	tsv_out_pg(&w, r->no_pg, argc + 1, argv - 1);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		tsv_out_raw(&w, columns[i]);
	tsv_out_end(&w);
	for (size_t i = 0; i < r->n; i++)
		put_tsv_row(&w, r, &r->row[i]);
	rc = tsv_out_write(&w, o, e);
	tsv_out_release(&w);
	return rc;
}

static void put_json_row(struct json_out *w, const struct report *r, const struct report_row *row)
{
	const char *text[TEXT_COLUMNS];

	row_texts(r, row, text);
	json_open(w, '{');
	for (int k = 0; k < TEXT_COLUMNS; k++) {
		json_key(w, columns[k]);
		json_put_str(w, text[k]);
	}
	json_key(w, "value");
	json_put_f64(w, row->value);
	if (row->n >= 0) {
		json_key(w, "n");
		json_put_i64(w, row->n);
	}
	if (r->bootstrap) {
		json_key(w, "low");
		json_put_f64(w, row->low);
		json_key(w, "high");
		json_put_f64(w, row->high);
	}
	json_key(w, "scale");
	json_put_str(w, r->scale);
	json_close(w, '}');
}

static int write_json(const struct report *r, struct out *o, struct err *e)
{
	struct buf b = { 0 };
	struct json_out w = { .b = &b };
	int rc;

	json_open(&w, '[');
	for (size_t i = 0; i < r->n; i++)
		put_json_row(&w, r, &r->row[i]);
	json_close(&w, ']');
	buf_add_char(&b, '\n');
	rc = out_write(o, b.data, b.len, e);
	buf_release(&b);
	return rc;
}

static int write_table(const struct report *r, struct out *o, struct err *e)
{
	int width[3] = { 6, 6, 10 };

	for (size_t i = 0; i < r->n; i++) {
		const char *text[3] = { r->row[i].subset, r->row[i].metric, r->row[i].normaliser };
		for (int k = 0; k < 3; k++)
			if ((int)strlen(text[k]) > width[k])
				width[k] = (int)strlen(text[k]);
	}
	if (out_printf(o, e, "%-*s  %-*s  %-*s  %10s  %9s%s\n", width[0], "subset", width[1], "metric", width[2],
		       "normaliser", "value", "n", r->bootstrap ? "         low        high" : ""))
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		const struct report_row *row = &r->row[i];
		char n[24] = "";

		if (row->n >= 0)
			snprintf(n, sizeof n, "%lld", (long long)row->n);
		if (out_printf(o, e, "%-*s  %-*s  %-*s  %10.6g  %9s", width[0], row->subset, width[1], row->metric,
			       width[2], row->normaliser, row->value, n))
			return -1;
		if (r->bootstrap && out_printf(o, e, "  %10.6g  %10.6g", row->low, row->high))
			return -1;
		if (out_printf(o, e, "\n"))
			return -1;
	}
	return 0;
}

int report_write(const struct report *r, int argc, char *const *argv, struct err *e)
{
	struct out o;
	int rc;

	if (out_open(&o, r->out, false, e))
		return -1;
	rc = r->json ? write_json(r, &o, e) : r->table ? write_table(r, &o, e) : write_tsv(r, &o, argc, argv, e);
	if (rc) {
		out_abort(&o);
		return -1;
	}
	return out_commit(&o, e);
}

void report_release(struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->row[i].subset);
		free(r->row[i].metric);
		free(r->row[i].normaliser);
	}
	free(r->row);
	r->row = NULL;
	r->n = 0;
}
