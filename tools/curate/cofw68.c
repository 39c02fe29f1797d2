/*
 * cofw68.c - COFW-68: 68 points for the 507 test faces of COFW
 *
 * N_points.mat, N = 1..507: Points 68x2, 1-based as MATLAB counts, and Occ 1x68. cofw68_test_bboxes.mat: 507x4 x y w h. The
 * pictures are those of COFW's own .mat: --pictures writes them out as images/N.png.
 */
#include <stdlib.h>

#include "tools/curate/face68.h"
#include "tools/curate/inside.h"
#include "tools/curate/mats.h"
#include "tools/curate/readers.h"

enum { FACES = 507, VALUES = 3 * FACE68 };

static const char folder[] = "COFW68_Data/test_annotations";
static const char boxes[] = "COFW68_Data/cofw68_test_bboxes.mat";

/* v: x0 y0 x1 y1 .., then the occlusion of each point. */
static int read_face(struct curate *c, int n, double v[VALUES], struct err *e)
{
	static const char *const names[] = { "Points", "Occ", NULL };
	char *mat = xasprintf("%s/%d_points.mat", folder, n);
	struct mat_file f;
	double point[2 * FACE68];
	int rc = mats_open(&f, c->root, mat, names, e);

	rc = rc || mats_numbers(&f, "Points", FACE68, 2, point, e) ||
	     mats_numbers(&f, "Occ", 1, FACE68, v + 2 * FACE68, e);
	for (int i = 0; !rc && i < FACE68; i++) {
		v[2 * i] = point[i] - 1;
		v[2 * i + 1] = point[FACE68 + i] - 1;
	}
	mat_release(&f);
	free(mat);
	return rc ? -1 : 0;
}

/* picture is NULL without --pictures. */
static int write_face(struct curate *c, int n, const double *box, const struct mat *picture, struct err *e)
{
	char *path = xasprintf("images/%d.png", n), *status = NULL;
	struct err why = { 0 };
	double v[VALUES], x = box[n - 1] - 1, y = box[FACES + n - 1] - 1, hidden = 0;
	int rc = picture ? inside_write(c, picture, path, &why) : 0;

	if (rc < 0) {
		free(path);
		return err_set(e, "%s", why.msg);
	}
	if (rc > 0)
		status = xasprintf("bad:%s", why.msg);
	row_begin(c, path);
	row_str(c, "test");
	row_f64(c, x);
	row_f64(c, y);
	row_f64(c, x + box[2 * FACES + n - 1]);
	row_f64(c, y + box[3 * FACES + n - 1]);
	if (read_face(c, n, v, &why)) {
		free(status);
		status = xasprintf("bad:%s", why.msg);
	} else {
		for (int i = 0; i < FACE68; i++)
			hidden += v[2 * FACE68 + i] != 0;
		row_f64(c, hidden / FACE68);
		row_numbers(c, v, 2 * FACE68);
	}
	rc = row_end(c, status, e);
	free(status);
	free(path);
	return rc;
}

/* The pictures, NULL without --pictures. */
static int read_pictures(struct mat_file *f, struct curate *c, const struct mat **pictures, struct err *e)
{
	static const char *const names[] = { "IsT", NULL };
	const char *file;

	*pictures = NULL;
	if (!c->pictures)
		return 0;
	if (inside_read(f, c, "COFW_test_color.mat", "COFW_test.mat", names, &file, e))
		return -1;
	*pictures = mat_find(f, names[0]);
	if ((*pictures)->kind != MAT_CELL || (*pictures)->count != FACES)
		return err_set(e, "'%s': %s is not a cell of %d pictures", file, names[0], FACES);
	return 0;
}

int read_cofw68(struct curate *c, struct err *e)
{
	static const char *const names[] = { "bboxes", NULL };
	double box[4 * FACES];
	struct mat_file f = { 0 }, images = { 0 };
	const struct mat *picture;
	int rc = curate_need(c, folder, e) || curate_need(c, boxes, e) ||
		 mat_read(&f, curate_path(c, boxes), names, NULL, e);

	if (!rc && mats_numbers(&f, names[0], FACES, 4, box, e))
		rc = err_prefix(e, "'%s'", curate_path(c, boxes));
	mat_release(&f);
	rc = rc || read_pictures(&images, c, &picture, e) || row_head(c, "split x1 y1 x2 y2 occluded", FACE68, 2, e);
	for (int n = 1; !rc && n <= FACES; n++)
		rc = write_face(c, n, box, picture ? &picture->cell[n - 1] : NULL, e);
	mat_release(&images);
	return rc ? -1 : 0;
}
