/*
 * wflw.c - WFLW: a face a line, 98 points, box, six attributes, picture
 *
 * A picture may have several faces, and its lines need not follow each other: they are numbered as they come.
 */
#include <stdlib.h>

#include "tools/curate/names.h"
#include "tools/curate/readers.h"
#include "tools/curate/text.h"

enum { POINTS = 98, BOX = 4, FLAGS = 6, NUMBERS = 2 * POINTS + BOX + FLAGS };

static int face_line(struct curate *c, struct text *t, struct seen *seen, const char *split, struct err *e)
{
	char *f[NUMBERS + 1], *path;
	double v[NUMBERS];
	int rc;

	if (text_words(t->line, f, NUMBERS + 1) != NUMBERS + 1 || text_numbers(f, NUMBERS, v))
		return text_bad(t, e, "not 196 coordinates, 4 of a box, 6 attributes and a path");
	path = xasprintf("WFLW_images/%s", f[NUMBERS]);
	row_begin(c, path);
	row_str(c, split);
	row_i64(c, seen_count(seen, path));
	row_box(c, v[2 * POINTS], v[2 * POINTS + 1], v[2 * POINTS + 2], v[2 * POINTS + 3]);
	row_numbers(c, v + 2 * POINTS + BOX, FLAGS);
	row_numbers(c, v, 2 * POINTS);
	rc = row_end(c, NULL, e);
	free(path);
	return rc;
}

int read_wflw(struct curate *c, struct err *e)
{
	static const char *const split[] = { "train", "test" };
	static const char *const list[] = {
		"WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_train.txt",
		"WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_test.txt",
	};
	struct seen seen = { 0 };
	int rc = 0;

	for (int i = 0; !rc && i < 2; i++)
		if (curate_wants(c, split[i]))
			rc = curate_need(c, list[i], e);
	rc = rc ||
	     row_head(c, "split face x1 y1 x2 y2 pose expression illumination makeup occlusion blur", POINTS, 2, e);
	for (int i = 0; !rc && i < 2; i++) {
		struct text t;

		if (!curate_wants(c, split[i]))
			continue;
		rc = text_open(&t, curate_path(c, list[i]), e);
		while (!rc && (rc = text_next(&t, e)) == 1)
			rc = face_line(c, &t, &seen, split[i], e);
		text_close(&t);
	}
	seen_release(&seen);
	return rc ? -1 : 0;
}
