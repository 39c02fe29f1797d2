/*
 * test_num.c - numbers as text: shortest, exact, whatever the locale; printf and strtod of libc are the judges
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/num.h"
#include "common/rng.h"

/* The significant digits of a number's text: "0.00120" has 12. Returns their count. */
static int significant(const char *text, char digits[40])
{
	int n = 0;
	for (const char *s = text; *s && *s != 'e'; s++)
		if (isdigit((unsigned char)*s) && (n || *s != '0'))
			digits[n++] = *s;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	return n;
}

/* Is there a number of n significant digits near v that reads back as v? Its digits with libc's rounding, and one off. */
static int reads_back(double v, int is_f32, int n)
{
	char text[64], digits[40] = "";
	snprintf(text, sizeof text, "%.*e", n - 1, fabs(v));
	int len = 0;
	char *s = text;
	for (; *s != 'e'; s++)
		if (isdigit((unsigned char)*s))
			digits[len++] = *s;
	digits[len] = '\0';
	int exp10 = (int)strtol(s + 1, NULL, 10) - (n - 1);
	unsigned long long nearest = strtoull(digits, NULL, 10);
	for (int off = -1; off <= 1; off++) {
		snprintf(text, sizeof text, "%llue%d", nearest + (unsigned long long)off, exp10);
		if (is_f32 ? (double)strtof(text, NULL) == fabs(v) : strtod(text, NULL) == fabs(v))
			return 1;
	}
	return 0;
}

/* Whole numbers up to here are written out, even where fewer digits would do. */
static int is_whole(double v, double limit)
{
	return v == floor(v) && fabs(v) < limit;
}

static void check_f32(float v)
{
	char text[NUM_SIZE], digits[40];
	float back;
	memset(text, 'x', sizeof text);
	assert_ptr_equal(num_f32(text, v), text);
	assert_non_null(memchr(text, '\0', sizeof text));
	assert_true(strtof(text, NULL) == v);
	assert_int_equal(num_parse_f32(text, &back), 0);
	assert_memory_equal(&back, &v, sizeof v);
	int n = significant(text, digits);
	if (v != 0 && !is_whole((double)v, 1e9)) {
		assert_true(n <= 9);
		if (n > 1 && reads_back((double)v, 1, n - 1))
			fail_msg("%s is not the shortest form of %.9g", text, (double)v);
		/* Of those with n digits the nearest, unless that one (below a power of two) reads back as another number. */
		char nearest[64], other[40];
		snprintf(nearest, sizeof nearest, "%.*e", n - 1, (double)v);
		if (strtof(nearest, NULL) == v) {
			significant(nearest, other);
			assert_string_equal(digits, other);
		}
	}
}

static void check_f64(double v)
{
	char text[NUM_SIZE], digits[40];
	double back;
	memset(text, 'x', sizeof text);
	assert_ptr_equal(num_f64(text, v), text);
	assert_non_null(memchr(text, '\0', sizeof text));
	assert_true(strtod(text, NULL) == v);
	assert_int_equal(num_parse_f64(text, &back), 0);
	assert_memory_equal(&back, &v, sizeof v);
	int n = significant(text, digits);
	if (v != 0 && !is_whole(v, 1e16)) {
		assert_true(n <= 17);
		if (n > 1 && reads_back(v, 0, n - 1))
			fail_msg("%s is not the shortest form of %.17g", text, v);
	}
}

