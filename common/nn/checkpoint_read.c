/* checkpoint_read.c - which checkpoint of a run is whole, and from its files into a network: see checkpoint.h */
#include "common/nn/checkpoint_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t MAX_TENSORS = UINT64_C(64) << 30;
enum { MAX_TEXT = 1 << 20, MAX_TRIES = 100 };

/* ---- files */

/* A regular file of the folder; symbolic links lead out of it. */
static int open_file(int folder, const char *path, const char *name, struct err *e)
{
	struct stat st;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		err_sys(e, "cannot open '%s/%s'", path, name);
		if (e && errno == ELOOP)
			e->code = EXIT_CODE_BAD_INPUT;
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return err_set(e, "cannot read '%s/%s': it is no file", path, name);
}

/* All of it into b, which is empty. */
static int read_file(int fd, const char *path, const char *name, uint64_t max, struct buf *b, struct err *e)
{
	struct stat st;
	ssize_t n = -1;
	char *data;

	if (fstat(fd, &st))
		return err_sys(e, "cannot read '%s/%s'", path, name);
	if ((uint64_t)st.st_size > max)
		return err_set(e, "'%s/%s' is larger than %" PRIu64 " bytes", path, name, max);
	data = buf_reserve(b, (size_t)st.st_size + 1);
	if (data)
		n = io_pread_full(fd, data, (size_t)st.st_size, 0);
	if (n < 0)
		return err_sys(e, "cannot read '%s/%s'", path, name);
	b->len += (size_t)n;
	b->data[b->len] = '\0';
	return 0;
}

/* A file that DONE lists, as it was when DONE was written. */
static int read_checked(const struct checkpoint *c, const struct checkpoint_file *f, uint64_t max, struct buf *b,
			struct err *e)
{
	char hex[SHA256_HEX];

	if (read_file(f->fd, c->folder, f->name, max, b, e))
		return -1;
	sha256_hex(b->data, b->len, hex);
	if (strcmp(hex, f->sha256) != 0)
		return err_set(e, "'%s/%s' is damaged or cut short: its SHA-256 is not that in " CHECKPOINT_DONE,
			       c->folder, f->name);
	return 0;
}

static const struct checkpoint_file *find_file(const struct checkpoint *c, const char *name)
{
	for (size_t i = 0; i < c->files; i++)
		if (!strcmp(c->file[i].name, name))
			return &c->file[i];
	return NULL;
}

/* ---- opening */

static int read_state(struct checkpoint *c, struct err *e)
{
	const struct checkpoint_file *f = find_file(c, CHECKPOINT_STATE);
	struct checkpoint_state *s = &c->state;
	struct buf text = { 0 };
	int rc = -1;

	if (!f)
		return err_set(e, "'%s/" CHECKPOINT_DONE "' does not list " CHECKPOINT_STATE, c->folder);
	if (read_checked(c, f, MAX_TEXT, &text, e))
		goto out;
	if (checkpoint_state_parse(s, text.data, text.len, e) || checkpoint_state_u64(s, "step", &c->step, e)) {
		err_prefix(e, "%s/" CHECKPOINT_STATE, c->folder);
		goto out;
	}
	checkpoint_state_remove(s, "step");
	rc = 0;
out:
	buf_release(&text);
	return rc;
}

/* The folder's own name, when it is that of a step, is the step in it. */
static int check_name(const struct checkpoint *c, struct err *e)
{
	char real[PATH_MAX];
	const char *name;
	uint64_t step;

	if (!realpath(c->folder, real)) /* pruned meanwhile */
		return 0;
	name = strrchr(real, '/');
	if (name && !checkpoint_folder_step(name + 1, &step) && step != c->step)
		return err_set(e, "'%s' holds step %" PRIu64 ", not that of its name", real, c->step);
	return 0;
}

static int open_files(struct checkpoint *c, int folder, struct err *e)
{
	struct buf text = { 0 };
	int fd = open_file(folder, c->folder, CHECKPOINT_DONE, e), n;

	if (fd < 0)
		return -1;
	n = read_file(fd, c->folder, CHECKPOINT_DONE, MAX_TEXT, &text, e);
	close(fd);
	if (!n) {
		c->file = xcalloc(CHECKPOINT_MAX_FILES, sizeof *c->file);
		n = checkpoint_done_parse(c->file, text.data, text.len, e);
		if (n < 0)
			err_prefix(e, "%s/" CHECKPOINT_DONE, c->folder);
	}
	buf_release(&text);
	if (n < 0)
		return -1;
	for (c->files = 0; c->files < (size_t)n; c->files++) {
		struct checkpoint_file *f = &c->file[c->files];

		f->fd = open_file(folder, c->folder, f->name, e);
		if (f->fd < 0)
			return -1;
	}
	return 0;
}

