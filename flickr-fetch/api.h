/*
 * api.h - the Flickr API as text: requests to addresses, replies to photos
 *
 * Pure functions. Replies come in two dialects: today's (numbers are numbers) and that of older servers and mirrors (totals,
 * sizes and dates as strings, titles as {"_content": ...}, the whole wrapped in jsonFlickrApi(...)); every field is taken in
 * either. Nothing in a reply is trusted: sizes are capped, ids must be decimal numbers, addresses are checked before use.
 */
#ifndef FRL_FLICKR_API_H
#define FRL_FLICKR_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "flickr-fetch/tags.h"

#define API_URL "https://api.flickr.com/services/rest/"
#define API_PER_PAGE 500
#define API_MAX_REPLY (8u << 20) /* bytes; 500 photos with all we ask for are about 0.5 MB */

/* Which of a photo's sizes is wanted. */
struct api_sizes {
	int max_side;  /* the largest whose longer side is at most this */
	bool original; /* the file as it was uploaded, where the owner lets it be seen; max_side otherwise */
};

struct photo {
	int64_t id;
	char *owner, *owner_name, *title, *tags; /* never NULL; title and owner_name may hold any byte but NUL */
	char *page;				 /* the photo's page at flickr.com */
	char *date_taken;			 /* "2020-10-03 15:02:11", as the owner's camera had it */
	char *url;				 /* of the size chosen; NULL: there is none */
	int64_t date_upload;			 /* unix seconds; 0 when the reply had none */
	int64_t license;			 /* -1 when the reply had none */
	int width, height;			 /* of the size chosen, 0 when not said */
};

/*
 * The suffix of the i-th size to be looked for, best first: "o", "l", "c" ..; "" for one that is larger than wanted; NULL
 * at the end.
 */
const char *api_size_suffix(int i, const struct api_sizes *want);

void photo_release(struct photo *p);
/* dst owns copies of all. */
void photo_copy(struct photo *dst, const struct photo *src);

/* ---- requests */

struct api_query {
	const struct tags *tags;
	int tag_first, tag_n;
	uint32_t licences;
	int64_t from, to; /* date of upload, unix seconds, both inclusive */
	int page;	  /* from 1 */
	int safe_search;  /* 1..3 */
	int per_page;
	const struct api_sizes *sizes;
};

/* The whole address, key included: never to be printed. */
void api_search_url(struct buf *b, const char *base, const char *key, const struct api_query *q);
void api_info_url(struct buf *b, const char *base, const char *key, int64_t id);

/* ---- replies */

struct api_reply {
	bool ok; /* false: code and message say what the API did not like */
	int64_t code;
	char message[200];
	int64_t total;	     /* as claimed: an estimate; -1 when absent */
	struct photo *photo; /* n of them, owned */
	int n;
	int entries;	/* in the reply, before anything was dropped */
	int malformed;	/* entries without a usable id, or videos */
	bool sorted;	/* by date of upload, ascending */
	bool is_public; /* of api_parse_info */
};

/*
 * 0, or -1 when the text is not a reply at all (HTML, cut short, too long): a passing trouble, to be asked again. Release
 * with api_reply_release in both cases.
 */
int api_parse_search(struct api_reply *r, const char *text, size_t len, const struct api_sizes *sizes, struct err *e);
int api_parse_info(struct api_reply *r, const char *text, size_t len, struct err *e);
void api_reply_release(struct api_reply *r);

/* What to do about a failure. */
enum api_action {
	API_RETRY, /* the service is not there at the moment */
	API_SPLIT, /* too far into the results: the slice must be cut */
	API_GONE,  /* getInfo: the photo is no more, or no longer public */
	API_KEY,   /* the key is not, or no longer, valid */
	API_STOP,  /* a wrong query, or a fault of ours: asking again is no use */
};
enum api_action api_failure(const struct api_reply *r, bool info);

#endif
