/* test_npy.c - headers of NumPy's files: what NumPy writes, and what nobody should */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/npy.h"

static int parse(struct npy *n, const char *text)
{
	struct err e = { 0 };

	return npy_dictionary(n, text, &e);
}

static void dictionaries(void **unused)
{
	struct npy n;

	(void)unused;
	assert_int_equal(parse(&n, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n"), 0);
	assert_string_equal(n.descr, "<f4");
	assert_int_equal(n.ndim, 2);
	assert_true(n.dim[0] == 3 && n.dim[1] == 4);
	assert_int_equal(parse(&n, "{'descr': '<U12', 'fortran_order': False, 'shape': (), }"), 0);
	assert_int_equal(n.ndim, 0);
	assert_int_equal(parse(&n, "{'shape':(5,),'descr':'|u1','fortran_order':False}"), 0);
	assert_true(n.ndim == 1 && n.dim[0] == 5);
	assert_int_equal(parse(&n, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,2,3,4,5,6,7,8)}"), 0);
	assert_int_equal(n.ndim, 8);
}

static void refused(void **unused)
{
	static const char *const bad[] = {
		"",
		"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}",
		"{'descr': '<f4', 'fortran_order': True, 'shape': (3,)}",
		"{'descr': '<f4', 'shape': (3,)}",
		"{'descr': '<f4', 'fortran_order': False}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': 3}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3;4)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
		"{'descr': '<f4",
		"{'descr': '', 'fortran_order': False, 'shape': (3,)}",
		"{'descr': '<U123456789012345', 'fortran_order': False, 'shape': (3,)}",
	};
	struct npy n;

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse(&n, bad[i]) != -1)
			fail_msg("accepted: %s", bad[i]);
}

/* Every truncation, each version, a length beyond the end. */
static void files(void **unused)
{
	static const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}\n";
	unsigned char file[12 + sizeof text - 1 + 4] = "\x93NUMPY\x01";
	size_t size = sizeof text - 1, at = 0;
	struct err e = { 0 };
	struct npy n;

	(void)unused;
	file[8] = (unsigned char)size;
	memcpy(file + 10, text, size);
	assert_int_equal(npy_read(&n, file, 10 + size + 4, &at, &e), 0);
	assert_int_equal(at, 10 + size);
	for (size_t len = 0; len < 10 + size; len++)
		assert_int_equal(npy_read(&n, file, len, &at, &e), -1);
	file[6] = 2;
	file[10] = file[11] = 0;
	memcpy(file + 12, text, size);
	assert_int_equal(npy_read(&n, file, sizeof file, &at, &e), 0);
	assert_int_equal(at, 12 + size);
	file[11] = 0x7f;
	assert_int_equal(npy_read(&n, file, sizeof file, &at, &e), -1);
	file[11] = 0;
	file[6] = 4;
	assert_int_equal(npy_read(&n, file, sizeof file, &at, &e), -1);
	file[6] = 1;
	file[0] = 'x';
	assert_int_equal(npy_read(&n, file, sizeof file, &at, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dictionaries),
		cmocka_unit_test(refused),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
