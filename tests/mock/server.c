#include "tests/mock/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/mock/tls.h"

#define REQUEST_MAX 65536

struct conn {
	int fd;
	SSL *ssl;   /* NULL: plain */
	bool ready; /* the handshake is over */
	struct buf in, out;
	size_t sent;
	uint64_t zeros;
	bool end;   /* when all is sent */
	bool stall; /* when all is sent: nothing more */
};

static struct server_options opt;
static SSL_CTX *ctx;
static int epoll, listener;
static volatile sig_atomic_t stopped;

double server_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void on_term(int number)
{
	(void)number;
	stopped = 1;
}

static void conn_free(struct conn *c)
{
	if (c->ssl)
		SSL_free(c->ssl);
	close(c->fd);
	buf_release(&c->in);
	buf_release(&c->out);
	free(c);
}

static void watch(struct conn *c, int op, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	epoll_ctl(epoll, op, c->fd, &ev);
}

/* ---- replies */

static void add_chunked(struct buf *out, const struct buf *body)
{
	size_t i;

	for (i = 0; i < body->len; i += 1000) {
		size_t n = body->len - i < 1000 ? body->len - i : 1000;

		buf_printf(out, "%zx\r\n", n);
		buf_add(out, body->data + i, n);
		buf_add_str(out, "\r\n");
	}
	buf_add_str(out, "0\r\n\r\n");
}

static void queue_reply(struct conn *c, const struct server_reply *r)
{
	size_t n = r->body.len < r->stop_at ? r->body.len : r->stop_at;

	buf_printf(&c->out, "HTTP/1.1 %d X\r\nContent-Type: %s\r\n", r->status, r->type);
	if (r->headers.len)
		buf_add(&c->out, r->headers.data, r->headers.len);
	if (r->chunked) {
		buf_add_str(&c->out, "Transfer-Encoding: chunked\r\n\r\n");
		add_chunked(&c->out, &r->body);
		return;
	}
	buf_printf(&c->out, "Content-Length: %llu\r\n\r\n",
		   r->length >= 0 ? (unsigned long long)r->length : (unsigned long long)(r->body.len + r->zeros));
	if (n)
		buf_add(&c->out, r->body.data, n);
	c->zeros = r->zeros;
	c->end = (n < r->body.len && !r->stall) || r->length >= 0;
	c->stall = r->stall;
}

static void header(char *text, const char *name, char *value, size_t size)
{
	char *p = text;

	value[0] = '\0';
	while ((p = strstr(p, "\r\n"))) {
		p += 2;
		if (strncasecmp(p, name, strlen(name)) == 0 && p[strlen(name)] == ':') {
			p += strlen(name) + 1;
			p += strspn(p, " ");
			snprintf(value, size, "%.*s", (int)strcspn(p, "\r\n"), p);
			return;
		}
	}
}

/* A whole request is in: answers it. False: the connection ends. */
static bool serve(struct conn *c)
{
	char *end = memmem(c->in.data, c->in.len, "\r\n\r\n", 4), *space;
	char host[256], agent[256];
	struct server_request q = { .host = host, .agent = agent };
	struct server_reply r = { .status = 200, .type = "text/plain", .length = -1, .stop_at = SIZE_MAX };
	size_t used = (size_t)(end - c->in.data) + 4;

	*end = '\0';
	if (strncmp(c->in.data, "GET ", 4) != 0 || !(space = strchr(c->in.data + 4, ' ')))
		return false;
	header(c->in.data, "Host", host, sizeof(host));
	header(c->in.data, "User-Agent", agent, sizeof(agent));
	host[strcspn(host, ":")] = '\0';
	*space = '\0';
	q.path = c->in.data + 4;
	opt.answer(opt.data, &q, &r);
	if (!r.drop)
		queue_reply(c, &r);
	buf_release(&r.headers);
	buf_release(&r.body);
	memmove(c->in.data, c->in.data + used, c->in.len - used);
	c->in.len -= used;
	return !r.drop;
}

/* ---- moving bytes: -1 the connection is over, 0 it would block, 1 something moved */

