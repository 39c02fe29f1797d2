/*
 * disfa.c - DISFA: 27 persons, a video each, intensities of 12 action units for each frame
 *
 * Frames are extracted by whoever uses the set, to frames/SN001/00001.jpg (man has the command). Frame numbers
 * start at 1: two public loaders show label files that begin "1,0" and say so, none was found that says otherwise.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/curate/codes.h"
#include "tools/curate/readers.h"

static const int units[] = { 1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26 };
enum { UNITS = sizeof units / sizeof *units, SUBJECTS = 27, FOLDS = 3 };

/* In order, each with its fold: the partition that JAA-Net and others use. */
static const struct {
	int number, fold;
} subjects[SUBJECTS] = {
	{ 1, 0 },  { 2, 0 },  { 3, 2 },	 { 4, 2 },  { 5, 2 },  { 6, 1 },  { 7, 2 },  { 8, 2 },	{ 9, 0 },
	{ 10, 0 }, { 11, 1 }, { 12, 1 }, { 13, 1 }, { 16, 0 }, { 17, 2 }, { 18, 1 }, { 21, 1 }, { 23, 2 },
	{ 24, 1 }, { 25, 2 }, { 26, 0 }, { 27, 0 }, { 28, 1 }, { 29, 2 }, { 30, 0 }, { 31, 1 }, { 32, 0 },
};

static int rows(struct curate *c, const struct codes *t, const char *subject, int fold, struct err *e)
{
	int rc = 0;

	for (int i = 0; !rc && i < t->frames; i++) {
		char *path;

		if (!t->listed[i])
			continue;
		path = xasprintf("frames/%s/%05d.jpg", subject, i);
		row_begin(c, path);
		row_str(c, subject);
		row_i64(c, fold);
		row_i64(c, i);
		row_numbers(c, t->v + (size_t)i * UNITS, UNITS);
		rc = row_end(c, NULL, e);
		free(path);
	}
	return rc;
}

static int subject(struct curate *c, struct codes *t, int number, int fold, struct err *e)
{
	char *name = xasprintf("SN%03d", number), *folder = xasprintf("ActionUnit_Labels/%s", name);
	int rc = 0, found = 0;

	codes_reset(t, UNITS);
	for (int k = 0; rc >= 0 && k < UNITS; k++) {
		char *path = xasprintf("%s/%s_au%d.txt", folder, name, units[k]);

		rc = codes_read(t, c, path, k, -1, e);
		found += rc > 0;
		free(path);
	}
	if (rc >= 0 && found < UNITS) {
		row_begin(c, folder);
		row_str(c, name);
		row_i64(c, fold);
		rc = row_end(c, "bad:no-labels", e);
	}
	if (rc >= 0)
		rc = rows(c, t, name, fold, e);
	free(name);
	free(folder);
	return rc < 0 ? -1 : 0;
}

int read_disfa(struct curate *c, struct err *e)
{
	struct codes t = { 0 };
	int rc = curate_need(c, "ActionUnit_Labels", e);

	if (!rc)
		rc = row_head(c, "subject fold frame au01 au02 au04 au05 au06 au09 au12 au15 au17 au20 au25 au26", 0, 0,
			      e);
	for (int i = 0; !rc && i < SUBJECTS; i++)
		rc = subject(c, &t, subjects[i].number, subjects[i].fold, e);
	codes_release(&t);
	return rc;
}
