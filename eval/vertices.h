/*
 * vertices.h - meshes that were predicted, as a record stream for frl-eval mesh
 */
#ifndef FRL_EVAL_VERTICES_H
#define FRL_EVAL_VERTICES_H

#include "common/model/task.h"
#include "common/record.h"

struct vertices {
	struct out out;
	struct record_writer writer;
	bool open;
};

/* path NULL: nothing is written, ever. */
int vertices_open(struct vertices *v, const char *path, struct err *e);
/*
 * The vertices of a sample's output, [V, 3] f32 with the key and face of `head`: places in the picture that went through d, or
 * behind the map `back` (NULL: none) in the photo; depths are scaled alike.
 */
int vertices_write(struct vertices *v, const struct task_model *m, const float *out, const struct warp_draws *d,
		   const double *back, const struct record *head, struct err *e);
int vertices_close(struct vertices *v, struct err *e);
void vertices_abort(struct vertices *v); /* harmless after vertices_close and on a zeroed struct */

/* Points [n][3] behind a map. */
void vertices_map(const double back[TASK_AFFINE], double (*p)[3], size_t n);

#endif
