/*
 * affectnet.c - AffectNet in both releases: lists with a line for each face, or folders with four .npy files for each
 *
 * Expressions are 0..7 (neutral, happy, sad, surprise, fear, disgust, anger, contempt); 8 none, 9 uncertain and 10 no face
 * are no classes, and -2 is no valence or arousal: blank in the manifest. What the lists say of them stays in `label`.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "tools/curate/names.h"
#include "tools/curate/npy.h"
#include "tools/curate/readers.h"
#include "tools/curate/text.h"

enum { POINTS = 68, NO_FACE = 10, NPY_MAX = 1 << 16 };

static const char columns[] = "split label expression valence arousal x1 y1 x2 y2";

/* -2 marks what was not annotated; everything else lies in [-1, 1]. */
static double affect(double v)
{
	return v >= -1 && v <= 1 ? v : NAN;
}

static void labels(struct curate *c, const char *split, double label, double valence, double arousal)
{
	bool is_class = label >= 0 && label < c->classes && label == floor(label);

	row_str(c, split);
	row_f64(c, label);
	row_f64(c, is_class ? label : NAN);
	row_f64(c, affect(valence));
	row_f64(c, affect(arousal));
}

/* ---- the first release */

enum { PICTURE, X, Y, WIDTH, HEIGHT, LANDMARKS, EXPRESSION, VALENCE, AROUSAL, FIELDS };

struct list {
	const char *split, *file, *folder;
};

static const struct list lists[] = {
	{ "train", "Manually_Annotated_file_lists/training.csv", "Manually_Annotated_Images" },
	{ "val", "Manually_Annotated_file_lists/validation.csv", "Manually_Annotated_Images" },
	{ "automatic", "Automatically_Annotated_file_lists/automatically_annotated.csv",
	  "Automatically_Annotated_Images" },
};
enum { LISTS = sizeof lists / sizeof *lists };

/* A number, or NAN for what is none ("NULL" where no face was found). */
static double number(char *text)
{
	double v;

	return text_numbers(&text, 1, &v) ? NAN : v;
}

/* "x;y;x;y;..": 68 points, or false. */
static bool landmarks(char *text, double *v)
{
	int n = 0;

	for (char *s = text, *next; s; s = next) {
		next = strchr(s, ';');
		if (next)
			*next++ = 0;
		if (n == 2 * POINTS)
			return !*s && !next; /* one more semicolon at the end */
		v[n++] = number(s);
	}
	return n == 2 * POINTS;
}

static int face(struct curate *c, struct text *t, struct seen *seen, const struct list *l, struct err *e)
{
	char *f[FIELDS], *path;
	double box[4], point[2 * POINTS], label;
	int rc;

	if (text_csv(t->line, f, FIELDS) != FIELDS || !*f[PICTURE])
		return text_bad(t, e,
				"not picture, face_x, face_y, face_width, face_height, landmarks, expression, "
				"valence, arousal");
	label = number(f[EXPRESSION]);
	if (isnan(label) || isnan(number(f[VALENCE])) || isnan(number(f[AROUSAL])))
		return text_bad(t, e, "expression, valence or arousal is not a number");
	path = xasprintf("%s/%s", l->folder, f[PICTURE]);
	row_begin(c, path);
	row_i64(c, seen_count(seen, path));
	labels(c, l->split, label, number(f[VALENCE]), number(f[AROUSAL]));
	for (int i = 0; i < 4; i++)
		box[i] = number(f[X + i]);
	row_box(c, box[0], box[1], box[0] + box[2], box[1] + box[3]);
	if (landmarks(f[LANDMARKS], point))
		row_numbers(c, point, 2 * POINTS);
	rc = row_end(c, label == NO_FACE ? "none:no-face" : NULL, e);
	free(path);
	return rc;
}

static int read_list(struct curate *c, const struct list *l, struct err *e)
{
	struct seen seen = { 0 };
	struct text t = { .fd = -1 };
	bool first = true;
	int rc = text_open(&t, curate_path(c, l->file), e);

	/* Some copies of a list have the line of column names, some have not. */
	while (!rc && (rc = text_next(&t, e)) == 1) {
		rc = 0;
		if (!first || strncmp(t.line, "subDirectory_filePath", 21) != 0)
			rc = face(c, &t, &seen, l, e);
		first = false;
	}
	text_close(&t);
	seen_release(&seen);
	return rc;
}