static void looks(void **state)
{
	(void)state;
	static const struct {
		double v;
		const char *f64, *f32; /* NULL: not a float */
	} t[] = {
		{ 0, "0", "0" },
		{ -0.0, "-0", "-0" },
		{ 1, "1", "1" },
		{ -12.5, "-12.5", "-12.5" },
		{ 0.1, "0.1", NULL },
		{ (double)0.1f, "0.10000000149011612", "0.1" },
		{ 1e-5, "0.00001", NULL },
		{ 9.5e-6, "9.5e-06", NULL },
		{ 1e-7, "1e-07", NULL },
		{ 123456789, "123456789", NULL },
		{ 123456792, "123456792", "123456792" },
		{ 16777216, "16777216", "16777216" },
		{ 999999936, "999999936", "999999936" },
		{ 1e9, "1000000000", "1e+09" },
		{ 4294967296, "4294967296", "4.2949673e+09" },
		{ 9007199254740992, "9007199254740992", NULL },
		{ 9999999999999998, "9999999999999998", NULL },
		{ 1e16, "1e+16", NULL },
		{ 1e22, "1e+22", NULL },
		{ 1e23, "1e+23", NULL },
		{ 0x1p-44, "5.684341886080802e-14", NULL }, /* %.16g reads back as its neighbour */
		{ 0.9275622029431613, "0.9275622029431613", NULL },
		{ 1.0 / 3, "0.3333333333333333", NULL },
		{ 5e-324, "5e-324", NULL },
		{ DBL_MIN, "2.2250738585072014e-308", NULL },
		{ DBL_MAX, "1.7976931348623157e+308", NULL },
		{ (double)FLT_MAX, "3.4028234663852886e+38", "3.4028235e+38" },
		{ (double)FLT_MIN, "1.1754943508222875e-38", "1.1754944e-38" },
		{ 0x1p-149, "1.401298464324817e-45", "1e-45" },
		{ INFINITY, "inf", "inf" },
		{ -INFINITY, "-inf", "-inf" },
		{ NAN, "nan", "nan" },
		{ -NAN, "nan", "nan" },
	};
	char text[NUM_SIZE];
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_string_equal(num_f64(text, t[i].v), t[i].f64);
		if (t[i].f32)
			assert_string_equal(num_f32(text, (float)t[i].v), t[i].f32);
	}
}

static void edges_f32(void **state)
{
	(void)state;
	/* Every power of two and of ten, with both neighbours, of both signs. */
	for (int e = -149; e < 128; e++) {
		float v = ldexpf(1, e);
		check_f32(v);
		check_f32(-v);
		check_f32(nextafterf(v, 0));
		if (e < 127)
			check_f32(nextafterf(v, INFINITY));
	}
	for (int e = -45; e <= 38; e++) {
		float v = (float)pow(10, e);
		check_f32(v);
		check_f32(nextafterf(v, 0));
		check_f32(nextafterf(v, INFINITY));
	}
	/* What manifests hold: few decimals. */
	for (int i = 0; i < 100000; i++)
		check_f32((float)i / 100);
}

static void edges_f64(void **state)
{
	(void)state;
	for (int e = -1074; e < 1024; e++) {
		double v = ldexp(1, e);
		check_f64(v);
		check_f64(-v);
		check_f64(nextafter(v, 0));
		if (e < 1023)
			check_f64(nextafter(v, INFINITY));
	}
	for (int e = -323; e <= 308; e++) {
		double v = pow(10, e);
		check_f64(v);
		check_f64(nextafter(v, 0));
		check_f64(nextafter(v, INFINITY));
	}
	for (int i = 0; i < 20000; i++)
		check_f64(i / 1000.0);
}

static void random_f32(void **state)
{
	(void)state;
	struct rng r;
	rng_init(&r, 1, 0, 0, 0);
	for (int i = 0; i < 1000000; i++) {
		uint32_t u = rng_u32(&r);
		float v;
		memcpy(&v, &u, sizeof v);
		if (isfinite(v))
			check_f32(v);
	}
}

static void random_f64(void **state)
{
	(void)state;
	struct rng r;
	rng_init(&r, 2, 0, 0, 0);
	for (int i = 0; i < 100000; i++) {
		uint64_t u = (uint64_t)rng_u32(&r) << 32 | rng_u32(&r);
		double v;
		memcpy(&v, &u, sizeof v);
		if (isfinite(v))
			check_f64(v);
		check_f64(rng_f64(&r) * pow(10, (int)rng_below(&r, 24) - 8));
	}
}

