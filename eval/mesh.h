/*
 * mesh.h - what the files of frl-eval mesh share
 */
#ifndef FRL_EVAL_MESH_H
#define FRL_EVAL_MESH_H

#include "common/metrics/mesh.h"
#include "eval/paired.h"

struct mesh_eval {
	struct paired p;
	const char *yaw, *ced;
	/* dense */
	int align; /* enum mesh_align */
	const char *eyes, *vertices, *pred_points, *truth_points;
};

/* 68 points (or any number) of two manifests; vertices of two record streams. Both write the report. */
int mesh_sparse(struct mesh_eval *m, struct err *e);
int mesh_dense(struct mesh_eval *m, struct err *e);

/* The distribution of errors [n] as TSV, if --ced asks for it: columns error fraction, a row per distinct error. */
int mesh_write_ced(const struct mesh_eval *m, const double *error, size_t n, struct err *e);

#endif
