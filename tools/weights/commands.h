/*
 * commands.h - frl-weights' commands; each parses its own options and returns the exit status
 */
#ifndef FRL_WEIGHTS_COMMANDS_H
#define FRL_WEIGHTS_COMMANDS_H

int cmd_import(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_diff(int argc, char **argv);

#endif
