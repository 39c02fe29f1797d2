/* test_safetensors.c - tensors, JSON's caps, and safetensors files both ways; goldens by tests/golden/weights.py */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/le.h"
#include "common/nn/safetensors.h"
#include "tests/unit/support_seeded.h"

#define GOLDEN "tests/golden/weights/"

/* ---- elements */

static void test_half_values(void **state)
{
	static const struct {
		float f;
		uint16_t f16, bf16;
	} cases[] = {
		{ 0.0F, 0, 0 },
		{ -0.0F, 0x8000, 0x8000 },
		{ 1.0F, 0x3c00, 0x3f80 },
		{ -2.0F, 0xc000, 0xc000 },
		{ 65504.0F, 0x7bff, 0x4780 },
		{ 65519.996F, 0x7bff, 0x4780 },
		{ 65520.0F, 0x7c00, 0x4780 },
		{ 0x1p-24F, 1, 0x3380 },
		{ 0x1p-25F, 0, 0x3300 },
		{ 0x1.8p-25F, 1, 0x3340 },
		{ 0x1.ff8p-15F, 0x3ff, 0x3880 },
		{ 0x1.ffcp-15F, 0x400, 0x3880 },
		{ 0x1.002p0F, 0x3c00, 0x3f80 }, /* a tie, to even */
		{ 0x1.006p0F, 0x3c02, 0x3f80 },
		{ 0x1.01p0F, 0x3c04, 0x3f80 },
		{ 0x1.03p0F, 0x3c0c, 0x3f82 },
		{ 3.4028235e38F, 0x7c00, 0x7f80 },
		{ INFINITY, 0x7c00, 0x7f80 },
		{ -INFINITY, 0xfc00, 0xff80 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(f32_to_f16(cases[i].f), cases[i].f16);
		assert_int_equal(f32_to_bf16(cases[i].f), cases[i].bf16);
	}
	assert_true(isnan(f16_to_f32(f32_to_f16(NAN))));
	assert_true(isnan(bf16_to_f32(f32_to_bf16(NAN))));
}

/* Every half value comes back as it was; the values themselves are held against ldexp. */
static void test_half_round_trip(void **state)
{
	(void)state;
	for (uint32_t h = 0; h <= 0xffff; h++) {
		int exponent = (int)(h >> 10 & 31), mantissa = (int)(h & 1023);
		float f = f16_to_f32((uint16_t)h), b = bf16_to_f32((uint16_t)h);

		if (exponent < 31) {
			double want = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
			assert_true((double)f == (h & 0x8000 ? -want : want));
		}
		if (isnan(f))
			assert_true(exponent == 31 && mantissa != 0);
		else
			assert_int_equal(f32_to_f16(f), h);
		if (!isnan(b))
			assert_int_equal(f32_to_bf16(b), h);
	}
}

static void test_shapes(void **state)
{
	struct shape s = { 4, { 8, 3, 3, 3 } };
	char text[SHAPE_TEXT];

	(void)state;
	assert_int_equal(shape_count(&s), 216);
	assert_int_equal(shape_bytes(&s, DTYPE_F16), 432);
	assert_string_equal(shape_text(&s, text), "8,3,3,3");
	s = (struct shape){ 0 };
	assert_int_equal(shape_count(&s), 1);
	assert_string_equal(shape_text(&s, text), "");
	s = (struct shape){ 2, { 0, 5 } };
	assert_int_equal(shape_count(&s), 0);
	s = (struct shape){ 2, { INT64_C(1) << 40, INT64_C(1) << 40 } };
	assert_int_equal(shape_count(&s), -1);
	s = (struct shape){ 3, { 0, INT64_C(1) << 40, INT64_C(1) << 40 } };
	assert_int_equal(shape_count(&s), -1);
	s = (struct shape){ 1, { INT64_C(1) << 61 } };
	assert_int_equal(shape_bytes(&s, DTYPE_F64), -1);
	s = (struct shape){ 1, { -1 } };
	assert_int_equal(shape_count(&s), -1);
}

/* ---- reading */

static void test_read_python(void **state)
{
	struct safetensors s;
	struct err e = { 0 };
	static const char *const names[] = { "dtype.f64", "dtype.f32", "dtype.f16", "dtype.bf16",
					     "dtype.i64", "dtype.i32", "dtype.i16", "dtype.i8" };

	(void)state;
	assert_int_equal(safetensors_open(&s, GOLDEN "python.safetensors", &e), 0);
	assert_int_equal(s.n, 12);
	assert_string_equal(safetensors_get_meta(&s, "format"), "pt");
	assert_string_equal(safetensors_get_meta(&s, "note"), "tab\there, \"quote\", \xc3\xa9");
	assert_null(safetensors_get_meta(&s, "absent"));
	assert_null(safetensors_find(&s, "absent"));
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		const struct safetensor *t = safetensors_find(&s, names[k]);
		double value[6];

		assert_non_null(t);
		assert_int_equal(t->shape.n, 2);
		assert_int_equal(t->shape.dim[0], 2);
		assert_int_equal(t->shape.dim[1], 3);
		tensor_to_f64(value, t->dtype, t->data, 6);
		for (int i = 0; i < 6; i++) {
			double want = (i * 37 % 101 - 50) / 8.0;
			assert_true(value[i] == (dtype_is_float(t->dtype) ? want : trunc(want)));
		}
		if (dtype_is_float(t->dtype)) {
			float f[6];
			assert_int_equal(safetensor_f32(t, f, 6, &e), 0);
			for (int i = 0; i < 6; i++)
				assert_true((double)f[i] == value[i]);
			assert_int_equal(safetensor_f32(t, f, 5, &e), -1);
		} else {
			float f[6];
			assert_int_equal(safetensor_f32(t, f, 6, &e), -1);
		}
	}
	assert_int_equal(safetensors_find(&s, "scalar")->shape.n, 0);
	assert_int_equal(safetensors_find(&s, "empty")->bytes, 0);
	assert_int_equal(safetensors_find(&s, "dtype.bool")->dtype, DTYPE_BOOL);
	safetensors_close(&s);
}

