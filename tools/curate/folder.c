/* folder.c - any folder of pictures */
#include "tools/curate/names.h"
#include "tools/curate/readers.h"

enum { DEPTH = 64 };

int read_folder(struct curate *c, struct err *e)
{
	struct names l = { 0 };
	int rc = names_folder(&l, c->root, "", NULL, DEPTH, e);

	if (!rc && !l.n)
		rc = curate_absent(c, "a picture", e);
	names_sort(&l);
	if (!rc)
		rc = row_head(c, "", 0, 0, e);
	for (size_t i = 0; !rc && i < l.n; i++) {
		row_begin(c, l.name[i]);
		rc = row_end(c, NULL, e);
	}
	names_release(&l);
	return rc;
}
