/* test_onnx.c - weights out of ONNX graphs, and out of a model in Python source; goldens by tests/golden/weights.py */
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

#include "common/io.h"
#include "tools/weights/load.h"
#include "tools/weights/onnx.h"
#include "tools/weights/retinaface.h"
#include "tools/weights/wheel.h"

#define GOLDEN "tests/golden/weights/"

static void check_graph(const char *path, const char *want_path, const char *first)
{
	struct safetensors want;
	struct weights w;
	struct origin o;
	struct err e = { 0 };

	if (load_file(&w, path, NULL, &o, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(safetensors_open(&want, want_path, &e), 0);
	assert_string_equal(w.item[0].name, first);
	for (size_t i = 0; i < w.n; i++) {
		const struct safetensor *t = safetensors_find(&want, w.item[i].name);

		if (!t)
			fail_msg("unexpected '%s'", w.item[i].name);
		assert_int_equal(w.item[i].dtype, t->dtype);
		assert_true(shape_equal(&w.item[i].shape, &t->shape));
		assert_memory_equal(w.item[i].data, t->data, t->bytes);
	}
	assert_int_equal(w.n, want.n);
	safetensors_close(&want);
	weights_release(&w);
	origin_release(&o);
}

static void test_graphs(void **state)
{
	(void)state;
	check_graph(GOLDEN "graph.onnx", GOLDEN "graph.want.safetensors", "net.stem.0.weight");
	check_graph(GOLDEN "typed.onnx", GOLDEN "typed.want.safetensors", "f32.weight");
}

static int load_bytes(const char *data, size_t len)
{
	struct weights w;
	struct err e = { 0 };
	int rc;

	weights_init(&w, len);
	rc = onnx_load(&w, data, len, &e);
	assert_true(rc == 0 ? w.n > 0 : e.msg[0] != '\0');
	weights_release(&w);
	return rc;
}

/* Cut or damaged anywhere: refused or read, never harm (run with the sanitizers too). */
static void test_damaged(void **state)
{
	struct buf whole = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(io_slurp(GOLDEN "graph.onnx", 1 << 20, &whole, &e), 0);
	for (size_t len = 0; len < whole.len - 64; len++)
		assert_int_equal(load_bytes(whole.data, len), -1);
	for (size_t i = 0; i < whole.len; i++) {
		char old = whole.data[i];

		whole.data[i] = (char)(old ^ 0xff);
		(void)load_bytes(whole.data, whole.len);
		whole.data[i] = (char)(old ^ 1);
		(void)load_bytes(whole.data, whole.len);
		whole.data[i] = old;
	}
	buf_release(&whole);
}

/* A million empty nodes in two megabytes would be hundreds: refused by the budget. */
static void test_amplification(void **state)
{
	struct buf graph = { 0 }, model = { 0 };

	(void)state;
	for (int i = 0; i < 1 << 20; i++)
		buf_add(&graph, "\x0a\x00", 2);
	buf_add(&model, "\x08\x07\x3a\x80\x80\x80\x01", 7);
	buf_add(&model, graph.data, graph.len);
	assert_int_equal(load_bytes(model.data, model.len), -1);
	buf_release(&graph);
	buf_release(&model);
}

/* ---- the real thing */

static const char *shared(const char *name, char *path, size_t size)
{
	const char *root = getenv("FRL_SHARED");

	snprintf(path, size, "%s/data/retinaface/%s", root ? root : "../shared", name);
	if (access(path, R_OK) == 0)
		return path;
	printf("SKIP no %s\n", path);
	return NULL;
}

static const float *floats(const struct weights *w, const char *base, const char *end)
{
	char *name = xasprintf("%s.%s", base, end);
	const struct weight *t = weights_find(w, name);

	free(name);
	return t ? (const float *)(const void *)t->data : NULL;
}

/* |got - want| <= 1e-5 of the tensor's largest value. */
static void assert_close(const char *name, const float *got, const double *want, size_t n)
{
	double largest = 0;

	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(want[i]));
	for (size_t i = 0; i < n; i++)
		if (!(fabs((double)got[i] - want[i]) <= 1e-5 * largest))
			fail_msg("%s: element %zu is %g instead of %g", name, i, (double)got[i], want[i]);
}

/* Layer `base` of the folded file against the unfolded one's convolution and the batch norm that follows it. */
static void check_layer(const struct weights *folded, const struct weights *plain, const char *base)
{
	char *weight_name = xasprintf("%s.weight", base), *norm = xstrdup(base);
	const struct weight *t = weights_find(plain, weight_name);
	size_t count = t->bytes / 4, rows = (size_t)t->shape.dim[0], len = strlen(norm);
	double *want = xcalloc(count, sizeof *want), *bias = xcalloc(rows, sizeof *bias);
	const float *w = floats(plain, base, "weight"), *b = floats(plain, base, "bias");

	norm[len - 1]++; /* ".0" -> ".1", ".3" -> ".4" */
	for (size_t r = 0; r < rows; r++) {
		double scale = 1, shift = b ? (double)b[r] : 0;

		if (!b) {
			scale = (double)floats(plain, norm, "weight")[r] /
				sqrt((double)floats(plain, norm, "running_var")[r] + 1e-5);
			shift = (double)floats(plain, norm, "bias")[r] -
				(double)floats(plain, norm, "running_mean")[r] * scale;
		}
		bias[r] = shift;
		for (size_t i = r * (count / rows); i < (r + 1) * (count / rows); i++)
			want[i] = (double)w[i] * scale;
	}
	assert_non_null(floats(folded, base, "weight"));
	assert_non_null(floats(folded, base, "bias"));
	assert_close(base, floats(folded, base, "weight"), want, count);
	assert_close(base, floats(folded, base, "bias"), bias, rows);
	free(want);
	free(bias);
	free(norm);
	free(weight_name);
}

static void test_folded_export(void **state)
{
	char path[2][512];
	struct weights w[2];
	struct origin o[2];
	struct err e = { 0 };
	int layers = 0;

	(void)state;
	if (!shared("mobilenet0.25_Final.pth", path[0], sizeof path[0]) ||
	    !shared("FaceDetector_640_opset14.onnx", path[1], sizeof path[1]))
		skip();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(load_file(&w[i], path[i], NULL, &o[i], &e), 0);
		assert_string_equal(retinaface_recognise(&w[i]), "retinaface-mobilenet0.25");
	}
	assert_int_equal(w[0].n, 300);
	assert_int_equal(w[1].n, 2 * 56);
	for (size_t i = 0; i < w[0].n; i++) {
		if (w[0].item[i].shape.n != 4)
			continue;
		char *base = xstrndup(w[0].item[i].name, strlen(w[0].item[i].name) - strlen(".weight"));
		check_layer(&w[1], &w[0], base);
		free(base);
		layers++;
	}
	assert_int_equal(layers, 56);
	for (int i = 0; i < 2; i++) {
		weights_release(&w[i]);
		origin_release(&o[i]);
	}
}

