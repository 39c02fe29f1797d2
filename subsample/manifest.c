/* manifest.c - subsets of manifests: rows pass through as they stand */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/num.h"
#include "common/tsv.h"
#include "subsample/subsample.h"

enum { OUT_FULL = 1 << 16 };

struct columns {
	int id, face, status, group, frame, subject;
	int *where; /* [where.n] */
};

struct row_reader {
	const struct subsample *s;
	struct tsv tsv;
	struct columns col;
	struct buf text; /* an unescaped field */
};

static int find_columns(struct row_reader *r, struct err *e)
{
	const struct subsample *s = r->s;
	struct columns *c = &r->col;
	const char *group = s->rule.identity != SELECT_BLIND ? s->identity : s->per;

	c->face = tsv_col(&r->tsv, "face");
	c->status = tsv_col(&r->tsv, "status");
	c->group = c->frame = c->subject = -1;
	if ((c->id = tsv_need(&r->tsv, "id", e)) < 0)
		return -1;
	if (group && (c->group = tsv_need(&r->tsv, group, e)) < 0)
		return -1;
	if (s->every) {
		c->frame = tsv_col(&r->tsv, s->frame);
		if ((c->subject = tsv_need(&r->tsv, s->subject, e)) < 0)
			return -1;
	}
	c->where = xcalloc((size_t)s->where.n + 1, sizeof *c->where);
	for (int i = 0; i < s->where.n; i++)
		if ((c->where[i] = tsv_need(&r->tsv, s->where.item[i], e)) < 0)
			return -1;
	return 0;
}

static int rows_open(struct row_reader *r, const struct subsample *s, const struct subset_input *in, struct err *e)
{
	*r = (struct row_reader){ .s = s };
	return tsv_open_fd(&r->tsv, in->fd, in->name, e) || find_columns(r, e) ? -1 : 0;
}

static void rows_close(struct row_reader *r)
{
	tsv_close(&r->tsv);
	free(r->col.where);
	buf_release(&r->text);
	*r = (struct row_reader){ 0 };
}

static uint64_t field_key(struct row_reader *r, int col)
{
	return hash_key(tsv_get(&r->tsv.row, col, &r->text));
}

/* The number of a video's frame: column frame, or the last digits of the id. */
static int frame_number(struct row_reader *r, uint64_t *frame, struct err *e)
{
	const char *id = tsv_raw(&r->tsv.row, r->col.id);
	const char *end = id + strlen(id), *begin;
	int64_t v;
	char digits[20];

	if (r->col.frame >= 0) {
		if (tsv_i64(&r->tsv, &r->tsv.row, r->col.frame, &v, e))
			return -1;
		if (v < 0)
			return err_set(e, "'%s' line %llu: a negative %s", r->tsv.name,
				       (unsigned long long)r->tsv.row.line, r->s->frame);
		*frame = (uint64_t)v;
		return 0;
	}
	while (end > id && !isdigit((unsigned char)end[-1]))
		end--;
	for (begin = end; begin > id && isdigit((unsigned char)begin[-1]) && end - begin < 18; begin--)
		;
	memcpy(digits, begin, (size_t)(end - begin));
	digits[end - begin] = 0;
	if (num_parse_u64(digits, frame))
		return err_set(e, "'%s' line %llu: no column '%s' and no number in the id '%.100s'", r->tsv.name,
			       (unsigned long long)r->tsv.row.line, r->s->frame, id);
	return 0;
}

/* Is the row one of those that are drawn from? 1, 0, or -1. */
static int in_population(struct row_reader *r, struct err *e)
{
	const struct tsv_row *row = &r->tsv.row;
	uint64_t frame, every = (uint64_t)r->s->every;

	if (!tsv_ok(row, r->col.status))
		return 0;
	for (int i = 0; i < r->s->where.n; i++) {
		const char *field = tsv_raw(row, r->col.where[i]);
		if (!*field || strcmp(field, "nan") == 0)
			return 0;
	}
	if (!every)
		return 1;
	if (frame_number(r, &frame, e))
		return -1;
	/* The first frame taken differs between subjects and seeds, and 6 takes a subset of what 3 takes. */
	return (frame % every + select_hash(r->s->rule.seed, field_key(r, r->col.subject)) % every) % every == 0;
}

static int row_face(const struct row_reader *r, uint32_t *face, struct err *e)
{
	int64_t v = 0;

	if (r->col.face >= 0 && *tsv_raw(&r->tsv.row, r->col.face) && tsv_i64(&r->tsv, &r->tsv.row, r->col.face, &v, e))
		return -1;
	if (v < 0 || v >= UINT32_MAX)
		return err_set(e, "'%s' line %llu: face %lld is out of range", r->tsv.name,
			       (unsigned long long)r->tsv.row.line, (long long)v);
	*face = (uint32_t)v;
	return 0;
}

static uint64_t row_hash(struct row_reader *r)
{
	return select_hash(r->s->rule.seed, field_key(r, r->col.id));
}

/* ---- the output */

struct row_writer {
	struct tsv_out tsv;
	struct out out;
};

static int begin_output(struct row_writer *w, struct subsample *s, const struct tsv *t, const struct buf *note,
			struct err *e)
{
	struct buf line = { 0 };

