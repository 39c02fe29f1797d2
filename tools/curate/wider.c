/*
 * wider.c - WIDER FACE: the lists of wider_face_split, RetinaFace's labels, or the ground truth of the evaluation for val
 *
 * A list holds, for each picture, its path, the number of faces, and a line "x y w h" and six flags for each face. A picture
 * without faces is followed by a line of zeros all the same.
 *
 * RetinaFace's label.txt (retinaface_gt_v1.1.zip): "# PATH", then for each face "x y w h", five times "x y flag", and a last
 * number, all -1 where there are no points; or the box alone. Of the last number public copies show that it is larger for
 * clearer faces (.2 for 7x8 pixels, .82 for 122x149); nobody says more.
 */
#include "common/wider.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "tools/curate/readers.h"
#include "tools/curate/text.h"

enum { FIELDS = 10, BOX = 4, FLAGS = 6, FACES_MAX = 100000, SUBSETS = 3, POINTS = 5, LABEL = BOX + 3 * POINTS + 1 };

static const char columns[] =
	"split face x1 y1 x2 y2 blur expression illumination invalid occlusion pose easy medium hard";

static const char mats[] = "ground_truth/wider_face_val.mat";

static int no_face(struct curate *c, const char *path, const char *split, struct err *e)
{
	row_begin(c, path);
	row_str(c, split);
	return row_end(c, curate_exists(c, path) || c->no_stat ? "none:no-face" : NULL, e);
}

static void begin_face(struct curate *c, const char *path, const char *split, int64_t face, const double box[BOX])
{
	row_begin(c, path);
	row_str(c, split);
	row_i64(c, face);
	row_f64(c, box[0]);
	row_f64(c, box[1]);
	row_f64(c, box[0] + box[2]);
	row_f64(c, box[1] + box[3]);
}

static const char *box_status(const double box[BOX])
{
	return box[2] > 0 && box[3] > 0 ? NULL : "none:empty-box";
}

static int face_line(struct curate *c, struct text *t, const char *path, const char *split, int64_t face, struct err *e)
{
	char *f[FIELDS];
	double v[FIELDS];

	if (text_words(t->line, f, FIELDS) != FIELDS || text_numbers(f, FIELDS, v))
		return text_bad(t, e, "not 'x y w h' and six flags");
	begin_face(c, path, split, face, v);
	row_numbers(c, v + BOX, FLAGS);
	return row_end(c, box_status(v), e);
}

/* The line of zeros after "0"; another picture's path may follow instead. Returns 1 if the current line is that path. */
static int skip_zeros(struct text *t, struct err *e)
{
	int rc = text_next(t, e);

	if (rc != 1)
		return rc;
	return t->line[strspn(t->line, "0 \t")] ? 1 : 0;
}

/* One picture, whose path is the current line. Returns 1 if another's path is the current line afterwards, 0, or -1. */
static int picture(struct curate *c, struct text *t, const char *dir, const char *split, struct err *e)
{
	char *path = xasprintf("%s/%s", dir, t->line);
	int64_t faces = -1;
	int rc = text_next(t, e), ahead = 0;

	if (rc >= 0)
		rc = rc && !num_parse_i64(t->line, &faces) && faces >= 0 && faces <= FACES_MAX
			     ? 0
			     : text_bad(t, e, "not a number of faces");
	if (!rc && faces == 0) {
		rc = no_face(c, path, split, e);
		ahead = rc ? rc : skip_zeros(t, e);
	}
	for (int64_t i = 0; !rc && i < faces; i++) {
		rc = text_next(t, e);
		if (rc >= 0)
			rc = rc ? face_line(c, t, path, split, i, e) : text_bad(t, e, "the last faces are not there");
	}
	free(path);
	return rc ? rc : ahead;
}

static int read_list(struct curate *c, const char *list, const char *dir, const char *split, struct err *e)
{
	struct text t;
	int rc = text_open(&t, curate_path(c, list), e), ahead = 0;

	while (!rc && (ahead || (rc = text_next(&t, e)) == 1)) {
		rc = picture(c, &t, dir, split, e);
		ahead = rc == 1;
		if (ahead)
			rc = 0;
	}
	text_close(&t);
	return rc;
}

/* A list of test pictures: a path a line. */
static int read_test(struct curate *c, const char *list, struct err *e)
{
	struct text t;
	int rc = text_open(&t, curate_path(c, list), e);

	while (!rc && (rc = text_next(&t, e)) == 1) {
		char *path = xasprintf("WIDER_test/images/%s", t.line);

		row_begin(c, path);
		row_str(c, "test");
		rc = row_end(c, NULL, e);
		free(path);
	}
	text_close(&t);
	return rc;
}

static int mat_picture(struct curate *c, const struct wider_picture *p, struct err *e)
{
	char *path = xasprintf("WIDER_val/images/%s.jpg", p->key);
	int rc = p->n ? 0 : no_face(c, path, "val", e);

	for (size_t i = 0; !rc && i < p->n; i++) {
		begin_face(c, path, "val", (int64_t)i, p->box[i]);
		row_blank(c, FLAGS);
		for (int s = 0; s < WIDER_SUBSETS; s++)
			row_i64(c, p->keep[s][i]);
		rc = row_end(c, box_status(p->box[i]), e);
	}
	free(path);
	return rc;
}

