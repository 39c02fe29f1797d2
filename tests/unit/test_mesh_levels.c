/* test_mesh_levels.c - rings, spirals, decimation and upsampling against NumPy (tests/golden/make_spiral.py) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/mesh.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_mesh.h"

enum { VERTICES = SHEET_VERTICES, LINE = 2000 };

static struct mesh sheet;

/* The next line that begins with `word`, after it; false at the end of those. */
static bool next(FILE *f, const char *word, char line[LINE], char **rest)
{
	size_t len = strlen(word);

	while (fgets(line, LINE, f))
		if (!strncmp(line, word, len) && line[len] == '\t') {
			*rest = line + len + 1;
			return true;
		}
	return false;
}

static FILE *golden(void)
{
	char *path = golden_path("spiral.tsv");
	FILE *f = fopen(path, "r");

	free(path);
	assert_non_null(f);
	return f;
}

static int load(void **unused)
{
	(void)unused;
	sheet_load(&sheet);
	return 0;
}

static int unload(void **unused)
{
	(void)unused;
	mesh_release(&sheet);
	return 0;
}

static void rings(void **unused)
{
	char line[LINE], *at;
	struct mesh_rings r;
	FILE *f = golden();
	int v = 0;

	(void)unused;
	mesh_rings(&r, &sheet);
	for (; next(f, "ring", line, &at); v++) {
		assert_int_equal(strtol(at, &at, 10), v);
		for (int k = r.begin[v]; k < r.begin[v + 1]; k++)
			assert_int_equal(strtol(at, &at, 10), r.vertex[k]);
		assert_string_equal(at, "\n");
	}
	assert_int_equal(v, VERTICES);
	mesh_rings_release(&r);
	fclose(f);
}

static void check_spirals(const char *word, int length, int dilation)
{
	int32_t *s = calloc(VERTICES * (size_t)length, sizeof *s);
	char line[LINE], *at;
	struct err e = { 0 };
	FILE *f = golden();
	int v = 0;

	assert_int_equal(mesh_spirals(&sheet, length, dilation, s, &e), 0);
	for (; next(f, word, line, &at); v++) {
		assert_int_equal(strtol(at, &at, 10), v);
		for (int k = 0; k < length; k++)
			assert_int_equal(strtol(at, &at, 10), s[v * length + k]);
		assert_string_equal(at, "\n");
	}
	assert_int_equal(v, VERTICES);
	free(s);
	fclose(f);
}

static void spirals(void **unused)
{
	struct err e = { 0 };
	int32_t none;

	(void)unused;
	check_spirals("spiral9x1", 9, 1);
	check_spirals("spiral5x2", 5, 2);
	assert_int_equal(mesh_spirals(&sheet, VERTICES + 1, 1, &none, &e), -1);
	assert_int_equal(mesh_spirals(&sheet, 0, 1, &none, &e), -1);
}

static double weight_of(const struct mesh_matrix *m, int row, int col)
{
	double sum = 0;

	for (int k = m->begin[row]; k < m->begin[row + 1]; k++)
		if (m->col[k] == col)
			sum += m->value[k];
	return sum;
}

