/* weights.c - see weights.h */
#include "detect/weights.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *user_file(void)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (data && *data)
		return xasprintf("%s/frl/retinaface.safetensors", data);
	return home && *home ? xasprintf("%s/.local/share/frl/retinaface.safetensors", home) : NULL;
}

/* PREFIX/share/frl/.. where this program is PREFIX/bin/frl-detect. */
static char *installed_file(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return NULL;
	self[n] = 0;
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(self, '/');

		if (!slash)
			return NULL;
		*slash = 0;
	}
	return xasprintf("%s/share/frl/retinaface.safetensors", self);
}

char *weights_locate(const char *given, struct err *e)
{
	const char *env = getenv("FRL_WEIGHTS");
	char *place[2];

	if (given)
		return xstrdup(given);
	if (env && *env)
		return xstrdup(env);
	place[0] = user_file();
	place[1] = installed_file();
	for (int i = 0; i < 2; i++)
		if (place[i] && access(place[i], F_OK) == 0) {
			free(place[1 - i]);
			return place[i];
		}
	err_code(e, EXIT_CODE_BAD_INPUT,
		 "no weights: neither --weights nor FRL_WEIGHTS is set, and neither '%s' nor '%s' is there",
		 place[0] ? place[0] : "~/.local/share/frl/retinaface.safetensors",
		 place[1] ? place[1] : "PREFIX/share/frl");
	free(place[0]);
	free(place[1]);
	return NULL;
}
