/* test_pickle.c - PyTorch's files: what torch wrote comes back, what is not data is refused; goldens by weights.py */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "tools/weights/load.h"
#include "tools/weights/pickle.h"
#include "tools/weights/pth.h"

#define GOLDEN "tests/golden/weights/"

/* ---- whole files */

static void assert_same(const struct weights *w, const char *want_path)
{
	struct safetensors want;
	struct err e = { 0 };

	assert_int_equal(safetensors_open(&want, want_path, &e), 0);
	assert_int_equal(w->n, want.n);
	for (size_t i = 0; i < w->n; i++) {
		const struct safetensor *t = safetensors_find(&want, w->item[i].name);

		assert_non_null(t);
		assert_int_equal(w->item[i].dtype, t->dtype);
		assert_true(shape_equal(&w->item[i].shape, &t->shape));
		assert_int_equal(w->item[i].bytes, t->bytes);
		if (t->bytes)
			assert_memory_equal(w->item[i].data, t->data, t->bytes);
	}
	safetensors_close(&want);
}

static void check_file(const char *path, const char *want)
{
	struct weights w;
	struct origin o;
	struct err e = { 0 };

	if (load_file(&w, path, NULL, &o, &e))
		fail_msg("%s", e.msg);
	if (strstr(path, "module"))
		assert_int_equal(weights_strip(&w, "module."), w.n);
	else
		assert_string_equal(w.item[0].name, "dtype.f64"); /* the dict's order */
	assert_same(&w, want);
	weights_release(&w);
	origin_release(&o);
}

static void test_files(void **state)
{
	(void)state;
	check_file(GOLDEN "zip.pth", GOLDEN "checkpoint.want.safetensors");
	check_file(GOLDEN "legacy.pth", GOLDEN "checkpoint.want.safetensors");
	check_file(GOLDEN "protocol4.pth", GOLDEN "checkpoint.want.safetensors");
	check_file(GOLDEN "nested.pth", GOLDEN "checkpoint.want.safetensors");
	check_file(GOLDEN "nested_legacy.pth", GOLDEN "checkpoint.want.safetensors");
	check_file(GOLDEN "module.pth", GOLDEN "module.want.safetensors");
}

