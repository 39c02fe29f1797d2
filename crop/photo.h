/*
 * photo.h - a photo that several rows crop from: read once, by whichever worker needs it first
 */
#ifndef FRL_CROP_PHOTO_H
#define FRL_CROP_PHOTO_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/image.h"

struct photo {
	char *id, *path; /* as in the manifest, unescaped */
	uint64_t key;
	const struct image *pixels; /* after crop_photo_load: NULL when it failed */
	struct image_info info;
	struct err why; /* why it failed */
	bool warned;	/* the writer's note that people know */

	atomic_int users;
	pthread_mutex_t lock;
	bool tried;
	struct image own;
};

/* With one user. */
struct photo *crop_photo_new(const char *id, const char *path);
struct photo *crop_photo_share(struct photo *p);
/* The last user frees it; NULL is fine. */
void crop_photo_drop(struct photo *p);

/* Reads and decodes unless somebody did; root (may be NULL) is put before a relative path. Thread-safe. */
void crop_photo_load(struct photo *p, const char *root, const struct image_limits *limits);

#endif
