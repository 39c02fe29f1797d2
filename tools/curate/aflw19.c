/*
 * aflw19.c - AFLW-19: 24,386 faces of AFLW with 19 points, in one .mat
 *
 * bbox [n,4] is left, right, top, bottom; data [n,38] 19 x, then 19 y; mask_new [n,19] says which points are seen; nameList
 * [n] the pictures under data/flickr; ra a permutation counted from 1, whose first 20,000 are the training set.
 *
 * Or HRNet's lists of the same faces, whose box_size is what its results are divided by; test_frontal repeats lines of test.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mat.h"
#include "tools/curate/hrnet.h"
#include "tools/curate/names.h"
#include "tools/curate/readers.h"

enum { POINTS = 19, TRAIN = 20000 };

static const char columns[] = "split face x1 y1 x2 y2 norm seen frontal";
static const char file[] = "AFLWinfo_release.mat", pictures[] = "data/flickr";

struct set {
	const struct mat *box, *data, *mask, *name, *order;
	uint64_t n;
	int64_t *face; /* [n] number within its picture, in the list's order */
};

static int check(struct set *s, const struct mat_file *f, struct err *e)
{
	s->box = mat_find(f, "bbox");
	s->data = mat_find(f, "data");
	s->mask = mat_find(f, "mask_new");
	s->name = mat_find(f, "nameList");
	s->order = mat_find(f, "ra");
	s->n = s->name && s->name->kind == MAT_CELL ? s->name->count : 0;
	if (!s->n || !mat_is_matrix(s->box, s->n, 4) || !mat_is_matrix(s->data, s->n, 2 * POINTS) ||
	    !mat_is_matrix(s->mask, s->n, POINTS) || s->order->kind != MAT_F64 || s->order->count != s->n)
		return err_set(e, "'%s': bbox, data, mask_new, nameList and ra are not of the same faces", file);
	for (uint64_t i = 0; i < s->n; i++)
		if (s->name->cell[i].kind != MAT_TEXT)
			return err_set(e, "'%s': nameList holds something else than text", file);
	return 0;
}

static void number_faces(struct set *s)
{
	struct seen seen = { 0 };

	s->face = xcalloc(s->n, sizeof *s->face);
	for (uint64_t i = 0; i < s->n; i++)
		s->face[i] = seen_count(&seen, s->name->cell[i].text);
	seen_release(&seen);
}

static int row(struct curate *c, const struct set *s, uint64_t i, const char *split, struct err *e)
{
	char *path = xasprintf("%s/%s", pictures, s->name->cell[i].text);
	int seen = 0, rc;

	for (uint64_t k = 0; k < POINTS; k++)
		seen += mat_number(s->mask, i + k * s->n) != 0;
	row_begin(c, path);
	row_str(c, split);
	row_i64(c, s->face[i]);
	row_box(c, mat_number(s->box, i), mat_number(s->box, i + 2 * s->n), mat_number(s->box, i + s->n),
		mat_number(s->box, i + 3 * s->n));
	row_blank(c, 1);
	row_i64(c, seen);
	row_i64(c, seen == POINTS);
	for (uint64_t k = 0; k < POINTS; k++) {
		row_f64(c, mat_number(s->data, i + k * s->n));
		row_f64(c, mat_number(s->data, i + (POINTS + k) * s->n));
	}
	rc = row_end(c, NULL, e);
	free(path);
	return rc;
}

static int rows(struct curate *c, const struct set *s, struct err *e)
{
	int rc = row_head(c, columns, POINTS, 2, e);

	for (uint64_t i = 0; !rc && i < s->n; i++) {
		const char *split = i < TRAIN ? "train" : "test";
		double at = mat_number(s->order, i);

		if (!(at >= 1) || at > (double)s->n || at != floor(at))
			return err_set(e, "'%s': ra is no permutation", file);
		if (curate_wants(c, split))
			rc = row(c, s, (uint64_t)at - 1, split, e);
	}
	return rc;
}

/* ---- HRNet's lists */

static const char *const split_names[] = { "train", "test" };
static const char *const lists[] = { "face_landmarks_aflw_train.csv", "face_landmarks_aflw_test.csv" };
static const char frontal_list[] = "face_landmarks_aflw_test_frontal.csv";

struct listed {
	const char *split;
	struct seen faces;    /* of each picture */
	struct names frontal; /* "picture coordinates", sorted */
	bool known;	      /* is there a list of frontal faces? */
};

static char *line_of(const struct hrnet_face *f)
{
	return xasprintf("%s %s", f->picture, f->coordinates);
}

static int add_frontal(struct curate *c, const struct hrnet_face *f, void *data, struct err *e)
{
	struct listed *l = data;
	char *line = line_of(f);

	(void)c;
	(void)e;
	names_add(&l->frontal, line);
	free(line);
	return 0;
}

static int listed_row(struct curate *c, const struct hrnet_face *f, void *data, struct err *e)
{
	struct listed *l = data;
	char *line = line_of(f);

	row_begin(c, f->path);
	row_str(c, l->split);
	row_i64(c, seen_count(&l->faces, f->path));
	row_box(c, f->box[0], f->box[1], f->box[2], f->box[3]);
	row_f64(c, f->size);
	row_blank(c, 1);
	if (l->known && !strcmp(l->split, "test"))
		row_i64(c, names_find(&l->frontal, line) != SIZE_MAX);
	else
		row_blank(c, 1);
	row_numbers(c, f->point, 2 * POINTS);
	free(line);
	return row_end(c, NULL, e);
}

static int read_lists(struct curate *c, struct err *e)
{
	struct listed l = { .known = curate_exists(c, frontal_list) };
	int rc = row_head(c, columns, POINTS, 2, e);

	if (!rc && l.known)
		rc = hrnet_each(c, frontal_list, POINTS, 0, add_frontal, &l, e);
	names_sort(&l.frontal);
	for (int i = 0; !rc && i < 2; i++) {
		l.split = split_names[i];
		if (curate_wants(c, l.split) && (c->split || curate_exists(c, lists[i])))
			rc = curate_need(c, lists[i], e) || hrnet_each(c, lists[i], POINTS, 0, listed_row, &l, e);
	}
	names_release(&l.frontal);
	seen_release(&l.faces);
	return rc ? -1 : 0;
}

/* ---- the .mat */

static int read_mat(struct curate *c, struct err *e)
{
	static const char *const names[] = { "bbox", "data", "mask_new", "nameList", "ra", NULL };
	struct mat_file f = { 0 };
	struct set s = { 0 };
	int rc = curate_need(c, file, e) || mat_read(&f, curate_path(c, file), names, NULL, e) || check(&s, &f, e);

	if (!rc) {
		number_faces(&s);
		rc = rows(c, &s, e);
	}
	free(s.face);
	mat_release(&f);
	return rc ? -1 : 0;
}

int read_aflw19(struct curate *c, struct err *e)
{
	return curate_exists(c, lists[0]) || curate_exists(c, lists[1]) ? read_lists(c, e) : read_mat(c, e);
}
