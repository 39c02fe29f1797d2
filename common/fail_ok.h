/*
 * fail_ok.h - the option --fail-ok N|P%: how many failed records still count as success
 */
#ifndef FRL_FAIL_OK_H
#define FRL_FAIL_OK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Zero-initialised: none may fail. */
struct fail_ok {
	double records;
	double share; /* of the records that came in, 0..1 */
};

/* For OPT_FN; data is a struct fail_ok. */
int fail_ok_parse(void *data, const char *arg, struct err *e);
/* EXIT_CODE_OK, or EXIT_CODE_SOME_FAILED when more of `in` records failed than that. */
int fail_ok_status(const struct fail_ok *f, uint64_t failed, uint64_t in);

#define OPT_FAIL_OK(f) OPT_FN(0, "fail-ok", "N|P%", fail_ok_parse, f, "exit 0 when no more records than that failed")

#endif
