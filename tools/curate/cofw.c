/*
 * cofw.c - COFW: 1,345 + 507 faces with 29 points, pictures and labels in one .mat for each split
 *
 * IsTr (IsT): a cell of n pictures, some of them grey. phisTr (phisT) [n,87]: 29 x, 29 y, 29 flags, 1 where the point is
 * hidden. bboxesTr (bboxesT) [n,4]: x y w h. The colour files are v7.3, the grey ones (COFW.zip: COFW_train.mat, named so in
 * the authors' RCPR) v5 or v7.3; all hold the same faces in the same order.
 *
 * Coordinates count from 1, as MATLAB does. mmpose's converter takes 1 off the points for that reason, too, and leaves the boxes;
 * that boxes count likewise is concluded from COFW-68, made from the same file. HRNet and PIPNet take all of it as it stands.
 */
#include <math.h>
#include <stdlib.h>

#include "tools/curate/inside.h"
#include "tools/curate/readers.h"

enum { POINTS = 29, BOX = 4, VALUES = BOX + 1 + 2 * POINTS };

struct part {
	const char *split, *colour, *grey;
	const char *name[4]; /* points, boxes, pictures */
};

static const struct part parts[] = {
	{ "train", "COFW_train_color.mat", "COFW_train.mat", { "phisTr", "bboxesTr", "IsTr", NULL } },
	{ "test", "COFW_test_color.mat", "COFW_test.mat", { "phisT", "bboxesT", "IsT", NULL } },
};

struct set {
	const struct part *part;
	const struct mat *points, *boxes;
	const struct mat *pictures; /* NULL without --pictures */
	uint64_t n;
};

static int check(struct set *s, const struct mat_file *f, const struct part *p, const char *file, struct err *e)
{
	s->points = mat_find(f, p->name[0]);
	s->boxes = mat_find(f, p->name[1]);
	s->pictures = mat_find(f, p->name[2]);
	s->n = s->points ? s->points->dims[0] : 0;
	if (!s->n || !mat_is_matrix(s->points, s->n, 3 * POINTS) || !mat_is_matrix(s->boxes, s->n, 4) ||
	    (s->pictures && (s->pictures->kind != MAT_CELL || s->pictures->count != s->n)))
		return err_set(e, "'%s': %s is not [n,%d], %s [n,4] and %s a cell of n pictures", file, p->name[0],
			       3 * POINTS, p->name[1], p->name[2]);
	return 0;
}

static char *face_path(const struct inside *in, size_t i)
{
	const struct set *s = in->set;

	return xasprintf("%s/%zu.png", s->part->split, i + 1);
}

/* Box, the share of hidden points, points. */
static int read_face(const struct inside *in, size_t i, double *v, struct err *e)
{
	const struct set *s = in->set;
	double *box = v, *hidden = v + BOX, *xy = v + BOX + 1, sum = 0;

	for (uint64_t k = 0; k < BOX; k++)
		sum += box[k] = mat_number(s->boxes, i + k * s->n) - (k < 2);
	box[2] += box[0];
	box[3] += box[1];
	*hidden = 0;
	for (uint64_t k = 0; k < POINTS; k++) {
		sum += xy[2 * k] = mat_number(s->points, i + k * s->n) - 1;
		sum += xy[2 * k + 1] = mat_number(s->points, i + (POINTS + k) * s->n) - 1;
		*hidden += mat_number(s->points, i + (2 * POINTS + k) * s->n) != 0;
	}
	*hidden /= POINTS;
	return isfinite(sum) ? 0 : err_set(e, "points");
}

static int write_face(const struct inside *in, size_t i, const char *path, const double *v, const char *status,
		      struct err *e)
{
	const struct set *s = in->set;

	(void)i;
	row_begin(in->c, path);
	row_str(in->c, s->part->split);
	row_box(in->c, v[0], v[1], v[2], v[3]);
	row_numbers(in->c, v + BOX, VALUES - BOX);
	return row_end(in->c, status, e);
}

static int read_part(struct curate *c, const struct part *p, struct err *e)
{
	struct mat_file f = { 0 };
	struct set s = { .part = p };
	const char *file;
	int rc = inside_read(&f, c, p->colour, p->grey, p->name, &file, e) || check(&s, &f, p, file, e);

	if (!rc) {
		const struct inside in = {
			.c = c,
			.set = &s,
			.cell = s.pictures ? s.pictures->cell : NULL,
			.n = s.n,
			.values = VALUES,
			.path = face_path,
			.read = read_face,
			.write = write_face,
		};
		rc = inside_run(&in, e);
	}
	mat_release(&f);
	return rc ? -1 : 0;
}

int read_cofw(struct curate *c, struct err *e)
{
	int rc = 0;

	/* Before the first row: what is not there ends the run. */
	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		if (curate_wants(c, parts[i].split) && !curate_exists(c, parts[i].grey))
			rc = curate_need(c, parts[i].colour, e);
	rc = rc || row_head(c, "split x1 y1 x2 y2 occluded", POINTS, 2, e);
	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		if (curate_wants(c, parts[i].split))
			rc = read_part(c, &parts[i], e);
	return rc ? -1 : 0;
}
