/*
 * layout_cofw.c - COFW: 29 points (places.h), pictures and labels in one .mat of version 7.3 for each split
 *
 * All pictures of the set are in memory until the end: that is the form it is published in. Coordinates and boxes count from 1.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/synth/layout.h"

enum { PARTS = 2, BOX = 4, VALUES = 3 * SYNTH_COFW };

struct part {
	size_t n, cap;
	double *point, *box; /* [n][VALUES]: x, y, hidden; [n][BOX]: x y w h */
	uint8_t **picture;   /* [n]: columns of each plane */
};

int synth_cofw_start(struct synth_layout *l, struct err *e)
{
	(void)e;
	synth_places_find(&l->scene->model, synth_cofw_places, SYNTH_COFW, l->vertex);
	l->own = xcalloc(PARTS, sizeof(struct part));
	return 0;
}

static void grow(struct part *p)
{
	if (p->n < p->cap)
		return;
	p->cap = p->cap ? 2 * p->cap : 64;
	p->point = xrealloc_array(p->point, p->cap, VALUES * sizeof *p->point);
	p->box = xrealloc_array(p->box, p->cap, BOX * sizeof *p->box);
	p->picture = xrealloc_array(p->picture, p->cap, sizeof *p->picture);
}

static uint8_t *planes_of(const char *rgb, size_t side)
{
	uint8_t *out = xmalloc(3 * side * side);

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			for (size_t k = 0; k < 3; k++)
				out[y + side * (x + side * k)] = (uint8_t)rgb[3 * (y * side + x) + k];
	return out;
}

/* Every fourth person is in the test set. */
void synth_cofw_add(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	struct part *p = (struct part *)l->own + (synth_layout_person(l, j) % 4 == 3);
	const double *b = j->truth.box;
	float xy[SYNTH_COFW][2];
	bool hidden[SYNTH_COFW];
	double *point, *box;

	(void)path;
	grow(p);
	point = p->point + VALUES * p->n;
	box = p->box + BOX * p->n;
	synth_places_at(j, synth_cofw_places, l->vertex, SYNTH_COFW, xy);
	synth_places_hidden(l->scene, j, synth_cofw_places, l->vertex, SYNTH_COFW, hidden);
	for (int i = 0; i < SYNTH_COFW; i++) {
		point[i] = (double)xy[i][0] + 1;
		point[SYNTH_COFW + i] = (double)xy[i][1] + 1;
		point[2 * SYNTH_COFW + i] = hidden[i];
	}
	box[0] = b[0] + 1;
	box[1] = b[1] + 1;
	box[2] = b[2] - b[0];
	box[3] = b[3] - b[1];
	p->picture[p->n++] = planes_of(j->payload.data, (size_t)l->scene->frame.size);
}

static int write_part(const struct synth_layout *l, const struct part *p, const char *file, const char *const name[3],
		      struct err *e)
{
	size_t side = (size_t)l->scene->frame.size;
	double *point = synth_layout_columns(p->point, p->n, VALUES), *box = synth_layout_columns(p->box, p->n, BOX);
	const struct mat_out_array labels[] = {
		{ name[1], MAT_OUT_F64, { p->n, VALUES }, point },
		{ name[2], MAT_OUT_F64, { p->n, BOX }, box },
	};
	struct mat_out_array *picture = xcalloc(p->n, sizeof *picture);
	struct mat_out *m = synth_layout_mat(l, file, MAT_OUT_V73, e);
	int rc = -1;

	for (size_t i = 0; i < p->n; i++)
		picture[i] = (struct mat_out_array){ "", MAT_OUT_U8, { side, side, 3 }, p->picture[i] };
	if (m && !mat_out_cell(m, name[0], picture, p->n, e) && !mat_out_array(m, &labels[0], e) &&
	    !mat_out_array(m, &labels[1], e))
		rc = mat_out_commit(m, e);
	else
		mat_out_abort(m);
	free(picture);
	free(point);
	free(box);
	return rc;
}

int synth_cofw_finish(struct synth_layout *l, struct err *e)
{
	static const char *const train[] = { "IsTr", "phisTr", "bboxesTr" }, *const test[] = { "IsT", "phisT",
											       "bboxesT" };
	const struct part *p = l->own;

	return write_part(l, &p[0], "COFW_train_color.mat", train, e) ||
			       write_part(l, &p[1], "COFW_test_color.mat", test, e)
		       ? -1
		       : 0;
}

void synth_cofw_release(struct synth_layout *l)
{
	struct part *p = l->own;

	for (int k = 0; p && k < PARTS; k++) {
		for (size_t i = 0; i < p[k].n; i++)
			free(p[k].picture[i]);
		free(p[k].picture);
		free(p[k].point);
		free(p[k].box);
	}
	free(p);
}
