/* support_mesh.c - see support_mesh.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_golden.h"
#include "tests/unit/support_mesh.h"

void sheet_load(struct mesh *m)
{
	char *path = golden_path("spiral.tsv"), line[200], *at = line + 7;
	FILE *f = fopen(path, "r");
	struct err e = { 0 };

	free(path);
	assert_non_null(f);
	*m = (struct mesh){ 0, 0, calloc(SHEET_VERTICES, sizeof *m->at), calloc(SHEET_FACES, sizeof *m->face) };
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, "vertex\t", 7)) {
			assert_true(m->vertices < SHEET_VERTICES);
			/* Nine digits, and floats underneath: the same numbers as in the script. */
			at = line + 7;
			for (int k = 0; k < 3; k++)
				m->at[m->vertices][k] = (double)(float)strtod(at, &at);
			m->vertices++;
		} else if (!strncmp(line, "face\t", 5)) {
			assert_true(m->faces < SHEET_FACES);
			at = line + 5;
			for (int k = 0; k < 3; k++)
				m->face[m->faces][k] = (int32_t)strtol(at, &at, 10);
			m->faces++;
		} else {
			break;
		}
	fclose(f);
	assert_int_equal(m->vertices, SHEET_VERTICES);
	assert_int_equal(m->faces, SHEET_FACES);
	assert_int_equal(mesh_check(m, &e), 0);
}
