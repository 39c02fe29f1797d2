/*
 * bp4d.c - BP4D: 41 persons in 8 tasks, intensities of five action units; the partition of FERA-2015
 *
 * The folder "AU Intensity Codes3.0" is as FERA-2015's baseline and OpenFace read it. Frames are SUBJECT/TASK/NUMBER.jpg, with more
 * or fewer zeros before the number: they are found by what it is.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/curate/codes.h"
#include "tools/curate/names.h"
#include "tools/curate/readers.h"

static const int units[] = { 6, 10, 12, 14, 17 };
enum { UNITS = sizeof units / sizeof *units, TASKS = 8, NOT_CODED = 9 };

/* The number that a picture's name is, or -1. */
static long number_of(const char *path)
{
	const char *s = strrchr(path, '/') + 1;
	char *end;
	long n = strtol(s, &end, 10);

	return end > s && *end == '.' && n >= 0 && n <= CODES_MAX_FRAME ? n : -1;
}

/* name[i]: the picture of frame i, or NULL. */
static int pictures(struct curate *c, const char *folder, const struct codes *t, struct names *l, const char **name,
		    struct err *e)
{
	memset(name, 0, (size_t)t->frames * sizeof *name);
	if (!curate_exists(c, folder))
		return 0;
	if (names_folder(l, c->root, folder, NULL, 0, e))
		return -1;
	names_sort(l);
	for (size_t i = 0; i < l->n; i++) {
		long n = number_of(l->name[i]);
		if (n >= 0 && n < t->frames)
			name[n] = l->name[i];
	}
	return 0;
}

static int frame(struct curate *c, const struct codes *t, int i, const char *path, const char *who, int task,
		 const char *split, struct err *e)
{
	const double *v = t->v + (size_t)i * UNITS;
	bool coded = false;

	for (int k = 0; k < UNITS; k++)
		coded = coded || !isnan(v[k]);
	row_begin(c, path);
	row_str(c, split);
	row_str(c, who);
	row_i64(c, task);
	row_i64(c, i);
	row_numbers(c, v, UNITS);
	return row_end(c, coded ? NULL : "none:not-coded", e);
}

/* A video some of whose label files are not there, or one with pictures and none of them. */
static int unlabelled(struct curate *c, const char *folder, const char *who, int task, const char *split, struct err *e)
{
	row_begin(c, folder);
	row_str(c, split);
	row_str(c, who);
	row_i64(c, task);
	return row_end(c, "bad:no-labels", e);
}

/* 1, 0 when nothing of this video is there, -1. */
static int video(struct curate *c, struct codes *t, const char *who, int task, const char *split, struct err *e)
{
	char *folder = xasprintf("%s/T%d", who, task);
	const char **name = NULL;
	struct names l = { 0 };
	int rc = 0, found = 0;
	bool there;

	codes_reset(t, UNITS);
	for (int k = 0; rc >= 0 && k < UNITS; k++) {
		char *path = xasprintf("AU Intensity Codes3.0/AU%02d/%s_T%d_AU%02d.csv", units[k], who, task, units[k]);

		rc = codes_read(t, c, path, k, NOT_CODED, e);
		found += rc > 0;
		free(path);
	}
	there = found || curate_exists(c, folder);
	if (rc >= 0 && there && found < UNITS)
		rc = unlabelled(c, folder, who, task, split, e);
	name = xcalloc((size_t)t->frames + 1, sizeof *name);
	if (rc >= 0)
		rc = pictures(c, folder, t, &l, name, e);
	for (int i = 0; rc >= 0 && i < t->frames; i++) {
		char *usual = xasprintf("%s/%d.jpg", folder, i);

		if (t->listed[i])
			rc = frame(c, t, i, name[i] ? name[i] : usual, who, task, split, e);
		free(usual);
	}
	names_release(&l);
	free(name);
	free(folder);
	return rc < 0 ? -1 : there;
}

int read_bp4d(struct curate *c, struct err *e)
{
	static const struct {
		char sex;
		int last;
	} group[] = { { 'F', 23 }, { 'M', 18 } };
	struct codes t = { 0 };
	int rc = curate_need(c, "AU Intensity Codes3.0", e), any = 0;

	if (!rc)
		rc = row_head(c, "split subject task frame au06 au10 au12 au14 au17", 0, 0, e);
	for (int g = 0; g < 2; g++)
		for (int n = 1; !rc && n <= group[g].last; n++) {
			const char *split = n % 2 ? "train" : "val";
			char who[16];

			snprintf(who, sizeof who, "%c%03d", group[g].sex, n);
			for (int task = 1; !rc && curate_wants(c, split) && task <= TASKS; task++) {
				rc = video(c, &t, who, task, split, e);
				any += rc > 0;
				rc = rc < 0 ? rc : 0;
			}
		}
	if (!rc && !any)
		rc = curate_absent(c, "AU Intensity Codes3.0/AU06/F001_T1_AU06.csv", e);
	codes_release(&t);
	return rc;
}
