/*
 * server.h - HTTP/1.1 over TLS for the mock: one thread, one event loop, loopback only
 */
#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct server_request {
	const char *path;  /* with the query string */
	const char *host;  /* of the Host header, without port; "" */
	const char *agent; /* User-Agent, "" */
};

struct server_reply {
	int status;
	const char *type;
	struct buf headers; /* further lines, each with its CRLF */
	struct buf body;
	uint64_t zeros; /* to be sent after the body */
	int64_t length; /* for Content-Length; -1: as it is */
	bool chunked;
	size_t stop_at; /* send so much of the body, then hold (stall) or end; SIZE_MAX: all */
	bool stall;	/* after stop_at: keep the connection and say nothing */
	bool drop;	/* answer nothing, end the connection */
};

struct server_options {
	int port;	  /* 0: any free one */
	bool plain;	  /* no TLS */
	const char *cert; /* file for the certificate */
	void (*answer)(void *data, const struct server_request *q, struct server_reply *r);
	void *data;
};

/* Listens; returns the port. */
int server_open(const struct server_options *o);
/* Until SIGTERM. */
void server_run(void);
double server_now(void);

#endif