static void test_refused_files(void **state)
{
	static const struct {
		const char *path, *key, *message;
	} cases[] = {
		{ GOLDEN "evil.pth", NULL, "'posix.system', which is not on the list" },
		{ GOLDEN "evil_legacy.pth", NULL, "'posix.system', which is not on the list" },
		{ GOLDEN "class.pth", NULL, "'__main__.Unknown', which is not on the list" },
		{ GOLDEN "complex.pth", NULL, "'torch.ComplexFloatStorage', which is not on the list" },
		{ GOLDEN "bare.pkl", NULL, "torch.save did not write" },
		{ GOLDEN "nested.pth", "absent", "no dictionary 'absent'" },
		{ GOLDEN "nested.pth", "epoch", "no dictionary 'epoch'" },
		{ GOLDEN "nested.pth", "dd", "no dictionary 'dd'" },
		{ GOLDEN "nested.pth", "optimizer", "no tensors in its dictionary ('state', 'param_groups')" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct weights w;
		struct origin o;
		struct err e = { 0 };

		assert_int_equal(load_file(&w, cases[i].path, cases[i].key, &o, &e), -1);
		if (!strstr(e.msg, cases[i].message))
			fail_msg("'%s' instead of '%s'", e.msg, cases[i].message);
		weights_release(&w);
		origin_release(&o);
	}
	assert_int_not_equal(access("pwned", F_OK), 0);
}

static int load_bytes(const char *data, size_t len)
{
	struct buf copy = { 0 };
	struct weights w;
	struct origin o;
	struct err e = { 0 };
	int rc;

	buf_add(&copy, data, len);
	rc = load_buf(&w, &copy, NULL, &o, &e);
	if (rc == 0)
		assert_true(w.n > 0);
	else
		assert_true(e.msg[0] != '\0');
	weights_release(&w);
	origin_release(&o);
	buf_release(&copy);
	return rc;
}

/* No proper prefix is accepted, and no single damaged byte does harm (run with the sanitizers too). */
static void test_damaged(void **state)
{
	static const char *const paths[] = { GOLDEN "zip.pth", GOLDEN "legacy.pth", GOLDEN "nested_legacy.pth" };

	(void)state;
	for (size_t k = 0; k < sizeof paths / sizeof *paths; k++) {
		struct buf whole = { 0 };
		struct err e = { 0 };

		assert_int_equal(io_slurp(paths[k], 1 << 20, &whole, &e), 0);
		for (size_t len = 0; len < whole.len; len++)
			assert_int_equal(load_bytes(whole.data, len), -1);
		for (size_t i = 0; i < whole.len; i++) {
			char old = whole.data[i];

			whole.data[i] = (char)(old ^ 0xff);
			(void)load_bytes(whole.data, whole.len);
			whole.data[i] = (char)(old ^ 1);
			(void)load_bytes(whole.data, whole.len);
			whole.data[i] = old;
		}
		assert_int_equal(load_bytes(whole.data, whole.len), 0);
		buf_release(&whole);
	}
}

/* ---- single pickles */

#define BYTES(text) text, sizeof(text) - 1

static void test_refused_pickles(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		const char *message;
	} cases[] = {
		{ BYTES(""), "without STOP" },
		{ BYTES("N"), "without STOP" },
		{ BYTES("."), "STOP at offset 0: takes from an empty stack" },
		{ BYTES("\x80\x06N."), "protocol 6" },
		{ BYTES("I1\n."), "opcode 0x49 at offset 0" },
		{ BYTES("P1\n."), "opcode 0x50" },
		{ BYTES("0"), "empty stack" },
		{ BYTES("1"), "no mark" },
		{ BYTES("t"), "no mark" },
		{ BYTES("(."), "empty stack" },
		{ BYTES("N(\x85."), "empty stack" },
		{ BYTES("N(0."), "empty stack" },
		{ BYTES("h\x01."), "memo 1" },
		{ BYTES("Nr\xff\xff\xff\x7f."), "memo number 2147483647" },
		{ BYTES("q\x01."), "empty stack" },
		{ BYTES("X\xff\xff\xff\xff"
			"a."),
		  "cut short" },
		{ BYTES("\x8e\xff\xff\xff\xff\xff\xff\xff\xff"
			"a."),
		  "cut short" },
		{ BYTES("\x8a\x09"
			"a."),
		  "cut short" },
		{ BYTES("cos\nsystem\n."), "'os.system', which is not on the list" },
		{ BYTES("cbuiltins\neval\n."), "'builtins.eval', which is not" },
		{ BYTES("cos"), "cut short" },
		{ BYTES("U\x02osU\x06system\x93."), "'os.system', which is not" },
		{ BYTES("NN\x93."), "no string" },
		{ BYTES("N)R."), "no name" },
		{ BYTES("ccollections\nOrderedDict\nNR."), "no name" },
		{ BYTES("ccollections\nOrderedDict\nN\x85R."), "something else than pairs" },
		{ BYTES("ctorch\nFloatStorage\n)R."), "unknown way" },
		{ BYTES("ctorch\nSize\n)R."), "unknown way" },
		{ BYTES("]Ns."), "empty stack" },
		{ BYTES("]NNs."), "no container" },
		{ BYTES("}Na."), "no container" },
		{ BYTES("}(Nu."), "key without a value" },
		{ BYTES("NNb."), "state" },
		{ BYTES("NQ."), "no storage" },
		{ BYTES(")Q."), "no storage" },
		{ BYTES("(U\x07storageNNNNtQ."), "no storage" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = { 0 };
		size_t used;
		struct pickle *p = pickle_load(cases[i].data, cases[i].len, &used, &e);

		if (p)
			fail_msg("case %zu accepted", i);
		if (!strstr(e.msg, cases[i].message))
			fail_msg("case %zu: '%s' instead of '%s'", i, e.msg, cases[i].message);
	}
}

static int64_t only_int(const char *data, size_t len)
{
	struct err e = { 0 };
	size_t used;
	struct pickle *p = pickle_load(data, len, &used, &e);
	int64_t value;

	assert_non_null(p);
	assert_int_equal(used, len);
	assert_int_equal(pickle_root(p)->kind, PICKLE_INT);
	value = pickle_root(p)->i;
	pickle_free(p);
	return value;
}

static void test_integers(void **state)
{
	(void)state;
	assert_true(only_int(BYTES("K\xff.")) == 255);
	assert_true(only_int(BYTES("M\x01\x02.")) == 513);
	assert_true(only_int(BYTES("J\xff\xff\xff\xff.")) == -1);
	assert_true(only_int(BYTES("\x8a\x00.")) == 0);
	assert_true(only_int(BYTES("\x8a\x01\xff.")) == -1);
	assert_true(only_int(BYTES("\x8a\x02\xff\x00.")) == 255);
	assert_true(only_int(BYTES("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.")) == INT64_MIN);
}

/* The tensor of a storage of 6 floats with these sizes and strides; all numbers below 256. */
static struct pickle *tensor(uint8_t offset, const char *sizes, const char *strides, struct err *e)
{
	struct buf b = { 0 };
	struct pickle *p;
	size_t used;

	buf_add_str(&b, "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x01"
			"0U\x03"
			"cpuK\x06tQK");
	buf_add_char(&b, (char)offset);
	buf_add_char(&b, '(');
	for (const char *s = sizes; *s; s++) {
		buf_add_char(&b, 'K');
		buf_add_char(&b, (char)(*s - '0'));
	}
	buf_add_str(&b, "t(");
	for (const char *s = strides; *s; s++) {
		buf_add_char(&b, 'K');
		buf_add_char(&b, (char)(*s - '0'));
	}
	buf_add_str(&b, "t\x89NtR.");
	p = pickle_load(b.data, b.len, &used, e);
	buf_release(&b);
	return p;
}

static void test_extents(void **state)
{
	static const struct {
		uint8_t offset;
		const char *sizes, *strides;
		bool good;
	} cases[] = {
		{ 0, "23", "31", true },
		{ 0, "32", "21", true },
		{ 0, "32", "13", true },
		{ 1, "23", "31", false },
		{ 0, "24", "31", false },
		{ 5, "", "", true },
		{ 6, "", "", false },
		{ 6, "0", "1", true },
		{ 5, "9", "0", true },
		{ 6, "9", "0", false },
		{ 0, "23", "3", false },
		{ 2, "22", "21", true },
		{ 3, "22", "21", false },
		{ 0, "11111111", "99999999", true },
		{ 0, "111111111", "999999999", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = { 0 };
		struct pickle *p = tensor(cases[i].offset, cases[i].sizes, cases[i].strides, &e);

		if (!p != !cases[i].good)
			fail_msg("case %zu: %s", i, e.msg);
		pickle_free(p);
	}
}

static int no_storage(void *data, const struct pickle_storage *s, const uint8_t **elements, struct err *e)
{
	(void)data;
	(void)elements;
	return err_set(e, "storage '%s'", s->key);
}

static int collect(const char *data, size_t len, struct err *e)
{
	struct pth_source source = { no_storage, NULL };
	struct weights w;
	size_t used;
	struct pickle *p = pickle_load(data, len, &used, e);
	int rc;

	assert_non_null(p);
	weights_init(&w, len);
	rc = pth_collect(&w, pickle_root(p), NULL, &source, e);
	weights_release(&w);
	pickle_free(p);
	return rc;
}

/* A dict in itself, and dicts that share members so that their paths are 4^n: both end soon. */
static void test_shared_containers(void **state)
{
	struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(collect(BYTES("}q\x00(U\x01"
				       "ah\x00u."),
				 &e),
			 -1);
	assert_non_null(strstr(e.msg, "nested"));
	buf_add_str(&b, "}q");
	buf_add(&b, "\0", 1);
	for (int i = 1; i < 12; i++) {
		buf_add_str(&b, "}q");
		buf_add_char(&b, (char)i);
		buf_add_char(&b, '(');
		for (int k = 0; k < 4; k++) {
			buf_add_str(&b, "U\x01");
			buf_add_char(&b, (char)('a' + k));
			buf_add_char(&b, 'h');
			buf_add_char(&b, (char)(i - 1));
		}
		buf_add_char(&b, 'u');
	}
	buf_add_char(&b, '.');
	assert_int_equal(collect(b.data, b.len, &e), -1);
	assert_non_null(strstr(e.msg, "values"));
	buf_release(&b);
}

/* A tensor of stride 0 may not ask for more than the file's size explains. */
static void test_expanded(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(collect(BYTES("}(U\x01"
				       "actorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n"
				       "U\x01"
				       "0U\x03"
				       "cpuK\x06tQK\x00(J\xff\xff\xff\x7ft(K\x00t\x89NtRu."),
				 &e),
			 -1);
	assert_non_null(strstr(e.msg, "memory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),	 cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_damaged),	 cmocka_unit_test(test_refused_pickles),
		cmocka_unit_test(test_integers), cmocka_unit_test(test_extents),
		cmocka_unit_test(test_expanded), cmocka_unit_test(test_shared_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
