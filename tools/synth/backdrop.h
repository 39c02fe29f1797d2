/*
 * backdrop.h - the user's pictures for backgrounds: files, or records of a stream
 */
#ifndef FRL_SYNTH_BACKDROP_H
#define FRL_SYNTH_BACKDROP_H

#include "common/image.h"
#include "common/opt.h"
#include "common/record.h"

struct synth_backdrop {
	const char *const *file; /* [n], the caller's */
	int n;
	struct record_index *index; /* [n]; n 0 for a file that is itself a picture */
	int *fd;		    /* [n], -1 for such a file */
	uint64_t *first;	    /* [n + 1]: number of each file's first picture */
};

/* Each of the files must be a picture or a record stream with pictures. -1 names the file. */
int synth_backdrop_open(struct synth_backdrop *b, const struct opt_list *files, struct err *e);
void synth_backdrop_close(struct synth_backdrop *b);
uint64_t synth_backdrop_count(const struct synth_backdrop *b);
/* Picture i into m, which image_decode_again's rules hold for. Thread-safe. */
int synth_backdrop_get(const struct synth_backdrop *b, uint64_t i, struct image *m, struct err *e);

#endif
