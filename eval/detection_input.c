/* detection_input.c - predictions of faces: WIDER result files, or the rows of frl-detect */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/tsv.h"
#include "eval/detection.h"

enum { RESULT_BYTES = 64 << 20 };

/* DIR/EVENT/NAME.txt for every picture chosen. */
static int read_results(struct detection *d, struct err *e)
{
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; i < d->truth.n && !rc; i++) {
		char *path;

		if (!d->chosen[i])
			continue;
		path = xasprintf("%s/%s.txt", d->pred, d->truth.picture[i].key);
		if (access(path, F_OK) == 0 || errno != ENOENT) {
			d->seen[i] = true;
			rc = io_slurp(path, RESULT_BYTES, &text, e);
			if (!rc)
				rc = wider_result_parse(&d->result[i], path, text.data ? text.data : "", text.len, e);
		}
		free(path);
	}
	buf_release(&text);
	return rc;
}

struct columns {
	int id, path, status, x1, y1, x2, y2, score;
};

static int find_columns(const struct tsv *t, struct columns *c, struct err *e)
{
	/* A set that came with boxes of its own has the detector's under another name. */
	const char *prefix = tsv_col(t, "det_x1") >= 0 ? "det_" : "";
	int *const need[] = { &c->x1, &c->y1, &c->x2, &c->y2, &c->score };
	static const char *const name[] = { "x1", "y1", "x2", "y2", "score" };

	c->id = tsv_col(t, "id");
	c->path = tsv_col(t, "path");
	if (c->id < 0 && c->path < 0)
		return tsv_need(t, "id", e) < 0 ? -1 : 0;
	c->status = tsv_col(t, "det_status");
	if (c->status < 0)
		c->status = tsv_col(t, "status");
	for (size_t i = 0; i < sizeof need / sizeof *need; i++) {
		char *full = xasprintf("%s%s", prefix, name[i]);
		*need[i] = tsv_need(t, full, e);
		free(full);
		if (*need[i] < 0)
			return -1;
	}
	return 0;
}

/* The picture that a row speaks of: its id if that is a key, else the end of its path; -1 if it is not in the truth. */
static int64_t picture_of(const struct detection *d, const struct tsv_row *row, const struct columns *c,
			  struct buf *field, struct buf *key)
{
	const char *s = wider_key(tsv_get(row, c->id, field), key);
	int64_t at = s ? wider_truth_find(&d->truth, s) : -1;

	if (at >= 0)
		return at;
	s = wider_key(tsv_get(row, c->path, field), key);
	return s ? wider_truth_find(&d->truth, s) : -1;
}

static int add_face(struct wider_result *r, const struct tsv *t, const struct columns *c, struct err *e)
{
	const int col[5] = { c->x1, c->y1, c->x2, c->y2, c->score };
	double v[5];

	for (int i = 0; i < 5; i++) {
		if (tsv_f64(t, &t->row, col[i], &v[i], e))
			return -1;
		if (!isfinite(v[i]))
			return err_set(e, "'%s' line %llu, column %s: not a finite number", t->name,
				       (unsigned long long)t->row.line, t->head.field[col[i]]);
	}
	if (v[2] < v[0] || v[3] < v[1])
		return err_set(e, "'%s' line %llu: a box of negative size", t->name, (unsigned long long)t->row.line);
	wider_result_add(r, (const double[5]){ v[0], v[1], v[2] - v[0], v[3] - v[1], v[4] });
	return 0;
}

static int read_rows(struct detection *d, struct tsv *t, struct err *e)
{
	struct columns c;
	struct buf field = { 0 }, key = { 0 };
	uint64_t foreign = 0, failed = 0;
	int rc = find_columns(t, &c, e);

	while (!rc && (rc = tsv_next(t, e)) > 0) {
		int64_t at = picture_of(d, &t->row, &c, &field, &key);

		rc = 0;
		if (at < 0) {
			foreign++;
		} else if (!d->chosen[at]) {
			continue;
		} else if (tsv_ok(&t->row, c.status)) {
			d->seen[at] = true;
			rc = add_face(&d->result[at], t, &c, e);
		} else if (strncmp(tsv_raw(&t->row, c.status), "none:", 5) == 0) {
			d->seen[at] = true;
		} else {
			failed++;
		}
	}
	if (!rc && foreign && !d->report.quiet)
		warn("'%s': %llu rows of pictures that the truth does not have", t->name, (unsigned long long)foreign);
	if (!rc && failed && !d->report.quiet)
		warn("'%s': %llu rows of failed pictures", t->name, (unsigned long long)failed);
	buf_release(&field);
	buf_release(&key);
	return rc;
}

static int read_manifest(struct detection *d, struct err *e)
{
	struct tsv t;
	int rc;

	if (tsv_open(&t, d->pred, e))
		return -1;
	rc = read_rows(d, &t, e);
	for (size_t i = 0; i < d->truth.n; i++)
		wider_result_sort(&d->result[i]);
	tsv_close(&t);
	return rc;
}

int detection_read(struct detection *d, struct err *e)
{
	struct stat st;
	size_t chosen = 0, seen = 0;
	const char *missing = NULL;
	bool dir = strcmp(d->pred, "-") != 0 && stat(d->pred, &st) == 0 && S_ISDIR(st.st_mode);

	if (dir ? read_results(d, e) : read_manifest(d, e))
		return -1;
	for (size_t i = 0; i < d->truth.n; i++) {
		chosen += d->chosen[i];
		seen += d->chosen[i] && d->seen[i];
		if (!missing && d->chosen[i] && !d->seen[i])
			missing = d->truth.picture[i].key;
	}
	if (seen == 0)
		return err_set(e, "'%s': predictions for none of the %zu pictures", d->pred, chosen);
	if (seen < chosen && !d->partial)
		return err_set(e, "'%s': no predictions for %zu of %zu pictures, the first is '%s'", d->pred,
			       chosen - seen, chosen, missing);
	if (seen < chosen && !d->report.quiet)
		warn("'%s': no predictions for %zu of %zu pictures: their faces count as missed", d->pred,
		     chosen - seen, chosen);
	return 0;
}
