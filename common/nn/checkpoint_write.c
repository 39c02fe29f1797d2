/* checkpoint_write.c - checkpoints into a run's folder, and out of it: see checkpoint.h */
#include "common/nn/checkpoint_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_TMP "." CHECKPOINT_LAST ".tmp"

/* A checkpoint in the making. */
struct writer {
	char *folder; /* RUN/.step-N.tmp */
	struct checkpoint_file done[CHECKPOINT_MAX_FILES];
	int files;
};

/* ---- folders */

static int failed(struct err *e, const char *what, const char *path)
{
	err_sys(e, "cannot %s '%s'", what, path);
	if (e)
		e->code = EXIT_CODE_FAILED;
	return -1;
}

/* A folder without folders in it, DONE first: what is left is no checkpoint. What is not there is no failure. */
static int remove_folder(const char *path)
{
	DIR *d = opendir(path);

	if (!d)
		return errno == ENOENT ? 0 : -1;
	unlinkat(dirfd(d), CHECKPOINT_DONE, 0);
	for (struct dirent *i; (i = readdir(d));)
		if (strcmp(i->d_name, ".") != 0 && strcmp(i->d_name, "..") != 0)
			unlinkat(dirfd(d), i->d_name, 0);
	closedir(d);
	return rmdir(path);
}

/* Not every file system can sync a folder: that is no failure, but what the disk says is one. */
static int sync_fd(int fd)
{
	return fsync(fd) && errno != EINVAL && errno != EROFS ? -1 : 0;
}

