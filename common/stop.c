/* stop.c - see stop.h */
#include "common/stop.h"

#include <signal.h>
#include <stddef.h>

#include "common/err.h"
#include "common/io.h"

static volatile sig_atomic_t asked;

static void ask(int signal)
{
	asked = signal;
}

void stop_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	struct sigaction a = { .sa_handler = ask, .sa_flags = (int)SA_RESETHAND | SA_RESTART };

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &a, NULL);
}

int stop_asked(void)
{
	return asked;
}

void stop_end(int signal)
{
	if (signal == SIGUSR1)
		quit(io_finish(EXIT_CODE_TEMPORARY));
	io_finish(EXIT_CODE_FAILED);
	raise(signal);
	quit(128 + signal);
}
