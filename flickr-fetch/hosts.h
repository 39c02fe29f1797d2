/*
 * hosts.h - how hard each image host may be asked
 */
#ifndef FRL_FLICKR_HOSTS_H
#define FRL_FLICKR_HOSTS_H

#include "flickr-fetch/limit.h"
#include "flickr-fetch/url.h"

struct host {
	char name[URL_HOST_SIZE];
	struct limit limit;
	int complaints; /* 429s since the last good answer */
	int good;	/* good answers since the last 429 */
};

struct hosts {
	struct host *host;
	int n;
	double rate; /* ceiling a second, for new ones */
};

/* The entry of url's host, made when it is new. The pointer holds until the next call. */
struct host *hosts_find(struct hosts *h, const char *url, double now);
/* Seconds until it may be asked; 0: now. */
double host_wait(struct host *h, double now);
void host_good(struct host *h);
/* A 429. Returns how many came in a row. */
int host_complained(struct host *h, double now);
void hosts_release(struct hosts *h);

#endif
