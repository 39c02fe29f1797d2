/*
 * imdb_face.c - IMDb-Face: a CSV file with a face a row; its pictures are collected by whoever uses it, as PERSON/IMAGE
 *
 * Columns name, index, image, rect ("xmin ymin xmax ymax"), height width ("h w"), url. A URL may hold commas: it is the last. The
 * box refers to a picture of h by w pixels; one that was collected in another size has its box scaled.
 */
#include <stdlib.h>
#include <string.h>

#include "common/image.h"
#include "tools/curate/names.h"
#include "tools/curate/readers.h"
#include "tools/curate/text.h"

enum { NAME, INDEX, IMAGE, RECT, SIZE, URL, FIELDS, BOX = 4 };

static const char list[] = "IMDb-Face.csv";

/* The picture's own size into own[] (height, width); with --no-stat, and where it cannot be read, the published one. */
static const char *own_size(struct curate *c, const char *path, const double size[2], double own[2])
{
	const struct image_limits limits = IMAGE_LIMITS_DEFAULT;
	struct image_info info;
	struct buf bytes = { 0 };
	const char *status = NULL;

	memcpy(own, size, 2 * sizeof *own);
	if (c->no_stat || !curate_exists(c, path))
		return NULL;
	if (image_slurp(&bytes, curate_path(c, path), &limits, NULL) ||
	    image_probe(&info, bytes.data, bytes.len, NULL)) {
		status = bytes.len ? "bad:not-a-picture" : NULL;
	} else {
		own[0] = info.h;
		own[1] = info.w;
	}
	buf_release(&bytes);
	return status;
}

static int face(struct curate *c, struct text *t, struct seen *seen, struct err *e)
{
	char *f[FIELDS], *word[BOX], *path;
	double box[BOX], size[2], own[2];
	const char *status;
	int rc;

	if (text_csv(t->line, f, FIELDS) != FIELDS || strchr(f[NAME], '/') || !*f[NAME] || !*f[IMAGE])
		return text_bad(t, e, "not name, index, image, rect, height width, url");
	if (text_words(f[RECT], word, BOX) != BOX || text_numbers(word, BOX, box))
		return text_bad(t, e, "rect is not 'xmin ymin xmax ymax'");
	if (text_words(f[SIZE], word, 2) != 2 || text_numbers(word, 2, size) || size[0] <= 0 || size[1] <= 0)
		return text_bad(t, e, "not 'height width'");
	path = xasprintf("%s/%s", f[NAME], f[IMAGE]);
	status = own_size(c, path, size, own);
	row_begin(c, path);
	row_i64(c, seen_count(seen, path));
	row_str(c, f[NAME]);
	for (int i = 0; i < BOX; i++)
		box[i] = box[i] * own[1 - i % 2] / size[1 - i % 2];
	row_box(c, box[0], box[1], box[2], box[3]);
	row_str(c, f[URL]);
	rc = row_end(c, status, e);
	free(path);
	return rc;
}

int read_imdb_face(struct curate *c, struct err *e)
{
	struct seen seen = { 0 };
	struct text t = { .fd = -1 };
	int rc = curate_need(c, list, e) || text_open(&t, curate_path(c, list), e) ? -1 : 0;

	if (!rc && (rc = text_next(&t, e)) >= 0)
		rc = rc && strncmp(t.line, "name,", 5) == 0 ? 0 : text_bad(&t, e, "not 'name,index,image,..'");
	if (!rc)
		rc = row_head(c, "face identity x1 y1 x2 y2 url", 0, 0, e);
	while (!rc && (rc = text_next(&t, e)) == 1)
		rc = face(c, &t, &seen, e);
	text_close(&t);
	seen_release(&seen);
	return rc;
}
