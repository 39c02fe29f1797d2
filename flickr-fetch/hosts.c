#include "flickr-fetch/hosts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

struct host *hosts_find(struct hosts *h, const char *url, double now)
{
	char name[URL_HOST_SIZE];
	bool https;
	int i;

	if (url_host(url, name, &https))
		BUG("an address that was not checked");
	for (i = 0; i < h->n; i++)
		if (strcmp(h->host[i].name, name) == 0)
			return &h->host[i];
	h->host = xrealloc_array(h->host, (size_t)h->n + 1, sizeof(*h->host));
	memset(&h->host[h->n], 0, sizeof(*h->host));
	memcpy(h->host[h->n].name, name, sizeof(name));
	limit_init(&h->host[h->n].limit, h->rate, 1, now);
	return &h->host[h->n++];
}

double host_wait(struct host *h, double now)
{
	return limit_wait(&h->limit, now);
}

void host_good(struct host *h)
{
	h->complaints = 0;
	h->good++;
	limit_grow(&h->limit);
}

int host_complained(struct host *h, double now)
{
	/* Requests in flight when the first complaint comes will bring more of the same: they count once. */
	if (h->good || h->complaints % 8 == 0)
		limit_slow(&h->limit, now);
	h->good = 0;
	return ++h->complaints;
}

void hosts_release(struct hosts *h)
{
	free(h->host);
	h->host = NULL;
	h->n = 0;
}
