/*
 * utf.h - JSON text that a strict parser would refuse, made acceptable without losing what people typed
 *
 * Titles come with bytes that are no UTF-8, with escaped NULs and with halves of surrogate pairs. One of them would cost a
 * whole page of 500 photos, at every attempt.
 */
#ifndef FRL_FLICKR_UTF_H
#define FRL_FLICKR_UTF_H

#include <stddef.h>

#include "common/buf.h"

/*
 * Appends text to b as valid UTF-8 and valid JSON escapes: a byte 0xHH that is no UTF-8 becomes U+10FFHH (a character
 * nobody may use), \u0000 and unpaired surrogates become \ufffd. -1 when b's maximum would be passed.
 */
int utf_clean(struct buf *b, const char *text, size_t len);
/* Undoes it in a parsed string: U+10FFHH becomes the byte 0xHH again. In place. */
void utf_restore(char *s);

#endif
