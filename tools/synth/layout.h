/*
 * layout.h - pictures and labels in the layouts of published sets, for frl-curate's readers
 *
 * Pictures are JPEG files, written as they come; lists and labels are kept as text and written at the end, so that a folder
 * without them is not taken for a set.
 */
#ifndef FRL_SYNTH_LAYOUT_H
#define FRL_SYNTH_LAYOUT_H

#include "common/buf.h"
#include "tools/synth/output.h"

struct synth_layout;

/* A set: how many persons it has (0: any), its folders, where a picture lies, what its lists say of it. */
struct synth_layout_set {
	const char *name;
	int persons;
	const char *const *folder; /* that are there even if empty; NULL-ended, or NULL */
	/* Writes the picture's path, relative to the set's folder, to path, and adds to the set's texts. */
	void (*add)(struct synth_layout *l, const struct synth_job *j, struct buf *path);
	void (*finish)(struct synth_layout *l); /* NULL: nothing */
	void (*start)(struct synth_layout *l);	/* NULL: nothing */
	bool mesh;				/* add needs truth.mesh */
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
	int32_t vertex[98]; /* of WFLW's points */
};

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
/* WFLW (layout_wflw.c). */
void synth_wflw_start(struct synth_layout *l);
void synth_wflw_add(struct synth_layout *l, const struct synth_job *j, struct buf *path);
/* Both eyes' middles, nose, corners of the mouth. */
void synth_layout_points(const struct synth_job *j, float point[5][2]);

#endif
