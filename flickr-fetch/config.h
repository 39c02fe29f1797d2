/*
 * config.h - what the command line and the environment ask for
 */
#ifndef FRL_FLICKR_CONFIG_H
#define FRL_FLICKR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/opt.h"
#include "flickr-fetch/api.h"
#include "flickr-fetch/picture.h"
#include "flickr-fetch/tags.h"

struct config {
	/* what to collect */
	struct tags tags;
	uint32_t licences;
	int64_t since, until; /* unix seconds; until 0: now */
	int safe_search;
	struct api_sizes sizes;
	int min_side;
	int64_t limit; /* photos stored by this run, 0: all */

	/* what to do */
	const char *dir;
	bool resume, list, dry_run, verify, manifest;
	int64_t overlap; /* seconds that a resumed walk goes back */

	/* manners */
	double api_rate;   /* calls an hour */
	double image_rate; /* requests a second and host */
	int connections;
	double timeout, stall;
	int retries;
	double backoff;	 /* seconds before the second attempt */
	double max_wait; /* longest pause a run sits out; a longer one ends it with 75 */

	/* where */
	const char *api_url;
	struct opt_list allow_host;
	const char *cacert;
	char *user_agent;
	struct picture_deny deny;
	char *key;	      /* never printed */
	const char *key_from; /* where it was read, for messages */

	struct opt_common common;
	int argc;
	char **argv;
};

/* Wall clock, unix seconds: for what must outlive the process. Everything else uses clock_wall (steady). */
double config_time(void);

#endif
