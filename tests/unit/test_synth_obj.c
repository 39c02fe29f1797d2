/* OBJ, MTL and BMP files: what is read of them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/obj.h"
#include "tools/synth/bmp.h"
#include "tools/synth/mtl.h"

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
		{ "v 0 0 0\nf 1 1 1 1 1 1 1", "line 2: too many faces" },
		{ "v 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\n",
		  "line 9: too many vertices" },
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

static const struct obj_limits textured = { .max_vertices = 8, .max_triangles = 4, .textures = true };

static void reads_textures(void **state)
{
	static const char text[] =
		"mtllib a b.mtl\r\nmtllib other.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 .25 0\nvt -1 2\n"
		"f 1 2 3\nusemtl skin \nf 1/1 2/2/7 3/-1\nusemtl hair\nf 1//1 2/ 3/2\nusemtl skin\nf 3/1 2/1 1/1\n";
	static const int32_t corner[][3] = { { -1, -1, -1 }, { 0, 1, 1 }, { -1, -1, 1 }, { 0, 0, 0 } };
	static const int32_t material[] = { -1, 0, 1, 0 };
	struct obj o;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(obj_parse(&o, text, strlen(text), &textured, &e), 0);
	assert_string_equal(o.library, "a b.mtl");
	assert_int_equal(o.names, 2);
	assert_string_equal(o.name[0], "skin");
	assert_string_equal(o.name[1], "hair");
	assert_int_equal(o.places, 2);
	assert_true(o.place[1] == .25F && o.place[2] == -1 && o.place[3] == 2);
	assert_int_equal(o.triangles, 4);
	assert_memory_equal(o.corner, corner, sizeof corner);
	assert_memory_equal(o.material, material, sizeof material);
	obj_release(&o);
}

static void refuses_textures(void **state)
{
	static const struct {
		const char *text, *why;
	} damaged[] = {
		{ "vt 1", "line 1: a place in a texture is two numbers" },
		{ "vt 1 nan", "line 1: a place in a texture is two numbers" },
		{ "vt 1 1e7", "line 1: a place in a texture is two numbers" },
		{ "v 0 0 0\nf 1 1 1/1", "line 2: a face's corner is no vertex" },
		{ "v 0 0 0\nvt 0 0\nf 1/1 1/2 1/1", "line 3: a face's corner is no vertex" },
		{ "v 0 0 0\nvt 0 0\nf 1/1 1/x 1/1", "line 3: a face's corner is no vertex" },
		{ "usemtl", "line 1: a material's name is missing or too long" },
		{ "mtllib \r\n", "line 1: the name of a material library is missing or too long" },
		{ "vt 0 0\nvt 0 0\nvt 0 0\nvt 0 0\nvt 0 0\nvt 0 0\nvt 0 0\nvt 0 0\nvt 0 0",
		  "line 9: too many places in textures" },
	};
	struct obj o;

	(void)state;
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		struct err e = { 0 };

		assert_int_equal(obj_parse(&o, damaged[i].text, strlen(damaged[i].text), &textured, &e), -1);
		assert_string_equal(e.msg, damaged[i].why);
		assert_null(o.place);
		assert_null(o.library);
	}
}

static void materials(void **state)
{
	static const char text[] =
		"# c\nKd 2 2 2\nnewmtl  a b \r\n\tKd 0 .5 1\r\nmap_Kd -s 1 1 1 -clamp on dir\\x.bmp\n"
		"newmtl c\nmap_Kd two words.png\nmap_Ka ../x";
	static const struct {
		const char *text, *why;
	} damaged[] = {
		{ "newmtl a\nmap_Kd /etc/passwd",
		  "line 2: a texture has to be a file in the folder of its library, or below" },
		{ "newmtl a\nmap_Kd ..\\x",
		  "line 2: a texture has to be a file in the folder of its library, or below" },
		{ "newmtl a\nmap_Kd a/..",
		  "line 2: a texture has to be a file in the folder of its library, or below" },
		{ "newmtl a\nmap_Kd C:/x",
		  "line 2: a texture has to be a file in the folder of its library, or below" },
		{ "newmtl a\nmap_Kd", "line 2: a texture has to be a file in the folder of its library, or below" },
		{ "newmtl a\nKd 0 0", "line 2: a colour is three numbers of 0 to 1" },
		{ "newmtl a\nKd 0 0 1.5", "line 2: a colour is three numbers of 0 to 1" },
		{ "newmtl a\nKd 0 0 nan", "line 2: a colour is three numbers of 0 to 1" },
		{ "newmtl", "line 1: a material without a name of less than 256 letters, or more than 256 materials" },
	};
	struct err e = { 0 };
	struct mtl m;

	(void)state;
	assert_int_equal(mtl_parse(&m, text, strlen(text), &e), 0);
	assert_int_equal(m.n, 2);
	assert_string_equal(m.material[0].name, "a b");
	assert_string_equal(m.material[0].texture, "dir/x.bmp");
	assert_true(m.material[0].colour[1] == .5F && m.material[1].colour[0] == .7F);
	assert_string_equal(m.material[1].texture, "two words.png");
	mtl_release(&m);
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		e = (struct err){ 0 };
		assert_int_equal(mtl_parse(&m, damaged[i].text, strlen(damaged[i].text), &e), -1);
		assert_string_equal(e.msg, damaged[i].why);
		assert_null(m.material);
	}
}

/* 3 x 2 pixels; a header by hand for what the encoder does not write. */
static void bitmaps(void **state)
{
	static const uint8_t rgb[18] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 };
	const struct image_limits most = { .max_pixels = 6, .max_bytes = 1000 };
	struct err e = { 0 };
	struct buf b = { 0 };
	struct image m;

	(void)state;
	bmp_encode(rgb, 3, 2, &b);
	assert_int_equal(b.len, 54 + 2 * 12);
	/* the last row comes first, blue before red */
	assert_memory_equal(b.data + 54, ((const uint8_t[]){ 12, 11, 10 }), 3);
	assert_int_equal(bmp_decode(&m, b.data, b.len, &most, &e), 0);
	assert_true(m.w == 3 && m.h == 2);
	for (int y = 0; y < 2; y++)
		assert_memory_equal(image_at(&m, 0, y), rgb + 9 * y, 9);
	image_release(&m);
	/* from the top, where the height is negative */
	memcpy(b.data + 22, "\xfe\xff\xff\xff", 4);
	assert_int_equal(bmp_decode(&m, b.data, b.len, &most, &e), 0);
	assert_memory_equal(image_at(&m, 0, 0), rgb + 9, 9);
	image_release(&m);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(bmp_decode(&m, b.data, n, &most, &e), -1);
	b.data[28] = 8;
	assert_int_equal(bmp_decode(&m, b.data, b.len, &most, &e), -1);
	assert_non_null(strstr(e.msg, "8 bits"));
	b.data[28] = 24;
	memcpy(b.data + 22, "\0\0\0\x80", 4);
	assert_int_equal(bmp_decode(&m, b.data, b.len, &most, &e), -1);
	assert_string_equal(e.msg, "too many pixels: 3x2147483648");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),	  cmocka_unit_test(refuses),
		cmocka_unit_test(reads_textures), cmocka_unit_test(refuses_textures),
		cmocka_unit_test(materials),	  cmocka_unit_test(bitmaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
