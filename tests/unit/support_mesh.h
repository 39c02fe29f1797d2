/*
 * support_mesh.h - the mesh of tests/golden/make_spiral.py: a bumpy sheet with a hole, and a loose fan
 */
#ifndef FRL_TESTS_SUPPORT_MESH_H
#define FRL_TESTS_SUPPORT_MESH_H

#include "common/model/mesh.h"

enum { SHEET_VERTICES = 147, SHEET_FACES = 238 };

/* Fails the test where tests/golden/spiral.tsv is not what it should be. */
void sheet_load(struct mesh *m);

#endif
