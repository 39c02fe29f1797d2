/*
 * catalogue.h - the photos of the mock Flickr: a pure function of a seed, so that a test knows which ones exist
 *
 * Written from what is known of the real service, not from the fetcher. Of 100 tags (T1 .. as given) a photo carries up to
 * twelve, popular ones more often; licences 0 to 16 and some that nobody knows; a share of the photos is troublesome: taken
 * down, private, replaced by a placeholder, of another size than promised, the same bytes as another one.
 */
#ifndef MOCK_CATALOGUE_H
#define MOCK_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_FINE,
	KIND_SAME, /* the bytes of another photo (same_as) */
	KIND_GONE_404,
	KIND_GONE_410,
	KIND_PLACEHOLDER,     /* the image's address redirects to photo_unavailable */
	KIND_PLACEHOLDER_200, /* the placeholder is served in its place */
	KIND_WRONG_SIZE,
	KIND_BROKEN,	/* half a JPEG, every time */
	KIND_FOREIGN,	/* redirects to another host */
	KIND_NO_SIZE,	/* no size is offered */
	KIND_PRIVATE,	/* never found by search */
	KIND_WITHDRAWN, /* was fine, until told otherwise (catalogue_withdraw) */
};

struct entry {
	int64_t id;
	int64_t date;	  /* of upload */
	uint64_t tags[2]; /* bit t: carries tag t */
	uint64_t draw;	  /* for everything else that is random about it */
	uint32_t same_as; /* index */
	uint32_t file;	  /* of the folder served, if there is one */
	uint8_t licence;
	uint8_t kind;
	uint8_t size; /* template of its picture, 0..7 */
};

struct catalogue {
	struct entry *entry; /* n of them, by date, then id */
	size_t n;
	char **tag; /* 128 at most */
	int n_tags;
};

struct catalogue_options {
	uint64_t seed;
	size_t photos;
	int64_t since, until;
	size_t burst;	/* photos uploaded in one and the same second */
	double trouble; /* share of troublesome photos */
	int files;	/* pictures in the folder served, one for each photo; 0: pictures are made up */
};

void catalogue_make(struct catalogue *c, const struct catalogue_options *o, char **tag, int n_tags);
struct entry *catalogue_find(const struct catalogue *c, int64_t id);
/* Does a search for these tags and licences find it? */
bool catalogue_matches(const struct entry *e, const uint64_t tags[2], uint64_t licences);
/* Index of the first entry uploaded at or after date. */
size_t catalogue_first(const struct catalogue *c, int64_t date);

/* A number that depends on a, b and nothing else. */
uint64_t mix(uint64_t a, uint64_t b);

#endif
