/*
 * readers.h - the readers, one file each
 */
#ifndef FRL_CURATE_READERS_H
#define FRL_CURATE_READERS_H

#include "tools/curate/curate.h"

int read_folder(struct curate *c, struct err *e);
int read_lfw(struct curate *c, struct err *e);
int read_wider(struct curate *c, struct err *e);
int read_aflw2000(struct curate *c, struct err *e);
int read_cofw(struct curate *c, struct err *e);
int read_cofw68(struct curate *c, struct err *e);
int read_wflw(struct curate *c, struct err *e);
int read_300w(struct curate *c, struct err *e);
int read_300w_lp(struct curate *c, struct err *e);
int read_imdb_face(struct curate *c, struct err *e);
int read_disfa(struct curate *c, struct err *e);
int read_bp4d(struct curate *c, struct err *e);
int read_aflw19(struct curate *c, struct err *e);
int read_affectnet(struct curate *c, struct err *e);
int read_vggface2(struct curate *c, struct err *e);
int read_ijbb(struct curate *c, struct err *e);
int read_ijbc(struct curate *c, struct err *e);
int read_florence(struct curate *c, struct err *e);

#endif
