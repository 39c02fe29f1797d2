/* row.c - rows of the manifest: see curate.h */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/curate/curate.h"

int row_head(struct curate *c, const char *columns, int points, int dims, struct err *e)
{
	tsv_out_raw(&c->rows, "id");
	tsv_out_raw(&c->rows, "path");
	while (*columns) {
		size_t len = strcspn(columns, " ");
		char *name = xstrndup(columns, len);

		tsv_out_raw(&c->rows, name);
		free(name);
		columns += len + (columns[len] == ' ');
	}
	for (int i = 0; i < points; i++)
		for (int k = 0; k < dims; k++) {
			char name[32];

			snprintf(name, sizeof name, "lm%d%c", i, "xyz"[k]);
			tsv_out_raw(&c->rows, name);
		}
	tsv_out_raw(&c->rows, "status");
	tsv_out_end(&c->rows);
	return tsv_out_write(&c->rows, &c->out, e);
}

void row_begin(struct curate *c, const char *path)
{
	row_begin_as(c, path, path);
}

void row_begin_as(struct curate *c, const char *id, const char *path)
{
	c->bad_box = false;
	buf_reset(&c->path);
	buf_add_str(&c->path, path);
	buf_reset(&c->id);
	buf_add_str(&c->id, c->id_prefix);
	buf_add_str(&c->id, id);
	tsv_out_str(&c->rows, c->id.data);
	tsv_out_str(&c->rows, path);
}

void row_str(struct curate *c, const char *text)
{
	tsv_out_str(&c->rows, text);
}

void row_i64(struct curate *c, int64_t v)
{
	tsv_out_i64(&c->rows, v);
}

void row_f64(struct curate *c, double v)
{
	if (isfinite(v))
		tsv_out_f64(&c->rows, v);
	else
		tsv_out_raw(&c->rows, "");
}

void row_blank(struct curate *c, int n)
{
	for (int i = 0; i < n; i++)
		tsv_out_raw(&c->rows, "");
}

void row_numbers(struct curate *c, const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		row_f64(c, v[i]);
}

void row_box(struct curate *c, double x1, double y1, double x2, double y2)
{
	row_f64(c, x1);
	row_f64(c, y1);
	row_f64(c, x2);
	row_f64(c, y2);
	c->bad_box = x2 < x1 || y2 < y1;
}

static const char *picture_status(struct curate *c)
{
	struct stat st;

	if (c->no_stat)
		return "ok";
	buf_reset(&c->full);
	buf_printf(&c->full, "%s/%s", c->pictures ? c->pictures : c->root, c->path.data);
	if (stat(c->full.data, &st))
		return "bad:missing";
	if (!S_ISREG(st.st_mode))
		return "bad:not-a-file";
	return st.st_size ? "ok" : "bad:empty";
}

int row_end(struct curate *c, const char *status, struct err *e)
{
	const char *word = status ? status : c->bad_box ? "bad:box" : picture_status(c);

	row_blank(c, c->rows.columns - 1 - c->rows.n);
	tsv_out_str(&c->rows, word);
	tsv_out_end(&c->rows);
	c->row_ok = strcmp(word, "ok") == 0;
	c->summary.out++;
	c->summary.failed += strncmp(word, "bad:", 4) == 0;
	progress_add(1);
	return tsv_out_write(&c->rows, &c->out, e);
}
