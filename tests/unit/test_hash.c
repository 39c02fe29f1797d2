/*
 * test_hash.c - SHA-256 and CRC-32 against published values; the key of an id
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/hash.h"

/* FIPS 180-4's examples, and the million 'a' of the same series. */
static void sha256_known(void **state)
{
	(void)state;
	char hex[SHA256_HEX];
	sha256_hex("", 0, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

	char a[1000];
	memset(a, 'a', sizeof a);
	struct sha256 *h = sha256_new();
	for (int i = 0; i < 1000; i++)
		sha256_add(h, a, sizeof a);
	sha256_finish(h, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");

	uint8_t digest[32];
	sha256_bytes("abc", 3, digest);
	assert_int_equal(digest[0], 0xba);
	assert_int_equal(digest[31], 0xad);
}

/* The check value of the CRC catalogue, whole and in pieces. */
static void crc32_known(void **state)
{
	(void)state;
	assert_int_equal(crc32_add(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_add(crc32_add(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(crc32_add(0, "", 0), 0);
	assert_int_equal(crc32_add(0xcbf43926, NULL, 0), 0xcbf43926);
}

/* printf %s photos/1.jpg | sha256sum | cut -c 1-16 */
static void key_of_id(void **state)
{
	(void)state;
	assert_true(hash_key("photos/1.jpg") == 0x4367b1f39d17019a);
	assert_true(hash_key("abc") == 0xba7816bf8f01cfea);
	assert_true(hash_key("") == 0xe3b0c44298fc1c14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_known),
		cmocka_unit_test(crc32_known),
		cmocka_unit_test(key_of_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
