#include "flickr-fetch/url.h"

#include <string.h>
#include <strings.h>

int url_host(const char *url, char host[URL_HOST_SIZE], bool *https)
{
	const char *p, *end;
	size_t i, n;

	for (p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 127 || *p == '\\')
			return -1;
	if (strncasecmp(url, "https://", 8) == 0)
		*https = true;
	else if (strncasecmp(url, "http://", 7) == 0)
		*https = false;
	else
		return -1;
	p = strstr(url, "://") + 3;
	end = p + strcspn(p, "/?#");
	/* A bracketed host is an IPv6 address. */
	n = *p == '[' ? strcspn(p, "]") + 1 : strcspn(p, ":/?#");
	if (n == 0 || n >= URL_HOST_SIZE || p + n > end || memchr(p, '@', (size_t)(end - p)))
		return -1;
	if (p + n < end && (p[n] != ':' || strspn(p + n + 1, "0123456789") != (size_t)(end - p) - n - 1))
		return -1;
	for (i = 0; i < n; i++)
		host[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] - 'A' + 'a') : p[i];
	host[n] = '\0';
	return 0;
}

bool url_is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0;
}

bool url_image_allowed(const char *url, const char *const *allowed, int n_allowed)
{
	static const char flickr[] = ".staticflickr.com";
	char host[URL_HOST_SIZE];
	bool https;
	size_t n;
	int i;

	if (url_host(url, host, &https) || !https)
		return false;
	n = strlen(host);
	if (n > strlen(flickr) && strcmp(host + n - strlen(flickr), flickr) == 0)
		return true;
	for (i = 0; i < n_allowed; i++)
		if (strcasecmp(host, allowed[i]) == 0)
			return true;
	return false;
}

bool url_api_allowed(const char *url)
{
	char host[URL_HOST_SIZE];
	bool https;

	return url_host(url, host, &https) == 0 && (https || url_is_loopback(host));
}

bool url_is_placeholder(const char *url)
{
	return strstr(url, "photo_unavailable") != NULL;
}
