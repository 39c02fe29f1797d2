/* rows.c - see rows.h */
#include "common/rows.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/num.h"

static const size_t MAX_FILE = (size_t)8 << 30;

/* Bytes of text that are the header and rows below that. */
static size_t rows_below(const struct buf *text, uint64_t below)
{
	size_t at = 0;

	while (at < text->len) {
		char *line = text->data + at, *end = memchr(line, '\n', text->len - at), *tab = strchr(line, '\t');
		uint64_t first;

		if (!end || !tab || tab > end)
			break;
		if (at) {
			*tab = '\0';
			bool stays = !num_parse_u64(line, &first) && first < below;
			*tab = '\t';
			if (!stays)
				break;
		}
		at += (size_t)(end + 1 - line);
	}
	return at;
}

static int cut(const char *path, const char *header, uint64_t below, struct err *e)
{
	struct buf text = { 0 };
	size_t len = strlen(header);
	int rc = io_slurp(path, MAX_FILE, &text, e);

	if (!rc && (text.len < len || memcmp(text.data, header, len) != 0))
		rc = err_set(e, "'%s' does not begin with the columns that it should have", path);
	if (!rc)
		rc = io_write_file(path, text.data, rows_below(&text, below), e);
	buf_release(&text);
	return rc;
}

int rows_open(struct out *o, const char *path, const char *header, uint64_t below, struct err *e)
{
	struct stat st;
	bool there = below && stat(path, &st) == 0 && st.st_size > 0; /* an empty one has lost nothing */

	if (there && cut(path, header, below, e))
		return -1;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (there ? 0 : O_TRUNC), 0666);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	out_attach(o, fd, path);
	return there ? 0 : out_write(o, header, strlen(header), e);
}
