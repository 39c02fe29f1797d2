/* checkpoint_run.c - see checkpoint_run.h */
#include "common/nn/checkpoint_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/err.h"
#include "common/nn/dnnl_api.h"
#include "common/io.h"
#include "common/nn/kern/kern.h"
#include "common/nn/ranks.h"
#include "common/nn/ranks.h"

static const char prefix[] = "option.";

/* fn for each option that checkpoints keep. */
static int each_kept(const struct run_options *r, int (*fn)(const struct opt *o, void *data, struct err *e), void *data,
		     struct err *e)
{
	for (const struct opt *o = r->table; o->kind != OPT_KIND_END; o++)
		if (o->kind != OPT_KIND_GROUP && r->kept(o->name) && fn(o, data, e))
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

void run_options_save(const struct run_options *o, struct checkpoint_state *s)
{
	each_kept(o, save, s, NULL);
}

/* An option that the checkpoint does not know is younger than it, and has its default; so has one without a text. */
static int restore(const struct opt *o, void *data, struct err *e)
{
	const struct checkpoint_state *s = data;
	char *key = xasprintf("%s%s", prefix, o->name);
	const char *text;
	int rc = 0;

	if (checkpoint_state_has(s, key)) {
		rc = checkpoint_state_str(s, key, &text, e);
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
	bool (*may_change)(const char *name);
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
	if (strcmp(now.data, before->data) != 0 && !t->may_change(o->name))
		rc = err_code(e, EXIT_CODE_USAGE, "option '--%s': the run has '%s', and cannot go on with '%s'",
			      o->name, before->data, now.data);
	buf_release(&now);
	return rc;
}

int run_options_go_on(const struct run_options *o, int argc, char **argv, const struct checkpoint *c, struct err *e)
{
	struct checkpoint_state *state = (struct checkpoint_state *)(uintptr_t)&c->state; /* restore reads it only */
	struct texts before = { .may_change = o->may_change };
	size_t n;
	int rc;

	if (each_kept(o, restore, state, e))
		return err_prefix(e, "'%s'", c->folder);
	each_kept(o, remember, &before, e);
	opt_parse(o->program, o->table, argc, argv);
	n = before.n;
	before.n = 0;
	rc = each_kept(o, compare, &before, e);
	while (n)
		buf_release(&before.text[--n]);
	free(before.text);
	return rc;
}

/* ---- the machine */

void run_machine_save(struct checkpoint_state *s, int threads, int ranks)
{
	checkpoint_state_put_str(s, "isa", kern_best()->name);
	checkpoint_state_put_str(s, "onednn", dnnl_api_version());
	checkpoint_state_put_u64(s, "threads", (uint64_t)threads);
	checkpoint_state_put_u64(s, "ranks", (uint64_t)ranks);
}

/* A value of the machine that may decide the last bits. */
static bool differs(const struct checkpoint *c, const char *key, const char *here)
{
	const char *there;

	if (checkpoint_state_str(&c->state, key, &there, NULL) || !strcmp(here, there))
		return false;
	warn("'%s' was computed with %s %s, and goes on with %s", c->folder, key, there, here);
	return true;
}

void run_machine_compare(const struct checkpoint *c)
{
	bool isa = differs(c, "isa", kern_best()->name), library = differs(c, "onednn", dnnl_api_version());

	uint64_t ranks;

	if (!checkpoint_state_u64(&c->state, "ranks", &ranks, NULL) && ranks != (uint64_t)ranks_size()) {
		warn("'%s' was computed by %d rank%s, and goes on with %d", c->folder, (int)ranks,
		     ranks == 1 ? "" : "s", ranks_size());
		isa = true;
	}
	if (isa || library)
		hint("the run goes on, but its last bits may differ from those of one that was not interrupted");
}

static char *run_folder(const char *path)
{
	char *done = xasprintf("%s/DONE", path), *real = access(done, F_OK) ? NULL : realpath(path, NULL);

	free(done);
	if (!real)
		return xstrdup(path);
	char *slash = strrchr(real, '/');
	*(slash == real ? slash + 1 : slash) = '\0';
	return real;
}

/* Held as long as the process lives: two processes in one run would mix their logs and checkpoints. */
static int lock_run(const char *folder, struct err *e)
{
	char *path = xasprintf("%s/.running", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), rc = 0;

	if (fd < 0)
		rc = err_sys(e, "cannot open '%s'", path);
	else if (flock(fd, LOCK_EX | LOCK_NB))
		rc = errno == EWOULDBLOCK
			     ? err_code(e, EXIT_CODE_TEMPORARY, "'%s' is being trained by another process", folder)
			     : 0; /* a file system without locks: as before */
	if (rc && fd >= 0)
		close(fd);
	free(path);
	return rc;
}

int run_begin(char **folder, const char *resume, const char *out, struct err *e)
{
	struct checkpoint there;
	struct err none = { 0 };

	*folder = resume ? run_folder(resume) : xstrdup(out);
	if (ranks_rank())
		return 0;
	if (resume)
		return lock_run(*folder, e);
	if (!checkpoint_open(&there, out, &none)) {
		uint64_t steps = there.step;

		checkpoint_close(&there);
		return err_code(e, EXIT_CODE_USAGE,
				"'%s' holds a run of %" PRIu64 " steps\nhint: --resume %s goes on with it", out, steps,
				out);
	}
	return io_make_dirs(out, e) || lock_run(out, e) ? -1 : 0;
}
