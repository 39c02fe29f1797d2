/* info.c - frl-weights info: a row for each tensor, and the metadata */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/opt.h"
#include "common/tsv.h"
#include "tools/weights/commands.h"
#include "tools/weights/load.h"

static const struct opt_program program = {
	.name = "frl-weights info",
	.synopsis = "frl-weights info [OPTION]... [FILE]",
	.purpose = "Writes a row for each tensor of a file of weights, after its metadata as comments.",
	.example = "frl-weights info retinaface.safetensors",
};

static void put_meta(struct buf *b, const char *key, const char *value)
{
	buf_add_str(b, "#meta\t");
	tsv_escape(b, key, strlen(key));
	buf_add_char(b, '\t');
	tsv_escape(b, value, strlen(value));
	buf_add_char(b, '\n');
}

static void put_tensors(struct tsv_out *t, const struct weights *w)
{
	static const char *const columns[] = { "name", "dtype", "shape", "bytes", "crc32" };
	char text[SHAPE_TEXT];

	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		tsv_out_raw(t, columns[i]);
	tsv_out_end(t);
	for (size_t i = 0; i < w->n; i++) {
		const struct weight *x = &w->item[i];

		tsv_out_str(t, x->name);
		tsv_out_raw(t, dtype_name(x->dtype));
		tsv_out_raw(t, shape_text(&x->shape, text));
		tsv_out_i64(t, (int64_t)x->bytes);
		snprintf(text, sizeof text, "%08x", crc32_add(0, x->data, x->bytes));
		tsv_out_raw(t, text);
		tsv_out_end(t);
	}
}

static int run(struct weights *w, struct origin *origin, const char *path, const char *key, struct err *e)
{
	struct tsv_out t = { 0 };
	struct buf meta = { 0 };
	struct out out;
	int rc = -1;

	if (load_file(w, path, key, origin, e))
		return -1;
	put_meta(&meta, "format", w->format);
	for (size_t i = 0; i < w->n_meta; i++)
		put_meta(&meta, w->meta[i].key, w->meta[i].value);
	put_tensors(&t, w);
	if (out_open(&out, NULL, false, e) == 0) {
		if (out_write(&out, meta.data, meta.len, e) || tsv_out_write(&t, &out, e))
			out_abort(&out);
		else
			rc = out_commit(&out, e);
	}
	tsv_out_release(&t);
	buf_release(&meta);
	return rc;
}

int cmd_info(int argc, char **argv)
{
	const char *key = NULL;
	const struct opt options[] = {
		OPT_STR('k', "key", "NAME", &key, "the dictionary of a PyTorch file to read, e.g. ema or model.ema"),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct weights w = { 0 };
	struct origin origin = { 0 };
	struct err e = { 0 };
	int rc;

	if (argc - first > 1)
		opt_usage(&program, "one file at a time");
	if (argc == first && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	rc = run(&w, &origin, argc > first ? argv[first] : NULL, key, &e);
	if (rc)
		warn("%s", e.msg);
	weights_release(&w);
	origin_release(&origin);
	return rc ? e.code : EXIT_CODE_OK;
}