static void decimation(void **unused)
{
	int32_t kept[VERTICES];
	struct mesh coarse;
	struct mesh_matrix up;
	char line[LINE], *at;
	FILE *f = golden();
	int n = 0, v = 0;

	(void)unused;
	mesh_decimate(&coarse, &sheet, (VERTICES + 3) / 4, kept);
	assert_true(next(f, "kept", line, &at));
	for (int i = 0; i < coarse.vertices; i++) {
		assert_int_equal(strtol(at, &at, 10), kept[i]);
		assert_memory_equal(coarse.at[i], sheet.at[kept[i]], sizeof coarse.at[i]);
	}
	assert_string_equal(at, "\n");
	rewind(f);
	for (; next(f, "coarse", line, &at); n++)
		for (int k = 0; k < 3; k++)
			assert_int_equal(strtol(at, &at, 10), coarse.face[n][k]);
	assert_int_equal(n, coarse.faces);
	rewind(f);
	mesh_up(&up, &sheet, &coarse);
	assert_int_equal(up.rows, VERTICES);
	assert_int_equal(up.cols, coarse.vertices);
	for (; next(f, "up", line, &at); v++) {
		int entries = 0;

		assert_int_equal(strtol(at, &at, 10), v);
		strtod(at, &at); /* the distance */
		while (*at == '\t') {
			int col = (int)strtol(at, &at, 10);
			double want = strtod(at + 1, &at), got = weight_of(&up, v, col);

			if (!(fabs(got - want) <= 1e-7))
				fail_msg("vertex %d from %d: %.9g, not %.9g", v, col, got, want);
			entries++;
		}
		assert_true(up.begin[v + 1] - up.begin[v] >= entries);
	}
	assert_int_equal(v, VERTICES);
	mesh_matrix_release(&up);
	mesh_release(&coarse);
	fclose(f);
}

/* A vertex that stayed takes its own value, every other one a mean of at most three. */
static void back_up(void **unused)
{
	int32_t kept[VERTICES];
	struct mesh coarse;
	struct mesh_matrix up;

	(void)unused;
	mesh_decimate(&coarse, &sheet, VERTICES / 2, kept);
	mesh_up(&up, &sheet, &coarse);
	for (int i = 0; i < coarse.vertices; i++) {
		assert_int_equal(up.begin[kept[i] + 1] - up.begin[kept[i]], 1);
		assert_int_equal(up.col[up.begin[kept[i]]], i);
		assert_true(up.value[up.begin[kept[i]]] == 1);
	}
	for (int v = 0; v < VERTICES; v++) {
		double sum = 0;

		assert_in_range(up.begin[v + 1] - up.begin[v], 1, 3);
		for (int k = up.begin[v]; k < up.begin[v + 1]; k++) {
			assert_true(up.value[k] > 0);
			sum += up.value[k];
		}
		assert_true(fabs(sum - 1) < 1e-12);
	}
	mesh_matrix_release(&up);
	mesh_release(&coarse);
}

static void bad_meshes(void **unused)
{
	double at[4][3] = { { 0 }, { 1 }, { 0, 1 }, { 0, 0, 1 } };
	int32_t face[2][3] = { { 0, 1, 2 }, { 0, 2, 3 } };
	struct mesh m = { 4, 2, at, face };
	struct err e = { 0 };

	(void)unused;
	assert_int_equal(mesh_check(&m, &e), 0);
	face[1][2] = 4;
	assert_int_equal(mesh_check(&m, &e), -1);
	face[1][2] = -1;
	assert_int_equal(mesh_check(&m, &e), -1);
	face[1][2] = 2;
	assert_int_equal(mesh_check(&m, &e), -1);
	face[1][2] = 3;
	at[3][1] = NAN;
	assert_int_equal(mesh_check(&m, &e), -1);
	at[3][1] = 0;
	m.faces = 0;
	assert_int_equal(mesh_check(&m, &e), -1);
	m.vertices = 2;
	assert_int_equal(mesh_check(&m, &e), -1);
	/* one vertex with all faces */
	int32_t(*many)[3] = calloc(MESH_MAX_FAN + 1, sizeof *many);
	for (int i = 0; i <= MESH_MAX_FAN; i++)
		memcpy(many[i], (int32_t[]){ 0, 1 + i % 2, 3 }, sizeof *many);
	m = (struct mesh){ 4, MESH_MAX_FAN + 1, at, many };
	assert_int_equal(mesh_check(&m, &e), -1);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings),   cmocka_unit_test(spirals),	 cmocka_unit_test(decimation),
		cmocka_unit_test(back_up), cmocka_unit_test(bad_meshes),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
