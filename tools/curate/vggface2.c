/*
 * vggface2.c - VGGFace2: boxes and five points of millions of pictures, in two CSV files with the same names in the same order
 *
 * NAME_ID is "n000002/0001_01", in quotes, without .jpg. Boxes may begin left of or above the picture. Both refer to the pictures
 * as distributed (loosely cropped). Without the CSV files the list alone is read.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/curate/readers.h"
#include "tools/curate/text.h"

enum { BOX = 4, POINTS = 10 };

struct vgg {
	const char *split;
	struct text box, point;
};

/* "n000002/0001_01.jpg" or the same without .jpg: the row's first columns. */
static int begin(struct curate *c, struct text *t, const char *split, const char *name, struct err *e)
{
	const char *slash = strchr(name, '/'), *dot = slash ? strrchr(slash, '.') : NULL;
	char *identity, *path;

	if (!slash || slash == name || !slash[1])
		return text_bad(t, e, "not 'n000002/0001_01'");
	identity = xstrndup(name, (size_t)(slash - name));
	path = xasprintf("%s/%s%s", split, name, dot ? "" : ".jpg");
	row_begin(c, path);
	row_str(c, split);
	row_str(c, identity);
	free(path);
	free(identity);
	return 0;
}

/* A line of CSV: the name and n numbers. */
static int fields(struct text *t, char **name, int n, double *v, struct err *e)
{
	char *f[1 + POINTS];

	if (text_csv(t->line, f, 1 + n) != 1 + n || text_numbers(f + 1, n, v))
		return text_bad(t, e, n == BOX ? "not a name and x, y, w, h" : "not a name and ten coordinates");
	*name = f[0];
	return 0;
}

static int face(struct curate *c, struct vgg *g, struct err *e)
{
	char *name = NULL, *same = NULL;
	double box[BOX], point[POINTS];
	int rc = text_next(&g->point, e);

	if (rc == 0)
		return text_bad(&g->point, e, "fewer faces than in the file of boxes");
	if (rc < 0 || fields(&g->box, &name, BOX, box, e) || fields(&g->point, &same, POINTS, point, e))
		return -1;
	if (strcmp(name, same))
		return text_bad(&g->point, e, "another face than in the file of boxes");
	if (begin(c, &g->box, g->split, name, e))
		return -1;
	row_box(c, box[0], box[1], box[0] + box[2], box[1] + box[3]);
	row_numbers(c, point, POINTS);
	return row_end(c, NULL, e);
}

/* The first line is "NAME_ID,...": names of columns. */
static int open_csv(struct curate *c, struct text *t, const char *what, const char *split, struct err *e)
{
	char *rel = xasprintf("bb_landmark/loose_%s_%s.csv", what, split);
	int rc = text_open(t, curate_path(c, rel), e);

	free(rel);
	if (rc)
		return -1;
	rc = text_next(t, e);
	if (rc < 0)
		return -1;
	return rc && strstr(t->line, "NAME_ID") ? 0 : text_bad(t, e, "not 'NAME_ID,...'");
}

static int read_csv(struct curate *c, const char *split, struct err *e)
{
	struct vgg g = { .split = split, .box.fd = -1, .point.fd = -1 };
	int rc = open_csv(c, &g.box, "bb", split, e) || open_csv(c, &g.point, "landmark", split, e) ? -1 : 0;

	while (!rc && (rc = text_next(&g.box, e)) == 1)
		rc = face(c, &g, e);
	if (!rc && text_next(&g.point, e) == 1)
		rc = text_bad(&g.point, e, "more faces than in the file of boxes");
	text_close(&g.box);
	text_close(&g.point);
	return rc;
}

static int read_list(struct curate *c, const char *list, const char *split, struct err *e)
{
	struct text t;
	int rc = text_open(&t, curate_path(c, list), e);

	while (!rc && (rc = text_next(&t, e)) == 1)
		rc = begin(c, &t, split, t.line, e) ? -1 : row_end(c, NULL, e);
	text_close(&t);
	return rc;
}

static int read_split(struct curate *c, const char *split, struct err *e)
{
	char *csv = xasprintf("bb_landmark/loose_bb_%s.csv", split), *list = xasprintf("%s_list.txt", split);
	int rc;

	if (curate_exists(c, csv))
		rc = read_csv(c, split, e);
	else if (curate_exists(c, list))
		rc = read_list(c, list, split, e);
	else
		rc = curate_absent(c, csv, e);
	free(csv);
	free(list);
	return rc;
}

int read_vggface2(struct curate *c, struct err *e)
{
	if (row_head(c, "split identity x1 y1 x2 y2", POINTS / 2, 2, e))
		return -1;
	if (curate_wants(c, "train") && read_split(c, "train", e))
		return -1;
	return curate_wants(c, "test") ? read_split(c, "test", e) : 0;
}
