/*
 * num.c - numbers as text: shortest form out, correctly rounded in, whatever the locale
 *
 * Writing: the reals that round to v form an interval around it. Scaled by 5^k 2^e it is exact in 128-bit integers for
 * all sizes that manifests hold, and the shortest decimal is the multiple of the largest power of ten inside it, the
 * nearest to v where there are several (what Steele & White 1990 define). Outside of that range printf and strtod search.
 *
 * Reading: up to 19 digits and a small power of ten are one exact operation on doubles (Clinger 1990), the rest is
 * strtod's.
 */
#include "common/num.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/err.h"

typedef unsigned __int128 u128;

/* A finite positive float v taken apart: m * 2^e; `edge` when the gap below it is half of the gap above. */
struct parts {
	double v;
	uint64_t m;
	int e;
	bool edge;
	int digits;   /* that always suffice: 9 or 17 */
	int sci_from; /* exponents appear from 10^sci_from on */
};

/* digits * 10^exp10, digits not ending in 0 (but for 0 itself) */
struct decimal {
	uint64_t digits;
	int exp10;
};

static locale_t c_locale;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		die_sys("cannot make the C locale");
}

static locale_t the_c_locale(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_c_locale);
	return c_locale;
}

/* ---- writing */

/* floor(log10(m * 2^e)), perhaps one too small. */
static int log10_floor(const struct parts *p)
{
	int log2 = p->e + 63 - __builtin_clzll(p->m);
	return (int)floor(log2 * 0.30102999566398120); /* log10(2) */
}

/*
 * What tables mostly hold: a number of at most 15 digits, six of them behind the point. Decimals of at most 15 digits are
 * all different as doubles, so one that reads back as v (one exact division, Clinger 1990) is the shortest there is.
 */
static bool shortest_table(const struct parts *p, struct decimal *d)
{
	if (p->digits != 17 || p->v >= 1e9)
		return false;
	uint64_t n = (uint64_t)(p->v * 1e6 + .5);
	if (!n || (double)n / 1e6 != p->v)
		return false;
	int exp10 = -6;
	for (; n % 10 == 0; n /= 10)
		exp10++;
	*d = (struct decimal){ n, exp10 };
	return true;
}

/*
 * The exact search. 10^k scales v to an integer part of about p->digits digits; all of it must fit 128 bits, else false.
 */
static bool shortest_exact(const struct parts *p, struct decimal *d)
{
	int k = p->digits - 1 - log10_floor(p);
	if (k < 0)
		k = 0;
	int shift = -(p->e + k) + 2; /* two more bits: halves and quarters of m */
	if (k > 43 || shift < 2 || shift > 120)
		return false;
	u128 pow5 = 1;
	for (int i = 0; i < k; i++)
		pow5 *= 5;
	int bits = 66 - __builtin_clzll(p->m); /* of 4m + 2, at most */
	int pow5_bits = k * 7 / 3 + 1;	       /* log2(5) = 2.32 */
	if (bits + pow5_bits > 127)
		return false;
	u128 v = 4 * (u128)p->m * pow5, low = v - (p->edge ? 1 : 2) * pow5, high = v + 2 * pow5;
	u128 mask = ((u128)1 << shift) - 1;
	/* Integers of the interval [low, high]; its ends round to v only where m is even. */
	bool closed = !(p->m & 1);
	u128 first = (low >> shift) + ((low & mask) || !closed ? 1 : 0);
	u128 last = (high >> shift) - (!(high & mask) && !closed ? 1 : 0);
	if (last > UINT64_MAX || first > last)
		return false;
	uint64_t lo = (uint64_t)first, hi = (uint64_t)last, pow10 = 1;
	int j = 0;
	for (; lo / 10 + (lo % 10 ? 1 : 0) <= hi / 10 && hi >= 10; j++) {
		lo = lo / 10 + (lo % 10 ? 1 : 0);
		hi /= 10;
		pow10 *= 10;
	}
	/* The multiple of 10^j nearest to v, ties to even. */
	uint64_t whole = (uint64_t)(v >> shift), n = whole / pow10, rest = whole % pow10;
	u128 fraction = v & mask;
	bool up;
	if (pow10 == 1) {
		u128 half = (u128)1 << (shift - 1);
		up = fraction > half || (fraction == half && (n & 1));
	} else {
		up = rest > pow10 / 2 || (rest == pow10 / 2 && (fraction || (n & 1)));
	}
	n += up;
	if (n < lo)
		n = lo;
	if (n > hi)
		n = hi;
	*d = (struct decimal){ n, j - k };
	return true;
}

