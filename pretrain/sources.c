/* sources.c - options from a preset, a checkpoint and the command line (options.h) */
#include <stdlib.h>
#include <string.h>

#include "pretrain/options.h"
#include "pretrain/presets.h"

static const char prefix[] = "option.";

/* Of those kept: may be another one when a run goes on. */
static bool may_change(const char *name)
{
	static const char *const list[] = { "data", "views",	  "epochs",   "steps", "log",	      "save-every",
					    "keep", "keep-every", "prefetch", "probe", "probe-every", "tensorboard" };

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

/* fn for each option that checkpoints keep. */
static int each_kept(const struct opt *table, int (*fn)(const struct opt *o, void *data, struct err *e), void *data,
		     struct err *e)
{
	for (const struct opt *o = table; o->kind != OPT_KIND_END; o++)
		if (o->kind != OPT_KIND_GROUP && options_kept(o->name) && fn(o, data, e))
			return -1;
	return 0;
}

/* ---- into a checkpoint's state, and out of it */

static int save(const struct opt *o, void *data, struct err *e)
{
	char *key = xasprintf("%s%s", prefix, o->name);
	struct buf text = { 0 };

	(void)e;
	opt_text(o, &text);
	checkpoint_state_put_str(data, key, text.data);
	buf_release(&text);
	free(key);
	return 0;
}

void options_save(const struct opt *table, struct checkpoint_state *s)
{
	each_kept(table, save, s, NULL);
}

/* An option that the checkpoint does not know is younger than it, and has its default; so has one without a text. */
static int restore(const struct opt *o, void *data, struct err *e)
{
	char *key = xasprintf("%s%s", prefix, o->name);
	const char *text;
	int rc = 0;

	if (checkpoint_state_has(data, key)) {
		rc = checkpoint_state_str(data, key, &text, e);
		if (!rc && *text)
			rc = opt_set(o, o->name, text, e);
	}
	free(key);
	return rc;
}

/* ---- what the command line changed */

struct texts {
	struct buf *text; /* of every kept option, in the table's order */
	size_t n;
};

static int remember(const struct opt *o, void *data, struct err *e)
{
	struct texts *t = data;

	(void)e;
	t->text = xrealloc_array(t->text, t->n + 1, sizeof *t->text);
	t->text[t->n] = (struct buf){ 0 };
	opt_text(o, &t->text[t->n++]);
	return 0;
}

static int compare(const struct opt *o, void *data, struct err *e)
{
	struct texts *t = data;
	const struct buf *before = &t->text[t->n++];
	struct buf now = { 0 };
	int rc = 0;

	opt_text(o, &now);
	if (strcmp(now.data, before->data) != 0 && !may_change(o->name))
		rc = err_code(e, EXIT_CODE_USAGE, "option '--%s': the run has '%s', and cannot go on with '%s'",
			      o->name, before->data, now.data);
	buf_release(&now);
	return rc;
}

static int go_on(const struct opt *table, int argc, char **argv, struct checkpoint *c, struct err *e)
{
	struct texts before = { 0 };
	size_t n;
	int rc;

	if (each_kept(table, restore, &c->state, e))
		return err_prefix(e, "'%s'", c->folder);
	each_kept(table, remember, &before, e);
	opt_parse(&options_program, table, argc, argv);
	n = before.n;
	before.n = 0;
	rc = each_kept(table, compare, &before, e);
	while (n)
		buf_release(&before.text[--n]);
	free(before.text);
	return rc;
}

int options_read(struct options *o, const struct opt *table, int argc, char **argv, struct checkpoint *c, struct err *e)
{
	int first;

	*c = (struct checkpoint){ 0 };
	options_default(o);
	first = opt_parse(&options_program, table, argc, argv);
	if (first < argc)
		opt_usage(&options_program, "unexpected argument '%s'", argv[first]);
	if (!o->resume && !o->preset)
		return 0;
	if (o->resume && o->preset)
		opt_usage(&options_program, "--preset is for runs that begin: --resume has its options already");
	const char *resume = o->resume;
	int preset = o->preset;
	options_default(o); /* again: explicit values come last */
	if (resume)
		return checkpoint_open(c, resume, e) || go_on(table, argc, argv, c, e) ? -1 : 0;
	preset_apply(preset, table);
	opt_parse(&options_program, table, argc, argv);
	return 0;
}
