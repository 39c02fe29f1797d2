/*
 * 300w_lp.c - 300W-LP: SET/NAME.jpg and .mat, and landmarks/SET/NAME_pts.mat
 *
 * In some copies pt2d of NAME.mat is that of the unrotated face for all of its rotations: the points are taken from landmarks/
 * alone. That folder has no mirrored sets; a picture of SET_Flip has its original's points, mirrored.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/curate/face68.h"
#include "tools/curate/mats.h"
#include "tools/curate/params.h"
#include "tools/curate/readers.h"

enum { POSE = PARAMS - PARAMS_POSE, POINTS = PARAMS, VALUES = POINTS + 2 * FACE68, SIDE = 450 };

static const char *const sets[] = {
	"AFW", "AFW_Flip", "HELEN", "HELEN_Flip", "IBUG", "IBUG_Flip", "LFPW", "LFPW_Flip"
};

/* The set of "SET/NAME.jpg" without _Flip: its length; is it mirrored? */
static int set_of(const char *name, bool *flip)
{
	int len = (int)strcspn(name, "/");

	*flip = len > 5 && strncmp(name + len - 5, "_Flip", 5) == 0;
	return *flip ? len - 5 : len;
}

static int read_points(const char *root, const char *name, double *point, struct err *e)
{
	static const char *const names[] = { "pts_2d", NULL };
	bool flip;
	int set = set_of(name, &flip);
	const char *base = strchr(name, '/');
	char *rel = xasprintf("landmarks/%.*s%.*s_pts.mat", set, name, (int)(strrchr(base, '.') - base), base);
	struct mat_file f;
	double v[2 * FACE68];
	int rc = mats_open(&f, root, rel, names, e);

	rc = rc || mats_numbers(&f, "pts_2d", FACE68, 2, v, e) ? -1 : 0;
	for (int i = 0; !rc && i < FACE68; i++) {
		point[2 * i] = v[i];
		point[2 * i + 1] = v[FACE68 + i];
	}
	if (!rc && flip)
		face68_mirror(point, SIDE + 1);
	mat_release(&f);
	free(rel);
	return rc;
}

static int read_mat(const struct mats *m, const char *name, double *value, struct err *e)
{
	const char *names[5];
	char *mat = xasprintf("%.*s.mat", (int)(strrchr(name, '.') - name), name);
	struct mat_file f;
	int rc = mats_open(&f, m->c->root, mat, params_names(m->c, NULL, names), e);

	rc = rc || params_read(m->c, &f, value, e) || read_points(m->c->root, name, value + POINTS, e);
	mat_release(&f);
	free(mat);
	return rc ? -1 : 0;
}

static int write_row(struct curate *c, const char *name, const double *v, const char *status, struct err *e)
{
	bool flip;
	char *set = xstrndup(name, (size_t)set_of(name, &flip));
	char *mat = xasprintf("%.*s.mat", (int)(strrchr(name, '.') - name), name);
	double box[4];

	row_begin(c, name);
	row_str(c, set);
	row_i64(c, flip);
	row_str(c, mat);
	free(set);
	free(mat);
	if (v) {
		for (int i = 0; i < 3; i++)
			row_f64(c, v[POSE + i] * 180 / M_PI);
		face68_box(v + POINTS, FACE68, 2, box);
		row_numbers(c, box, 4);
		row_numbers(c, v + POINTS, 2 * FACE68);
	}
	return row_end(c, status, e) || (v && params_write(c, v, e)) ? -1 : 0;
}

int read_300w_lp(struct curate *c, struct err *e)
{
	struct names l = { 0 };
	const struct mats m = { .c = c, .list = &l, .values = VALUES, .read = read_mat, .write = write_row };
	int rc = curate_need(c, "landmarks", e);

	for (size_t i = 0; !rc && i < sizeof sets / sizeof *sets; i++)
		if (curate_exists(c, sets[i]))
			rc = names_folder(&l, c->root, sets[i], ".jpg", 0, e);
	if (!rc && !l.n)
		rc = curate_absent(c, "AFW/*.jpg", e);
	names_sort(&l);
	rc = rc || row_head(c, "set flip mat pitch yaw roll x1 y1 x2 y2", FACE68, 2, e) || mats_run(&m, e);
	names_release(&l);
	return rc ? -1 : 0;
}