static double read_back(const struct parts *p, uint64_t digits, int exp10)
{
	char text[48];
	snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exp10);
	return p->digits == 9 ? (double)strtof_l(text, NULL, the_c_locale()) : strtod_l(text, NULL, the_c_locale());
}

/* The search for very large and very small numbers: fewer and fewer digits until none reads back as v. */
static void shortest_search(const struct parts *p, struct decimal *d)
{
	for (int n = p->digits; n >= 1; n--) {
		char text[48], digits[24];
		int len = 0, exp10;
		snprintf(text, sizeof text, "%.*e", n - 1, p->v);
		char *s = text;
		for (; *s && *s != 'e'; s++)
			if (*s >= '0' && *s <= '9') /* skips the point, whatever the locale's is */
				digits[len++] = *s;
		digits[len] = '\0';
		exp10 = (int)strtol(s + 1, NULL, 10) - (n - 1);
		uint64_t nearest = strtoull(digits, NULL, 10);
		/* Below a power of two the interval is lopsided: the nearest may miss where its neighbour hits. */
		uint64_t tries[3] = { nearest, nearest + 1, nearest - 1 };
		int i = 0;
		while (i < 3 && read_back(p, tries[i], exp10) != p->v)
			i++;
		if (i == 3)
			break;
		*d = (struct decimal){ tries[i], exp10 };
	}
	while (d->digits % 10 == 0 && d->digits) {
		d->digits /= 10;
		d->exp10++;
	}
}

/* "e-07", "e+16", "e-308" */
static void write_exponent(char *s, int exponent)
{
	unsigned n = (unsigned)abs(exponent) % 1000;
	*s++ = 'e';
	*s++ = exponent < 0 ? '-' : '+';
	if (n >= 100)
		*s++ = (char)('0' + n / 100);
	*s++ = (char)('0' + n / 10 % 10);
	*s++ = (char)('0' + n % 10);
	*s = '\0';
}

/* Lays digits out as 0.00123, 12.5, 1200 or 1.2e-07. */
static void lay_out(char *s, const struct decimal *d, int sci_from)
{
	char digits[24];
	int len = 0;
	for (uint64_t n = d->digits; n || !len; n /= 10)
		digits[len++] = (char)('0' + n % 10); /* last digit first */
	int point = len + d->exp10;		      /* digits before the point */
	if (point - 1 < -5 || point - 1 >= sci_from) {
		*s++ = digits[len - 1];
		if (len > 1)
			*s++ = '.';
		for (int i = len - 2; i >= 0; i--)
			*s++ = digits[i];
		write_exponent(s, point - 1);
		return;
	}
	if (point <= 0) {
		*s++ = '0';
		*s++ = '.';
		for (int i = point; i < 0; i++)
			*s++ = '0';
	}
	for (int i = 0; i < len; i++) {
		if (i == point && i > 0)
			*s++ = '.';
		*s++ = digits[len - 1 - i];
	}
	for (int i = len; i < point; i++)
		*s++ = '0';
	*s = '\0';
}

