/*
 * faults.c - a library to preload that makes calls fail on purpose
 *
 *	FRL_FAULT="CALL WHEN HOW [NAME]" LD_PRELOAD=build/tests/faults.so frl-x ...
 *
 * CALL	read write fsync close rename (renameat too) renameat2 symlink ftruncate malloc
 * WHEN	3: the third such call; 3+: it and all after it
 * HOW	an errno by name; short: one byte is read or written; EINTR and short together make "flaky"
 * NAME	only files whose path holds this text
 *
 * Calls are counted from main on; of malloc only those of the program's own code, since libcrypto's first use crashes
 * without memory and nothing can be done about it here. FRL_FAULT_MARK names a file that is made when a call was made to fail.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own allocator, under the names it keeps for this */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

enum outcome { FINE, FAIL, SHORT };

static struct {
	bool armed;
	char call[16];
	long nth;
	bool onwards;
	char how[16];
	char name[256];
	int error;
	const char *mark;
	atomic_long count;
} fault;

static int (*real_main)(int, char **, char **);

static void arm(void)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = { { "ENOSPC", ENOSPC }, { "EIO", EIO },	   { "EINTR", EINTR },	{ "EACCES", EACCES },
		       { "ENOMEM", ENOMEM }, { "EDQUOT", EDQUOT }, { "EINVAL", EINVAL } };
	const char *text = getenv("FRL_FAULT");
	char plus = 0;
	if (!text)
		return;
	if (sscanf(text, "%15s %ld%c", fault.call, &fault.nth, &plus) < 2)
		return;
	fault.onwards = plus == '+';
	sscanf(text, "%*s %*s %15s %255s", fault.how, fault.name);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (!strcmp(fault.how, errors[i].name))
			fault.error = errors[i].error;
	fault.mark = getenv("FRL_FAULT_MARK");
	fault.armed = true;
}

/* Is it this call's turn? fd -1: path is given, or there is none. */
static enum outcome turn(const char *call, int fd, const char *path)
{
	char link[64], target[4096];
	if (!fault.armed || strcmp(call, fault.call) != 0)
		return FINE;
	if (fault.name[0]) {
		if (fd >= 0) {
			snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
			ssize_t n = readlink(link, target, sizeof target - 1);
			target[n > 0 ? n : 0] = '\0';
			path = target;
		}
		if (!path || !strstr(path, fault.name))
			return FINE;
	}
	long n = atomic_fetch_add(&fault.count, 1) + 1;
	/* flaky: every third is interrupted, the rest are short */
	if (!strcmp(fault.how, "flaky")) {
		fault.error = EINTR;
		return n % 3 == 0 ? FAIL : SHORT;
	}
	if (n != fault.nth && !(fault.onwards && n > fault.nth))
		return FINE;
	if (fault.mark) {
		long mark = syscall(SYS_openat, AT_FDCWD, fault.mark, O_WRONLY | O_CREAT, 0666);
		if (mark >= 0)
			syscall(SYS_close, mark);
	}
	return strcmp(fault.how, "short") ? FAIL : SHORT;
}

/* Does the program itself, and no library, ask for memory without getting it? */
static bool no_memory(const void *caller)
{
	Dl_info program, by;
	return fault.armed && !strcmp(fault.call, "malloc") && dladdr((void *)real_main, &program) &&
	       dladdr(caller, &by) && by.dli_fbase == program.dli_fbase && turn("malloc", -1, NULL);
}

/* Sets errno; for `return fail()`. */
static int fail(void)
{
	errno = fault.error;
	return -1;
}

/* The next definition of the function that is being interposed. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int armed_main(int argc, char **argv, char **envp)
{
	arm();
	return real_main(argc, argv, envp);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	real_main = main;
	return NEXT(__libc_start_main)(armed_main, argc, argv, init, fini, rtld_fini, stack_end);
}

ssize_t read(int fd, void *data, size_t len)
{
	enum outcome o = turn("read", fd, NULL);
	return o == FAIL ? fail() : NEXT(read)(fd, data, o == SHORT && len ? 1 : len);
}

ssize_t pread(int fd, void *data, size_t len, off_t at)
{
	enum outcome o = turn("read", fd, NULL);
	return o == FAIL ? fail() : NEXT(pread)(fd, data, o == SHORT && len ? 1 : len, at);
}

ssize_t write(int fd, const void *data, size_t len)
{
	enum outcome o = turn("write", fd, NULL);
	return o == FAIL ? fail() : NEXT(write)(fd, data, o == SHORT && len ? 1 : len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	enum outcome o = turn("write", fd, NULL);
	return o == FAIL ? fail() : NEXT(pwrite)(fd, data, o == SHORT && len ? 1 : len, at);
}

int fsync(int fd)
{
	return turn("fsync", fd, NULL) ? fail() : NEXT(fsync)(fd);
}

int ftruncate(int fd, off_t len)
{
	return turn("ftruncate", fd, NULL) ? fail() : NEXT(ftruncate)(fd, len);
}

int close(int fd)
{
	enum outcome o = turn("close", fd, NULL);
	int rc = NEXT(close)(fd);
	return o ? fail() : rc;
}

int rename(const char *from, const char *to)
{
	return turn("rename", -1, to) ? fail() : NEXT(rename)(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return turn("rename", to_dir, NULL) ? fail() : NEXT(renameat)(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return turn("renameat2", to_dir, NULL) ? fail() : NEXT(renameat2)(from_dir, from, to_dir, to, flags);
}

int symlinkat(const char *target, int dir, const char *name)
{
	return turn("symlink", dir, NULL) ? fail() : NEXT(symlinkat)(target, dir, name);
}

void *malloc(size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
	void *q = no_memory(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);
	if (!q)
		return ENOMEM;
	*p = q;
	return 0;
}