	*w = (struct row_writer){ 0 };
	if (out_open(&w->out, s->out, false, e))
		return -1;
	if (!s->common.no_pg) {
		tsv_out_comments(&w->tsv, &t->comments);
		tsv_out_pg(&w->tsv, false, s->argc, s->argv);
		subsample_describe(s, &line);
		buf_printf(&w->tsv.line, "#subset\t%s%s%s\n", line.data, note && note->len ? "; " : "",
			   note && note->len ? note->data : "");
		buf_release(&line);
	}
	for (int i = 0; i < t->head.n; i++)
		tsv_out_str(&w->tsv, t->head.field[i]);
	tsv_out_end(&w->tsv);
	return 0;
}

static int write_row(struct row_writer *w, struct row_reader *r, struct err *e)
{
	tsv_out_row(&w->tsv, &r->tsv.row);
	tsv_out_end(&w->tsv);
	if (w->tsv.line.len < OUT_FULL)
		return 0;
	return tsv_out_write(&w->tsv, &w->out, e);
}

/* What is done goes on while a slow pipe has nothing new. */
static int flush_if_idle(struct row_writer *w, const struct row_reader *r, struct err *e)
{
	if (!tsv_would_block(&r->tsv))
		return 0;
	return tsv_out_write(&w->tsv, &w->out, e) || out_flush(&w->out, e) ? -1 : 0;
}

static int end_output(struct row_writer *w, int rc, struct err *e)
{
	if (!rc)
		rc = tsv_out_write(&w->tsv, &w->out, e);
	tsv_out_release(&w->tsv);
	if (!rc)
		return out_commit(&w->out, e);
	out_abort(&w->out);
	return -1;
}

/* ---- one pass */

static int stream(struct subsample *s, struct row_reader *r, struct err *e)
{
	struct row_writer w;
	uint64_t population = 0;
	int rc = begin_output(&w, s, &r->tsv, NULL, e);

	while (!rc && (rc = tsv_next(&r->tsv, e)) > 0) {
		int in = in_population(r, e);

		rc = in < 0 ? -1 : 0;
		s->summary.in++;
		progress_add(1);
		population += in > 0;
		if (in > 0 && (s->all || ratio_holds(s->rule.fraction, row_hash(r)))) {
			rc = write_row(&w, r, e);
			s->summary.out++;
		}
		if (!rc)
			rc = flush_if_idle(&w, r, e);
	}
	summary_extra(&s->summary, "population", (double)population);
	return end_output(&w, rc, e);
}

/* ---- two passes */

static int look(struct subsample *s, struct row_reader *r, struct select *select, struct err *e)
{
	int rc;

	while ((rc = tsv_next(&r->tsv, e)) > 0) {
		uint32_t face = 0;
		uint64_t group = 0;
		int in = in_population(r, e);

		if (in < 0 || row_face(r, &face, e))
			return -1;
		s->summary.in++;
		progress_add(1);
		if (in && r->col.group >= 0) {
			if (!*tsv_raw(&r->tsv.row, r->col.group))
				return err_set(
					e,
					"'%s' line %llu: column '%s' is empty\nhint: --where %s leaves such rows out",
					r->tsv.name, (unsigned long long)r->tsv.row.line,
					r->tsv.head.field[r->col.group], r->tsv.head.field[r->col.group]);
			group = field_key(r, r->col.group);
		}
		rc = in ? select_add(select, row_hash(r), face, group, e) : select_skip(select, e);
		if (rc)
			return -1;
	}
	return rc;
}

static int take(struct subsample *s, struct row_reader *r, struct select *select, const struct buf *note, struct err *e)
{
	struct row_writer w;
	int rc = begin_output(&w, s, &r->tsv, note, e);

	while (!rc && (rc = tsv_next(&r->tsv, e)) > 0) {
		int chosen = select_next(select, e);

		rc = chosen < 0 ? -1 : 0;
		if (chosen > 0) {
			rc = write_row(&w, r, e);
			s->summary.out++;
		}
	}
	return end_output(&w, rc, e);
}

static int twice(struct subsample *s, const struct subset_input *in, struct err *e)
{
	struct select *select = select_new(&s->rule);
	struct buf note = { 0 };
	struct row_reader r;
	int rc = rows_open(&r, s, in, e) || look(s, &r, select, e) || select_finish(select, &note, e) ? -1 : 0;

	rows_close(&r);
	if (!rc && !subset_input_rewind(in, e) && !rows_open(&r, s, in, e))
		rc = take(s, &r, select, &note, e);
	else
		rc = -1;
	rows_close(&r);
	summary_extra(&s->summary, "population", (double)select_population(select));
	if (!rc && note.len && !s->common.quiet)
		warn("%s", note.data);
	buf_release(&note);
	select_free(select);
	return rc;
}

int subsample_manifest(struct subsample *s, struct subset_input *in, struct err *e)
{
	struct row_reader r;
	int rc;

	if (!s->streaming)
		return subset_input_spool(in, e) || twice(s, in, e) ? -1 : 0;
	rc = rows_open(&r, s, in, e) ? -1 : stream(s, &r, e);
	rows_close(&r);
	return rc;
}
