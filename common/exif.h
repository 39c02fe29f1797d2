/*
 * exif.h - the one EXIF field that matters here: which way up the camera was held
 */
#ifndef FRL_EXIF_H
#define FRL_EXIF_H

#include <stddef.h>

/*
 * The orientation, 1..8, in a TIFF block (what follows "Exif\0\0" in a JPEG's APP1, or a PNG's eXIf chunk); 1 where there is
 * none or the block makes no sense. Never reads beyond data[len).
 */
int exif_orientation(const void *data, size_t len);

#endif
