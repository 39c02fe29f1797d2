/*
 * 300w.c - 300W: a .pts file beside each picture: three lines, 68 of "x y" that count from 1, and a brace
 *
 * One file is really called "ibug/image_092 _01.jpg". HRNet's lists hold the numbers of the .pts files as they stand there (its
 * ibug/image_011_1.jpg begins 212.716603, 499.771793, the points that OpenCV's description of the format shows), so they
 * count from 1, too.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/curate/face68.h"
#include "tools/curate/hrnet.h"
#include "tools/curate/names.h"
#include "tools/curate/readers.h"
#include "tools/curate/text.h"

static const struct {
	const char *folder, *split;
} parts[] = {
	{ "afw", "train" },	      { "helen/trainset", "train" },
	{ "lfpw/trainset", "train" }, { "helen/testset", "common" },
	{ "lfpw/testset", "common" }, { "ibug", "challenge" },
};
enum { PARTS = sizeof parts / sizeof *parts };

static const char columns[] = "split x1 y1 x2 y2";

/* From version: to the closing brace; e holds the words of a status. */
static int read_points(struct text *t, double *point, struct err *e)
{
	static const char *const head[] = { "version:", "n_points:", "{" };
	char *f[2];

	for (int i = 0; i < 3; i++)
		if (text_next(t, e) != 1 || strncmp(t->line, head[i], strlen(head[i])))
			return err_set(e, "pts: no '%s'", head[i]);
	for (int i = 0; i < FACE68; i++) {
		if (text_next(t, e) != 1 || text_words(t->line, f, 2) != 2 || text_numbers(f, 2, point + 2 * i))
			return err_set(e, "pts: point %d of 68 is not 'x y'", i + 1);
		point[2 * i]--;
		point[2 * i + 1]--;
	}
	return text_next(t, e) == 1 && strcmp(t->line, "}") == 0 ? 0 : err_set(e, "pts: no '}' after 68 points");
}

static int face(struct curate *c, const char *path, const char *split, struct err *e)
{
	char *pts = xasprintf("%.*s.pts", (int)(strrchr(path, '.') - path), path), *status = NULL;
	double point[2 * FACE68], box[4];
	struct text t = { .fd = -1 };
	struct err why = { 0 };
	int rc;

	row_begin(c, path);
	row_str(c, split);
	if (!curate_exists(c, pts)) {
		status = xstrdup("bad:no-pts");
	} else if (text_open(&t, curate_path(c, pts), &why) || read_points(&t, point, &why)) {
		status = xasprintf("bad:%s", why.msg);
	} else {
		face68_box(point, FACE68, 2, box);
		row_numbers(c, box, 4);
		row_numbers(c, point, 2 * FACE68);
	}
	text_close(&t);
	rc = row_end(c, status, e);
	free(status);
	free(pts);
	return rc;
}

static int part(struct curate *c, int i, struct err *e)
{
	struct names l = { 0 };
	int rc = names_folder(&l, c->root, parts[i].folder, NULL, 0, e);

	names_sort(&l);
	for (size_t k = 0; !rc && k < l.n; k++)
		rc = face(c, l.name[k], parts[i].split, e);
	names_release(&l);
	return rc;
}

/* ---- HRNet's lists */

static const struct {
	const char *split, *list;
} lists[] = {
	{ "train", "face_landmarks_300w_train.csv" },
	{ "common", "face_landmarks_300w_valid_common.csv" },
	{ "challenge", "face_landmarks_300w_valid_challenge.csv" },
	{ "test", "face_landmarks_300w_test.csv" },
};
enum { LISTS = sizeof lists / sizeof *lists };

static int listed(struct curate *c, const struct hrnet_face *f, void *data, struct err *e)
{
	row_begin(c, f->path);
	row_str(c, data);
	row_box(c, f->box[0], f->box[1], f->box[2], f->box[3]);
	row_numbers(c, f->point, 2 * FACE68);
	return row_end(c, NULL, e);
}

static bool any_list(struct curate *c)
{
	for (int i = 0; i < LISTS; i++)
		if (curate_exists(c, lists[i].list))
			return true;
	return false;
}

/* Without --split, those that are there. */
static int read_lists(struct curate *c, struct err *e)
{
	int rc = row_head(c, columns, FACE68, 2, e);

	for (int i = 0; !rc && i < LISTS; i++) {
		char *split = xstrdup(lists[i].split);

		if (curate_wants(c, split) && (c->split || curate_exists(c, lists[i].list)))
			rc = curate_need(c, lists[i].list, e) ||
			     hrnet_each(c, lists[i].list, FACE68, 1, listed, split, e);
		free(split);
	}
	return rc ? -1 : 0;
}

int read_300w(struct curate *c, struct err *e)
{
	int rc = 0;

	if (any_list(c))
		return read_lists(c, e);
	if (c->split && !strcmp(c->split, "test"))
		return curate_absent(c, lists[LISTS - 1].list, e);
	for (int i = 0; !rc && i < PARTS; i++)
		if (curate_wants(c, parts[i].split))
			rc = curate_need(c, parts[i].folder, e);
	rc = rc || row_head(c, columns, FACE68, 2, e);
	for (int i = 0; !rc && i < PARTS; i++)
		if (curate_wants(c, parts[i].split))
			rc = part(c, i, e);
	return rc ? -1 : 0;
}
