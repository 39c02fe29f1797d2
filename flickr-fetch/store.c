#include "flickr-fetch/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/io.h"
#include "flickr-fetch/ledger.h"

#define GROUP_SECONDS 1

struct store {
	int dir, tmp; /* descriptors of DIR and DIR/.tmp */
	const struct picture_deny *deny;
	void (*wake)(void *data);
	void *data;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t more;
	struct store_item *in, **in_end; /* to be written */
	struct store_item *done;	 /* durable groups */
	int pending;			 /* in all lists together */
	bool flush, stop;
	bool failed;
	struct err err;

	struct store_item *group; /* written, not yet durable; the thread's own */
	int n_group;
	struct timespec deadline; /* of the group */
};

static int fail(struct store *s, const char *what, const char *name)
{
	struct err e = { 0 };

	err_sys(&e, "cannot %s '%s'", what, name);
	pthread_mutex_lock(&s->lock);
	s->failed = true;
	s->err = e;
	pthread_mutex_unlock(&s->lock);
	return -1;
}

/* ---- one file */

static bool denied(const struct picture_deny *d, const uint8_t sha256[32])
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (memcmp(d->hash[i], sha256, 32) == 0)
			return true;
	return false;
}

static void check(struct store *s, struct store_item *item)
{
	sha256_bytes(item->body, item->len, item->sha256);
	if (denied(s->deny, item->sha256))
		item->bad = "placeholder";
	else
		item->bad = picture_check(item->body, item->len, &item->width, &item->height, &item->ext);
}

static int write_tmp(struct store *s, struct store_item *item)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%" PRId64, item->id);
	fd = openat(s->tmp, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return fail(s, "create", name);
	if (io_write_full(fd, item->body, item->len)) {
		fail(s, "write", name);
		close(fd);
		return -1;
	}
	/* Let the disk begin; the sync of the group then waits for less. */
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (close(fd))
		return fail(s, "write", name);
	free(item->body);
	item->body = NULL;
	return 0;
}

/* ---- a group */

static int rename_item(struct store *s, const struct store_item *item)
{
	char from[32], to[64], folder[8];

	snprintf(from, sizeof(from), "%" PRId64, item->id);
	ledger_path(to, item->id, item->ext);
	if (renameat(s->tmp, from, s->dir, to) == 0)
		return 0;
	if (errno != ENOENT)
		return fail(s, "create", to);
	snprintf(folder, sizeof(folder), "%.2s", to);
	if (mkdirat(s->dir, folder, 0777) && errno != EEXIST)
		return fail(s, "create", to);
	snprintf(folder, sizeof(folder), "%.5s", to);
	if (mkdirat(s->dir, folder, 0777) && errno != EEXIST)
		return fail(s, "create", to);
	return renameat(s->tmp, from, s->dir, to) ? fail(s, "create", to) : 0;
}

static int sync_disk(struct store *s)
{
	return syncfs(s->dir) ? fail(s, "sync", ".") : 0;
}

/* First the bytes, then the names: a name never stands for bytes that a power cut can take. */
static int finish_group(struct store *s)
{
	struct store_item *item, **end;
	bool files = false;

	for (item = s->group; item; item = item->next)
		files |= !item->bad;
	if (files && sync_disk(s))
		return -1;
	for (item = s->group; item; item = item->next)
		if (!item->bad && rename_item(s, item))
			return -1;
	if (files && sync_disk(s))
		return -1;
	pthread_mutex_lock(&s->lock);
	for (end = &s->done; *end; end = &(*end)->next)
		;
	*end = s->group;
	pthread_mutex_unlock(&s->lock);
	s->group = NULL;
	s->n_group = 0;
	s->wake(s->data);
	return 0;
}

static void add_to_group(struct store *s, struct store_item *item)
{
	struct store_item **end = &s->group;

	while (*end)
		end = &(*end)->next;
	item->next = NULL;
	*end = item;
	if (s->n_group++ == 0) {
		clock_gettime(CLOCK_REALTIME, &s->deadline);
		s->deadline.tv_sec += GROUP_SECONDS;
	}
}

