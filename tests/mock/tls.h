/*
 * tls.h - a certificate made on the spot, for loopback only
 */
#ifndef MOCK_TLS_H
#define MOCK_TLS_H

#include <openssl/ssl.h>

/* A server context with a self-signed certificate for localhost and 127.0.0.1, which is written to path (PEM). */
SSL_CTX *tls_context(const char *path);

#endif