static int move(struct conn *c, bool out, void *data, size_t len, size_t *moved)
{
	int n;

	if (!c->ssl) {
		ssize_t m = out ? send(c->fd, data, len, MSG_NOSIGNAL) : recv(c->fd, data, len, 0);

		*moved = m > 0 ? (size_t)m : 0;
		return m > 0 ? 1 : m < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	}
	n = out ? SSL_write(c->ssl, data, (int)len) : SSL_read(c->ssl, data, (int)len);
	*moved = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return 1;
	n = SSL_get_error(c->ssl, n);
	return n == SSL_ERROR_WANT_READ || n == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static int flush(struct conn *c)
{
	static char zeros[65536];
	size_t n;
	int rc;

	while (c->sent < c->out.len) {
		rc = move(c, true, c->out.data + c->sent, c->out.len - c->sent > 65536 ? 65536 : c->out.len - c->sent,
			  &n);
		if (rc <= 0)
			return rc;
		c->sent += n;
	}
	while (c->zeros) {
		rc = move(c, true, zeros, c->zeros < sizeof(zeros) ? (size_t)c->zeros : sizeof(zeros), &n);
		if (rc <= 0)
			return rc;
		c->zeros -= n;
	}
	buf_reset(&c->out);
	c->sent = 0;
	return c->end ? -1 : 1;
}

static int fill(struct conn *c)
{
	char data[16384];
	size_t n;
	int rc;

	while ((rc = move(c, false, data, sizeof(data), &n)) > 0)
		if (c->in.len + n > REQUEST_MAX || buf_add(&c->in, data, n))
			return -1;
	return rc;
}

/* False: the connection is over. */
static bool step(struct conn *c)
{
	int rc;

	if (!c->ready) {
		rc = SSL_accept(c->ssl);
		if (rc != 1) {
			rc = SSL_get_error(c->ssl, rc);
			watch(c, EPOLL_CTL_MOD, rc == SSL_ERROR_WANT_WRITE ? EPOLLOUT : EPOLLIN);
			return rc == SSL_ERROR_WANT_READ || rc == SSL_ERROR_WANT_WRITE;
		}
		c->ready = true;
	}
	rc = fill(c);
	for (;;) {
		int sent = flush(c);

		if (sent < 0)
			return false;
		if (sent == 0) {
			watch(c, EPOLL_CTL_MOD, EPOLLOUT | EPOLLIN);
			return rc >= 0;
		}
		if (rc < 0)
			return false;
		if (c->stall || !c->in.len || !memmem(c->in.data, c->in.len, "\r\n\r\n", 4))
			break;
		if (!serve(c))
			return false;
	}
	watch(c, EPOLL_CTL_MOD, EPOLLIN);
	return true;
}

static void accept_all(void)
{
	int fd, one = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct conn *c = xcalloc(1, sizeof(*c));

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		c->fd = fd;
		c->ready = opt.plain;
		if (!opt.plain) {
			c->ssl = SSL_new(ctx);
			SSL_set_fd(c->ssl, fd);
			SSL_set_accept_state(c->ssl);
		}
		watch(c, EPOLL_CTL_ADD, EPOLLIN);
	}
}

int server_open(const struct server_options *o)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)o->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
	socklen_t len = sizeof(a);
	int one = 1;

	opt = *o;
	if (!o->plain)
		ctx = tls_context(o->cert);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 256) ||
	    getsockname(listener, (struct sockaddr *)&a, &len))
		die_sys("cannot listen on port %d", o->port);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev))
		die_sys("cannot start the event loop");
	return ntohs(a.sin_port);
}

void server_run(void)
{
	struct sigaction sa = { .sa_handler = on_term };
	struct epoll_event ev[64];
	int i, n;

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	while (!stopped) {
		n = epoll_wait(epoll, ev, 64, 1000);
		for (i = 0; i < n; i++) {
			if (!ev[i].data.ptr)
				accept_all();
			else if (!step(ev[i].data.ptr))
				conn_free(ev[i].data.ptr);
		}
	}
}