static void write_finite(char *s, const struct parts *p)
{
	struct decimal d = { 0 };
	/* A whole number stands as it is, even where fewer digits and zeros would do. */
	if (p->e >= 0 && p->e < 64 && p->m >> (63 - p->e) == 0 &&
	    (double)(p->m << p->e) < (p->sci_from == 9 ? 1e9 : 1e16))
		d.digits = p->m << p->e;
	else if (p->e < 0 && p->e > -53 && !(p->m & (((uint64_t)1 << -p->e) - 1)))
		d.digits = p->m >> -p->e;
	else if (!shortest_table(p, &d) && !shortest_exact(p, &d))
		shortest_search(p, &d);
	lay_out(s, &d, p->sci_from);
}

static char *write_special(char *text, bool negative, bool nan)
{
	memcpy(text, nan ? "nan" : negative ? "-inf" : "inf", nan || !negative ? 4 : 5);
	return text;
}

char *num_f32(char *text, float v)
{
	uint32_t u;
	memcpy(&u, &v, sizeof u);
	int exponent = (int)(u >> 23 & 0xff);
	uint32_t fraction = u & 0x7fffff;
	if (exponent == 0xff)
		return write_special(text, u >> 31, fraction);
	char *s = text;
	if (u >> 31)
		*s++ = '-';
	if (!exponent && !fraction) {
		memcpy(s, "0", 2);
		return text;
	}
	struct parts p = {
		.v = fabs(v),
		.m = exponent ? fraction | 0x800000 : fraction,
		.e = (exponent ? exponent : 1) - 150,
		.edge = !fraction && exponent > 1,
		.digits = 9,
		.sci_from = 9,
	};
	write_finite(s, &p);
	return text;
}

char *num_f64(char *text, double v)
{
	uint64_t u;
	memcpy(&u, &v, sizeof u);
	int exponent = (int)(u >> 52 & 0x7ff);
	uint64_t fraction = u & 0xfffffffffffff;
	if (exponent == 0x7ff)
		return write_special(text, u >> 63, fraction);
	char *s = text;
	if (u >> 63)
		*s++ = '-';
	if (!exponent && !fraction) {
		memcpy(s, "0", 2);
		return text;
	}
	struct parts p = {
		.v = fabs(v),
		.m = exponent ? fraction | 0x10000000000000 : fraction,
		.e = (exponent ? exponent : 1) - 1075,
		.edge = !fraction && exponent > 1,
		.digits = 17,
		.sci_from = 16,
	};
	write_finite(s, &p);
	return text;
}

/* ---- reading */

