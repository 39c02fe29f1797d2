/* OBJ files: what is read of them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/synth/obj.h"

static const struct obj_limits limits = { .max_vertices = 8, .max_triangles = 4 };

static int parse(struct obj *o, const char *text, struct err *e)
{
	*e = (struct err){ 0 };
	return obj_parse(o, text, strlen(text), &limits, e);
}

static void reads(void **state)
{
	static const char text[] =
		"# a square and a triangle\r\nmtllib x.mtl\nv 0 0 0\r\nv\t1 0 0 1.0\n  v 1 1e0 .5\nv 0 1 0\n"
		"vt 0 0\nvn 0 0 1\no name\nf 1/1/1 2//1 3/2 4\r\nf -1 -2 -3\ng";
	static const int32_t want[][3] = { { 0, 1, 2 }, { 0, 2, 3 }, { 3, 2, 1 } };
	struct obj_limits no_faces = limits;
	struct obj o;
	struct err e;

	(void)state;
	assert_int_equal(parse(&o, text, &e), 0);
	assert_int_equal(o.vertices, 4);
	assert_int_equal(o.triangles, 3);
	assert_memory_equal(o.triangle, want, sizeof want);
	assert_true(o.vertex[6] == 1 && o.vertex[7] == 1 && o.vertex[8] == .5F);
	obj_release(&o);
	no_faces.no_faces = true;
	assert_int_equal(obj_parse(&o, text, strlen(text), &no_faces, &e), 0);
	assert_int_equal(o.triangles, 0);
	obj_release(&o);
	assert_int_equal(parse(&o, "", &e), 0);
	assert_int_equal(o.vertices, 0);
	obj_release(&o);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} damaged[] = {
		{ "v 1 2", "line 1: a vertex is three numbers" },
		{ "v 1 2 x", "line 1: a vertex is three numbers" },
		{ "\nv 1 2 nan", "line 2: a vertex is three numbers" },
		{ "v 1 2 1e999", "line 1: a vertex is three numbers" },
		{ "v 1 2 0x10", "line 1: a vertex is three numbers" },
		{ "v 1 2 00000000000000000000000000000000000000000000000000000000000000000000001",
		  "line 1: a vertex is three numbers" },
		{ "v 0 0 0\nf 1 1 2", "line 2: a face's corner is no vertex" },
		{ "v 0 0 0\nf 1 1 0", "line 2: a face's corner is no vertex" },
		{ "v 0 0 0\nf 1 1 -2", "line 2: a face's corner is no vertex" },
		{ "v 0 0 0\nf 1 1 99999999999999999999", "line 2: a face's corner is no vertex" },
		{ "v 0 0 0\nf 1 1 /1", "line 2: a face's corner is no vertex" },
		{ "v 0 0 0\nf 1 1", "line 2: a face of less than three corners" },
		{ "v 0 0 0\nf", "line 2: a face of less than three corners" },
		{ "v 0 0 0\nf 1 1 1 1 1 1 1", "line 2: more faces than a face model has" },
		{ "v 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\n",
		  "line 9: more vertices than a face model has" },
	};
	struct obj o;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		assert_int_equal(parse(&o, damaged[i].text, &e), -1);
		assert_string_equal(e.msg, damaged[i].why);
		assert_null(o.vertex);
		assert_null(o.triangle);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
