/* frl-curate - published datasets on disk to manifests; man frl-curate(1) */
#include "common/err.h"
#include "common/io.h"
#include "common/opt.h"
#include "common/progress.h"
#include "tools/curate/curate.h"
#include "tools/curate/overlap.h"

static const struct opt_program program = {
	.name = "frl-curate",
	.synopsis = "frl-curate READER --root DIR [option ...]",
	.purpose = "Reads a published dataset, or a folder of pictures, and writes its manifest.",
	.example = "frl-curate wider --root /data/wider --split val > wider-val.tsv",
};

enum { COMMANDS = 32 };

int main(int argc, char **argv)
{
	struct opt_command command[COMMANDS] = { { 0 } };
	int n = 0;

	err_program(program.name);
	io_catch_signals();
	summary_start();
	for (const struct reader *r = curate_readers; r->name && n < COMMANDS - 2; r++)
		command[n++] = (struct opt_command){ r->name, curate_main, r->what };
	command[n++] = (struct opt_command){ "overlap", overlap_main, "what two manifests share: persons, pictures" };
	return io_finish(opt_command(&program, command, argc, argv));
}