static int open_text(struct safetensors *s, const char *header, size_t data_len, struct err *e)
{
	struct buf file = { 0 };
	uint8_t length[8];

	le_put64(length, strlen(header));
	buf_add(&file, length, 8);
	buf_add_str(&file, header);
	for (size_t i = 0; i < data_len; i++)
		buf_add_char(&file, (char)i);
	return safetensors_open_buf(s, "x", &file, e);
}

static void test_refused(void **state)
{
	static const struct {
		const char *header;
		size_t data_len;
		const char *message;
	} cases[] = {
		{ "", 0, "does not start with '{'" },
		{ " {}", 0, "does not start with '{'" },
		{ "[]", 0, "does not start with '{'" },
		{ "{", 0, "JSON" },
		{ "{}", 1, "1 bytes after the last tensor" },
		{ "{\"a\":1}", 0, "not an object" },
		{ "{\"a\":{}}", 0, "no string 'dtype'" },
		{ "{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "unknown dtype 'F31'" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "no array 'shape'" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "dimension 0" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, "dimension 0" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
		  "9 dimensions" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}", 4,
		  "too many" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "'data_offsets' is not a pair" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "'data_offsets' is not a pair" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}", 4, "outside" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "outside" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "outside" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
		  "4 bytes where dtype and shape ask for 8" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "after a hole" },
		{ "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
		  "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
		  6, "overlaps" },
		{ "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
		  "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
		  4, "overlaps" },
		{ "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 5, "1 bytes after" },
		{ "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
		  "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
		  4, "duplicate" },
		{ "{\"__metadata__\":[]}", 0, "not an object" },
		{ "{\"__metadata__\":{\"a\":1}}", 0, "'a' is not a string" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct safetensors s;
		struct err e = { 0 };

		if (open_text(&s, cases[i].header, cases[i].data_len, &e) != -1)
			fail_msg("accepted: %s", cases[i].header);
		if (!strstr(e.msg, cases[i].message))
			fail_msg("%s: '%s' instead of '%s'", cases[i].header, e.msg, cases[i].message);
		assert_null(s.item);
	}
}

static void test_accepted(void **state)
{
	struct safetensors s;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(open_text(&s, "{}", 0, &e), 0);
	assert_int_equal(s.n, 0);
	assert_null(safetensors_find(&s, "a"));
	safetensors_close(&s);
	/* Empty tensors anywhere; order in the header is not order in the file. */
	assert_int_equal(open_text(&s,
				   "{\"c\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[4,4]},"
				   "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]},"
				   "\"z\":{\"dtype\":\"U8\",\"shape\":[0,9],\"data_offsets\":[2,2]},"
				   "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}   ",
				   4, &e),
			 0);
	assert_int_equal(s.n, 4);
	assert_string_equal(s.item[0].name, "a");
	assert_string_equal(s.item[1].name, "z");
	assert_string_equal(s.item[2].name, "b");
	assert_string_equal(s.item[3].name, "c");
	assert_int_equal(*(const uint8_t *)safetensors_find(&s, "b")->data, 2);
	safetensors_close(&s);
}