static const double exact_pow10[] = { 1e0,  1e1,  1e2,	1e3,  1e4,  1e5,  1e6,	1e7,  1e8,  1e9,  1e10, 1e11,
				      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* What is left of a number's text: up to 19 digits, and whether they and the exponent are all there is. */
struct scan {
	uint64_t digits;
	int exp10;
	bool negative, exact;
};

/* 0 when the whole of s is [+-]digits[.digits][e[+-]digits] with at least one digit. */
static int scan_number(const char *s, struct scan *c)
{
	int kept = 0, any = 0;
	int64_t exp10 = 0;
	*c = (struct scan){ .exact = true };
	if (*s == '-' || *s == '+')
		c->negative = *s++ == '-';
	for (bool point = false;; s++) {
		if (*s == '.' && !point) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			break;
		any = 1;
		if (kept == 19) {
			c->exact = false; /* the slow path reads the text itself */
		} else {
			c->digits = c->digits * 10 + (uint64_t)(*s - '0');
			kept += c->digits != 0;
			exp10 -= point;
		}
	}
	if (!any)
		return -1;
	if (*s == 'e' || *s == 'E') {
		s++;
		bool negative = false;
		if (*s == '-' || *s == '+')
			negative = *s++ == '-';
		if (*s < '0' || *s > '9')
			return -1;
		int64_t e = 0;
		for (; *s >= '0' && *s <= '9'; s++)
			if (e < 1000000)
				e = e * 10 + (*s - '0');
		exp10 += negative ? -e : e;
	}
	if (*s)
		return -1;
	if (exp10 < -22 || exp10 > 22)
		c->exact = false;
	else
		c->exp10 = (int)exp10;
	if (c->digits >> 53)
		c->exact = false;
	return 0;
}

/* nan and infinities by name; 0 when s was one. */
static int scan_special(const char *s, double *v)
{
	bool negative = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	if (!strcasecmp(s, "inf") || !strcasecmp(s, "infinity"))
		*v = negative ? -INFINITY : INFINITY;
	else if (!strcasecmp(s, "nan"))
		*v = NAN;
	else
		return -1;
	return 0;
}

/* One rounding: both factors are exact. */
static double scan_value(const struct scan *c)
{
	double v = (double)c->digits;
	v = c->exp10 < 0 ? v / exact_pow10[-c->exp10] : v * exact_pow10[c->exp10];
	return c->negative ? -v : v;
}

int num_parse_f64(const char *s, double *v)
{
	struct scan c;
	if (scan_number(s, &c) < 0)
		return scan_special(s, v);
	if (c.exact) {
		*v = scan_value(&c);
		return 0;
	}
	double d = strtod_l(s, NULL, the_c_locale());
	if (isinf(d))
		return -1;
	*v = d;
	return 0;
}

int num_parse_f32(const char *s, float *v)
{
	struct scan c;
	double d;
	if (scan_number(s, &c) < 0) {
		if (scan_special(s, &d) < 0)
			return -1;
		*v = (float)d;
		return 0;
	}
	if (c.exact) {
		d = scan_value(&c);
		uint64_t u;
		memcpy(&u, &d, sizeof u);
		/*
		 * Rounding to double first errs only where that gives a point halfway between two floats; far from the ends
		 * of the range those have one bit below the float's 24.
		 */
		if ((u & 0x1fffffff) != 0x10000000 && (d == 0 || (fabs(d) > 1e-37 && fabs(d) < 1e38))) {
			*v = (float)d;
			return 0;
		}
	}
	float f = strtof_l(s, NULL, the_c_locale());
	if (isinf(f))
		return -1;
	*v = f;
	return 0;
}

/* The digits of s up to max; returns what follows them, NULL where there is none or too many. */
static const char *scan_integer(const char *s, uint64_t max, uint64_t *v)
{
	if (*s < '0' || *s > '9')
		return NULL;
	uint64_t n = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		uint64_t digit = (uint64_t)(*s - '0');
		if (n > (max - digit) / 10)
			return NULL;
		n = n * 10 + digit;
	}
	*v = n;
	return s;
}

int num_parse_i64(const char *s, int64_t *v)
{
	bool negative = *s == '-';
	uint64_t n;
	if (*s == '-' || *s == '+')
		s++;
	s = scan_integer(s, negative ? (uint64_t)1 << 63 : INT64_MAX, &n);
	if (!s || *s)
		return -1;
	*v = (int64_t)(negative ? 0 - n : n);
	return 0;
}

int num_parse_u64(const char *s, uint64_t *v)
{
	uint64_t n;
	s = scan_integer(s, UINT64_MAX, &n);
	if (!s || *s)
		return -1;
	*v = n;
	return 0;
}

int num_parse_bytes(const char *s, uint64_t *v)
{
	uint64_t n;
	int shift = 0;
	s = scan_integer(s, UINT64_MAX, &n);
	if (!s)
		return -1;
	switch (*s) {
	case 't':
	case 'T':
		shift += 10; /* fall through */
	case 'g':
	case 'G':
		shift += 10; /* fall through */
	case 'm':
	case 'M':
		shift += 10; /* fall through */
	case 'k':
	case 'K':
		shift += 10;
		s++;
		break;
	default:
		break;
	}
	if (*s || n > UINT64_MAX >> shift)
		return -1;
	*v = n << shift;
	return 0;
}
