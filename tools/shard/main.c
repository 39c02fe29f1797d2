/*
 * frl-shard - looks into, checks, mends, selects from, joins and converts record streams
 */
#include "tools/shard/shard.h"

int main(int argc, char **argv)
{
	static const struct opt_program program = {
		.name = "frl-shard",
		.synopsis = "frl-shard COMMAND [OPTION]... [FILE]...",
		.purpose =
			"Looks into, checks, mends, selects from, joins and converts record streams (frl-records(5)).",
		.example = "frl-shard info shard.bin\n"
			   "frl-shard cat --without withdrawn.tsv a.bin b.bin > all.bin\n"
			   "frl-shard get 7 shard.bin > face.png",
	};
	static const struct opt_command commands[] = {
		{ "info", shard_info, "what a stream holds, and whether it is whole" },
		{ "check", shard_check, "read everything and verify it" },
		{ "repair", shard_repair, "cut a torn tail, drop what is damaged, close the stream" },
		{ "ls", shard_ls, "a row for each record" },
		{ "cat", shard_cat, "concatenate and select" },
		{ "join", shard_join, "match records with the rows of a manifest" },
		{ "get", shard_get, "one record as a picture file" },
		{ "sheet", shard_sheet, "a contact sheet of the pictures" },
		{ "export", shard_export, "to a webdataset tar, a NumPy array or a folder of pictures" },
		{ "import", shard_import, "from pictures, folders, a webdataset tar or a NumPy array" },
		{ 0 },
	};

	err_program("frl-shard");
	io_catch_signals();
	summary_start();
	return io_finish(opt_command(&program, commands, argc, argv));
}