static void test_header_length(void **state)
{
	static const uint64_t lengths[] = { 9, 100000001, UINT64_MAX, (uint64_t)INT64_MAX + 1 };
	struct safetensors s;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct buf file = { 0 };
		uint8_t length[8];

		le_put64(length, lengths[i]);
		buf_add(&file, length, 8);
		buf_add_str(&file, "{}");
		assert_int_equal(safetensors_open_buf(&s, "x", &file, &e), -1);
	}
}

/* Every proper prefix of a good file is refused. */
static void test_truncated(void **state)
{
	struct buf whole = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(io_slurp(GOLDEN "python.safetensors", 1 << 20, &whole, &e), 0);
	for (size_t len = 0; len < whole.len; len++) {
		struct buf part = { 0 };
		struct safetensors s;

		buf_add(&part, whole.data, len);
		assert_int_equal(safetensors_open_buf(&s, "x", &part, &e), -1);
	}
	buf_release(&whole);
}

static void test_json_limits(void **state)
{
	struct err e = { 0 };
	struct json *root;
	struct json_limits limits = { 30, 5 };
	const char *text = "{\"a\":[1,2,\"x,y[\\\"{\"]}"; /* the string's comma and brackets do not count */

	(void)state;
	root = json_parse(text, strlen(text), &limits, &e);
	assert_non_null(root);
	assert_int_equal(json_size(json_get(root, "a")), 3);
	json_free(root);
	assert_null(json_parse("[1,2,3,4,5]", 11, &limits, &e));
	assert_non_null(strstr(e.msg, "5 values"));
	assert_null(json_parse("[                             ]", 31, &limits, &e));
	assert_non_null(strstr(e.msg, "at most 30"));
	assert_null(json_parse("{\"a\":1,\"a\":2}", 13, &limits, &e));
	assert_non_null(strstr(e.msg, "duplicate"));
}

/* ---- writing */

/* Our bytes are the golden's, which tests/golden/weights.py put together and read with Python's safetensors. */
static void test_write(void **state)
{
	static const char *const order[] = { "dtype.f32", "dtype.u8", "dtype.bool", "scalar", "empty", "dtype.bf16" };
	const struct safetensors_meta meta[] = { { "note", "tab\there, \"quote\", \xc3\xa9" }, { "frl.x", "1" } };
	struct safetensor item[6];
	struct safetensors s;
	struct buf got = { 0 }, want = { 0 };
	char path[] = "/tmp/frl-test-XXXXXX";
	struct err e = { 0 };
	struct out o;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(safetensors_open(&s, GOLDEN "python.safetensors", &e), 0);
	for (int i = 0; i < 6; i++)
		item[i] = *safetensors_find(&s, order[i]);
	assert_int_equal(out_open(&o, path, true, &e), 0);
	assert_int_equal(safetensors_write(&o, item, 6, meta, 2, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
	assert_int_equal(io_slurp(path, 1 << 20, &got, &e), 0);
	assert_int_equal(io_slurp(GOLDEN "frl.safetensors", 1 << 20, &want, &e), 0);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	buf_release(&got);
	buf_release(&want);
	safetensors_close(&s);
	unlink(path);
}

static void test_seeded(void **state)
{
	/* seeded_weights.py's tensor(11, NAME, (4, 6), ROLE), first and last value */
	static const struct {
		const char *name, *role;
		float first, last;
	} cases[] = {
#include "tests/golden/weights/seeded.inc"
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		float value[24];

		assert_int_equal(seeded_fill(value, 24, 11, cases[i].name, cases[i].role, 6), 0);
		assert_true(value[0] == cases[i].first);
		assert_true(value[23] == cases[i].last);
	}
	assert_int_equal(seeded_fill(NULL, 0, 11, "a", "nonsense", 6), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_values),   cmocka_unit_test(test_half_round_trip),
		cmocka_unit_test(test_shapes),	      cmocka_unit_test(test_read_python),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_header_length), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_json_limits),   cmocka_unit_test(test_write),
		cmocka_unit_test(test_seeded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
