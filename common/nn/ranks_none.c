/* ranks_none.c - a build without MPI: one rank (ranks_internal.h) */
#include "common/nn/ranks_internal.h"

const char *ranks_built_in(void)
{
	return NULL;
}

void ranks_join(struct ranks *r)
{
	(void)r;
	BUG("no MPI was built in");
}