/* The next item; NULL: the group is to be finished, or (with none in the group) the thread is to end. Called locked. */
static struct store_item *wait_item(struct store *s)
{
	struct store_item *item;

	while (!s->in && !s->stop) {
		if (!s->n_group)
			pthread_cond_wait(&s->more, &s->lock);
		else if (s->flush || pthread_cond_timedwait(&s->more, &s->lock, &s->deadline) == ETIMEDOUT)
			return NULL;
	}
	if (s->stop || s->n_group == STORE_GROUP)
		return NULL;
	item = s->in;
	s->in = item->next;
	if (!s->in)
		s->in_end = &s->in;
	return item;
}

static void *run(void *arg)
{
	struct store *s = arg;
	struct store_item *item;
	bool stop;

	for (;;) {
		pthread_mutex_lock(&s->lock);
		item = wait_item(s);
		stop = s->stop;
		pthread_mutex_unlock(&s->lock);
		if (stop && !item)
			break;
		if (item) {
			check(s, item);
			add_to_group(s, item);
			if (!item->bad && write_tmp(s, item))
				break;
		}
		if (s->n_group && (!item || s->n_group == STORE_GROUP) && finish_group(s))
			break;
	}
	s->wake(s->data);
	return NULL;
}

/* ---- the caller's side */

static int empty_tmp(int tmp, struct err *e)
{
	int fd = openat(tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, "cannot read '.tmp'");
	}
	while ((entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(tmp, entry->d_name, 0)) {
			err_sys(e, "cannot remove '.tmp/%s'", entry->d_name);
			closedir(d);
			return -1;
		}
	}
	closedir(d);
	return 0;
}

struct store *store_open(const char *dir, const struct picture_deny *deny, void (*wake)(void *data), void *data,
			 struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->deny = deny;
	s->wake = wake;
	s->data = data;
	s->in_end = &s->in;
	s->tmp = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0) {
		err_sys(e, "cannot open '%s'", dir);
		goto err;
	}
	if (mkdirat(s->dir, ".tmp", 0777) && errno != EEXIST) {
		err_sys(e, "cannot create '%s/.tmp'", dir);
		goto err;
	}
	s->tmp = openat(s->dir, ".tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->tmp < 0) {
		err_sys(e, "cannot open '%s/.tmp'", dir);
		goto err;
	}
	if (empty_tmp(s->tmp, e))
		goto err;
	if (pthread_create(&s->thread, NULL, run, s)) {
		err_code(e, EXIT_CODE_FAILED, "cannot start a thread");
		goto err;
	}
	return s;
err:
	if (s->dir >= 0)
		close(s->dir);
	if (s->tmp >= 0)
		close(s->tmp);
	free(s);
	return NULL;
}

bool store_room(struct store *s)
{
	return store_pending(s) < 2 * STORE_GROUP;
}

int store_pending(struct store *s)
{
	int n;

	pthread_mutex_lock(&s->lock);
	n = s->pending;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void store_put(struct store *s, struct store_item *item)
{
	item->next = NULL;
	pthread_mutex_lock(&s->lock);
	*s->in_end = item;
	s->in_end = &item->next;
	s->pending++;
	s->flush = false;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

void store_flush(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	s->flush = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

struct store_item *store_done(struct store *s, int *rc, struct err *e)
{
	struct store_item *list, *item;

	pthread_mutex_lock(&s->lock);
	list = s->done;
	s->done = NULL;
	for (item = list; item; item = item->next)
		s->pending--;
	*rc = s->failed ? -1 : 0;
	if (s->failed)
		*e = s->err;
	pthread_mutex_unlock(&s->lock);
	return list;
}

static void free_items(struct store_item *item)
{
	while (item) {
		struct store_item *next = item->next;

		free(item->body);
		free(item);
		item = next;
	}
}

void store_close(struct store *s)
{
	struct err ignored = { 0 };

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	empty_tmp(s->tmp, &ignored);
	free_items(s->in);
	free_items(s->group);
	free_items(s->done);
	close(s->tmp);
	close(s->dir);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