/* One checkpoint's folder. */
static int open_folder(struct checkpoint *c, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -1;

	*c = (struct checkpoint){ .folder = xstrdup(path) };
	if (fd < 0)
		err_sys(e, "cannot open '%s'", path);
	else if (faccessat(fd, CHECKPOINT_DONE, F_OK, 0))
		err_set(e, "'%s' is no whole checkpoint: no " CHECKPOINT_DONE " in it", path);
	else if (!open_files(c, fd, e) && !read_state(c, e) && !check_name(c, e))
		rc = 0;
	if (fd >= 0)
		close(fd);
	if (rc)
		checkpoint_close(c);
	return rc;
}

/* Of the highest step with DONE, to be freed; NULL: none. */
static char *newest(const char *run)
{
	DIR *d = opendir(run);
	char *best = NULL;
	uint64_t step, high = 0;

	if (!d)
		return NULL;
	for (struct dirent *i; (i = readdir(d));) {
		if (checkpoint_folder_step(i->d_name, &step) || (best && step <= high))
			continue;
		char *done = xasprintf("%s/" CHECKPOINT_DONE, i->d_name);
		if (faccessat(dirfd(d), done, F_OK, 0) == 0) {
			free(best);
			best = xasprintf("%s/%s", run, i->d_name);
			high = step;
		}
		free(done);
	}
	closedir(d);
	return best;
}

/* Is path a checkpoint's own folder, whole or not, and not a run's? */
static bool is_checkpoint(const char *path)
{
	static const char *const files[] = { CHECKPOINT_DONE, CHECKPOINT_STATE, CHECKPOINT_MODEL };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *file = xasprintf("%s/%s", path, files[i]);
		bool there = access(file, F_OK) == 0;

		free(file);
		if (there)
			return true;
	}
	return false;
}

/* The whole checkpoint that a run is read from, to be freed; NULL: none. */
static char *choose(const char *run)
{
	char *last = xasprintf("%s/" CHECKPOINT_LAST, run), target[CHECKPOINT_FOLDER], *done;
	ssize_t len = readlink(last, target, sizeof target - 1);
	uint64_t step;
	bool whole;

	target[len > 0 ? len : 0] = '\0';
	if (!checkpoint_folder_step(target, &step)) {
		free(last);
		last = xasprintf("%s/%s", run, target);
	}
	done = xasprintf("%s/" CHECKPOINT_DONE, last);
	whole = access(done, F_OK) == 0;
	free(done);
	if (whole)
		return last;
	free(last);
	return newest(run);
}

/* The folder that path means now, to be freed; NULL: none. */
static char *find_folder(const char *path)
{
	return is_checkpoint(path) ? xstrdup(path) : choose(path);
}

/* Was the folder neither removed nor replaced since? */
static bool unchanged(const char *path, const char *folder, const struct stat *was)
{
	char *again = find_folder(path);
	struct stat now;
	bool same = again && !strcmp(again, folder) && !stat(folder, &now) && now.st_ino == was->st_ino &&
		    now.st_ctim.tv_sec == was->st_ctim.tv_sec && now.st_ctim.tv_nsec == was->st_ctim.tv_nsec;

	free(again);
	return same;
}

int checkpoint_open(struct checkpoint *c, const char *path, struct err *e)
{
	struct stat st;
	int rc = -1;

	*c = (struct checkpoint){ 0 };
	if (stat(path, &st))
		return err_sys(e, "cannot open '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, "'%s' is no folder of a run or a checkpoint", path);
	/* A run that goes on may prune or replace what is being opened: it has another one then. */
	for (int tries = 0; rc && tries < MAX_TRIES; tries++) {
		char *folder = find_folder(path);

		if (!folder)
			return err_set(e, "no whole checkpoint in '%s'", path);
		if (stat(folder, &st))
			memset(&st, 0, sizeof st);
		rc = open_folder(c, folder, e);
		bool done = !rc || unchanged(path, folder, &st);
		free(folder);
		if (done)
			break;
	}
	return rc;
}

void checkpoint_close(struct checkpoint *c)
{
	for (size_t i = 0; i < c->files; i++)
		close(c->file[i].fd);
	free(c->file);
	free(c->folder);
	checkpoint_state_release(&c->state);
	*c = (struct checkpoint){ 0 };
}

bool checkpoint_has(const struct checkpoint *c, const char *name)
{
	char file[CHECKPOINT_NAME];

	return find_file(c, checkpoint_extra_file(file, name)) != NULL;
}

/* ---- loading */

/* A file's tensors, and the places that they go to. */
struct load {
	struct safetensors file;
	struct safetensor *want;
	size_t n, keep; /* the last `keep` are looked for, and not taken */
};

static bool wanted(const struct load *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->want[i].name, name))
			return true;
	return false;
}

