#include "flickr-fetch/licence.h"

#include <string.h>

#include "common/num.h"

#define CC "https://creativecommons.org"

static const struct {
	const char *name;
	const char *url;
	const char *family;  /* the short name people type */
	const char *version; /* "2.0"; NULL where there is one only */
} licences[] = {
	[0] = { "All Rights Reserved", "https://www.flickrhelp.com/hc/en-us/articles/10710266545556", NULL, NULL },
	[1] = { "CC BY-NC-SA 2.0", CC "/licenses/by-nc-sa/2.0/", "by-nc-sa", "2.0" },
	[2] = { "CC BY-NC 2.0", CC "/licenses/by-nc/2.0/", "by-nc", "2.0" },
	[3] = { "CC BY-NC-ND 2.0", CC "/licenses/by-nc-nd/2.0/", "by-nc-nd", "2.0" },
	[4] = { "CC BY 2.0", CC "/licenses/by/2.0/", "by", "2.0" },
	[5] = { "CC BY-SA 2.0", CC "/licenses/by-sa/2.0/", "by-sa", "2.0" },
	[6] = { "CC BY-ND 2.0", CC "/licenses/by-nd/2.0/", "by-nd", "2.0" },
	[7] = { "No known copyright restrictions", "https://www.flickr.com/commons/usage/", "commons", NULL },
	[8] = { "United States Government Work", "https://www.usa.gov/government-copyright", "usgov", NULL },
	[9] = { "Public Domain Dedication (CC0)", CC "/publicdomain/zero/1.0/", "cc0", NULL },
	[10] = { "Public Domain Mark", CC "/publicdomain/mark/1.0/", "pdm", NULL },
	[11] = { "CC BY 4.0", CC "/licenses/by/4.0/", "by", "4.0" },
	[12] = { "CC BY-SA 4.0", CC "/licenses/by-sa/4.0/", "by-sa", "4.0" },
	[13] = { "CC BY-ND 4.0", CC "/licenses/by-nd/4.0/", "by-nd", "4.0" },
	[14] = { "CC BY-NC 4.0", CC "/licenses/by-nc/4.0/", "by-nc", "4.0" },
	[15] = { "CC BY-NC-SA 4.0", CC "/licenses/by-nc-sa/4.0/", "by-nc-sa", "4.0" },
	[16] = { "CC BY-NC-ND 4.0", CC "/licenses/by-nc-nd/4.0/", "by-nc-nd", "4.0" },
};

enum { N_LICENCES = sizeof(licences) / sizeof(licences[0]) };

static bool known(int64_t id)
{
	return id >= 0 && id < N_LICENCES;
}

const char *licence_name(int64_t id)
{
	return known(id) ? licences[id].name : "unknown";
}

const char *licence_url(int64_t id)
{
	return known(id) ? licences[id].url : "";
}

bool licence_in(uint32_t set, int64_t id)
{
	return known(id) && (set >> id & 1);
}

int licence_count(uint32_t set)
{
	return __builtin_popcount(set);
}

/* The ids that one word of the list means, 0 for none. */
static uint32_t word_set(const char *word)
{
	int64_t id;
	uint32_t set = 0;
	int i;

	if (num_parse_i64(word, &id) == 0)
		return known(id) ? UINT32_C(1) << id : 0;
	for (i = 1; i < N_LICENCES; i++) {
		size_t n = strlen(licences[i].family);
		bool all = strcmp(word, licences[i].family) == 0;
		bool one = licences[i].version && strncmp(word, licences[i].family, n) == 0 && word[n] == '-' &&
			   strcmp(word + n + 1, licences[i].version) == 0;

		if (all || one)
			set |= UINT32_C(1) << i;
	}
	return set;
}

int licence_parse(uint32_t *set, const char *text, struct err *e)
{
	const char *p = text;
	char word[32];

	*set = 0;
	for (;;) {
		size_t n = strcspn(p, ",");
		uint32_t s = 0;

		if (n < sizeof(word)) {
			memcpy(word, p, n);
			word[n] = '\0';
			s = word_set(word);
		}
		if (!s)
			return err_code(e, EXIT_CODE_USAGE,
					"no licence '%.*s' (1 to 16, by, by-sa, by-nd, by-nc, by-nc-sa, "
					"by-nc-nd, by-4.0, cc0, pdm, commons, usgov)",
					(int)(n < 60 ? n : 60), p);
		if (s & 1)
			return err_code(e, EXIT_CODE_USAGE,
					"photos with all rights reserved (licence 0) are never fetched");
		*set |= s;
		if (p[n] == '\0')
			return 0;
		p += n + 1;
	}
}

void licence_add_text(struct buf *b, uint32_t set)
{
	const char *comma = "";
	int i;

	for (i = 0; i < N_LICENCES; i++) {
		if (!(set >> i & 1))
			continue;
		buf_printf(b, "%s%d", comma, i);
		comma = ",";
	}
}
