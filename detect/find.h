/*
 * find.h - the faces of one picture: read, decode, resize, run the network, decode its outputs, suppress
 */
#ifndef FRL_DETECT_FIND_H
#define FRL_DETECT_FIND_H

#include "common/image.h"
#include "common/model/retinaface.h"

enum { FIND_MAX_SCALES = 16 };

struct find_config {
	struct retinaface *net;
	float threshold, nms, min_size;
	int max_faces;		       /* 0: all */
	int resize_short, resize_long; /* 0: the picture as it is */
	float scale[FIND_MAX_SCALES];  /* further sizes, as factors of the working size */
	int scales;
	struct image_limits limits;
	bool keep_picture; /* for drawing */
};

/* Working memory of one thread. Zero-initialise. */
struct find_scratch {
	struct retinaface_scratch net;
	struct buf file;
	struct image picture;
	double seconds[3]; /* spent so far: reading and decoding, network, the rest */
};
enum { FIND_DECODE, FIND_NETWORK, FIND_REST };
void find_scratch_release(struct find_scratch *s);

struct find_result {
	struct image_info info;	 /* of the picture: w and h are the frame of the coordinates */
	struct detections faces; /* by falling score */
	struct image picture;	 /* with keep_picture; perhaps decoded smaller than info says */
};
void find_result_release(struct find_result *r);

/* 0, or -1 with a reason that suits a status ("truncated"), without the path. */
int find_faces(const struct find_config *c, const char *path, struct find_scratch *s, struct find_result *r,
	       struct err *e);

#endif
