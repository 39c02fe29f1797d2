/*
 * stop.h - signals that ask a run to save and end
 *
 * SIGINT, SIGTERM and SIGHUP: after the running step the run is saved and dies of the signal. SIGUSR1 (what Slurm sends ahead of
 * a time limit): the run is saved and ends with exit status 75, try again later. The same signal again does not wait.
 */
#ifndef FRL_STOP_H
#define FRL_STOP_H

void stop_catch(void);
/* The signal that came, 0: none. */
int stop_asked(void);
/* Ends the process as the signal wants it; called when all is saved. */
_Noreturn void stop_end(int signal);

#endif