/* ---- names and literals */

static void test_rename(void **state)
{
	static const char *const names[][2] = {
		{ "fx.stage1.0.0.weight", "body.stage1.0.0.weight" },
		{ "fx.stage1.0.1.running_mean", "body.stage1.0.1.running_mean" },
		{ "fx.stage1.1.0.0.weight", "body.stage1.1.0.weight" },
		{ "fx.stage1.1.0.1.bias", "body.stage1.1.1.bias" },
		{ "fx.stage2.5.1.0.weight", "body.stage2.5.3.weight" },
		{ "fx.stage3.1.1.1.running_var", "body.stage3.1.4.running_var" },
		{ "fpn.output1.0.weight", "fpn.output1.0.weight" },
		{ "ssh1.conv5X5_1.0.bias", "ssh1.conv5X5_1.0.bias" },
		{ "class_head.class_head.0.weight", "ClassHead.0.conv1x1.weight" },
		{ "bbox_head.bbox_head.2.bias", "BboxHead.2.conv1x1.bias" },
		{ "landmark_head.1.weight", "LandmarkHead.1.conv1x1.weight" },
	};
	const size_t n = sizeof names / sizeof *names;
	struct shape shape = { 1, { 1 } };
	struct weights w;
	struct err e = { 0 };

	(void)state;
	weights_init(&w, 0);
	for (size_t i = 0; i < n; i++)
		assert_non_null(weights_add(&w, names[i][0], DTYPE_F32, &shape, &e));
	assert_int_equal(retinaface_rename(&w), n - 2);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(w.item[i].name, names[i][1]);
	/* Another network with an fx of its own is left alone. */
	weights_keep(&w, 0);
	weight_rename(&w.item[0], "fx.stage1.0.0.weight");
	assert_int_equal(retinaface_rename(&w), 0);
	weights_release(&w);
}

static void test_literal(void **state)
{
	static const struct {
		const char *text, *want, *message;
	} cases[] = {
		{ "W = b'abc'\n", "abc", NULL },
		{ "import os\n# W = b'no'\nW = b\"it's\"", "it's", NULL },
		{ "W = b'\\x41\\x7a\\101\\0\\n\\t\\\\\\''", "AzA\0\n\t\\'", NULL },
		{ "W = b'\\7\\18'", "\a\0018", NULL },
		{ "W = b'a\\\nb'", "ab", NULL },
		{ "W = b''", "", NULL },
		{ "W = b'abc", NULL, "without an end" },
		{ "W = b'abc\\", NULL, "unknown escape" },
		{ "W = b'abc\\x4", NULL, "unknown escape" },
		{ "W = b'\\xg0'", NULL, "unknown escape" },
		{ "W = b'\\q'", NULL, "unknown escape" },
		{ "W = b'\\777'", NULL, "unknown escape" },
		{ "W = b'a\nb'", NULL, "may not be in one" },
		{ "W = b'\xc3\xa9'", NULL, "may not be in one" },
		{ "W = 'abc'", NULL, "no NAME = b'..'" },
		{ "", NULL, "no NAME = b'..'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = { 0 };
		struct err e = { 0 };
		int rc = wheel_literal(cases[i].text, strlen(cases[i].text), &b, &e);

		if (cases[i].want) {
			if (rc)
				fail_msg("case %zu: %s", i, e.msg);
			assert_int_equal(b.len, i == 2 ? 8 : i == 3 ? 3 : strlen(cases[i].want));
			if (b.len)
				assert_memory_equal(b.data, cases[i].want, b.len);
		} else {
			assert_int_equal(rc, -1);
			if (!strstr(e.msg, cases[i].message))
				fail_msg("case %zu: '%s' instead of '%s'", i, e.msg, cases[i].message);
		}
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_graphs),	      cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_amplification), cmocka_unit_test(test_folded_export),
		cmocka_unit_test(test_rename),	      cmocka_unit_test(test_literal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