/* Texts of any length and exponent read as libc reads them, to the bit; also floats whose double is a tie. */
/* Numbers as tables hold them: up to six digits behind the point, and their neighbours, which need all their digits. */
static void tables_f64(void **state)
{
	struct rng r;
	(void)state;
	rng_init(&r, 7, 0, 0, 0);
	for (int i = 0; i < 200000; i++) {
		uint64_t n = (uint64_t)rng_u32(&r) << 19 | rng_u32(&r) >> 13;
		double v = (double)(n >> rng_below(&r, 51)) / 1e6;
		check_f64(v);
		check_f64(nextafter(v, INFINITY));
	}
	static const double edges[] = {
		1e-6, 4.9e-7,	 5e-7, 1.5e-6,	 999999999.999999, 1e9 - 1e-7, 1000000000.000001,
		0.3,  0.1 + 0.2, 1e-7, 123456.5, -75.81253
	};
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
		check_f64(edges[i]);
}

static void parse_like_libc(void **state)
{
	(void)state;
	struct rng r;
	rng_init(&r, 3, 0, 0, 0);
	for (int i = 0; i < 300000; i++) {
		char text[80];
		int n = 0, digits = 1 + (int)rng_below(&r, i % 10 ? 20 : 40),
		    point = (int)rng_below(&r, (uint32_t)digits + 1);
		if (rng_below(&r, 2))
			text[n++] = '-';
		for (int d = 0; d < digits; d++) {
			if (d == point)
				text[n++] = '.';
			text[n++] = (char)('0' + rng_below(&r, 10));
		}
		text[n] = '\0';
		if (rng_below(&r, 2))
			snprintf(text + n, sizeof text - (size_t)n, "e%d", (int)rng_below(&r, 80) - 40);
		float f, f_ref = strtof(text, NULL);
		double d, d_ref = strtod(text, NULL);
		assert_int_equal(num_parse_f64(text, &d), 0);
		assert_memory_equal(&d, &d_ref, sizeof d);
		assert_int_equal(num_parse_f32(text, &f), isinf(f_ref) ? -1 : 0);
		if (!isinf(f_ref))
			assert_memory_equal(&f, &f_ref, sizeof f);
	}
	/* Halfway between two floats, and a hair above and below: a double cannot tell them apart. */
	for (uint32_t i = 0; i < 1000; i++) {
		double tie = (double)(0x800000 + i * 7919) + 0.5;
		char text[80];
		float f;
		snprintf(text, sizeof text, "%.1f", tie);
		assert_int_equal(num_parse_f32(text, &f), 0);
		assert_true(f == strtof(text, NULL));
		snprintf(text, sizeof text, "%.1f000000000001", tie);
		assert_int_equal(num_parse_f32(text, &f), 0);
		assert_true(f == (float)(tie + 0.5));
		snprintf(text, sizeof text, "%.0f.4999999999999", tie - 0.5);
		assert_int_equal(num_parse_f32(text, &f), 0);
		assert_true(f == (float)(tie - 0.5));
	}
}

static void refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "",	     " ",	" 1",	 "1 ",	   "1,5", "0x10",  "1e",
					   "1e+",    "e5",	".",	 "-",	   "+",	  "--1",   "1.2.3",
					   "nan(1)", "infinit", "1e400", "-1e400", "one", "1_000", "1\n" };
	float f = 7;
	double d = 7;
	int64_t n = 7;
	uint64_t u = 7;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(num_parse_f32(bad[i], &f), -1);
		assert_int_equal(num_parse_f64(bad[i], &d), -1);
		assert_int_equal(num_parse_i64(bad[i], &n), -1);
		assert_int_equal(num_parse_u64(bad[i], &u), -1);
		assert_int_equal(num_parse_bytes(bad[i], &u), -1);
	}
	assert_int_equal(num_parse_f32("1e39", &f), -1);
	assert_int_equal(num_parse_f64("1e39", &d), 0);
	assert_int_equal(num_parse_f64("1e-400", &d), 0);
	assert_true(d == 0);
	assert_int_equal(num_parse_i64("1.0", &n), -1);
	assert_int_equal(num_parse_i64("9223372036854775808", &n), -1);
	assert_int_equal(num_parse_i64("-9223372036854775809", &n), -1);
	assert_int_equal(num_parse_i64("99999999999999999999", &n), -1);
	assert_int_equal(num_parse_u64("18446744073709551616", &u), -1);
	assert_int_equal(num_parse_u64("-1", &u), -1);
	assert_int_equal(num_parse_bytes("16777216t", &u), -1);
	assert_int_equal(num_parse_bytes("1kb", &u), -1);
	assert_int_equal(num_parse_bytes("k", &u), -1);
	assert_int_equal(n, 7); /* untouched */
}

