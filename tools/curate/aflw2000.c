/*
 * aflw2000.c - AFLW2000-3D: AFLW2000/image00002.jpg and .mat
 *
 * pt3d_68 is 3x68 in pixels of the 450x450 picture (pt2d holds 21 points, -1 where unseen; roi is a place in AFLW's original,
 * not in this picture). Pose_Para: pitch, yaw, roll in radians, then translation and scale.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/curate/face68.h"
#include "tools/curate/mats.h"
#include "tools/curate/params.h"
#include "tools/curate/readers.h"

enum { POSE = PARAMS - PARAMS_POSE, POINTS = PARAMS, NUMBERS = 3 * FACE68, VALUES = POINTS + NUMBERS };

static char *mat_name(const char *picture)
{
	return xasprintf("%.*s.mat", (int)(strrchr(picture, '.') - picture), picture);
}

static int read_mat(const struct mats *m, const char *name, double *value, struct err *e)
{
	const char *names[5];
	char *mat = mat_name(name);
	struct mat_file f;
	int rc = mats_open(&f, m->c->root, mat, params_names(m->c, "pt3d_68", names), e);

	rc = rc || params_read(m->c, &f, value, e) || mats_numbers(&f, "pt3d_68", 3, FACE68, value + POINTS, e);
	mat_release(&f);
	free(mat);
	return rc ? -1 : 0;
}

static int write_row(struct curate *c, const char *name, const double *v, const char *status, struct err *e)
{
	char *mat = mat_name(name);
	double box[4];

	row_begin(c, name);
	row_str(c, mat);
	free(mat);
	if (v) {
		for (int i = 0; i < 3; i++)
			row_f64(c, v[POSE + i] * 180 / M_PI);
		face68_box(v + POINTS, FACE68, 3, box);
		row_numbers(c, box, 4);
		row_f64(c, sqrt((box[2] - box[0]) * (box[3] - box[1])));
		/* Column-major 3x68 is x y z point by point. */
		row_numbers(c, v + POINTS, NUMBERS);
	}
	return row_end(c, status, e) || (v && params_write(c, v, e)) ? -1 : 0;
}

int read_aflw2000(struct curate *c, struct err *e)
{
	struct names l = { 0 };
	const struct mats m = { .c = c, .list = &l, .values = VALUES, .read = read_mat, .write = write_row };
	int rc = curate_need(c, "AFLW2000", e) || names_folder(&l, c->root, "AFLW2000", ".jpg", 0, e);

	if (!rc && !l.n)
		rc = curate_absent(c, "AFLW2000/*.jpg", e);
	names_sort(&l);
	rc = rc || row_head(c, "mat pitch yaw roll x1 y1 x2 y2 norm", FACE68, 3, e) || mats_run(&m, e);
	names_release(&l);
	return rc ? -1 : 0;
}
