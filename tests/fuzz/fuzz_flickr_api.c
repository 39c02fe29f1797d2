/* Replies of the Flickr API: any bytes, search and getInfo, and what is made of them. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "flickr-fetch/api.h"
#include "flickr-fetch/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_photo(const struct photo *p)
{
	char host[URL_HOST_SIZE];
	bool https;

	/* What becomes a file's name, or a request, is sound whatever came. */
	if (p->id <= 0 || !p->title || !p->owner || !p->page || strncmp(p->page, "https://www.flickr.com/", 23) != 0)
		__builtin_trap();
	if (p->width < 0 || p->height < 0 || strpbrk(p->page, " \t\n\"<>"))
		__builtin_trap();
	if (p->url && url_image_allowed(p->url, NULL, 0) && (url_host(p->url, host, &https) || !https))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct api_sizes sizes[] = { { 1024, false }, { 6144, true } };
	const char *text = (const char *)data;
	struct api_reply r;
	struct err e = { 0 };
	int i;

	if (api_parse_search(&r, text, size, &sizes[size % 2], &e) == 0 && r.ok)
		for (i = 0; i < r.n; i++)
			check_photo(&r.photo[i]);
	api_failure(&r, false);
	api_reply_release(&r);
	if (api_parse_info(&r, text, size, &e) == 0)
		api_failure(&r, true);
	api_reply_release(&r);
	return 0;
}
