/*
 * names.h - lists of paths, and what is in a folder
 */
#ifndef FRL_CURATE_NAMES_H
#define FRL_CURATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct names {
	char **name;
	size_t n, cap;
};

void names_add(struct names *l, const char *name);
/* By strcmp; of equals one stays. */
void names_sort(struct names *l);
/* In a sorted list: its number, or SIZE_MAX. */
size_t names_find(const struct names *l, const char *name);
void names_release(struct names *l);

/* Is it called .jpg, .jpeg, .jpe or .png, in any case? */
bool names_picture(const char *name);
/*
 * Adds "rel/FILE" for what is in root/rel ("" is root itself) and ends in suffix (NULL: is called as a picture is). With
 * depth, folders so many levels below, too. Hidden names are left out, folders behind symbolic links are entered at depth
 * 1 only, since they may lead back. Not sorted.
 */
int names_folder(struct names *l, const char *root, const char *rel, const char *suffix, int depth, struct err *e);

/*
 * ---- how often a name was seen: face numbers of lists with a line for each face
 *
 * By a hash of 64 bits: of 3.4 million names, two are taken for one with a probability below 1e-6.
 */
struct seen {
	uint64_t *key;	 /* [cap]; 0: free */
	uint32_t *count; /* [cap] */
	size_t n, cap;
};

/* How often name was asked for before. */
int64_t seen_count(struct seen *s, const char *name);
void seen_release(struct seen *s);

#endif
