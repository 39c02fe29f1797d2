/*
 * record_image.h - a record as a picture
 */
#ifndef FRL_RECORD_IMAGE_H
#define FRL_RECORD_IMAGE_H

#include "common/image.h"
#include "common/record.h"

/* Is it a raw picture: a u8 tensor [H, W, 3], [H, W, 1] or [H, W] that holds something? */
bool record_is_image(const struct record *r);
/*
 * Decodes a JPEG or PNG record, or takes a raw picture as it is (grey becomes three equal channels). m is zeroed before the
 * first call and keeps its memory from call to call (after an error it is zeroed again); image_release frees it. Reasons
 * name neither file nor record.
 */
int record_image(struct image *m, const struct record *r, const uint8_t *payload, struct err *e);

#endif
