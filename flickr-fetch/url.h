/*
 * url.h - where requests may go
 */
#ifndef FRL_FLICKR_URL_H
#define FRL_FLICKR_URL_H

#include <stdbool.h>
#include <stddef.h>

#define URL_HOST_SIZE 256

/*
 * Writes the lower-case host of an http or https address into host and whether it is https; -1 for anything else: other
 * schemes, user names, control characters, hosts too long or empty. The port is checked and left out.
 */
int url_host(const char *url, char host[URL_HOST_SIZE], bool *https);
bool url_is_loopback(const char *host);
/* An image may come by https from *.staticflickr.com and from the hosts allowed by option. */
bool url_image_allowed(const char *url, const char *const *allowed, int n_allowed);
/* The API: https anywhere, plain http on loopback only. */
bool url_api_allowed(const char *url);
/* Does the address lead to Flickr's "This photo is no longer available"? */
bool url_is_placeholder(const char *url);

#endif
