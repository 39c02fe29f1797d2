/*
 * job.h - a few rows of one photo on their way from the manifest to the outputs
 */
#ifndef FRL_CROP_JOB_H
#define FRL_CROP_JOB_H

#include "crop/columns.h"
#include "crop/photo.h"

enum face_state {
	FACE_PASSED,  /* its row was not ok: goes through untouched */
	FACE_WAITING, /* to be cropped */
	FACE_CROPPED,
	FACE_NONE, /* nothing to do, why says the reason */
	FACE_BAD,  /* why says the reason */
};

struct face {
	struct tsv_row row;
	enum face_state state;
	char *why;
	bool has_box;
	struct face_box box;
	double size; /* S, 0: unknown */
	struct crop_map map;
	double outside;
	int64_t label;
	uint32_t number; /* column face */
	struct image crop;
	struct buf jpeg;
	uint32_t crc; /* of the payload */
};

struct job {
	struct photo *photo; /* NULL when no row needs one */
	struct face *face;
	int n, cap;
};

/* A copy of the row joins the job. */
void crop_job_add(struct job *j, const struct tsv_row *row, bool ok);
/* Everything between reading and writing; thread-safe. */
void crop_job_work(struct job *j, const struct columns *c, const struct crop_options *o);
void crop_job_free(struct job *j);

#endif