static int sync_folder(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || sync_fd(fd)) {
		failed(e, "sync", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

/*
 * The run's folder, opened and locked: the only process that changes it, where the file system knows locks. Released with
 * the descriptor, and with the process.
 */
static int lock_run(const char *run, struct err *e)
{
	int fd = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return failed(e, "open", run);
	while (flock(fd, LOCK_EX) && errno == EINTR)
		;
	return fd;
}

static bool is_temporary(const char *name)
{
	size_t len = strlen(name);

	return !strncmp(name, ".step-", 6) && len > 10 && !strcmp(name + len - 4, ".tmp");
}

/* ---- a checkpoint's files */

/* The hash of a file as it will be read. */
static int hash_file(const char *path, char hex[SHA256_HEX], struct err *e)
{
	enum { PART = 1 << 18 };
	struct sha256 *h;
	ssize_t n = -1;
	char *data;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return failed(e, "read", path);
	h = sha256_new();
	data = xmalloc(PART);
	while ((n = io_read_full(fd, data, PART)) > 0)
		sha256_add(h, data, (size_t)n);
	if (n < 0)
		failed(e, "read", path);
	close(fd);
	free(data);
	sha256_finish(h, hex);
	return n < 0 ? -1 : 0;
}

static int add_file(struct writer *w, const char *name, const char *path, struct err *e)
{
	struct checkpoint_file *f;

	if (w->files == CHECKPOINT_MAX_FILES)
		BUG("more than %d files in a checkpoint", CHECKPOINT_MAX_FILES);
	f = &w->done[w->files++];
	snprintf(f->name, sizeof f->name, "%s", name);
	return hash_file(path, f->sha256, e);
}

static int write_tensors(struct writer *w, const char *name, const struct safetensor *item, size_t n,
			 const struct safetensors_meta *meta, size_t n_meta, struct err *e)
{
	char *path = xasprintf("%s/%s", w->folder, name);
	struct out o = { 0 };
	int rc = -1;

	if (out_open(&o, path, false, e) == 0 && safetensors_write(&o, item, n, meta, n_meta, e) == 0 &&
	    out_commit(&o, e) == 0)
		rc = add_file(w, name, path, e);
	out_abort(&o);
	free(path);
	return rc;
}

static int write_text(struct writer *w, const char *name, const struct buf *text, struct err *e)
{
	char *path = xasprintf("%s/%s", w->folder, name);
	int rc = io_write_file(path, text->data, text->len, e);

	if (!rc && strcmp(name, CHECKPOINT_DONE) != 0)
		rc = add_file(w, name, path, e);
	free(path);
	return rc;
}

static bool has_meta(const struct safetensors_meta *meta, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(meta[i].key, key))
			return true;
	return false;
}

static int write_model(struct writer *w, uint64_t step, const struct checkpoint_parts *parts,
		       const struct safetensors_meta *meta, size_t n_meta, struct err *e)
{
	struct safetensors_meta *all = xcalloc(n_meta + 2, sizeof *all);
	char text[24];
	size_t n, own = n_meta;
	struct safetensor *t = checkpoint_list_model(parts, &n);

	for (size_t i = 0; i < n_meta; i++)
		all[i] = meta[i];
	snprintf(text, sizeof text, "%" PRIu64, step);
	if (!has_meta(meta, n_meta, "frl.step"))
		all[own++] = (struct safetensors_meta){ "frl.step", text };
	if (!has_meta(meta, n_meta, "frl.version"))
		all[own++] = (struct safetensors_meta){ "frl.version", err_version() };
	int rc = write_tensors(w, CHECKPOINT_MODEL, t, n, all, own, e);
	checkpoint_list_free(t, n);
	free(all);
	return rc;
}

static int write_optim(struct writer *w, const struct checkpoint_parts *parts, struct err *e)
{
	struct safetensors_meta kind = { "frl.optimizer", checkpoint_optim_kind(parts->optim->c.kind) };
	size_t n;
	struct safetensor *t = checkpoint_list_optim(parts, &n);
	int rc = write_tensors(w, CHECKPOINT_OPTIMIZER, t, n, &kind, 1, e);

	checkpoint_list_free(t, n);
	return rc;
}

static int write_extra(struct writer *w, const struct checkpoint_tensor *x, struct err *e)
{
	char file[CHECKPOINT_NAME];
	size_t n;
	struct safetensor *t = checkpoint_list_extra(x, &n);
	int rc = write_tensors(w, checkpoint_extra_file(file, x->name), t, n, NULL, 0, e);

	checkpoint_list_free(t, n);
	return rc;
}

static int write_state(struct writer *w, uint64_t step, const struct checkpoint_state *state, struct err *e)
{
	struct checkpoint_state first = { 0 }, all;
	struct buf text = { 0 };

	if (checkpoint_state_has(state, "step"))
		BUG("a run's state with a step of its own");
	checkpoint_state_put_u64(&first, "step", step);
	all.n = state->n + 1;
	all.item = xcalloc(all.n, sizeof *all.item);
	all.item[0] = first.item[0];
	for (size_t i = 0; i < state->n; i++)
		all.item[i + 1] = state->item[i];
	checkpoint_state_write(&all, &text);
	int rc = write_text(w, CHECKPOINT_STATE, &text, e);
	buf_release(&text);
	free(all.item);
	checkpoint_state_release(&first);
	return rc;
}

static int write_done(struct writer *w, struct err *e)
{
	struct buf text = { 0 };

	for (int i = 0; i < w->files; i++)
		buf_printf(&text, "%s  %s\n", w->done[i].sha256, w->done[i].name);
	int rc = write_text(w, CHECKPOINT_DONE, &text, e);
	buf_release(&text);
	return rc;
}

static int write_all(struct writer *w, uint64_t step, const struct checkpoint_parts *parts,
		     const struct checkpoint_state *state, const struct safetensors_meta *meta, size_t n_meta,
		     struct err *e)
{
	if (write_model(w, step, parts, meta, n_meta, e) || (parts->optim && write_optim(w, parts, e)))
		return -1;
	for (size_t i = 0; i < parts->n_extra; i++)
		if (write_extra(w, &parts->extra[i], e))
			return -1;
	if (write_state(w, step, state, e) || write_done(w, e))
		return -1;
	return sync_folder(w->folder, e);
}

/* ---- into place */

/* A symbolic link cannot be written over: a new one takes its name. */
static int point_last(int run, const char *name)
{
	static const char tmp[] = LAST_TMP;

	unlinkat(run, tmp, 0);
	if (symlinkat(name, run, tmp))
		return -1;
	if (renameat(run, tmp, run, CHECKPOINT_LAST) == 0)
		return 0;
	int saved = errno;

	unlinkat(run, tmp, 0);
	errno = saved;
	return -1;
}

/* The text of `last`, "" where there is none; of another program's it may be the beginning only. */
static void read_last(int run, char target[CHECKPOINT_FOLDER])
{
	ssize_t len = readlinkat(run, CHECKPOINT_LAST, target, CHECKPOINT_FOLDER - 1);

	target[len > 0 ? len : 0] = '\0';
}

/*
 * Where two folders cannot change places at once (NFS): `last` points to the new one under its temporary name while there
 * is none of its own.
 */
static int replace(const char *run, int fd, const char *tmp, const char *name)
{
	char was[CHECKPOINT_FOLDER], *path = xasprintf("%s/.%s.old.tmp", run, name), *old = strrchr(path, '/') + 1;
	int rc = 0, saved;

	read_last(fd, was);
	if (remove_folder(path) || point_last(fd, tmp) || sync_fd(fd) || renameat(fd, name, fd, old)) {
		rc = -1;
	} else if (renameat(fd, tmp, fd, name)) {
		saved = errno;
		renameat(fd, old, fd, name);
		errno = saved;
		rc = -1;
	}
	if (rc) {
		saved = errno;
		if (*was)
			point_last(fd, was);
		errno = saved;
	} else {
		remove_folder(path);
	}
	free(path);
	return rc;
}

/* Ends what a process had begun in replace() when it died. */
static int settle(int fd)
{
	char last[CHECKPOINT_FOLDER], name[CHECKPOINT_FOLDER];

	read_last(fd, last);
	if (!is_temporary(last))
		return 0;
	snprintf(name, sizeof name, "%.*s", (int)strlen(last) - 5, last + 1);
	if (renameat(fd, last, fd, name) && errno != EEXIST && errno != ENOTEMPTY)
		return errno == ENOENT ? 0 : -1;
	return point_last(fd, name) || sync_fd(fd) ? -1 : 0;
}

/* From its temporary name to its own. One of the same step that is there changes places with it. */
static int place(const char *run, int fd, const char *tmp, const char *name)
{
	if (renameat(fd, tmp, fd, name) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return -1;
	if (renameat2(fd, tmp, fd, name, RENAME_EXCHANGE) == 0)
		return 0; /* tmp is the old one now */
	return replace(run, fd, tmp, name);
}

/* The first checkpoint makes the run: its folder's own name has to be on disk, too. */
static void sync_parent(int run)
{
	struct stat st;
	int fd;

	if (fstatat(run, CHECKPOINT_LAST, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	fd = openat(run, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

int checkpoint_save(const char *run, uint64_t step, const struct checkpoint_parts *parts,
		    const struct checkpoint_state *state, const struct safetensors_meta *meta, size_t n_meta,
		    struct err *e)
{
	char name[CHECKPOINT_FOLDER], tmp[CHECKPOINT_FOLDER + 5];
	struct writer w = { 0 };
	int fd, rc = -1;

	if (io_make_dirs(run, e))
		return -1;
	fd = lock_run(run, e);
	if (fd < 0)
		return -1;
	snprintf(tmp, sizeof tmp, ".%s.tmp", checkpoint_folder(name, step));
	w.folder = xasprintf("%s/%s", run, tmp);
	if (settle(fd) || remove_folder(w.folder) || mkdirat(fd, tmp, 0777)) {
		failed(e, "make the directory", w.folder);
		goto out;
	}
	if (write_all(&w, step, parts, state, meta, n_meta, e))
		goto out;
	if (place(run, fd, tmp, name) || sync_fd(fd)) {
		failed(e, "write", w.folder);
		goto out;
	}
	sync_parent(fd);
	if (point_last(fd, name) || sync_fd(fd)) {
		err_sys(e, "cannot point '%s/" CHECKPOINT_LAST "' to '%s'", run, name);
		goto out;
	}
	rc = 0;
out:
	remove_folder(w.folder);
	free(w.folder);
	close(fd);
	return rc;
}

int checkpoint_save_model(const char *path, const struct checkpoint_parts *parts, const struct safetensors_meta *meta,
			  size_t n_meta, struct err *e)
{
	struct out o = { 0 };
	size_t n, extra;
	struct safetensor *t = checkpoint_list_model(parts, &n);
	int rc = -1;

	t = xrealloc_array(t, n + parts->n_extra + 1, sizeof *t);
	for (size_t i = 0; i < parts->n_extra; i++) {
		struct safetensor *x = checkpoint_list_extra(&parts->extra[i], &extra);

		t[n++] = *x;
		free(x);
	}
	if (out_open(&o, path, true, e) == 0 && safetensors_write(&o, t, n, meta, n_meta, e) == 0)
		rc = out_commit(&o, e);
	out_abort(&o);
	checkpoint_list_free(t, n);
	return rc;
}

/* ---- pruning */

struct list {
	uint64_t *step;
	size_t n;
};

static int by_step(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Steps of the folders, in order; removes what dead writers left. */
static int list_steps(const char *run, struct list *l, struct err *e)
{
	DIR *d = opendir(run);

	if (!d)
		return failed(e, "open", run);
	for (struct dirent *i; (i = readdir(d));) {
		uint64_t step;

		if (is_temporary(i->d_name)) {
			char *path = xasprintf("%s/%s", run, i->d_name);
			remove_folder(path);
			free(path);
		} else if (checkpoint_folder_step(i->d_name, &step) == 0) {
			l->step = xrealloc_array(l->step, l->n + 1, sizeof *l->step);
			l->step[l->n++] = step;
		}
	}
	closedir(d);
	if (l->n)
		qsort(l->step, l->n, sizeof *l->step, by_step);
	return 0;
}

/* Under a temporary name first: a reader finds it whole or not at all. */
static int remove_step(int fd, const char *run, uint64_t step, struct err *e)
{
	char name[CHECKPOINT_FOLDER], tmp[CHECKPOINT_FOLDER + 5], *path;
	int rc;

	snprintf(tmp, sizeof tmp, ".%s.tmp", checkpoint_folder(name, step));
	path = xasprintf("%s/%s", run, tmp);
	rc = renameat(fd, name, fd, tmp) || remove_folder(path) ? failed(e, "remove", path) : 0;
	free(path);
	return rc;
}

int checkpoint_prune(const char *run, int keep, uint64_t every, struct err *e)
{
	char target[CHECKPOINT_FOLDER];
	struct list l = { 0 };
	uint64_t last;
	int fd = lock_run(run, e), rc = 0;

	if (fd < 0)
		return -1;
	unlinkat(fd, LAST_TMP, 0);
	if (settle(fd)) {
		failed(e, "change the checkpoints of", run);
		close(fd);
		return -1;
	}
	read_last(fd, target);
	if (list_steps(run, &l, e)) {
		rc = -1;
	} else if (*target) {
		if (checkpoint_folder_step(target, &last))
			l.n = 0; /* somebody's own link: nothing is known to be old */
		while (l.n && l.step[l.n - 1] > last)
			l.n--;
		for (size_t i = 0; i + (size_t)(keep > 1 ? keep : 1) < l.n; i++)
			if (l.step[i] != last && (!every || l.step[i] % every) && remove_step(fd, run, l.step[i], e))
				rc = -1;
	}
	free(l.step);
	close(fd);
	return rc;
}
