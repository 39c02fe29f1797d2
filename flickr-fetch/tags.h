/*
 * tags.h - the tags a query asks for
 */
#ifndef FRL_FLICKR_TAGS_H
#define FRL_FLICKR_TAGS_H

#include "common/buf.h"
#include "common/err.h"

/* The tags that Flickr-Face was collected with (supplement, section 1), in the paper's order. */
#define TAGS_PAPER 100
extern const char *const tags_paper[TAGS_PAPER];

struct tags {
	char **tag; /* normalised, none twice; owned */
	int n;
};

/*
 * Flickr compares tags in a normal form: lower case, without spaces and punctuation ("group photo" is "groupphoto"). Adds
 * text in that form unless it is there already; an error when nothing remains of it.
 */
int tags_add(struct tags *t, const char *text, struct err *e);
/* Adds the words of "a,b,group photo". */
int tags_add_list(struct tags *t, const char *text, struct err *e);
void tags_add_paper(struct tags *t);
/* One tag a line; '#' lines and empty lines are skipped. path "-" is standard input. */
int tags_add_file(struct tags *t, const char *path, struct err *e);
/* Tags first .. first + n - 1 with commas between. */
void tags_text(const struct tags *t, int first, int n, struct buf *b);
void tags_release(struct tags *t);

#endif
