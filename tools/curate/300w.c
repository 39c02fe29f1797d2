/*
 * 300w.c - 300W: a .pts file beside each picture: three lines, 68 of "x y" that count from 1, and a brace
 *
 * One file is really called "ibug/image_092 _01.jpg".
 */
#include <stdlib.h>
#include <string.h>

#include "tools/curate/face68.h"
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

int read_300w(struct curate *c, struct err *e)
{
	int rc = 0;

	for (int i = 0; !rc && i < PARTS; i++)
		if (curate_wants(c, parts[i].split))
			rc = curate_need(c, parts[i].folder, e);
	rc = rc || row_head(c, "split x1 y1 x2 y2", FACE68, 2, e);
	for (int i = 0; !rc && i < PARTS; i++)
		if (curate_wants(c, parts[i].split))
			rc = part(c, i, e);
	return rc ? -1 : 0;
}
