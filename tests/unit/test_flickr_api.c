/* The Flickr API as text: both dialects, what a reply may hold, failures, addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

#include "common/hash.h"
#include "flickr-fetch/api.h"
#include "flickr-fetch/licence.h"
#include "flickr-fetch/url.h"
#include "flickr-fetch/utf.h"

static const struct api_sizes large = { .max_side = 1024 };

static struct api_reply parse(const char *text, int want, const struct api_sizes *sizes)
{
	struct api_reply r;
	struct err e = { 0 };
	int rc = api_parse_search(&r, text, strlen(text), sizes, &e);

	if (rc != want)
		print_message("%s\n", e.msg);
	assert_int_equal(rc, want);
	return r;
}

static void new_dialect(void **state)
{
	struct api_reply r =
		parse("{\"photos\":{\"page\":1,\"pages\":9,\"perpage\":500,\"total\":4321,\"photo\":["
		      "{\"id\":\"50437828752\",\"owner\":\"156445661@N02\",\"title\":\"a\\tb\",\"license\":4,"
		      "\"dateupload\":\"1602000000\",\"datetaken\":\"2020-10-03 15:02:11\",\"ownername\":\"Ann\","
		      "\"pathalias\":\"ann\",\"tags\":\"man woman\",\"media\":\"photo\","
		      "\"url_m\":\"https://live.staticflickr.com/1/m.jpg\",\"width_m\":500,\"height_m\":333,"
		      "\"url_l\":\"https://live.staticflickr.com/1/l.jpg\",\"width_l\":1024,\"height_l\":683}]},"
		      "\"stat\":\"ok\"}",
		      0, &large);

	(void)state;
	assert_true(r.ok);
	assert_int_equal(r.total, 4321);
	assert_int_equal(r.n, 1);
	assert_true(r.sorted);
	assert_int_equal(r.photo[0].id, INT64_C(50437828752));
	assert_string_equal(r.photo[0].title, "a\tb");
	assert_int_equal(r.photo[0].license, 4);
	assert_int_equal(r.photo[0].date_upload, 1602000000);
	assert_string_equal(r.photo[0].page, "https://www.flickr.com/photos/ann/50437828752");
	assert_string_equal(r.photo[0].url, "https://live.staticflickr.com/1/l.jpg");
	assert_int_equal(r.photo[0].width, 1024);
	assert_int_equal(r.photo[0].height, 683);
	api_reply_release(&r);
}

static void old_dialect(void **state)
{
	struct api_reply r =
		parse("jsonFlickrApi({\"photos\":{\"page\":\"1\",\"total\":\"60870\",\"photo\":["
		      "{\"id\":\"7\",\"owner\":\"x@N01\",\"title\":{\"_content\":\"t\"},\"license\":\"11\","
		      "\"dateupload\":\"5\",\"pathalias\":null,"
		      "\"url_c\":\"https:\\/\\/live.staticflickr.com\\/c.jpg\",\"width_c\":\"800\","
		      "\"height_c\":\"533\"}]},\"stat\":\"ok\"})",
		      0, &large);

	(void)state;
	assert_int_equal(r.total, 60870);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.photo[0].title, "t");
	assert_int_equal(r.photo[0].license, 11);
	assert_int_equal(r.photo[0].width, 800);
	assert_string_equal(r.photo[0].page, "https://www.flickr.com/photos/x@N01/7");
	api_reply_release(&r);
}

/* Entry i has this title as raw JSON; the others are sound. */
static char *title_of(const char *raw)
{
	char text[500];
	struct api_reply r;
	char *title;

	snprintf(text, sizeof(text), "{\"stat\":\"ok\",\"photos\":{\"photo\":[{\"id\":\"1\",\"title\":\"%s\"}]}}", raw);
	r = parse(text, 0, &large);
	title = xstrdup(r.photo[0].title);
	api_reply_release(&r);
	return title;
}

static void titles(void **state)
{
	static const struct {
		const char *raw, *want;
	} cases[] = {
		{ "Gr\xff\xfe", "Gr\xff\xfe" },	    /* no UTF-8: kept byte for byte */
		{ "\xc3", "\xc3" },		    /* cut in the middle */
		{ "\xed\xa0\x80", "\xed\xa0\x80" }, /* a surrogate, encoded */
		{ "\xc0\xaf", "\xc0\xaf" },	    /* overlong */
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
		{ "\\ud83d!", "\xef\xbf\xbd!" }, /* half a pair */
		{ "\\ude00", "\xef\xbf\xbd" },
		{ "a\\u0000b", "a\xef\xbf\xbd"
			       "b" },
		{ "\\\\ud83d", "\\ud83d" }, /* a backslash, then letters */
		{ "# \\\" \\n \\t", "# \" \n \t" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *t = title_of(cases[i].raw);

		assert_string_equal(t, cases[i].want);
		free(t);
	}
}

static void entries_that_are_none(void **state)
{
	struct api_reply r = parse(
		"{\"stat\":\"ok\",\"photos\":{\"total\":\"x\",\"photo\":[7,\"photo\",null,{},[],"
		"{\"id\":\"../../etc/passwd\"},{\"id\":\"12/3\"},{\"id\":\"\"},{\"id\":\"-5\"},{\"id\":\"007\"},"
		"{\"id\":\"99999999999999999999\"},{\"id\":\"0\"},{\"id\":[1]},{\"id\":\"8\",\"media\":\"video\"},"
		"{\"id\":9}]}}",
		0, &large);

	(void)state;
	assert_int_equal(r.total, -1);
	assert_int_equal(r.entries, 15);
	assert_int_equal(r.malformed, 14);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.photo[0].id, 9);
	assert_null(r.photo[0].url);
	assert_int_equal(r.photo[0].license, -1);
	assert_false(r.sorted); /* without dates there is no order */
	api_reply_release(&r);
}