static int check_tensor(const struct safetensor *want, const struct safetensor *t, struct err *e)
{
	char have[SHAPE_TEXT], need[SHAPE_TEXT];

	if (!t)
		return err_set(e, "no tensor '%s', which the network has", want->name);
	if (!shape_equal(&t->shape, &want->shape))
		return err_set(e, "tensor '%s' is [%s], and [%s] in the network", want->name,
			       shape_text(&t->shape, have), shape_text(&want->shape, need));
	if (t->dtype != want->dtype)
		return err_set(e, "tensor '%s' is %s, and %s in the network", want->name, dtype_name(t->dtype),
			       dtype_name(want->dtype));
	return 0;
}

static int check_tensors(const struct load *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (check_tensor(&l->want[i], safetensors_find(&l->file, l->want[i].name), e))
			return -1;
	for (size_t i = 0; l->file.n > l->n && i < l->file.n; i++)
		if (!wanted(l, l->file.item[i].name))
			return err_set(e, "tensor '%.200s' is not of this network", l->file.item[i].name);
	return 0;
}

/* Reads and checks; l->want is set. */
static int open_tensors(const struct checkpoint *c, const char *name, struct load *l, struct err *e)
{
	const struct checkpoint_file *f = find_file(c, name);
	struct buf data = { 0 };
	char *path;
	int rc;

	if (!f)
		return err_set(e, "no '%s' in '%s'", name, c->folder);
	if (read_checked(c, f, MAX_TENSORS, &data, e)) {
		buf_release(&data);
		return -1;
	}
	path = xasprintf("%s/%s", c->folder, name);
	rc = safetensors_open_buf(&l->file, path, &data, e);
	if (!rc && check_tensors(l, e))
		rc = err_prefix(e, "%s", path);
	free(path);
	return rc;
}

static int check_optim(const struct checkpoint *c, const struct load *l, const struct optim *o, struct err *e)
{
	const char *kind = safetensors_get_meta(&l->file, "frl.optimizer"), *want = checkpoint_optim_kind(o->c.kind);
	const struct safetensor *steps = safetensors_find(&l->file, "steps");

	if (!kind || strcmp(kind, want) != 0)
		return err_set(e, "'%s/" CHECKPOINT_OPTIMIZER "' is of the optimiser %.20s, not %s", c->folder,
			       kind ? kind : "without a name", want);
	for (size_t i = 0; i < o->params->n; i++) {
		uint64_t n;

		memcpy(&n, (const char *)steps->data + i * sizeof n, sizeof n);
		if (n > c->step)
			return err_set(e,
				       "'%s/" CHECKPOINT_OPTIMIZER "': '%s' has made %" PRIi64
				       " steps in a run of %" PRIu64,
				       c->folder, o->params->item[i].name, (int64_t)n, c->step);
	}
	return 0;
}

static void copy_out(const struct load *l)
{
	for (size_t i = 0; i < l->n - l->keep; i++) {
		const struct safetensor *t = safetensors_find(&l->file, l->want[i].name);

		if (t->bytes)
			memcpy((void *)(uintptr_t)l->want[i].data, t->data, t->bytes);
	}
}

int checkpoint_load(const struct checkpoint *c, const struct checkpoint_parts *parts, struct err *e)
{
	size_t n = (parts->optim ? 2 : 1) + parts->n_extra;
	struct load *l = xcalloc(n, sizeof *l);
	char file[CHECKPOINT_NAME];
	int rc = -1;

	l[0].want = checkpoint_list_model(parts, &l[0].n);
	l[0].keep = parts->n_fixed;
	if (open_tensors(c, CHECKPOINT_MODEL, &l[0], e))
		goto out;
	if (parts->optim) {
		l[1].want = checkpoint_list_optim(parts, &l[1].n);
		if (open_tensors(c, CHECKPOINT_OPTIMIZER, &l[1], e) || check_optim(c, &l[1], parts->optim, e))
			goto out;
	}
	for (size_t i = 0; i < parts->n_extra; i++) {
		struct load *x = &l[n - parts->n_extra + i];

		x->want = checkpoint_list_extra(&parts->extra[i], &x->n);
		if (open_tensors(c, checkpoint_extra_file(file, parts->extra[i].name), x, e))
			goto out;
	}
	for (size_t i = 0; i < n; i++)
		copy_out(&l[i]);
	rc = 0;
out:
	for (size_t i = 0; i < n; i++) {
		safetensors_close(&l[i].file);
		checkpoint_list_free(l[i].want, l[i].n);
	}
	free(l);
	return rc;
}
