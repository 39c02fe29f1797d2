/* rows.c - see rows.h */
#include "detect/rows.h"

#include <stdlib.h>
#include <string.h>

static const char *const groups[][11] = {
	{ "width", "height" },
	{ "face" },
	{ "x1", "y1", "x2", "y2", "score" },
	{ "lm0x", "lm0y", "lm1x", "lm1y", "lm2x", "lm2y", "lm3x", "lm3y", "lm4x", "lm4y" },
};
enum { GROUPS = sizeof groups / sizeof *groups, ADDED = 2 + 1 + 5 + 10 };

static int add_group(struct tsv_out *w, const struct input *in, const char *const *name, struct err *e)
{
	bool taken = false;

	for (int i = 0; name[i]; i++)
		taken |= input_col(in, name[i]) >= 0;
	for (int i = 0; name[i]; i++) {
		char *own = xasprintf("%s%s", taken ? "det_" : "", name[i]);
		bool twice = input_col(in, own) >= 0;

		tsv_out_raw(w, own);
		if (twice)
			err_set(e, "column '%s' is there already: these rows have been through frl-detect", own);
		free(own);
		if (twice)
			return -1;
	}
	return 0;
}

int rows_header(struct rows *r, const struct input *in, bool no_pg, int argc, char *const *argv, struct err *e)
{
	const struct tsv_row *head = input_head(in);

	r->in_columns = head->n;
	r->status = input_col(in, "status");
	tsv_out_comments(&r->out, input_comments(in));
	tsv_out_pg(&r->out, no_pg, argc, argv);
	for (int i = 0; i < head->n; i++)
		tsv_out_str(&r->out, head->field[i]);
	for (int i = 0; i < GROUPS; i++)
		if (add_group(&r->out, in, groups[i], e) < 0)
			return -1;
	if (r->status < 0)
		tsv_out_raw(&r->out, "status");
	tsv_out_end(&r->out);
	return 0;
}

/* The input's columns, its status replaced unless NULL. */
static void begin(struct rows *r, const struct tsv_row *row, const char *status)
{
	for (int i = 0; i < row->n; i++) {
		if (i == r->status && status)
			tsv_out_str(&r->out, status);
		else
			tsv_out_raw(&r->out, row->field[i]);
	}
}

static void end(struct rows *r, const char *status)
{
	if (r->status < 0)
		tsv_out_str(&r->out, status);
	tsv_out_end(&r->out);
}

void rows_face(struct rows *r, const struct tsv_row *row, int w, int h, size_t face, const struct detection *d)
{
	begin(r, row, "ok");
	tsv_out_i64(&r->out, w);
	tsv_out_i64(&r->out, h);
	tsv_out_i64(&r->out, (int64_t)face);
	tsv_out_f32(&r->out, d->x1);
	tsv_out_f32(&r->out, d->y1);
	tsv_out_f32(&r->out, d->x2);
	tsv_out_f32(&r->out, d->y2);
	tsv_out_f32(&r->out, d->score);
	for (int i = 0; i < 10; i++)
		tsv_out_f32(&r->out, d->point[i / 2][i % 2]);
	end(r, "ok");
}

static void empty(struct rows *r, int n)
{
	for (int i = 0; i < n; i++)
		tsv_out_raw(&r->out, "");
}

void rows_status(struct rows *r, const struct tsv_row *row, int w, int h, const char *status)
{
	begin(r, row, status);
	if (w > 0 && h > 0) {
		tsv_out_i64(&r->out, w);
		tsv_out_i64(&r->out, h);
	} else {
		empty(r, 2);
	}
	empty(r, ADDED - 2);
	end(r, status);
}

void rows_pass(struct rows *r, const struct tsv_row *row)
{
	begin(r, row, NULL);
	empty(r, ADDED);
	end(r, "");
}
