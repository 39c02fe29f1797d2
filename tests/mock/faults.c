#include "tests/mock/faults.h"

#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "tests/mock/catalogue.h"

static const char *const names[N_FAULTS] = {
	"none",	  "429-after", "429",	 "500",	    "502",	"503-after", "html",	  "truncate",
	"length", "stall",     "drop",	 "gzip",    "chunked",	"huge",	     "malformed", "traversal",
	"api-10", "api-105",   "api-20", "api-201", "redirect", "api-95",    "api-100",
};

static double percent[2][N_FAULTS]; /* [api][fault] */

static bool api_only(int f)
{
	return (f >= FAULT_MALFORMED && f < FAULT_REDIRECT) || f > FAULT_REDIRECT;
}

static void set(int f, double p, const char *where)
{
	if (!where || strcmp(where, "api") == 0)
		percent[1][f] = p;
	if ((!where || strcmp(where, "image") == 0) && !api_only(f))
		percent[0][f] = p;
}

int faults_add(const char *spec, struct err *e)
{
	char *copy = xstrdup(spec), *p = strchr(copy, ':'), *where = p ? strchr(p + 1, ':') : NULL;
	double share;
	int f, rc = -1;

	if (p)
		*p++ = '\0';
	if (where)
		*where++ = '\0';
	if (!p || num_parse_f64(p, &share) || share < 0 || share > 100 ||
	    (where && strcmp(where, "api") != 0 && strcmp(where, "image") != 0)) {
		err_set(e, "'%s' is not NAME:PERCENT[:api|:image]", spec);
		goto out;
	}
	if (strcmp(copy, "mixed") == 0) {
		for (f = 1; f < FAULT_REDIRECT; f++)
			/* A gigabyte is sent rarely, or nothing else would be. */
			set(f, share / (FAULT_REDIRECT - 1) / (f == FAULT_HUGE ? 10 : 1), where);
		rc = 0;
		goto out;
	}
	for (f = 1; f < N_FAULTS && strcmp(copy, names[f]) != 0; f++)
		;
	if (f == N_FAULTS) {
		err_set(e, "no fault '%s'", copy);
		goto out;
	}
	set(f, share, where);
	rc = 0;
out:
	free(copy);
	return rc;
}

void faults_clear(void)
{
	memset(percent, 0, sizeof(percent));
}

enum fault faults_draw(uint64_t seed, uint64_t n, bool api)
{
	double u = (double)(mix(seed ^ 0xfa17, n) >> 11) * 0x1p-53 * 100;
	int f;

	for (f = 1; f < N_FAULTS; f++) {
		if (u < percent[api][f])
			return (enum fault)f;
		u -= percent[api][f];
	}
	return FAULT_NONE;
}

const char *fault_name(enum fault f)
{
	return names[f];
}
