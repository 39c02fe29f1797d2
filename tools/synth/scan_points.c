/* scan_points.c - see scan.h: the three forms of the file of points */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/num.h"
#include "common/tsv.h"
#include "tools/synth/scan.h"

enum { BYTES = 1 << 20, WORDS = 3 };

/* The line's words into word[WORDS], ended in place: how many there are, WORDS + 1 for more. */
static int split(char *line, char *word[WORDS])
{
	int n = 0;

	for (char *s = line;;) {
		s += strspn(s, " \t\r");
		if (!*s)
			return n;
		if (n == WORDS)
			return WORDS + 1;
		word[n++] = s;
		s += strcspn(s, " \t\r");
		if (*s)
			*s++ = 0;
	}
}

static int take_line(const struct scan *s, char **word, int words, int32_t *point)
{
	double at[3];
	int64_t v;

	if (words == 1) {
		if (num_parse_i64(word[0], &v) || v < 0 || v >= s->obj.vertices)
			return -1;
		*point = (int32_t)v;
		return 0;
	}
	for (int k = 0; k < 3; k++)
		if (words != 3 || num_parse_f64(word[k], &at[k]) || !isfinite(at[k]))
			return -1;
	*point = scan_nearest(s, at);
	return 0;
}

/* 68 lines, all of one form. */
static int read_lines(struct scan *s, const char *path, char *text, struct err *e)
{
	int32_t point[SYNTH_LANDMARKS];
	enum scan_points how = strncmp(text, SCAN_LIFTED_LINE "\n", sizeof SCAN_LIFTED_LINE) ? SCAN_POINTS_GIVEN
											     : SCAN_POINTS_LIFTED;
	int n = 0, form = 0, number = 0;

	for (char *line = text, *next; line; line = next) {
		char *word[WORDS];
		int words;

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		number++;
		words = split(line, word);
		if (!words || (number == 1 && how == SCAN_POINTS_LIFTED))
			continue;
		form = form ? form : words;
		if (words != form || n == SYNTH_LANDMARKS || take_line(s, word, words, &point[n]))
			return err_set(e,
				       "'%s': line %d: not a vertex of the scan, from 0, or x y z, on each of 68 lines",
				       path, number);
		n++;
	}
	if (n != SYNTH_LANDMARKS)
		return err_set(e, "'%s': %d points; 68 are needed", path, n);
	scan_set_points(s, point, how);
	return 0;
}

static int read_row(struct tsv *t, double (*xy)[2], struct err *e)
{
	for (int i = 0; i < 2 * SYNTH_LANDMARKS; i++) {
		char name[16];
		int column;

		snprintf(name, sizeof name, "lm%d%c", i / 2, "xy"[i % 2]);
		column = tsv_need(t, name, e);
		if (column < 0 || tsv_f64(t, &t->row, column, &xy[i / 2][i % 2], e))
			return -1;
		if (!isfinite(xy[i / 2][i % 2]))
			return err_set(e, "'%s': %s is not finite", t->name, name);
	}
	return 0;
}

static int read_manifest(struct scan *s, const char *path, const struct buf *b, const struct synth_frame *f,
			 int samples, struct err *e)
{
	double xy[SYNTH_LANDMARKS][2];
	int32_t point[SYNTH_LANDMARKS];
	struct tsv t;
	int rc;

	if (tsv_open_memory(&t, path, b->data, b->len, e))
		return -1;
	rc = tsv_next(&t, e);
	if (rc == 0)
		rc = err_set(e, "'%s' has no row", path);
	else if (rc > 0)
		rc = read_row(&t, xy, e);
	if (!rc && (rc = tsv_next(&t, e)) > 0)
		rc = err_set(e, "'%s' has more than one row: that of the frontal picture is needed", path);
	tsv_close(&t);
	if (!rc && scan_lift(s, f, samples, (const double(*)[2])xy, point, e))
		rc = err_prefix(e, "'%s'", path);
	if (!rc)
		scan_set_points(s, point, SCAN_POINTS_LIFTED);
	return rc;
}

int scan_read_points(struct scan *s, const char *path, const struct synth_frame *f, int samples, struct err *e)
{
	struct buf b = { 0 };
	int rc = io_slurp_given(path, BYTES, &b, e);

	if (!rc && b.len && memchr(b.data, 0, b.len))
		rc = err_set(e, "'%s' is no text", path);
	else if (!rc && b.len && strstr(b.data, "lm0x"))
		rc = read_manifest(s, path, &b, f, samples, e);
	else if (!rc)
		rc = read_lines(s, path, b.len ? b.data : (char[]){ 0 }, e);
	buf_release(&b);
	return rc;
}
