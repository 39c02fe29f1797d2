/* table.c - frl-eval table: the numbers of many runs, in the paper's tables beside the paper's own */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "eval/eval.h"
#include "eval/lines.h"
#include "eval/sheet.h"

struct joiner {
	const char *paper, *out, *markdown;
	struct opt_list note, notes, fractions, inits;
	bool quiet, no_pg;
	struct sheet sheet;
};

static int read_notes(struct joiner *j, struct err *e)
{
	int rc = 0;

	for (int i = 0; i < j->notes.n && !rc; i++) {
		struct lines l = { 0 };

		rc = lines_open(&l, j->notes.item[i], e);
		while (!rc && (rc = lines_next(&l, e)) > 0) {
			sheet_add_note(&j->sheet, l.text);
			rc = 0;
		}
		lines_close(&l);
	}
	for (int i = 0; i < j->note.n && !rc; i++)
		sheet_add_note(&j->sheet, j->note.item[i]);
	return rc;
}

/* Both are written, then both appear. */
static int write_out(const struct joiner *j, int argc, char *const *argv, struct err *e)
{
	struct buf tsv = { 0 }, markdown = { 0 };
	struct out o = { 0 }, m = { 0 };
	int rc;

	sheet_tsv(&j->sheet, j->no_pg, argc + 1, argv - 1, &tsv);
	rc = out_open(&o, j->out, false, e) || out_write(&o, tsv.data, tsv.len, e);
	if (!rc && j->markdown) {
		sheet_markdown(&j->sheet, &markdown);
		rc = out_open(&m, j->markdown, false, e) || out_write(&m, markdown.data, markdown.len, e) ||
		     out_flush(&m, e) || out_flush(&o, e) || out_commit(&m, e);
	}
	rc = rc || out_commit(&o, e) ? -1 : 0;
	out_abort(&m);
	out_abort(&o);
	buf_release(&tsv);
	buf_release(&markdown);
	return rc;
}

/* A file that is not there is a cell that failed: its numbers are missing, which the table says. */
static int join(struct joiner *j, const struct sheet_spec *spec, char *const *files, int n, struct err *e)
{
	int rc = sheet_build(&j->sheet, spec, j->paper, &j->fractions, &j->inits, e);

	for (int i = 0; i < n && !rc; i++) {
		if (strcmp(files[i], "-") != 0 && access(files[i], F_OK) && errno == ENOENT) {
			warn("no '%s'", files[i]);
			j->sheet.absent++;
		} else {
			rc = sheet_read(&j->sheet, files[i], j->quiet, e);
		}
	}
	return rc || read_notes(j, e) ? -1 : 0;
}

static const struct opt_program program = {
	.name = "frl-eval table",
	.synopsis = "frl-eval table NAME --paper FILE [option ...] [EVAL ...]",
	.purpose = "Joins long TSVs of frl-eval into a table of the paper: ours, the paper's, the difference.\n"
		   "NAME: table1, table2, table3, recognition, landmarks or mesh.",
	.example = "frl-eval table table3 --paper tables/paper.tsv -o table3.tsv --markdown table3.md \\\n"
		   "    tables/out/paper/emotion/affectnet/*/*/*/eval.tsv",
};

static const struct sheet_spec *find_spec(const char *name)
{
	for (const struct sheet_spec *s = sheet_specs; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

int eval_table(int argc, char **argv)
{
	struct joiner j = { .out = "-" };
	const struct sheet_spec *spec;
	struct err e = { 0 };
	struct opt options[] = {
		OPT_GROUP("Input"),
		OPT_STR(0, "paper", "FILE", &j.paper, "the paper's numbers, tables/paper.tsv"),
		OPT_LIST(0, "fractions", "LIST", &j.fractions,
			 "shares instead of the paper's: 100%,2% or DATASET=100%,2%"),
		OPT_LIST(0, "inits", "LIST", &j.inits, "initialisations instead of the paper's"),
		OPT_GROUP("Footnote"),
		OPT_LIST(0, "note", "TEXT", &j.note, "a note"),
		OPT_LIST(0, "notes", "FILE", &j.notes, "notes, a line each"),
		OPT_GROUP("Output"),
		OPT_STR('o', "output", "FILE", &j.out, "the table as TSV; - is standard output"),
		OPT_STR(0, "markdown", "FILE", &j.markdown, "the table for people, too"),
		OPT_GROUP("Common"),
		OPT_BOOL('q', "quiet", &j.quiet, "do not name rows that belong to no line"),
		OPT_BOOL(0, "no-pg", &j.no_pg, "leave provenance out of outputs"),
		OPT_END,
	};
	bool named = argc > 1 && *argv[1] != '-'; /* the name comes first, or after the options */
	int first = opt_parse(&program, options, argc - named, argv + named) + named, rc;

	if (!named && first == argc)
		opt_usage(&program, "the name of a table is needed");
	spec = find_spec(argv[named ? 1 : first++]);
	if (!spec)
		opt_usage(&program, "'%s' is no table", argv[named ? 1 : first - 1]);
	if (!j.paper)
		opt_usage(&program, "--paper is needed");
	if (j.markdown && strcmp(j.markdown, j.out) == 0)
		opt_usage(&program, "--output and --markdown are the same");
	rc = join(&j, spec, argv + first, argc - first, &e);
	if (!rc) {
		sheet_finish(&j.sheet);
		rc = write_out(&j, argc, argv, &e);
	}
	if (!rc && !sheet_complete(&j.sheet)) {
		warn("%s is incomplete", spec->name);
		rc = EXIT_CODE_SOME_FAILED;
	}
	sheet_release(&j.sheet);
	if (rc < 0)
		die_err(&e);
	return rc;
}
