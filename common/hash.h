/*
 * hash.h - SHA-256 (libcrypto), CRC-32 (zlib), and the key of a record
 */
#ifndef FRL_HASH_H
#define FRL_HASH_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 65 /* 64 digits and a NUL */

struct sha256; /* a hash in the making */
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, const void *data, size_t len);
/* Writes the hex digits and frees h. */
void sha256_finish(struct sha256 *h, char hex[SHA256_HEX]);
void sha256_hex(const void *data, size_t len, char hex[SHA256_HEX]);
/* The 32 bytes themselves. */
void sha256_bytes(const void *data, size_t len, uint8_t digest[32]);

/* CRC-32 as zlib's; start with crc 0. */
uint32_t crc32_add(uint32_t crc, const void *data, size_t len);

/* The first 16 hex digits of `printf %s ID | sha256sum` as a number: the key of a photo's records (frl-records(5)). */
uint64_t hash_key(const char *id);

#endif
