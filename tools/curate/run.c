/* run.c - what every reader's command does around its reader */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/curate/curate.h"
#include "tools/curate/params.h"

bool curate_wants(const struct curate *c, const char *split)
{
	return !c->split || strcmp(c->split, split) == 0;
}

const char *curate_path(struct curate *c, const char *path)
{
	buf_reset(&c->full);
	buf_printf(&c->full, "%s/%s", c->root, path);
	return c->full.data;
}

bool curate_exists(struct curate *c, const char *path)
{
	struct stat st;

	return stat(curate_path(c, path), &st) == 0;
}

int curate_absent(const struct curate *c, const char *path, struct err *e)
{
	return err_set(e,
		       "'%s' is not in '%s'\n"
		       "hint: %s is %s; obtained from %s; expected in --root:\n%s",
		       path, c->root, c->reader->name, c->reader->what, c->reader->where, c->reader->layout);
}

int curate_need(struct curate *c, const char *path, struct err *e)
{
	return curate_exists(c, path) ? 0 : curate_absent(c, path, e);
}

static int check(struct curate *c, struct err *e)
{
	struct stat st;
	bool known = !c->split;
	struct buf b = { 0 };

	for (const char *const *s = c->reader->splits; s && *s; s++) {
		known = known || strcmp(*s, c->split) == 0;
		buf_printf(&b, " %s", *s);
	}
	if (!known)
		err_code(e, EXIT_CODE_USAGE, "%s has no split '%s'\nhint: %s%s", c->reader->name, c->split,
			 b.len ? "there are" : "it has none", b.len ? b.data : "");
	buf_release(&b);
	if (!known)
		return -1;
	if (stat(c->root, &st))
		return curate_absent(c, ".", e);
	return S_ISDIR(st.st_mode) ? 0 : err_set(e, "'%s' is not a folder", c->root);
}

static const struct reader *find(const char *name)
{
	const struct reader *r = curate_readers;

	while (r->name && strcmp(r->name, name))
		r++;
	if (!r->name)
		BUG("no reader '%s'", name);
	return r;
}

static int run(struct curate *c, int argc, char **argv, struct err *e)
{
	int rc = check(c, e) || out_open(&c->out, c->output, false, e) || params_open(c, e) ? -1 : 0;

	if (!rc) {
		tsv_out_pg(&c->rows, c->common.no_pg, argc + 1, argv - 1);
		progress_start(c->reader->name, 0, c->common.quiet);
		rc = c->reader->read(c, e);
		progress_stop();
	}
	if (!rc)
		rc = params_close(c, e) || out_commit(&c->out, e) ? -1 : 0;
	return rc;
}

int curate_main(int argc, char **argv)
{
	struct curate c = { .reader = find(argv[0]), .output = "-", .id_prefix = "", .classes = CURATE_CLASSES };
	char *name = xasprintf("frl-curate %s", c.reader->name);
	char *purpose = xasprintf("Reads %s, and writes a manifest. Obtained from %s.", c.reader->what,
				  c.reader->where);
	char *synopsis = xasprintf("%s --root DIR [option ...]", name);
	char *example = xasprintf("%s --root /data/%s > %s.tsv", name, c.reader->name, c.reader->name);
	const struct opt_program program = {
		.name = name, .synopsis = synopsis, .purpose = purpose, .example = example
	};
	struct opt options[] = {
		OPT_GROUP("Dataset"),
		OPT_STR(0, "root", "DIR", &c.root, "the dataset's folder; paths in the manifest are relative to it"),
		OPT_STR(0, "split", "NAME", &c.split, "this split only"),
		OPT_BOOL(0, "no-stat", &c.no_stat, "do not look whether each picture is there"),
		OPT_STR(0, "pictures", "DIR", &c.pictures,
			"cofw, cofw68: write the pictures inside the .mat to DIR, paths are relative to it"),
		OPT_STR(0, "params", "FILE", &c.params,
			"300w-lp, aflw2000: write a record of 3D coefficients and pose for each row that is ok"),
		OPT_STR(0, "mesh", "FILE", &c.mesh,
			"300w-lp, aflw2000: write the vertices that --model makes of them, in pixels"),
		OPT_STR(0, "model", "FILE", &c.model, "the model of 3D faces for --mesh, of frl-weights import --bfm"),
		OPT_INT(0, "classes", "N", &c.classes, 7, CURATE_CLASSES, "affectnet: 7 leaves out contempt"),
		OPT_STR(0, "id-prefix", "TEXT", &c.id_prefix, "before each id, so that ids of several sets differ"),
		OPT_STR('o', "output", "FILE", &c.output, "where the manifest goes; - is standard output"),
		OPT_FAIL_OK(&c.fail_ok),
		OPT_GROUP("Common"),
		OPT_QUIET(&c.common),
		OPT_JSON(&c.common),
		OPT_NO_PG(&c.common),
		OPT_END,
	};
	struct err e = { 0 };
	int first = opt_parse(&program, options, argc, argv);

	if (first < argc)
		opt_usage(&program, "unexpected argument '%s'", argv[first]);
	if (!c.root)
		opt_usage(&program, "--root is needed");
	if (c.pictures && !c.reader->takes_pictures)
		opt_usage(&program, "%s takes no --pictures", c.reader->name);
	if (c.classes != CURATE_CLASSES && !c.reader->takes_classes)
		opt_usage(&program, "%s takes no --classes", c.reader->name);
	if ((c.params || c.mesh) && !c.reader->takes_params)
		opt_usage(&program, "%s takes no --%s", c.reader->name, c.params ? "params" : "mesh");
	if (!c.mesh != !c.model)
		opt_usage(&program, "--mesh and --model go together");
	if (run(&c, argc, argv, &e))
		die_err(&e);
	c.summary.in = c.summary.out;
	summary_print(&c.summary, c.common.quiet, c.common.json);
	tsv_out_release(&c.rows);
	buf_release(&c.path);
	buf_release(&c.full);
	buf_release(&c.id);
	free(name);
	free(purpose);
	free(synopsis);
	free(example);
	return fail_ok_status(&c.fail_ok, c.summary.failed, c.summary.in);
}
