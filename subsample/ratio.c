/* ratio.c - see ratio.h */
#include "subsample/ratio.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 18 };

__extension__ typedef unsigned __int128 wide;

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t c = a % b;
		a = b;
		b = c;
	}
	return a;
}

/* Digits with at most one point: value = num / den. Returns what follows, NULL if there is no number. */
static const char *parse_decimal(const char *s, struct ratio *r)
{
	int digits = 0;
	int point = 0;

	*r = (struct ratio){ 0, 1 };
	for (; isdigit((unsigned char)*s) || (*s == '.' && !point); s++) {
		if (*s == '.') {
			point = 1;
			continue;
		}
		if (++digits > MAX_DIGITS)
			return NULL;
		r->num = r->num * 10 + (uint64_t)(*s - '0');
		if (point)
			r->den *= 10;
	}
	return digits ? s : NULL;
}

int ratio_parse(struct ratio *r, const char *text, struct err *e)
{
	const char *s = parse_decimal(text, r);
	struct ratio below;
	uint64_t d;

	if (s && *s == '/' && r->den == 1) {
		s = parse_decimal(s + 1, &below);
		if (s && below.den == 1)
			r->den = below.num;
		else
			s = NULL;
	} else if (s && *s == '%' && r->den <= 10000000000000000u) {
		r->den *= 100;
		s++;
	}
	if (!s || *s || r->num == 0 || r->den == 0 || r->num > r->den)
		return err_set(e, "'%s' is not a share above 0 and up to 1 (0.02, 2%%, 1/50)", text);
	d = gcd(r->num, r->den);
	r->num /= d;
	r->den /= d;
	return 0;
}

uint64_t ratio_round(struct ratio r, uint64_t n)
{
	return (uint64_t)((2 * (wide)r.num * n + r.den) / (2 * (wide)r.den));
}

uint64_t ratio_ceil(struct ratio r, uint64_t n)
{
	return (uint64_t)(((wide)r.num * n + r.den - 1) / r.den);
}

int ratio_holds(struct ratio r, uint64_t hash)
{
	/* hash / 2^64 < num / den */
	return (wide)hash * r.den < (wide)r.num << 64;
}
