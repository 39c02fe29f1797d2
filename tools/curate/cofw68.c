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

enum { FACES = 507, VALUES = 1 + 2 * FACE68 };

static const char folder[] = "COFW68_Data/test_annotations";
static const char boxes[] = "COFW68_Data/cofw68_test_bboxes.mat";

static char *face_path(const struct inside *in, size_t i)
{
	(void)in;
	return xasprintf("images/%zu.png", i + 1);
}

/* The share of hidden points, then x and y of each. */
static int read_face(const struct inside *in, size_t i, double *v, struct err *e)
{
	static const char *const names[] = { "Points", "Occ", NULL };
	char *mat = xasprintf("%s/%zu_points.mat", folder, i + 1);
	struct mat_file f;
	double point[2 * FACE68], hidden[FACE68], count = 0;
	int rc = mats_open(&f, in->c->root, mat, names, e);

	rc = rc || mats_numbers(&f, "Points", FACE68, 2, point, e) || mats_numbers(&f, "Occ", 1, FACE68, hidden, e);
	for (int k = 0; !rc && k < FACE68; k++) {
		count += hidden[k] != 0;
		v[1 + 2 * k] = point[k] - 1;
		v[2 + 2 * k] = point[FACE68 + k] - 1;
	}
	if (!rc)
		v[0] = count / FACE68;
	mat_release(&f);
	free(mat);
	return rc ? -1 : 0;
}

static int write_face(const struct inside *in, size_t i, const char *path, const double *v, const char *status,
		      struct err *e)
{
	const double *box = in->set;
	double x = box[i] - 1, y = box[FACES + i] - 1;

	row_begin(in->c, path);
	row_str(in->c, "test");
	row_box(in->c, x, y, x + box[2 * FACES + i], y + box[3 * FACES + i]);
	row_numbers(in->c, v, VALUES);
	return row_end(in->c, status, e);
}

/* The pictures, [FACES]; NULL without --pictures. */
static int read_pictures(struct mat_file *f, struct curate *c, const struct mat **pictures, struct err *e)
{
	static const char *const names[] = { "IsT", NULL };
	const struct mat *cell;
	const char *file;

	*pictures = NULL;
	if (!c->pictures)
		return 0;
	if (inside_read(f, c, "COFW_test_color.mat", "COFW_test.mat", names, &file, e))
		return -1;
	cell = mat_find(f, names[0]);
	if (cell->kind != MAT_CELL || cell->count != FACES)
		return err_set(e, "'%s': %s is not a cell of %d pictures", file, names[0], FACES);
	*pictures = cell->cell;
	return 0;
}

int read_cofw68(struct curate *c, struct err *e)
{
	static const char *const names[] = { "bboxes", NULL };
	double box[4 * FACES];
	struct mat_file f = { 0 }, images = { 0 };
	struct inside in = { .c = c,
			     .set = box,
			     .n = FACES,
			     .values = VALUES,
			     .path = face_path,
			     .read = read_face,
			     .write = write_face };
	int rc = curate_need(c, folder, e) || curate_need(c, boxes, e) ||
		 mat_read(&f, curate_path(c, boxes), names, NULL, e);

	if (!rc && mats_numbers(&f, names[0], FACES, 4, box, e))
		rc = err_prefix(e, "'%s'", curate_path(c, boxes));
	mat_release(&f);
	rc = rc || read_pictures(&images, c, &in.cell, e) || row_head(c, "split x1 y1 x2 y2 occluded", FACE68, 2, e) ||
	     inside_run(&in, e);
	mat_release(&images);
	return rc ? -1 : 0;
}
