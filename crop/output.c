/* output.c - see output.h */
#include "crop/output.h"

#include <stdlib.h>
#include <string.h>

/* ---- the manifest */

/* The added column's name: with our prefix as often as it takes to be new. */
static void add_column(struct output *w, const struct tsv *t, const char *name)
{
	char *unique = xstrdup(name);
	while (tsv_col(t, unique) >= 0) {
		char *longer = xasprintf("crop_%s", unique);
		free(unique);
		unique = longer;
	}
	tsv_out_str(&w->row, unique);
	free(unique);
}

static bool chooses(const struct output *w)
{
	return w->options->largest || w->options->nearest;
}

static void header(struct output *w, const struct tsv *t)
{
	static const char *const box[] = { "crop_x1", "crop_y1", "crop_x2", "crop_y2" };
	static const char *const rest[] = { "a11", "a12", "a13", "a21", "a22", "a23", "crop_outside" };
	for (int i = 0; i < t->head.n; i++)
		tsv_out_str(&w->row, t->head.field[i]);
	if (w->columns->status < 0)
		add_column(w, t, "status");
	if (chooses(w) && w->columns->face < 0)
		add_column(w, t, "face");
	if (chooses(w))
		add_column(w, t, "det_face");
	for (int i = 0; i < 4; i++)
		add_column(w, t, box[i]);
	for (int i = 0; i < w->columns->n_landmarks; i++)
		for (int axis = 0; axis < 2; axis++) {
			char *name = xasprintf("crop_%s%c", w->columns->landmark[i].name, "xy"[axis]);
			add_column(w, t, name);
			free(name);
		}
	for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
		add_column(w, t, rest[i]);
	tsv_out_end(&w->row);
}

static void status(struct output *w, const struct face *f)
{
	static const char *const word[] = { [FACE_CROPPED] = "ok", [FACE_NONE] = "none:", [FACE_BAD] = "bad:" };
	if (f->state == FACE_PASSED) {
		tsv_out_raw(&w->row, tsv_raw(&f->row, w->columns->status));
		return;
	}
	char *text = xasprintf("%s%s", word[f->state], f->why ? f->why : "");
	tsv_out_str(&w->row, text);
	free(text);
}

static void number(struct output *w, const struct face *f)
{
	if (f->state == FACE_PASSED)
		tsv_out_raw(&w->row, tsv_raw(&f->row, w->columns->face));
	else
		tsv_out_i64(&w->row, f->number);
}

static void point(struct output *w, const struct face *f, double x, double y)
{
	double to_x, to_y;
	crop_map_point(&f->map, x, y, &to_x, &to_y);
	tsv_out_f32(&w->row, (float)to_x);
	tsv_out_f32(&w->row, (float)to_y);
}

static void nothing(struct output *w, int n)
{
	while (n-- > 0)
		tsv_out_raw(&w->row, "");
}

static void landmarks(struct output *w, const struct face *f)
{
	for (int i = 0; i < w->columns->n_landmarks; i++) {
		double x, y;
		if (crop_columns_landmark(w->columns, &f->row, i, &x, &y) == 0)
			point(w, f, x, y);
		else
			nothing(w, 2);
	}
}

static void row(struct output *w, const struct face *f)
{
	const struct columns *c = w->columns;
	for (int i = 0; i < f->row.n; i++)
		if (i == c->status)
			status(w, f);
		else if (i == c->face && chooses(w))
			number(w, f);
		else
			tsv_out_raw(&w->row, f->row.field[i]);
	if (c->status < 0)
		status(w, f);
	if (chooses(w) && c->face < 0)
		number(w, f);
	if (chooses(w))
		tsv_out_raw(&w->row, f->state == FACE_PASSED ? "" : c->face < 0 ? "0" : tsv_raw(&f->row, c->face));
	if (f->state != FACE_CROPPED) {
		nothing(w, 4 + 2 * c->n_landmarks + 7);
	} else {
		if (f->has_box) {
			point(w, f, f->box.x1, f->box.y1);
			point(w, f, f->box.x2, f->box.y2);
		} else {
			nothing(w, 4);
		}
		landmarks(w, f);
		for (int i = 0; i < 6; i++)
			tsv_out_f64(&w->row, f->map.a[i]);
		tsv_out_f32(&w->row, (float)f->outside);
	}
	tsv_out_end(&w->row);
}

/* ---- the stream */

static int record(struct output *w, const struct job *j, const struct face *f, struct err *e)
{
	const struct crop_options *o = w->options;
	struct record r = {
		.kind = o->jpeg ? RECORD_JPEG : RECORD_TENSOR,
		.dtype = RECORD_U8,
		.ndim = 3,
		.dims = { (uint32_t)o->h, (uint32_t)o->w, 3 },
		.bytes = o->jpeg ? f->jpeg.len : 3 * (uint64_t)o->w * (uint64_t)o->h,
		.key = j->photo->key,
		.label = f->label,
		.crc = f->crc,
		.face = f->number,
	};
	w->crops++;
	return record_copy(w->writer, &r, o->jpeg ? (const void *)f->jpeg.data : f->crop.data, e);
}

/* ---- */

int crop_output_open(struct output *w, const struct output_names *names, const struct input *in, const char *provenance,
		     struct err *e)
{
	*w = (struct output){ .options = in->options, .columns = &in->columns };
	w->provenance = *provenance ? xstrdup(provenance) : NULL;
	w->appending = names->append;
	if (names->append ? record_append_open(&w->append, names->stream, e) < 0
			  : out_open(&w->stream, names->stream, true, e) < 0)
		return -1;
	w->plain_writer.out = &w->stream;
	w->writer = names->append ? &w->append.writer : &w->plain_writer;
	if (!names->manifest)
		return 0;
	if (out_open(&w->manifest, names->manifest, false, e) < 0)
		return -1;
	w->has_manifest = true;
	buf_add_str(&w->row.line, provenance);
	header(w, &in->tsv);
	return tsv_out_write(&w->row, &w->manifest, e);
}

int crop_output_job(struct output *w, const struct job *j, bool flush, struct err *e)
{
	for (int i = 0; i < j->n; i++) {
		const struct face *f = &j->face[i];
		w->failed += f->state == FACE_BAD;
		if (f->state == FACE_CROPPED && record(w, j, f, e) < 0)
			return -1;
		if (w->has_manifest)
			row(w, f);
	}
	if (w->has_manifest && tsv_out_write(&w->row, &w->manifest, e) < 0)
		return -1;
	if (!flush)
		return 0;
	if (w->has_manifest && out_flush(&w->manifest, e) < 0)
		return -1;
	return out_flush(w->writer->out, e);
}

int crop_output_commit(struct output *w, struct err *e)
{
	if (w->appending) {
		if (record_append_commit(&w->append, w->provenance, e) < 0)
			return -1;
	} else if (record_end(w->writer, w->provenance, e) < 0 || out_commit(&w->stream, e) < 0) {
		return -1;
	}
	if (w->has_manifest && out_commit(&w->manifest, e) < 0)
		return -1;
	return 0;
}

void crop_output_abort(struct output *w)
{
	if (w->appending)
		record_append_abort(&w->append);
	out_abort(&w->stream);
	if (w->has_manifest)
		out_abort(&w->manifest);
	tsv_out_release(&w->row);
	free(w->provenance);
}
