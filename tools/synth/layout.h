/*
 * layout.h - pictures and labels in the layouts of published sets, for frl-curate's readers
 *
 * Pictures are JPEG files, written as they come; lists and labels are kept as text and written at the end, so that a folder
 * without them is not taken for a set.
 */
#ifndef FRL_SYNTH_LAYOUT_H
#define FRL_SYNTH_LAYOUT_H

#include "common/buf.h"
#include "common/mat_out.h"
#include "tools/synth/places.h"

struct synth_layout;

/* A set: its persons and folders, where a picture lies, what its lists say of it. NULL: nothing to do. */
struct synth_layout_set {
	const char *name;
	int persons, least;	   /* it has that many at most (0: any); it needs that many */
	int each;		   /* pictures of a person at most; 0: any number */
	int size;		   /* pixels of its pictures; 0: PHOTO_SIZE */
	const char *const *folder; /* that are there even if empty; NULL-ended, or NULL */
	/* Writes the picture's path, relative to the set's folder, to path, and adds to the set's texts. */
	void (*add)(struct synth_layout *l, const struct synth_job *j, struct buf *path);
	int (*more)(struct synth_layout *l, const struct synth_job *j, const char *path, struct err *e); /* files */
	int (*start)(struct synth_layout *l, struct err *e); /* before the folder is made */
	int (*finish)(struct synth_layout *l, struct err *e);
	void (*release)(struct synth_layout *l);
	bool mesh;  /* truth.mesh is needed */
	bool still; /* it is of scans: a head looks ahead and nothing happens to its picture */
	bool raw;   /* pictures come as rows of pixels, and are not written as files of their own */
	bool weak;  /* the camera is, whatever the options say */
};

struct synth_layout_text {
	char *path;
	struct buf b;
};

struct synth_layout {
	const struct synth_layout_set *set;
	const struct synth_scene *scene;
	const char *root;
	struct synth_layout_text *text; /* [texts] */
	int texts;
	uint64_t pictures;
	int32_t vertex[SYNTH_PLACES]; /* of the set's points */
	void *own;		      /* what the set keeps; freed by its release */
};

/* 300W-LP and AFLW2000-3D have pictures of that size, which is part of what their .mat files mean. */
enum { SYNTH_3D_SIZE = 450 };

/* Sets by name, NULL-ended, for the option; the one of that number. */
extern const char *const synth_layout_names[];
const struct synth_layout_set *synth_layout_set(int i);

/* root must not be there yet, or be an empty folder. */
int synth_layout_open(struct synth_layout *l, const struct synth_layout_set *set, const char *root,
		      const struct synth_scene *s, struct err *e);
int synth_layout_job(struct synth_layout *l, const struct synth_job *j, struct err *e);
int synth_layout_commit(struct synth_layout *l, struct err *e);
void synth_layout_release(struct synth_layout *l);

/* ---- for the sets: a line, or part of one, of the text `path`; a person's number in this run */

void synth_layout_add(struct synth_layout *l, const char *path, const char *format, ...) PRINTF_LIKE(3, 4);
uint64_t synth_layout_person(const struct synth_layout *l, const struct synth_job *j);
/* A text that has nothing yet. */
bool synth_layout_new(const struct synth_layout *l, const char *path);
/* Both eyes' middles, nose, corners of the mouth. */
void synth_layout_points(const struct synth_job *j, float point[5][2]);
/* The file's name in the file system, to be freed; its folder is made. NULL: it cannot be. */
char *synth_layout_file(const struct synth_layout *l, const char *path, struct err *e);
/* Writes that file of the set. */
int synth_layout_write(const struct synth_layout *l, const char *path, const struct buf *b, struct err *e);
/* Begins that .mat file of the set, as mat_out_open does; NULL: its folder cannot be made. */
struct mat_out *synth_layout_mat(const struct synth_layout *l, const char *path, enum mat_out_form form, struct err *e);

/* Rows of n numbers as MATLAB has them, column by column; to be freed. */
double *synth_layout_columns(const double *row, size_t rows, size_t n);

/* ---- sets with a file of their own */

int synth_wflw_start(struct synth_layout *l, struct err *e);
void synth_wflw_add(struct synth_layout *l, const struct synth_job *j, struct buf *path);
/* COFW (layout_cofw.c) and AFLW-19 (layout_aflw19.c). */
int synth_cofw_start(struct synth_layout *l, struct err *e);
void synth_cofw_add(struct synth_layout *l, const struct synth_job *j, struct buf *path);
int synth_cofw_finish(struct synth_layout *l, struct err *e);
void synth_cofw_release(struct synth_layout *l);
int synth_aflw19_start(struct synth_layout *l, struct err *e);
void synth_aflw19_add(struct synth_layout *l, const struct synth_job *j, struct buf *path);
int synth_aflw19_finish(struct synth_layout *l, struct err *e);
void synth_aflw19_release(struct synth_layout *l);
/* Florence (layout_florence.c). */
int synth_florence_start(struct synth_layout *l, struct err *e);
void synth_florence_add(struct synth_layout *l, const struct synth_job *j, struct buf *path);
int synth_florence_more(struct synth_layout *l, const struct synth_job *j, const char *path, struct err *e);
int synth_florence_finish(struct synth_layout *l, struct err *e);
void synth_florence_release(struct synth_layout *l);
/* 300W-LP and AFLW2000-3D (layout_3d.c). */
int synth_3d_start(struct synth_layout *l, struct err *e);
void synth_300w_lp_add(struct synth_layout *l, const struct synth_job *j, struct buf *path);
int synth_300w_lp_more(struct synth_layout *l, const struct synth_job *j, const char *path, struct err *e);
void synth_aflw2000_add(struct synth_layout *l, const struct synth_job *j, struct buf *path);
int synth_aflw2000_more(struct synth_layout *l, const struct synth_job *j, const char *path, struct err *e);
int synth_3d_finish(struct synth_layout *l, struct err *e);

#endif
