/* wider_truth.c - see wider.h: the official ground truth, four .mat files */
#include <stdlib.h>
#include <string.h>

#include "common/mat.h"
#include "common/wider.h"

enum { FACES_IN_PICTURE = 100000, PICTURES_MAX = 1000000 };

/* The cell `name` of f, with n elements (any number for n = SIZE_MAX). */
static const struct mat *need_cell(const struct mat_file *f, const char *name, const char *file, uint64_t n,
				   struct err *e)
{
	const struct mat *m = mat_find(f, name);

	if (!m || m->kind != MAT_CELL) {
		err_set(e, "'%s': %s is not a cell array", file, name);
		return NULL;
	}
	if (n != UINT64_MAX && m->count != n) {
		err_set(e, "'%s': %s has %llu events, not %llu", file, name, (unsigned long long)m->count,
			(unsigned long long)n);
		return NULL;
	}
	return m;
}

static bool is_numeric(const struct mat *m)
{
	return m->kind == MAT_F64 || m->kind == MAT_U8;
}

static int set_boxes(struct wider_picture *p, const struct mat *box, const char *file, struct err *e)
{
	if (!is_numeric(box) || (box->count && (box->dims[1] != 4 || box->dims[0] * 4 != box->count)) ||
	    box->dims[0] > FACES_IN_PICTURE)
		return err_set(e, "'%s': the boxes of '%s' are not N x 4 numbers", file, p->key);
	p->n = box->count ? (size_t)box->dims[0] : 0;
	p->box = xcalloc(p->n + 1, sizeof *p->box);
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < 4; k++)
			p->box[i][k] = mat_number(box, i + k * p->n);
	for (int s = 0; s < WIDER_SUBSETS; s++)
		p->keep[s] = xcalloc(p->n + 1, 1);
	return 0;
}

static int read_pictures(struct wider_truth *t, const struct mat_file *f, const char *file, struct err *e)
{
	const struct mat *event, *name, *box;

	if (!(event = need_cell(f, "event_list", file, UINT64_MAX, e)) ||
	    !(name = need_cell(f, "file_list", file, event->count, e)) ||
	    !(box = need_cell(f, "face_bbx_list", file, event->count, e)))
		return -1;
	for (uint64_t i = 0; i < event->count; i++) {
		const struct mat *names = &name->cell[i], *boxes = &box->cell[i];

		if (event->cell[i].kind != MAT_TEXT || names->kind != MAT_CELL || boxes->kind != MAT_CELL ||
		    names->count != boxes->count || t->n + names->count > PICTURES_MAX)
			return err_set(e, "'%s': event %llu is not a list of pictures", file,
				       (unsigned long long)i + 1);
		t->picture = xrealloc_array(t->picture, t->n + (size_t)names->count + 1, sizeof *t->picture);
		for (uint64_t k = 0; k < names->count; k++) {
			struct wider_picture *p = &t->picture[t->n];

			if (names->cell[k].kind != MAT_TEXT)
				return err_set(e, "'%s': a picture of '%s' has no name", file, event->cell[i].text);
			*p = (struct wider_picture){ .key = xasprintf("%s/%s", event->cell[i].text,
								      names->cell[k].text) };
			t->n++;
			if (set_boxes(p, &boxes->cell[k], file, e))
				return -1;
		}
	}
	return t->n ? 0 : err_set(e, "'%s': no picture in it", file);
}

/* Marks the faces that count; indices are 1-based. Pictures stand in the order of wider_face_val.mat still. */
static int read_subset(struct wider_truth *t, enum wider_subset s, const struct mat_file *f, const char *file,
		       struct err *e)
{
	const struct mat *list = need_cell(f, "gt_list", file, UINT64_MAX, e);
	size_t at = 0;

	if (!list)
		return -1;
	for (uint64_t i = 0; i < list->count; i++) {
		const struct mat *event = &list->cell[i];

		if (event->kind != MAT_CELL)
			return err_set(e, "'%s': gt_list is not a cell of cells", file);
		for (uint64_t k = 0; k < event->count; k++, at++) {
			const struct mat *index = &event->cell[k];
			struct wider_picture *p = &t->picture[at];

			if (at == t->n)
				return err_set(e, "'%s': more pictures than wider_face_val.mat", file);
			if (!is_numeric(index))
				return err_set(e, "'%s': the faces of '%s' are not numbers", file, p->key);
			for (uint64_t j = 0; j < index->count; j++) {
				double v = mat_number(index, j);
				if (!(v >= 1 && v <= (double)p->n) || v != (double)(size_t)v)
					return err_set(e, "'%s': '%s' has no face %g", file, p->key, v);
				p->faces[s] += !p->keep[s][(size_t)v - 1];
				p->keep[s][(size_t)v - 1] = 1;
			}
		}
	}
	return at == t->n ? 0 : err_set(e, "'%s': fewer pictures than wider_face_val.mat", file);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct wider_picture *)a)->key, ((const struct wider_picture *)b)->key);
}

int wider_truth_read(struct wider_truth *t, const char *dir, struct err *e)
{
	static const char *const pictures[] = { "event_list", "file_list", "face_bbx_list", NULL };
	static const char *const lists[] = { "gt_list", NULL };
	int rc = -1;

	*t = (struct wider_truth){ 0 };
	for (int i = 0; i < 1 + WIDER_SUBSETS; i++) {
		char *file = xasprintf("%s/wider_%s_val.mat", dir, i ? wider_subset_name[i - 1] : "face");
		struct mat_file f;

		rc = mat_read(&f, file, i ? lists : pictures, NULL, e);
		if (!rc)
			rc = i ? read_subset(t, (enum wider_subset)(i - 1), &f, file, e)
			       : read_pictures(t, &f, file, e);
		mat_release(&f);
		free(file);
		if (rc)
			return -1;
	}
	qsort(t->picture, t->n, sizeof *t->picture, by_key);
	for (size_t i = 1; i < t->n; i++)
		if (by_key(&t->picture[i - 1], &t->picture[i]) == 0)
			return err_set(e, "'%s/wider_face_val.mat': '%s' is there twice", dir, t->picture[i].key);
	return 0;
}

int64_t wider_truth_find(const struct wider_truth *t, const char *key)
{
	const struct wider_picture want = { .key = (char *)key };
	const struct wider_picture *p = t->n ? bsearch(&want, t->picture, t->n, sizeof want, by_key) : NULL;

	return p ? p - t->picture : -1;
}

void wider_truth_release(struct wider_truth *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->picture[i].key);
		free(t->picture[i].box);
		for (int s = 0; s < WIDER_SUBSETS; s++)
			free(t->picture[i].keep[s]);
	}
	free(t->picture);
	*t = (struct wider_truth){ 0 };
}
