/*
 * layout_aflw19.c - AFLW-19: 19 points (places.h), in AFLWinfo_release.mat and in HRNet's lists
 *
 * The .mat says by ra which faces are the training set, the first 20,000 of it: there are no others in a smaller set. The lists
 * have both splits at any size, and box_size.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/synth/layout.h"

enum { BOX = 4, LINE = 64 };

struct faces {
	size_t n, cap;
	double (*box)[BOX];		 /* left, right, top, bottom */
	double (*point)[2 * SYNTH_AFLW]; /* 19 x, 19 y */
	double (*seen)[SYNTH_AFLW];
	char **name;
	bool *test;
};

int synth_aflw19_start(struct synth_layout *l, struct err *e)
{
	(void)e;
	synth_places_find(&l->scene->model, synth_aflw_places, SYNTH_AFLW, l->vertex);
	l->own = xcalloc(1, sizeof(struct faces));
	return 0;
}

static void grow(struct faces *f)
{
	if (f->n < f->cap)
		return;
	f->cap = f->cap ? 2 * f->cap : 64;
	f->box = xrealloc_array(f->box, f->cap, sizeof *f->box);
	f->point = xrealloc_array(f->point, f->cap, sizeof *f->point);
	f->seen = xrealloc_array(f->seen, f->cap, sizeof *f->seen);
	f->name = xrealloc_array(f->name, f->cap, sizeof *f->name);
	f->test = xrealloc_array(f->test, f->cap, sizeof *f->test);
}

/* HRNet's list: a square of 200 * scale pixels around the centre; box_size, its side, is what errors are divided by. */
static void add_line(struct synth_layout *l, const char *list, const char *picture, const double box[4],
		     const float (*xy)[2])
{
	double side = fmax(box[2] - box[0], box[3] - box[1]);

	if (synth_layout_new(l, list)) {
		synth_layout_add(l, list, "image_name,scale,box_size,center_w,center_h");
		for (int i = 0; i < 2 * SYNTH_AFLW; i++)
			synth_layout_add(l, list, ",original_%d_%c", i / 2, "xy"[i % 2]);
		synth_layout_add(l, list, "\n");
	}
	synth_layout_add(l, list, "%s,%.6f,%.4f,%.4f,%.4f", picture, side / 200, side, (box[0] + box[2]) / 2,
			 (box[1] + box[3]) / 2);
	for (int i = 0; i < 2 * SYNTH_AFLW; i++)
		synth_layout_add(l, list, ",%.4f", (double)xy[i / 2][i % 2]);
	synth_layout_add(l, list, "\n");
}

/* Every fourth person is in the test set. */
void synth_aflw19_add(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	struct faces *f = l->own;
	const double *b = j->truth.box;
	bool test = synth_layout_person(l, j) % 4 == 3, hidden[SYNTH_AFLW], frontal = true;
	float xy[SYNTH_AFLW][2];
	char name[LINE];

	snprintf(name, sizeof name, "%llu/image%05llu.jpg", (unsigned long long)l->pictures / 10000,
		 (unsigned long long)l->pictures + 1);
	buf_printf(path, "data/flickr/%s", name);
	synth_places_at(j, synth_aflw_places, l->vertex, SYNTH_AFLW, xy);
	synth_places_hidden(l->scene, j, synth_aflw_places, l->vertex, SYNTH_AFLW, hidden);
	grow(f);
	for (int i = 0; i < SYNTH_AFLW; i++) {
		f->point[f->n][i] = (double)xy[i][0];
		f->point[f->n][SYNTH_AFLW + i] = (double)xy[i][1];
		f->seen[f->n][i] = !hidden[i];
		frontal = frontal && !hidden[i];
	}
	memcpy(f->box[f->n], (double[]){ b[0], b[2], b[1], b[3] }, sizeof *f->box);
	f->name[f->n] = xstrdup(name);
	f->test[f->n++] = test;
	add_line(l, test ? "face_landmarks_aflw_test.csv" : "face_landmarks_aflw_train.csv", path->data, b,
		 (const float(*)[2])xy);
	if (test && frontal)
		add_line(l, "face_landmarks_aflw_test_frontal.csv", path->data, b, (const float(*)[2])xy);
}

/* Numbers of faces from 1, those of the training set first. */
static double *order_of(const struct faces *f)
{
	double *ra = xrealloc_array(NULL, f->n, sizeof *ra);
	size_t n = 0;

	for (int part = 0; part < 2; part++)
		for (size_t i = 0; i < f->n; i++)
			if (f->test[i] == (part == 1))
				ra[n++] = (double)(i + 1);
	return ra;
}

int synth_aflw19_finish(struct synth_layout *l, struct err *e)
{
	const struct faces *f = l->own;
	double *box = synth_layout_columns(f->box[0], f->n, BOX),
	       *point = synth_layout_columns(f->point[0], f->n, 2 * SYNTH_AFLW),
	       *seen = synth_layout_columns(f->seen[0], f->n, SYNTH_AFLW), *ra = order_of(f);
	struct mat_out_array *name = xcalloc(f->n, sizeof *name);
	const struct mat_out_array labels[] = {
		{ "bbox", MAT_OUT_F64, { f->n, BOX }, box },
		{ "data", MAT_OUT_F64, { f->n, 2 * SYNTH_AFLW }, point },
		{ "mask_new", MAT_OUT_F64, { f->n, SYNTH_AFLW }, seen },
		{ "ra", MAT_OUT_F64, { 1, f->n }, ra },
	};
	struct mat_out *m = synth_layout_mat(l, "AFLWinfo_release.mat", MAT_OUT_V5, e);
	int rc = m ? 0 : -1;

	for (size_t i = 0; i < f->n; i++)
		name[i] = (struct mat_out_array){ "", MAT_OUT_TEXT, { 0 }, f->name[i] };
	for (size_t i = 0; !rc && i < sizeof labels / sizeof *labels; i++)
		rc = mat_out_array(m, &labels[i], e);
	rc = rc || mat_out_cell(m, "nameList", name, f->n, e) ? -1 : 0;
	if (!rc)
		rc = mat_out_commit(m, e);
	else
		mat_out_abort(m);
	free(name);
	free(ra);
	free(seen);
	free(point);
	free(box);
	return rc;
}

void synth_aflw19_release(struct synth_layout *l)
{
	struct faces *f = l->own;

	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		free(f->name[i]);
	free(f->name);
	free(f->test);
	free(f->seen);
	free(f->point);
	free(f->box);
	free(f);
}