static void accepted(void **state)
{
	(void)state;
	double d;
	int64_t n;
	uint64_t u;
	assert_int_equal(num_parse_f64("+1.5", &d), 0);
	assert_true(d == 1.5);
	assert_int_equal(num_parse_f64("5.", &d), 0);
	assert_true(d == 5);
	assert_int_equal(num_parse_f64(".5E-1", &d), 0);
	assert_true(d == 0.05);
	assert_int_equal(num_parse_f64("-inf", &d), 0);
	assert_true(d == -INFINITY);
	assert_int_equal(num_parse_f64("nan", &d), 0);
	assert_true(isnan(d));
	assert_int_equal(num_parse_i64("9223372036854775807", &n), 0);
	assert_true(n == INT64_MAX);
	assert_int_equal(num_parse_i64("-9223372036854775808", &n), 0);
	assert_true(n == INT64_MIN);
	assert_int_equal(num_parse_u64("18446744073709551615", &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(num_parse_bytes("512", &u), 0);
	assert_true(u == 512);
	assert_int_equal(num_parse_bytes("3k", &u), 0);
	assert_true(u == 3072);
	assert_int_equal(num_parse_bytes("16777215T", &u), 0);
	assert_true(u == (uint64_t)16777215 << 40);
}

/* Sets a locale whose decimal point is a comma, made for the occasion where the system has none; 0 if it worked. */
static int comma_locale(char *dir)
{
	if (setlocale(LC_ALL, "de_DE.UTF-8"))
		return 0;
	char path[64];
	snprintf(path, sizeof path, "%s/de_DE.UTF-8", dir);
	pid_t pid = fork();
	if (pid == 0) {
		freopen("/dev/null", "w", stdout);
		freopen("/dev/null", "w", stderr);
		execlp("localedef", "localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", path, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	setenv("LOCPATH", dir, 1);
	return setlocale(LC_ALL, "de_DE.UTF-8") ? 0 : -1;
}

static void remove_tree(const char *dir)
{
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void locale_independent(void **state)
{
	(void)state;
	char dir[] = "/tmp/test_num.XXXXXX", text[NUM_SIZE], probe[8];
	assert_non_null(mkdtemp(dir));
	if (comma_locale(dir) < 0) {
		remove_tree(dir);
		print_message(
			"SKIP locale_independent: no locale de_DE.UTF-8, and localedef cannot make it (package locales)\n");
		skip();
	}
	snprintf(probe, sizeof probe, "%.1f", 0.5);
	assert_string_equal(probe, "0,5"); /* or this test tests nothing */
	double d;
	float f;
	assert_string_equal(num_f64(text, 0.5), "0.5");
	assert_string_equal(num_f64(text, 1.25e-30), "1.25e-30"); /* through printf and strtod */
	assert_string_equal(num_f32(text, 1.25e-38f), "1.25e-38");
	assert_string_equal(num_f64(text, 1.25e300), "1.25e+300");
	assert_int_equal(num_parse_f64("1.5", &d), 0);
	assert_true(d == 1.5);
	assert_int_equal(num_parse_f64("1.5000000000000000000000000000", &d), 0);
	assert_true(d == 1.5);
	assert_int_equal(num_parse_f64("1.5e-200", &d), 0);
	assert_true(d == 1.5e-200);
	assert_int_equal(num_parse_f32("1.5e-30", &f), 0);
	assert_true(f == 1.5e-30f);
	assert_int_equal(num_parse_f64("1,5", &d), -1);
	setlocale(LC_ALL, "C");
	remove_tree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks),      cmocka_unit_test(edges_f32),
		cmocka_unit_test(edges_f64),  cmocka_unit_test(random_f32),
		cmocka_unit_test(random_f64), cmocka_unit_test(parse_like_libc),
		cmocka_unit_test(tables_f64), cmocka_unit_test(refused),
		cmocka_unit_test(accepted),   cmocka_unit_test(locale_independent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