static int read_mats(struct curate *c, struct err *e)
{
	struct wider_truth t = { 0 };
	char *dir = xstrdup(curate_path(c, "ground_truth"));
	int rc = wider_truth_read(&t, dir, e);

	for (size_t i = 0; !rc && i < t.n; i++)
		rc = mat_picture(c, &t.picture[i], e);
	wider_truth_release(&t);
	free(dir);
	return rc;
}

/* ---- RetinaFace's labels */

static const char labels_train[] = "train/label.txt", labels_val[] = "val/label.txt";

/* A face; its quality and points are blank where it has none. */
static int label_face(struct curate *c, struct text *t, const char *path, const char *split, int64_t face,
		      struct err *e)
{
	char *f[LABEL];
	double v[LABEL];
	int n = text_words(t->line, f, LABEL);

	if ((n != LABEL && n != BOX) || text_numbers(f, n, v))
		return text_bad(t, e, "not 'x y w h', or that, five times 'x y flag' and a number");
	begin_face(c, path, split, face, v);
	row_blank(c, FLAGS + SUBSETS);
	row_f64(c, n == LABEL && v[LABEL - 1] >= 0 ? v[LABEL - 1] : NAN);
	for (int i = 0; n == LABEL && i < POINTS && v[BOX] >= 0; i++)
		row_numbers(c, v + BOX + 3 * i, 2);
	return row_end(c, box_status(v), e);
}

/* Where the pictures of a split are: in WIDER FACE's folder, or where RetinaFace wants them. */
static const char *label_pictures(struct curate *c, bool train)
{
	if (curate_exists(c, train ? "WIDER_train/images" : "WIDER_val/images"))
		return train ? "WIDER_train/images" : "WIDER_val/images";
	return train ? "train/images" : "val/images";
}

/* Of "# PATH", below dir; NULL without a path. */
static char *label_path(const char *line, const char *dir)
{
	const char *name = line + 1 + (line[1] == ' ');

	return *name ? xasprintf("%s/%s", dir, name) : NULL;
}

static int read_labels(struct curate *c, const char *list, const char *split, struct err *e)
{
	const char *dir = label_pictures(c, list == labels_train);
	char *path = NULL;
	int64_t face = 0;
	struct text t;
	int rc = text_open(&t, curate_path(c, list), e);

	while (!rc && (rc = text_next(&t, e)) >= 0) {
		const bool end = rc == 0, head = !end && *t.line == '#';

		rc = 0;
		/* A picture ends where another begins: one without faces is a row as well. */
		if (path && !face && (end || head))
			rc = no_face(c, path, split, e);
		if (rc || end)
			break;
		if (!head) {
			rc = path ? label_face(c, &t, path, split, face++, e)
				  : text_bad(&t, e, "a face before '# PATH'");
			continue;
		}
		free(path);
		path = label_path(t.line, dir);
		face = 0;
		if (!path)
			rc = text_bad(&t, e, "'#' without a path");
	}
	text_close(&t);
	free(path);
	return rc;
}

/* What a split is read from. */
static const char *source(struct curate *c, const char *split)
{
	if (strcmp(split, "train") == 0 && curate_exists(c, labels_train))
		return labels_train;
	if (strcmp(split, "val") == 0 && !curate_exists(c, mats) && curate_exists(c, labels_val))
		return labels_val;
	if (strcmp(split, "val") == 0)
		return curate_exists(c, mats) ? mats : "wider_face_split/wider_face_val_bbx_gt.txt";
	return strcmp(split, "test") == 0 ? "wider_face_split/wider_face_test_filelist.txt"
					  : "wider_face_split/wider_face_train_bbx_gt.txt";
}

static int read_split(struct curate *c, const char *split, struct err *e)
{
	const char *from = source(c, split);

	if (strcmp(from, mats) == 0)
		return read_mats(c, e);
	if (from == labels_train || from == labels_val)
		return read_labels(c, from, split, e);
	if (strcmp(split, "test") == 0)
		return read_test(c, from, e);
	return read_list(c, from, *split == 'v' ? "WIDER_val/images" : "WIDER_train/images", split, e);
}

/* Quality and five points are columns only where a split that is read has RetinaFace's labels. */
static int write_head(struct curate *c, struct err *e)
{
	const char *train = curate_wants(c, "train") ? source(c, "train") : "";
	const char *val = curate_wants(c, "val") ? source(c, "val") : "";
	char *all = xasprintf("%s quality", columns);
	int rc = train == labels_train || val == labels_val ? row_head(c, all, POINTS, 2, e)
							    : row_head(c, columns, 0, 0, e);

	free(all);
	return rc;
}

int read_wider(struct curate *c, struct err *e)
{
	static const char *const split[] = { "train", "val", "test" };
	int any = 0;

	for (int i = 0; i < 3; i++) {
		if (!curate_wants(c, split[i]))
			continue;
		/* Without --split, what is there is read: many have val alone. */
		if (!c->split && !curate_exists(c, source(c, split[i])))
			continue;
		if (curate_need(c, source(c, split[i]), e) || (!any++ && write_head(c, e)) ||
		    read_split(c, split[i], e))
			return -1;
	}
	return any ? 0 : curate_absent(c, "wider_face_split", e);
}
