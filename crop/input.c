/* input.c - see input.h */
#include "crop/input.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_ROWS = 8,	      /* of a job: their crops wait in memory to be written */
	MOST_CHOICES = 65536, /* of a job that writes one crop only */
};

static bool chooses(const struct input *in)
{
	return in->options->largest || in->options->nearest;
}

static int same_header(const struct input *in, struct err *e)
{
	for (int i = 0; i < in->head.n || i < in->tsv.head.n; i++)
		if (i >= in->head.n || i >= in->tsv.head.n || strcmp(in->head.field[i], in->tsv.head.field[i]) != 0)
			return err_set(e, "'%s' has other columns than the first manifest", in->tsv.name);
	return 0;
}

int crop_input_open(struct input *in, const struct crop_options *o, char *const *files, int n_files, struct err *e)
{
	*in = (struct input){ .options = o, .files = files, .n_files = n_files, .next_file = 1 };
	if (tsv_open(&in->tsv, n_files ? files[0] : NULL, e) < 0)
		return -1;
	tsv_row_copy(&in->head, &in->tsv.head);
	return crop_columns_find(&in->columns, &in->tsv, o, e);
}

void crop_input_release(struct input *in)
{
	tsv_close(&in->tsv);
	tsv_row_release(&in->head);
	crop_columns_release(&in->columns);
	crop_photo_drop(in->photo);
	buf_release(&in->id);
	buf_release(&in->path);
}

/* Makes a row pending: 1, 0 at the end of the last manifest, -1. */
static int next_row(struct input *in)
{
	int rc;
	while ((rc = tsv_next(&in->tsv, &in->e)) == 0 && in->next_file < in->n_files) {
		tsv_close(&in->tsv);
		if (tsv_open(&in->tsv, in->files[in->next_file++], &in->e) < 0 || same_header(in, &in->e) < 0)
			return -1;
	}
	in->pending = rc > 0;
	in->rows += rc > 0;
	return rc;
}

/* Is the pending row of this photo? */
static bool is_of(struct input *in, const struct photo *p)
{
	return p && !strcmp(p->id, tsv_get(&in->tsv.row, in->columns.id, &in->id)) &&
	       !strcmp(p->path, tsv_get(&in->tsv.row, in->columns.path, &in->path));
}

/* May the pending row join the job? Rows that only pass through may join any, as long as no choice is made among rows. */
static bool fits(struct input *in, const struct job *j, bool ok)
{
	if (j->n >= (chooses(in) && j->photo ? MOST_CHOICES : MOST_ROWS))
		return false;
	if (!ok)
		return !chooses(in) || !j->photo || is_of(in, j->photo);
	if (!j->photo)
		return !chooses(in) || j->n == 0;
	return is_of(in, j->photo);
}

static void take(struct input *in, struct job *j, bool ok)
{
	if (ok && !j->photo) {
		if (!is_of(in, in->photo)) {
			crop_photo_drop(in->photo);
			in->photo = crop_photo_new(tsv_get(&in->tsv.row, in->columns.id, &in->id),
						   tsv_get(&in->tsv.row, in->columns.path, &in->path));
		}
		j->photo = crop_photo_share(in->photo);
	}
	crop_job_add(j, &in->tsv.row, ok);
	in->pending = false;
}

struct job *crop_input_next(struct input *in)
{
	struct job *j = xcalloc(1, sizeof *j);
	while (!in->failed) {
		if (!in->pending) {
			/* A slow pipe: what came goes on. A choice needs all rows of its photo, though. */
			if (j->n > 0 && !chooses(in) && tsv_would_block(&in->tsv))
				break;
			int rc = next_row(in);
			in->failed = rc < 0;
			if (rc <= 0)
				break;
		}
		bool ok = tsv_ok(&in->tsv.row, in->columns.status);
		if (!fits(in, j, ok))
			break;
		take(in, j, ok);
	}
	if (j->n > 0)
		return j;
	crop_job_free(j);
	return NULL;
}
