/* photo.c - see photo.h */
#include "crop/photo.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

struct photo *crop_photo_new(const char *id, const char *path)
{
	struct photo *p = xcalloc(1, sizeof *p);
	p->id = xstrdup(id);
	p->path = xstrdup(path);
	p->key = hash_key(id);
	p->users = 1;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

struct photo *crop_photo_share(struct photo *p)
{
	atomic_fetch_add(&p->users, 1);
	return p;
}

void crop_photo_drop(struct photo *p)
{
	if (!p || atomic_fetch_sub(&p->users, 1) > 1)
		return;
	image_release(&p->own);
	pthread_mutex_destroy(&p->lock);
	free(p->id);
	free(p->path);
	free(p);
}

static void load(struct photo *p, const char *root, const struct image_limits *limits)
{
	/* "-" in a manifest is a file of that name, not our input. */
	char *path = *p->path == '/' ? xstrdup(p->path) : xasprintf("%s/%s", root ? root : ".", p->path);
	if (!*p->path)
		err_set(&p->why, "no path");
	else if (image_read(&p->own, &p->info, path, limits, &p->why) == 0)
		p->pixels = &p->own;
	free(path);
}

void crop_photo_load(struct photo *p, const char *root, const struct image_limits *limits)
{
	pthread_mutex_lock(&p->lock);
	if (!p->tried)
		load(p, root, limits);
	p->tried = true;
	pthread_mutex_unlock(&p->lock);
}
