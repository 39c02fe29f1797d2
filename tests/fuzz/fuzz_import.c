/* fuzz_import.c - archives and arrays of others: tools/shard's readers of tar and npy on any bytes */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/shard/import.h"
#include "tools/shard/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct import m = { .rows_path = "rows", .raw = len % 2, .silent = true };
	struct err e = { 0 };
	size_t head = len < TAR_BLOCK ? len : TAR_BLOCK;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || io_write_full(fd, data, len) || lseek(fd, (off_t)head, SEEK_SET) < 0)
		die_sys("cannot make a file");
	out_attach(&m.out, open("/dev/null", O_WRONLY), "out");
	out_attach(&m.rows, open("/dev/null", O_WRONLY), "rows");
	m.w.out = &m.out;
	for (int i = 0; i < 8; i++)
		tsv_out_raw(&m.row, "");
	tsv_out_end(&m.row);
	if (len > 6 && data[0] == 0x93)
		import_npy(&m, fd, "fuzz", data, head, &e);
	else
		import_tar(&m, fd, "fuzz", data, head, &e);
	tsv_out_release(&m.row);
	buf_release(&m.pixels);
	buf_release(&m.provenance);
	out_abort(&m.out);
	out_abort(&m.rows);
	close(fd);
	return 0;
}