static int read_lists(struct curate *c, struct err *e)
{
	bool any = false;
	int rc = 0;

	for (int i = 0; !rc && i < LISTS; i++) {
		if (!curate_wants(c, lists[i].split))
			continue;
		if (c->split)
			rc = curate_need(c, lists[i].file, e);
		if (rc || !curate_exists(c, lists[i].file))
			continue;
		if (!any) {
			char *all = xasprintf("face %s", columns);
			rc = row_head(c, all, POINTS, 2, e);
			free(all);
		}
		any = true;
		rc = rc ? rc : read_list(c, &lists[i], e);
	}
	return rc || any ? rc : curate_absent(c, lists[0].file, e);
}

/* ---- the second release */

/* Numbers of ROOT/SET/annotations/STEM_WHAT.npy: how many, or -1. */
static int annotation(struct curate *c, const char *folder, const char *stem, const char *what, double *v, int max)
{
	char *path = xasprintf("%s/annotations/%s_%s.npy", folder, stem, what);
	struct buf b = { 0 };
	int n = -1;

	if (!io_slurp(curate_path(c, path), NPY_MAX, &b, NULL))
		n = npy_numbers(b.data, b.len, v, max);
	buf_release(&b);
	free(path);
	return n;
}

static int sample(struct curate *c, const char *split, const char *folder, const char *path, struct err *e)
{
	char *stem = xstrdup(strrchr(path, '/') + 1);
	double label = NAN, valence = NAN, arousal = NAN, point[2 * POINTS];
	const char *status = NULL;
	int rc;

	stem[strcspn(stem, ".")] = 0;
	if (annotation(c, folder, stem, "exp", &label, 1) != 1 ||
	    annotation(c, folder, stem, "val", &valence, 1) != 1 ||
	    annotation(c, folder, stem, "aro", &arousal, 1) != 1) {
		label = valence = arousal = NAN;
		status = "bad:annotation";
	} else if (label == NO_FACE) {
		status = "none:no-face";
	}
	row_begin(c, path);
	labels(c, split, label, valence, arousal);
	row_blank(c, 4);
	if (annotation(c, folder, stem, "lnd", point, 2 * POINTS) == 2 * POINTS)
		row_numbers(c, point, 2 * POINTS);
	rc = row_end(c, status, e);
	free(stem);
	return rc;
}

/* Faces with annotations whose pictures are not there: added to the pictures, so that each has a row. */
static int add_missing(struct curate *c, const char *folder, struct names *pictures, struct err *e)
{
	static const char suffix[] = "_exp.npy";
	char *annotations = xasprintf("%s/annotations", folder);
	struct names l = { 0 };
	struct seen seen = { 0 };
	int rc = curate_exists(c, annotations) ? names_folder(&l, c->root, annotations, suffix, 0, e) : 0;

	for (size_t i = 0; !rc && i < pictures->n; i++) {
		char *stem = xstrdup(strrchr(pictures->name[i], '/') + 1);

		stem[strcspn(stem, ".")] = 0;
		seen_count(&seen, stem);
		free(stem);
	}
	for (size_t i = 0; !rc && i < l.n; i++) {
		char *stem = strrchr(l.name[i], '/') + 1, *path;

		stem[strlen(stem) - strlen(suffix)] = 0;
		path = xasprintf("%s/images/%s.jpg", folder, stem);
		if (!seen_count(&seen, stem))
			names_add(pictures, path);
		free(path);
	}
	seen_release(&seen);
	names_release(&l);
	free(annotations);
	return rc;
}

static int read_folders(struct curate *c, struct err *e)
{
	static const char *const split[] = { "train", "val" }, *const folder[] = { "train_set", "val_set" };
	int rc;

	if (c->split && !strcmp(c->split, "automatic"))
		return curate_absent(c, lists[LISTS - 1].file, e);
	rc = row_head(c, columns, POINTS, 2, e);
	for (int i = 0; !rc && i < 2; i++) {
		struct names l = { 0 };
		char *images = xasprintf("%s/images", folder[i]);

		if (curate_wants(c, split[i]) && (c->split || curate_exists(c, images)))
			rc = curate_need(c, images, e) || names_folder(&l, c->root, images, NULL, 0, e) ||
					     add_missing(c, folder[i], &l, e)
				     ? -1
				     : 0;
		names_sort(&l);
		for (size_t k = 0; !rc && k < l.n; k++)
			rc = sample(c, split[i], folder[i], l.name[k], e);
		names_release(&l);
		free(images);
	}
	return rc;
}

int read_affectnet(struct curate *c, struct err *e)
{
	return curate_exists(c, "train_set") || curate_exists(c, "val_set") ? read_folders(c, e) : read_lists(c, e);
}
