/* fail_ok.c - see fail_ok.h */
#include "common/fail_ok.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

int fail_ok_parse(void *data, const char *arg, struct err *e)
{
	struct fail_ok *f = data;
	size_t n = strlen(arg);
	bool share = n > 0 && arg[n - 1] == '%';
	char *text = xstrndup(arg, n - share);
	double v;
	int rc = num_parse_f64(text, &v);

	free(text);
	if (rc < 0 || !(v >= 0) || (share ? v > 100 : v != floor(v)))
		return err_code(e, EXIT_CODE_USAGE, "a number of records or a percentage like 5%%, not '%s'", arg);
	*f = share ? (struct fail_ok){ .share = v / 100 } : (struct fail_ok){ .records = v };
	return 0;
}

int fail_ok_status(const struct fail_ok *f, uint64_t failed, uint64_t in)
{
	return (double)failed > fmax(f->records, f->share * (double)in) ? EXIT_CODE_SOME_FAILED : EXIT_CODE_OK;
}
