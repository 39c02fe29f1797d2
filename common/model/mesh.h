/*
 * mesh.h - triangle meshes for the spiral decoder: rings, spirals, decimation, and the way back up
 *
 * What spiralnet_plus (Gong et al., ICCVW 2019) and COMA (Ranjan et al., ECCV 2018) prepare with OpenMesh and psbody:
 * fixed lists of neighbours for SpiralConv, coarser meshes by quadric errors (Garland and Heckbert, 1997), and sparse
 * matrices that bring values of a coarse mesh to a fine one. Pure functions of the mesh; ties are broken by indices, so
 * the same mesh gives the same bytes.
 */
#ifndef FRL_MODEL_MESH_H
#define FRL_MODEL_MESH_H

#include <stdint.h>

#include "common/err.h"

enum { MESH_MAX_VERTICES = 1 << 20, MESH_MAX_FACES = 1 << 21, MESH_MAX_FAN = 1024 };

struct mesh {
	int vertices, faces;
	double (*at)[3];    /* [vertices], owned */
	int32_t (*face)[3]; /* [faces], owned */
};

/* Rows of a sparse matrix [rows, cols], as train_types.h has them. */
struct mesh_matrix {
	int rows, cols;
	int32_t *begin; /* [rows + 1] */
	int32_t *col;	/* [begin[rows]] */
	double *value;
};

void mesh_release(struct mesh *m);
void mesh_matrix_release(struct mesh_matrix *m);
/*
 * Whether everything below may be called: sizes within the caps, at least a triangle, finite places, corners in range.
 * Faces with a corner twice are refused, too. -1 and the first thing that is wrong.
 */
int mesh_check(const struct mesh *m, struct err *e);

/*
 * The neighbours of each vertex in the order in which its faces wind about it. An open fan starts at its end (a border), a
 * closed one at the vertex's first face; where several fans meet, the one with the first face comes first.
 */
struct mesh_rings {
	int32_t *begin; /* [vertices + 1] */
	int32_t *vertex;
};
void mesh_rings(struct mesh_rings *r, const struct mesh *m);
void mesh_rings_release(struct mesh_rings *r);

/*
 * For each vertex `length` vertices into spiral [vertices][length]: itself, its ring, the ring of that, and so on, of which
 * every dilation-th is kept; where rings run out before length * dilation, the nearest vertices by distance (then index). A
 * following ring: for each vertex of the last one, its new neighbours that come after one of the last ring, then those
 * before (spiralnet_plus: _next_ring). -1: the mesh has fewer than length * dilation vertices.
 */
int mesh_spirals(const struct mesh *m, int length, int dilation, int32_t *spiral, struct err *e);

/*
 * A mesh of at most `target` of m's vertices (fewer where a collapse leaves a vertex without a face; more where nothing is
 * left to collapse): edges are collapsed in the order of their quadric error into the end that costs less, as COMA does;
 * what stays is where it was. kept (may be NULL, [m->vertices]): the numbers of m's vertices that stayed, ascending.
 * coarse is initialised.
 */
void mesh_decimate(struct mesh *coarse, const struct mesh *m, int target, int32_t *kept);

/*
 * fine's values from coarse's: each vertex of fine is its nearest point on coarse's surface, in barycentric coordinates
 * (weights of zero are left out). up is initialised: [fine->vertices, coarse->vertices].
 */
void mesh_up(struct mesh_matrix *up, const struct mesh *fine, const struct mesh *coarse);

/* The nearest point of triangle abc to p, in barycentric coordinates; the squared distance is returned. */
double mesh_nearest_on_triangle(const double p[3], const double a[3], const double b[3], const double c[3],
				double weight[3]);

#endif
