/*
 * mesh_targets.h - the vertices of 3D faces in pictures, from record streams, read when they are wanted
 *
 * A record is [V, 3] f32, x y z in pixels of the photo (frl-curate --mesh, frl-synth --mesh), or [P] f32, the coefficients and
 * the pose of a linear model (frl-curate --params), multiplied out here: all of 300W-LP as vertices would be 78 GB. Only
 * places and keys are held in memory.
 */
#ifndef FRL_MODEL_MESH_TARGETS_H
#define FRL_MODEL_MESH_TARGETS_H

#include "common/model/linear_face.h"
#include "common/record.h"
#include "common/table.h"

struct mesh_targets_config {
	const char *mesh, *params; /* streams with commas between them; one of the two */
	const char *face_model;	   /* for params: linear_face.h */
	const int32_t *region;	   /* [vertices] that are kept, in that order; NULL: all */
	int region_n;
};

struct mesh_targets_file {
	char *path;
	int fd;
	struct record_index index;
};

struct mesh_targets {
	struct mesh_targets_file *file; /* [files] */
	int files;
	uint64_t n;
	struct table_face *faces; /* [n] sorted by key and face; row: the record's number */
	int vertices;		  /* that mesh_targets_read gives */
	/* the rest is the module's own */
	int stored; /* numbers of a record */
	bool linear;
	struct linear_face model;
	int32_t *region;
	int region_n;
};

/*
 * Opens the streams; every record's header must say the same shape. -1 names file and record: no record stream, damaged or cut
 * short, another shape, two records of one face, a region that the mesh has not. Release in any case.
 */
int mesh_targets_open(struct mesh_targets *t, const struct mesh_targets_config *c, struct err *e);
void mesh_targets_release(struct mesh_targets *t);

/*
 * Whether rows and records can be told apart: an id with several faces on one side and one on the other is an
 * error that names it, as labels.h has it.
 */
int mesh_targets_check(const struct mesh_targets *t, const struct table *rows, struct err *e);
/* The record of a face; -1: none. */
int64_t mesh_targets_find(const struct mesh_targets *t, uint64_t key, int64_t face);

/* Memory of one thread; zeroed before its first use. */
struct mesh_targets_room {
	struct buf bytes;
	float *numbers; /* the record's */
};
void mesh_targets_room_release(struct mesh_targets_room *room);

/*
 * Record i's vertices in the photo, out [vertices][3]: x to the right, y down, z to the viewer, in pixels, z from where the
 * stream counts it. From any thread. -1 names file and record: not to be read, changed, a number that is not finite.
 */
int mesh_targets_read(const struct mesh_targets *t, uint64_t i, struct mesh_targets_room *room, float *out,
		      struct err *e);

#endif
