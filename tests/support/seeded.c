/* seeded - writes weights from a formula (support_seeded.h) for command-line tests: seeded NAMES.tsv SEED OUT [KEY=VALUE ...] */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/num.h"
#include "tests/unit/support_seeded.h"

int main(int argc, char **argv)
{
	struct safetensors_meta *meta = xcalloc((size_t)argc + 1, sizeof *meta);
	struct seeded s = { 0 };
	struct err e = { 0 };
	int64_t seed;
	size_t n = 0;

	err_program("seeded");
	if (argc < 4 || num_parse_i64(argv[2], &seed))
		die(EXIT_CODE_USAGE, "usage: seeded NAMES.tsv SEED OUT [KEY=VALUE ...]");
	for (char **pair = argv + 4; *pair; pair++, n++) {
		char *equals = strchr(*pair, '=');

		if (!equals)
			die(EXIT_CODE_USAGE, "'%s' is not KEY=VALUE", *pair);
		*equals = '\0';
		meta[n] = (struct safetensors_meta){ *pair, equals + 1 };
	}
	if (seeded_load(&s, argv[1], (uint64_t)seed, &e) || seeded_write(&s, argv[3], meta, n, &e))
		die_err(&e);
	seeded_release(&s);
	free(meta);
	return 0;
}
