/*
 * hash.c - SHA-256 by OpenSSL's libcrypto, CRC-32 by zlib
 */
#include "common/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/err.h"

struct sha256 {
	EVP_MD_CTX *ctx;
};

static EVP_MD *md;
static pthread_key_t own_key;

static void free_own(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void fetch_md(void)
{
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!md || pthread_key_create(&own_key, free_own))
		die(EXIT_CODE_FAILED, "libcrypto has no SHA-256");
}

/* Fetched once: EVP_sha256() looks it up at each use. */
static const EVP_MD *the_md(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, fetch_md);
	return md;
}

/* A context of this thread, for hashes of a few bytes: making one takes as long as they do. */
static EVP_MD_CTX *own_ctx(void)
{
	const EVP_MD *type = the_md();
	EVP_MD_CTX *ctx = pthread_getspecific(own_key);

	if (!ctx) {
		ctx = EVP_MD_CTX_new();
		if (!ctx || !EVP_DigestInit_ex(ctx, type, NULL) || pthread_setspecific(own_key, ctx))
			die(EXIT_CODE_FAILED, "libcrypto cannot start a SHA-256");
	}
	return ctx;
}

struct sha256 *sha256_new(void)
{
	struct sha256 *h = xmalloc(sizeof *h);
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex(h->ctx, the_md(), NULL))
		die(EXIT_CODE_FAILED, "libcrypto cannot start a SHA-256");
	return h;
}

void sha256_add(struct sha256 *h, const void *data, size_t len)
{
	if (!EVP_DigestUpdate(h->ctx, data, len))
		die(EXIT_CODE_FAILED, "libcrypto cannot continue a SHA-256");
}

static void to_hex(const uint8_t digest[32], char hex[SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < 32; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[64] = '\0';
}

void sha256_finish(struct sha256 *h, char hex[SHA256_HEX])
{
	uint8_t digest[32];
	if (!EVP_DigestFinal_ex(h->ctx, digest, NULL))
		die(EXIT_CODE_FAILED, "libcrypto cannot finish a SHA-256");
	to_hex(digest, hex);
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void sha256_hex(const void *data, size_t len, char hex[SHA256_HEX])
{
	uint8_t digest[32];
	sha256_bytes(data, len, digest);
	to_hex(digest, hex);
}

void sha256_bytes(const void *data, size_t len, uint8_t digest[32])
{
	EVP_MD_CTX *ctx = own_ctx();

	if (!EVP_DigestInit_ex(ctx, NULL, NULL) || !EVP_DigestUpdate(ctx, data, len) ||
	    !EVP_DigestFinal_ex(ctx, digest, NULL))
		die(EXIT_CODE_FAILED, "libcrypto cannot make a SHA-256");
}

uint32_t crc32_add(uint32_t crc, const void *data, size_t len)
{
	return len ? (uint32_t)crc32_z(crc, data, len) : crc; /* zlib takes NULL as "start again" */
}

uint64_t hash_key(const char *id)
{
	uint8_t digest[32];
	uint64_t key = 0;
	sha256_bytes(id, strlen(id), digest);
	for (int i = 0; i < 8; i++)
		key = key << 8 | digest[i];
	return key;
}
