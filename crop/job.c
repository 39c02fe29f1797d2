/* job.c - from rows to crops */
#include "crop/job.h"

#include <math.h>
#include <stdlib.h>

#include "common/hash.h"
#include "common/num.h"

void crop_job_add(struct job *j, const struct tsv_row *row, bool ok)
{
	if (j->n == j->cap) {
		j->cap = j->cap ? 2 * j->cap : 4;
		j->face = xrealloc_array(j->face, (size_t)j->cap, sizeof *j->face);
	}
	struct face *f = &j->face[j->n++];
	*f = (struct face){ .state = ok ? FACE_WAITING : FACE_PASSED, .label = -1 };
	tsv_row_copy(&f->row, row);
}

void crop_job_free(struct job *j)
{
	for (int i = 0; i < j->n; i++) {
		struct face *f = &j->face[i];
		tsv_row_release(&f->row);
		image_release(&f->crop);
		buf_release(&f->jpeg);
		free(f->why);
	}
	crop_photo_drop(j->photo);
	free(j->face);
	free(j);
}

static void settle(struct face *f, enum face_state state, const char *why)
{
	f->state = state;
	f->why = xstrdup(why);
}

/* ---- what the row alone tells */

static int read_numbers(struct face *f, const struct columns *c, struct err *e)
{
	const char *label = tsv_raw(&f->row, c->label), *number = tsv_raw(&f->row, c->face);
	int64_t v = 0;
	if (*label && num_parse_i64(label, &f->label) < 0)
		return err_set(e, "label is not a whole number");
	if (*number && (num_parse_i64(number, &v) < 0 || v < 0 || v > UINT32_MAX))
		return err_set(e, "face is not a number from 0 on");
	f->number = (uint32_t)v;
	return 0;
}

static bool below_min(const struct face *f, const struct columns *c, const struct crop_options *o)
{
	double score;
	if (o->min_face > 0 && f->size < o->min_face)
		return true;
	return o->min_score > 0 && !(num_parse_f64(tsv_raw(&f->row, c->score), &score) == 0 && score >= o->min_score);
}

static void prepare(struct face *f, const struct columns *c, const struct crop_options *o)
{
	struct err e = { 0 }, no_box = { 0 };
	f->has_box = crop_columns_box(c, &f->row, &f->box, &no_box) == 0;
	if (read_numbers(f, c, &e) < 0 || crop_columns_map(c, &f->row, o, &f->map, &f->size, &e) < 0)
		settle(f, FACE_BAD, e.msg);
	else if (below_min(f, c, o))
		settle(f, FACE_NONE, "below-min");
}

/* ---- what the photo tells */

/* A manifest whose width and height are others than the photo's has its coordinates in another frame. */
static bool other_size(const struct face *f, const struct columns *c, const struct image_info *info, char **why)
{
	double w = info->w, h = info->h;
	const char *width = tsv_raw(&f->row, c->width), *height = tsv_raw(&f->row, c->height);
	if ((*width && num_parse_f64(width, &w) < 0) || (*height && num_parse_f64(height, &h) < 0))
		w = -1;
	if (w == info->w && h == info->h)
		return false;
	*why = xasprintf("picture of %dx%d, not %sx%s", info->w, info->h, width, height);
	return true;
}

static void meet_photo(struct face *f, const struct columns *c, const struct crop_options *o, const struct photo *p)
{
	char *why = NULL;
	if (!p->pixels) {
		settle(f, FACE_BAD, p->why.msg);
		return;
	}
	f->outside = crop_outside(&f->map, o->w, o->h, p->info.w, p->info.h);
	if (other_size(f, c, &p->info, &why))
		settle(f, FACE_BAD, why);
	else if (f->outside >= 1)
		settle(f, FACE_BAD, "face outside the picture");
	free(why);
}

/* ---- one face a photo */

/* --largest: the box's area; --nearest-centre: minus its distance from the middle; both: insightface's area - 2 distance^2. */
static double rank(const struct face *f, const struct crop_options *o, const struct image_info *info)
{
	const struct face_box *b = &f->box;
	double w = b->x2 - b->x1, h = b->y2 - b->y1;
	double dx = (b->x1 + b->x2) / 2 - info->w / 2., dy = (b->y1 + b->y2) / 2 - info->h / 2.;
	if (!f->has_box)
		return -INFINITY;
	return (o->largest ? w * h : 0) - (o->nearest ? 2 * (dx * dx + dy * dy) : 0);
}

/* The best is face 0, the others are numbered from 1 on and left out. */
static void choose(struct job *j, const struct crop_options *o)
{
	struct face *best = NULL;
	uint32_t number = 1;
	for (int i = 0; i < j->n; i++) {
		struct face *f = &j->face[i];
		if (f->state == FACE_WAITING && (!best || rank(f, o, &j->photo->info) > rank(best, o, &j->photo->info)))
			best = f;
	}
	for (int i = 0; i < j->n; i++) {
		struct face *f = &j->face[i];
		if (f->state == FACE_PASSED)
			continue;
		f->number = f == best ? 0 : number++;
		if (f->state == FACE_WAITING && f != best)
			settle(f, FACE_NONE, "not-chosen");
	}
}

/* ---- cropping */

static void crop(struct face *f, const struct crop_options *o, const struct photo *p)
{
	struct err e = { 0 };
	image_init(&f->crop, o->w, o->h);
	crop_render(&f->crop, p->pixels, p->info.scale, &f->map, o);
	f->state = FACE_CROPPED;
	if (!o->jpeg) {
		f->crc = crc32_add(0, f->crop.data, f->crop.stride * (size_t)f->crop.h);
		return;
	}
	if (image_encode_jpeg(&f->crop, o->jpeg, &f->jpeg, &e) < 0)
		settle(f, FACE_BAD, e.msg);
	f->crc = crc32_add(0, f->jpeg.data, f->jpeg.len);
	image_release(&f->crop);
}

static int count_waiting(const struct job *j)
{
	int n = 0;
	for (int i = 0; i < j->n; i++)
		n += j->face[i].state == FACE_WAITING;
	return n;
}

void crop_job_work(struct job *j, const struct columns *c, const struct crop_options *o)
{
	for (int i = 0; i < j->n; i++)
		if (j->face[i].state == FACE_WAITING)
			prepare(&j->face[i], c, o);
	if (count_waiting(j) > 0) {
		crop_photo_load(j->photo, o->root, &o->limits);
		for (int i = 0; i < j->n; i++)
			if (j->face[i].state == FACE_WAITING)
				meet_photo(&j->face[i], c, o, j->photo);
	}
	if (o->largest || o->nearest)
		choose(j, o);
	for (int i = 0; i < j->n; i++)
		if (j->face[i].state == FACE_WAITING)
			crop(&j->face[i], o, j->photo);
}
