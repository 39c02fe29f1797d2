/* support_golden.h - where the committed golden files are, and the shared data that may not be there */
#ifndef FRL_TESTS_SUPPORT_GOLDEN_H
#define FRL_TESTS_SUPPORT_GOLDEN_H

/* tests/golden/NAME, to be freed. */
char *golden_path(const char *name);
/* $FRL_SHARED/data/NAME, to be freed; NULL, having said so, where it is not there: the test is then skipped. */
char *shared_path(const char *name);

#endif
