/*
 * licence.h - Flickr's licence ids: names, deeds, and sets of them
 *
 * The list is flickr.photos.licenses.getInfo as answered in June 2025. Ids are what counts: the names changed that month,
 * and 12 to 16 (CC 4.0) are not in the order of 1 to 6 (CC 2.0). An id that is not here is carried as a number and named
 * "unknown"; it belongs to no set, so such a photo is kept out.
 */
#ifndef FRL_FLICKR_LICENCE_H
#define FRL_FLICKR_LICENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

/* CC BY 2.0 and 4.0, CC0, Public Domain Mark: what may be used by anybody who names the author. */
#define LICENCE_DEFAULT "4,9,10,11"

/* "CC BY 2.0" and the address of the deed; "unknown" and "" for ids that are not in the list. */
const char *licence_name(int64_t id);
const char *licence_url(int64_t id);

/* A set of ids is a bit mask. */
bool licence_in(uint32_t set, int64_t id);
int licence_count(uint32_t set);
/*
 * Reads "4,9,cc0,by-sa": ids and names with commas between. A family ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa",
 * "by-nc-nd") means all its versions; "by-4.0" means one; further "cc0", "pdm", "commons" (7), "usgov" (8). All rights
 * reserved (0) and ids nobody knows are refused.
 */
int licence_parse(uint32_t *set, const char *text, struct err *e);
/* "4,9,10,11", as the API wants it. */
void licence_add_text(struct buf *b, uint32_t set);

#endif