static void sizes(void **state)
{
	static const char text[] =
		"{\"stat\":\"ok\",\"photos\":{\"photo\":[{\"id\":\"1\",\"url_o\":\"O\",\"width_o\":\"4000\","
		"\"height_o\":3000,\"url_h\":\"H\",\"width_h\":1600,\"height_h\":1200,\"url_z\":\"Z\","
		"\"width_z\":640,\"height_z\":480,\"url_c\":\"\"}]}}";
	static const struct {
		struct api_sizes want;
		const char *url;
	} cases[] = {
		{ { 1024, false }, "Z" }, { { 2048, false }, "H" }, { { 320, false }, NULL }, { { 1024, true }, "O" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct api_reply r = parse(text, 0, &cases[i].want);

		if (cases[i].url)
			assert_string_equal(r.photo[0].url, cases[i].url);
		else
			assert_null(r.photo[0].url);
		api_reply_release(&r);
	}
}

static void not_replies(void **state)
{
	static const char *const texts[] = {
		"",
		"<html>429</html>",
		"{",
		"[]",
		"{}",
		"{\"stat\":1}",
		"{\"stat\":\"ok\"}",
		"{\"stat\":\"ok\",\"photos\":[]}",
		"jsonFlickrApi(",
		"{\"stat\":\"ok\",\"photos\":{\"photo\":{}}}",
		"{\"stat\":\"ok\",\"stat\":\"ok\"}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct api_reply r = parse(texts[i], -1, &large);

		api_reply_release(&r);
	}
}

static void failures(void **state)
{
	static const struct {
		int code;
		const char *message;
		bool info;
		enum api_action want;
	} cases[] = {
		{ 10, "x", false, API_RETRY },
		{ 105, "Service currently unavailable", false, API_RETRY },
		{ 106, "x", false, API_RETRY },
		{ 20, "x", false, API_SPLIT },
		{ 100, "x", false, API_KEY },
		{ 1, "x", false, API_STOP },
		{ 1, "x", true, API_GONE },
		{ 2, "x", true, API_GONE },
		{ 95, "x", false, API_STOP },
		{ 201, "Sorry, the Flickr API service is not currently available.", false, API_RETRY },
		{ 0, "Sorry, the Flickr API service is not currently available.", true, API_RETRY },
		{ 201, "x", false, API_STOP },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[300];
		struct api_reply r;

		snprintf(text, sizeof(text), "{\"stat\":\"fail\",\"code\":%d,\"message\":\"%s\"}", cases[i].code,
			 cases[i].message);
		r = parse(text, 0, &large);
		assert_false(r.ok);
		assert_int_equal(api_failure(&r, cases[i].info), cases[i].want);
		api_reply_release(&r);
	}
}

static void info(void **state)
{
	static const char public[] = "{\"photo\":{\"visibility\":{\"ispublic\":1}},\"stat\":\"ok\"}";
	static const char private[] = "{\"photo\":{\"visibility\":{\"ispublic\":\"0\"}},\"stat\":\"ok\"}";
	struct api_reply r;
	struct err e;

	(void)state;
	assert_int_equal(api_parse_info(&r, public, strlen(public), &e), 0);
	assert_true(r.ok && r.is_public);
	assert_int_equal(api_parse_info(&r, private, strlen(private), &e), 0);
	assert_true(r.ok && !r.is_public);
	assert_int_equal(api_parse_info(&r, "{\"stat\":\"ok\"}", 13, &e), -1);
}

static void requests(void **state)
{
	struct tags t = { 0 };
	struct err e = { 0 };
	struct buf b = { 0 };
	struct api_query q = { .tags = &t,
			       .licences = 1u << 4 | 1u << 9,
			       .from = 10,
			       .to = 19,
			       .page = 2,
			       .safe_search = 1,
			       .per_page = 500,
			       .sizes = &large };

	(void)state;
	assert_int_equal(tags_add_list(&t, "Group Photo,caf\xc3\xa9,man", &e), 0);
	q.tag_n = 2;
	api_search_url(&b, "https://h/r/", "K", &q);
	assert_non_null(
		strstr(b.data, "https://h/r/?method=flickr.photos.search&format=json&nojsoncallback=1&api_key=K&"));
	assert_non_null(strstr(b.data, "&tag_mode=any&tags=groupphoto%2Ccaf%C3%A9&license=4%2C9&"));
	assert_non_null(strstr(b.data, "&min_upload_date=10&max_upload_date=19&sort=date-posted-asc&"));
	assert_non_null(strstr(b.data, "&per_page=500&page=2&"));
	assert_non_null(strstr(b.data, "%2Curl_l%2Curl_c%2Curl_z%2Curl_m"));
	assert_null(strstr(b.data, "url_h"));
	assert_null(strstr(b.data, "url_o"));
	buf_release(&b);
	tags_release(&t);
}

/* The list of the specification (../shared/spec/flickr.md 16), one a line: sha256sum gives this. */
static void paper_tags(void **state)
{
	struct buf b = { 0 };
	struct tags t = { 0 };
	char hex[SHA256_HEX];
	int i;

	(void)state;
	for (i = 0; i < TAGS_PAPER; i++)
		buf_printf(&b, "%s\n", tags_paper[i]);
	sha256_hex(b.data, b.len, hex);
	assert_string_equal(hex, "5eb8a3eb0b75edc6334eb02f46a725a487adf085d479a7d195ed272c417f4182");
	tags_add_paper(&t);
	tags_add_paper(&t);
	assert_int_equal(t.n, 100);
	buf_release(&b);
	tags_release(&t);
}

static void licences(void **state)
{
	static const struct {
		const char *text;
		uint32_t want; /* 0: refused */
	} cases[] = {
		{ "4,9,10,11", 0xe10 },
		{ "by", 1u << 4 | 1u << 11 },
		{ "by-4.0,cc0", 1u << 11 | 1u << 9 },
		{ "by-nc-sa", 1u << 1 | 1u << 15 },
		{ "by-nc", 1u << 2 | 1u << 14 },
		{ "by-nc-nd", 1u << 3 | 1u << 16 },
		{ "by-sa", 1u << 5 | 1u << 12 },
		{ "by-nd", 1u << 6 | 1u << 13 },
		{ "commons,usgov,pdm", 1u << 7 | 1u << 8 | 1u << 10 },
		{ "0", 0 },
		{ "17", 0 },
		{ "", 0 },
		{ "4,", 0 },
		{ "by-3.0", 0 },
		{ "-1", 0 },
		{ "by,,cc0", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t set = 0;
		struct err e = { 0 };
		int rc = licence_parse(&set, cases[i].text, &e);

		assert_int_equal(rc, cases[i].want ? 0 : -1);
		if (cases[i].want)
			assert_int_equal(set, cases[i].want);
	}
	assert_string_equal(licence_name(99), "unknown");
	assert_string_equal(licence_url(16), "https://creativecommons.org/licenses/by-nc-nd/4.0/");
	assert_false(licence_in(0xffffffff, 40));
}

static void addresses(void **state)
{
	static const char *const hosts[] = { "127.0.0.1" };
	static const struct {
		const char *url;
		bool image, api;
	} cases[] = {
		{ "https://live.staticflickr.com/1/2_3_l.jpg", true, true },
		{ "https://LIVE.staticFlickr.com:443/x", true, true },
		{ "http://live.staticflickr.com/x", false, false },
		{ "https://staticflickr.com/x", false, true },
		{ "https://evilstaticflickr.com/x", false, true },
		{ "https://live.staticflickr.com.evil.org/x", false, true },
		{ "https://live.staticflickr.com@evil.org/x", false, false },
		{ "https://evil.org/.staticflickr.com", false, true },
		{ "https://evil.org?.staticflickr.com", false, true },
		{ "https://evil.org\\.staticflickr.com/", false, false },
		{ "https://127.0.0.1:8443/x", true, true },
		{ "http://127.0.0.1:80/x", false, true },
		{ "http://localhost/", false, true },
		{ "http://127.0.0.1.evil.org/", false, false },
		{ "https://a:b/", false, false },
		{ "https:///x", false, false },
		{ "file:///etc/passwd", false, false },
		{ "https://live.staticflickr.com/a b", false, false },
		{ "", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (url_image_allowed(cases[i].url, hosts, 1) != cases[i].image ||
		    url_api_allowed(cases[i].url) != cases[i].api)
			fail_msg("%s", cases[i].url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_dialect), cmocka_unit_test(old_dialect),
		cmocka_unit_test(titles),      cmocka_unit_test(entries_that_are_none),
		cmocka_unit_test(sizes),       cmocka_unit_test(not_replies),
		cmocka_unit_test(failures),    cmocka_unit_test(info),
		cmocka_unit_test(requests),    cmocka_unit_test(paper_tags),
		cmocka_unit_test(licences),    cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
