/* support_golden.c - see support_golden.h */
#include "tests/unit/support_golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/err.h"

char *golden_path(const char *name)
{
	const char *top = getenv("FRL_TOP");

	return xasprintf("%s/tests/golden/%s", top ? top : ".", name);
}

char *shared_path(const char *name)
{
	const char *shared = getenv("FRL_SHARED");
	char *path = xasprintf("%s/data/%s", shared ? shared : "../shared", name);

	if (access(path, R_OK) == 0)
		return path;
	printf("SKIP: no %s\n", name);
	free(path);
	return NULL;
}
